//! A proxy between a host and its cluster.

use pontoon_model::code::{self, DiagnosisCode};
use pontoon_predict::kubeadm::endpoint::EndpointHost;

use crate::proxy::{ConnectReply, ProxyContact};
use crate::trial::ServerContact;

use super::shared_text::seconds;
use super::{JoinStage, JoinVerdict, StageResult, Stop};

/// Whether the proxy leads to the server, once there is a connection to it.
pub(super) fn proxy_stage(
    contact: &ServerContact,
    proxied: &ProxyContact,
) -> Result<StageResult, Box<Stop>> {
    let at = contact.server.authority();
    let url = &proxied.url;
    let (seen, words) = match &proxied.tunnel {
        Some(ConnectReply::Open) => {
            let host = &contact.server.host;
            let seen = format!("HTTPS_PROXY: {url} leads to {at}; NO_PROXY should name {host}");
            return Ok(StageResult { stage: JoinStage::Proxy, is_passed: Some(true), seen });
        }
        Some(ConnectReply::Refused { status, reason }) if reason.raw().is_empty() => {
            (format!("the proxy answers {status}"), "unknown status code".to_owned())
        }
        Some(ConnectReply::Refused { status, reason }) => {
            (format!("the proxy answers {status} {reason}"), reason.to_string())
        }
        Some(ConnectReply::Silent { ms }) => (
            format!("the proxy has no answer in {}", seconds(*ms)),
            "context deadline exceeded".to_owned(),
        ),
        Some(ConnectReply::Bad(why)) => {
            (format!("the proxy's answer makes no sense: {why}"), "EOF".to_owned())
        }
        None => ("the connection to the proxy did not last".to_owned(), "EOF".to_owned()),
    };
    Err(Box::new(stopped(contact, proxied, seen, words)))
}

/// The stop of a connection to the proxy that does not come to be, told as one of the proxy.
pub(super) fn unreached(contact: &ServerContact, proxied: &ProxyContact, stop: Stop) -> Stop {
    let words = if stop.words.starts_with("dial ") {
        format!("proxyconnect tcp: {}", stop.words)
    } else {
        stop.words
    };
    stopped(contact, proxied, stop.because.join("; "), words)
}

/// A server was asked directly where kubeadm would ask a proxy that is not spoken to here: what
/// stops is no proof that the join would.
pub(super) fn mark_undecided(verdict: &mut JoinVerdict, contact: &ServerContact) {
    let Some(proxied) = contact.proxy.as_ref().filter(|_| contact.by_proxy().is_none()) else {
        return;
    };
    let host = &contact.server.host;
    let seen = format!(
        "HTTPS_PROXY: kubeadm asks {}, which is not spoken to here, and {host} was asked directly; \
         NO_PROXY should name it",
        proxied.url
    );
    if verdict.stop.take().is_some() {
        for step in verdict.steps.iter_mut().filter(|step| step.is_passed == Some(false)) {
            step.is_passed = None;
        }
        verdict.open = Some(seen.clone());
    }
    verdict.steps.insert(0, StageResult { stage: JoinStage::Proxy, is_passed: None, seen });
}

/// What it is that a proxy is asked at all.
pub(super) const CAUSE: DiagnosisCode = code::HTTP_PROXY_APPLIES;

/// What to do where it should not be.
pub(super) fn no_proxy_advice(host: &EndpointHost) -> String {
    format!(
        "export NO_PROXY=\"$NO_PROXY,{host}\"; kubelet and containerd need it, too, with the \
         networks of nodes, Services and pods: pontoon kubeadm init writes all of it"
    )
}

fn stopped(contact: &ServerContact, proxied: &ProxyContact, seen: String, words: String) -> Stop {
    let host = &contact.server.host;
    let mut causes = vec![CAUSE];
    let mut advice = vec![no_proxy_advice(host)];
    match &proxied.tunnel {
        // It went there for us, and did not get through.
        Some(ConnectReply::Refused { status: 502..=504, .. }) => {
            causes.push(code::API_ADDRESS_UNREACHABLE);
        }
        Some(ConnectReply::Silent { .. }) => {
            causes.push(code::API_ADDRESS_UNREACHABLE);
            advice.push("--patient waits as long as kubeadm does".to_owned());
        }
        _ => {}
    }
    let why = format!(
        "HTTPS_PROXY is set and NO_PROXY does not name {host}: kubeadm asks {}",
        proxied.url
    );
    Stop { stage: JoinStage::Proxy, causes, because: vec![why, seen], advice, after_ms: 0, words }
}
