//! A proxy between a host and its cluster.

use pontoon_diagnosis::Evidence;
use pontoon_diagnosis::evidence::JoinEvidence;
use pontoon_model::code::{self, DiagnosisCode};

use crate::proxy::{ConnectReply, ProxyContact};
use crate::trial::ServerContact;

use super::endpoint_name::{endpoint, host_name};
use super::join_remedies::{be_patient, exempt_from_proxy};
use super::stage_failure::{StageFailure, StageOutcome};
use super::{JoinStage, JoinVerdict, StageResult};

/// Whether the proxy leads to the server, once there is a connection to it.
pub(super) fn proxy_stage(contact: &ServerContact, proxied: &ProxyContact) -> StageOutcome {
    let (evidence, response) = match &proxied.tunnel {
        Some(ConnectReply::Open) => {
            let (proxy, server) = (proxied.url.clone(), endpoint(&contact.server));
            let connects = JoinEvidence::ProxyConnects { proxy, server };
            return Ok(StageResult::passed(JoinStage::Proxy, connects));
        }
        Some(ConnectReply::Refused { status, reason }) => {
            let is_bare = reason.raw().is_empty();
            let response =
                if is_bare { "unknown status code".to_owned() } else { reason.to_string() };
            (JoinEvidence::ProxyRefused { status: *status, reason: reason.clone() }, response)
        }
        Some(ConnectReply::Silent { ms }) => {
            (JoinEvidence::ProxyTimeout { waited_ms: *ms }, "context deadline exceeded".to_owned())
        }
        Some(ConnectReply::Bad(why)) => {
            (JoinEvidence::ProxyMalformed { reason: why.clone() }, "EOF".to_owned())
        }
        None => (JoinEvidence::ProxyClosed, "EOF".to_owned()),
    };
    Err(Box::new(stopped(contact, proxied, vec![evidence.into()], response)))
}

/// The failure of a connection to the proxy, told as one of the proxy.
pub(super) fn unreached(
    contact: &ServerContact,
    proxied: &ProxyContact,
    failure: StageFailure,
) -> StageFailure {
    let response = if failure.response.starts_with("dial ") {
        format!("proxyconnect tcp: {}", failure.response)
    } else {
        failure.response
    };
    stopped(contact, proxied, failure.evidence, response)
}

/// A server was asked directly where kubeadm would ask a proxy that is not spoken to here: what
/// stops is no proof that the join would fail.
pub(super) fn mark_undecided(verdict: &mut JoinVerdict, contact: &ServerContact) {
    let Some(proxied) = contact.proxy.as_ref().filter(|_| contact.by_proxy().is_none()) else {
        return;
    };
    let (proxy, server) = (proxied.url.clone(), host_name(&contact.server.host));
    let untested: Evidence = JoinEvidence::ProxyUntested { proxy, server }.into();
    if verdict.failure.take().is_some() {
        for stage in verdict.stages.iter_mut().filter(|stage| stage.is_passed == Some(false)) {
            stage.is_passed = None;
        }
        verdict.undecided = Some(untested.clone());
    }
    verdict.stages.insert(0, StageResult::undecided(JoinStage::Proxy, untested));
}

/// What it is that a proxy is asked at all.
pub(super) const CAUSE: DiagnosisCode = code::HTTP_PROXY_APPLIES;

fn stopped(
    contact: &ServerContact,
    proxied: &ProxyContact,
    evidence: Vec<Evidence>,
    response: String,
) -> StageFailure {
    let host = &contact.server.host;
    let mut causes = vec![CAUSE];
    let mut remedies = exempt_from_proxy(host).to_vec();
    match &proxied.tunnel {
        // It went there for us, and did not get through.
        Some(ConnectReply::Refused { status: 502..=504, .. }) => {
            causes.push(code::API_ADDRESS_UNREACHABLE);
        }
        Some(ConnectReply::Silent { .. }) => {
            causes.push(code::API_ADDRESS_UNREACHABLE);
            remedies.push(be_patient());
        }
        _ => {}
    }
    let applies =
        JoinEvidence::ProxyApplies { proxy: proxied.url.clone(), server: host_name(host) };
    let mut failure =
        StageFailure::new(JoinStage::Proxy, &causes, applies, response).remedies(remedies);
    failure.evidence.extend(evidence);
    failure
}
