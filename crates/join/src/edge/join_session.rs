//! The join service of a session with a host: a join is rehearsed there, and judged here.

use std::thread;
use std::time::{Duration, Instant};

use pontoon_model::untrusted::Untrusted;
use pontoon_remote::limits::ANSWER_WITHIN;
use pontoon_remote::message::ServiceName;
use pontoon_remote::session::host_session::{HostSession, ServiceChannel};

use crate::discovery_flow::{DiscoveryQuery, DiscoveryReply};
use crate::host_rehearsal::{HostRehearsal, HostRehearsalFlow};
use crate::join_protocol::{JoinHostRequest, JoinHostResponse};
use crate::join_timeouts::JoinTimeouts;
use crate::request::JoinRequest;

/// Rehearses a join on a host.
///
/// # Errors
///
/// Why the host does not respond, or that its response is to another request.
pub fn rehearse(
    session: HostSession,
    request: &JoinRequest,
    limits: JoinTimeouts,
) -> Result<HostRehearsal, Untrusted> {
    let mut channel = session.into_service(ServiceName::Join);
    let described = ask(&mut channel, &JoinHostRequest::Describe, ANSWER_WITHIN)?;
    let JoinHostResponse::Described(host) = described else { return Err(other_response()) };
    let (mut flow, first) = HostRehearsalFlow::begin(request, *host, limits.signature);
    let begun = now();
    let mut next = Some(first);
    while let Some(step) = next {
        pause(step.wait);
        let replies = contact(&mut channel, step.questions, limits)?;
        next = flow.handle_replies(begun.elapsed(), replies);
    }
    flow.end().ok_or_else(other_response)
}

/// Has a host ask API servers.
fn contact(
    channel: &mut ServiceChannel,
    questions: Vec<DiscoveryQuery>,
    limits: JoinTimeouts,
) -> Result<Vec<DiscoveryReply>, Untrusted> {
    let count = questions.len();
    let request = JoinHostRequest::Contact { questions, limits };
    match ask(channel, &request, ANSWER_WITHIN.saturating_add(limits.all))? {
        JoinHostResponse::Contacted(replies) if replies.len() == count => Ok(replies),
        _ => Err(other_response()),
    }
}

fn ask(
    channel: &mut ServiceChannel,
    request: &JoinHostRequest,
    within: Duration,
) -> Result<JoinHostResponse, Untrusted> {
    channel.ask(request, within).map_err(|error| Untrusted::new(&error.to_string()))
}

fn other_response() -> Untrusted {
    Untrusted::new("it answers another question than was asked")
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn pause(span: Duration) {
    thread::sleep(span);
}
