//! A proxy between a host and its cluster.

use crate::proxy::{Proxied, Tunnel};
use crate::trial::Contact;

use super::words::seconds;
use super::{Stage, Step, Stop};

/// Whether the proxy leads to the server, once there is a connection to it.
pub(super) fn lead(contact: &Contact, proxied: &Proxied) -> Result<Step, Box<Stop>> {
    let at = contact.server.authority();
    let url = &proxied.url;
    let (seen, words) = match &proxied.tunnel {
        Some(Tunnel::Open) => {
            let host = &contact.server.host;
            let seen = format!("HTTPS_PROXY: {url} leads to {at}; NO_PROXY should name {host}");
            return Ok(Step { stage: Stage::Proxy, is_passed: Some(true), seen });
        }
        Some(Tunnel::Refused { status, reason }) if reason.raw().is_empty() => {
            (format!("the proxy answers {status}"), "unknown status code".to_owned())
        }
        Some(Tunnel::Refused { status, reason }) => {
            (format!("the proxy answers {status} {reason}"), reason.to_string())
        }
        Some(Tunnel::Silent { ms }) => (
            format!("the proxy has no answer in {}", seconds(*ms)),
            "context deadline exceeded".to_owned(),
        ),
        Some(Tunnel::Bad(why)) => {
            (format!("the proxy's answer makes no sense: {why}"), "EOF".to_owned())
        }
        None => ("the connection to the proxy did not last".to_owned(), "EOF".to_owned()),
    };
    Err(Box::new(stopped(contact, proxied, seen, words)))
}

/// The stop of a connection to the proxy that does not come to be, told as one of the proxy.
pub(super) fn unreached(contact: &Contact, proxied: &Proxied, stop: Stop) -> Stop {
    let words = if stop.words.starts_with("dial ") {
        format!("proxyconnect tcp: {}", stop.words)
    } else {
        stop.words
    };
    stopped(contact, proxied, stop.because.join("; "), words)
}

/// The stages of a server that was asked directly, where kubeadm would ask a proxy that is not
/// spoken to here: what stops is no proof that the join would.
pub(super) fn unasked(
    contact: &Contact,
    proxied: &Proxied,
    mut steps: Vec<Result<Step, Box<Stop>>>,
) -> Vec<Result<Step, Box<Stop>>> {
    let seen = format!(
        "HTTPS_PROXY: kubeadm asks {}, which is not spoken to here: {} was asked directly; \
         NO_PROXY should name it",
        proxied.url, contact.server.host
    );
    for stop in steps.iter_mut().filter_map(|step| step.as_mut().err()) {
        stop.because.insert(0, seen.clone());
    }
    steps.insert(0, Ok(Step { stage: Stage::Proxy, is_passed: None, seen }));
    steps
}

fn stopped(contact: &Contact, proxied: &Proxied, seen: String, words: String) -> Stop {
    let host = &contact.server.host;
    Stop {
        stage: Stage::Proxy,
        causes: vec!["http-proxy-applies"],
        because: vec![
            format!(
                "HTTPS_PROXY is set and NO_PROXY does not name {host}: kubeadm asks {}",
                proxied.url
            ),
            seen,
        ],
        advice: vec![format!(
            "export NO_PROXY=\"$NO_PROXY,{host}\"; kubelet and containerd need it, too, with \
                 the networks of nodes, Services and pods: pontoon kubeadm init writes all of it"
        )],
        after_ms: 0,
        words,
    }
}
