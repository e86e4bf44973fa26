//! A question and the host that puts it.

use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;

use super::endpoints::SurveyEndpoint;
use crate::probes::ProbeQuestion;
use crate::round_schedule::ProbeTask;

/// A task and the host that puts it.
pub(super) type HostTask = (HostName, ProbeTask);

/// The group of tasks that are never cancelled.
pub(super) const NEVER_CANCELLED: u32 = 0;

/// Tries of an ordinary packet between two hosts on one network.
pub(super) const TRIES: u16 = 3;

/// A task that leaves by the link of an endpoint.
pub(super) fn by_link(
    from: &SurveyEndpoint,
    peer: Option<&HostName>,
    round: u16,
    at_ms: u32,
    question: ProbeQuestion,
) -> HostTask {
    let link = Some(from.end.link.clone());
    let (group, family) = (NEVER_CANCELLED, from.family());
    let task = ProbeTask { group, at_ms, round, family, link, peer: peer.cloned(), question };
    (from.end.host.clone(), task)
}

/// A task whose packets leave as the kernel routes them.
pub(super) fn as_routed(
    from: &HostName,
    peer: Option<&HostName>,
    family: IpFamily,
    at_ms: u32,
    question: ProbeQuestion,
) -> HostTask {
    let (group, round, peer) = (NEVER_CANCELLED, 1, peer.cloned());
    (from.clone(), ProbeTask { group, at_ms, round, family, link: None, peer, question })
}
