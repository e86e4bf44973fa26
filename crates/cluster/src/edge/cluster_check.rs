//! Carries the steps of a [check](crate::cluster_check_flow) to the nodes: all hosts side by side,
//! each with one request after another.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_probe::edge::clock::RunClock;

use super::node_session::NodeSession;
use super::test_pods;
use crate::cluster_check_flow::{ClusterCheckError, ClusterCheckFlow, HostRequests, HostResponses};
use crate::cluster_facts::ClusterFacts;
use crate::cluster_progress::ClusterProgress;
use crate::node_protocol::{NodeRequest, NodeRequestError, NodeResponse};

/// The sessions of a check, by host.
pub type NodeSessions = BTreeMap<HostName, NodeSession>;

/// Checks a cluster, of which the user names some hosts as control planes or none, and tells how far
/// it is. What was made in the cluster is removed before this
/// returns, or else when the sessions end.
///
/// # Errors
///
/// [`ClusterCheckError`].
pub fn check(
    mut sessions: NodeSessions,
    named_control_planes: &BTreeSet<HostName>,
    report: &mut dyn FnMut(&ClusterProgress),
) -> Result<ClusterFacts, ClusterCheckError> {
    let clock = RunClock::start();
    let hosts = sessions.keys().cloned().collect();
    let (mut flow, first) =
        ClusterCheckFlow::begin(hosts, named_control_planes.clone(), test_pods::name());
    let mut next = Some(first);
    loop {
        while let Some(progress) = flow.poll_progress() {
            report(&progress);
        }
        let Some(step) = next else { return flow.end() };
        pause(step.wait);
        let responses = ask_hosts(&mut sessions, &step.requests);
        next = flow.handle_responses(Duration::from_millis(clock.now().0), responses);
    }
}

/// Asks all hosts at once.
fn ask_hosts(sessions: &mut NodeSessions, requests: &HostRequests) -> HostResponses {
    thread::scope(|scope| {
        let asked = sessions.iter_mut().filter_map(|(host, session)| {
            let requests = requests.get(host)?;
            Some((host.clone(), scope.spawn(move || ask_host(session, requests))))
        });
        let asked: Vec<_> = asked.collect();
        let joined = asked.into_iter().map(|(host, thread)| {
            (host, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        joined.collect()
    })
}

/// Asks one host. Where one request has no response, the time limit is spent: those after it are
/// not sent.
fn ask_host(
    session: &mut NodeSession,
    requests: &[NodeRequest],
) -> Vec<Result<NodeResponse, NodeRequestError>> {
    let mut responses: Vec<Result<NodeResponse, NodeRequestError>> = Vec::new();
    for request in requests {
        let response = match responses.last() {
            Some(Err(error @ NodeRequestError::NoResponse(_))) => Err(error.clone()),
            _ => session.ask(request),
        };
        responses.push(response);
    }
    responses
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn pause(span: Duration) {
    thread::sleep(span);
}

#[cfg(test)]
mod tests;
