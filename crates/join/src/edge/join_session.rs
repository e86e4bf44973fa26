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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;

    use pontoon_remote::message::write_body;
    use pontoon_remote::session::far_loop::{FarServices, ThreadService, serve_host};

    use super::*;
    use crate::edge::join_service::JoinService;
    use crate::join_line;
    use crate::trial::TcpOutcome;

    /// A join at a server that refuses every connection, rehearsed on this host by a far end.
    fn rehearsed(make: fn() -> Box<dyn ThreadService>) -> Result<HostRehearsal, Untrusted> {
        let server = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let line = format!(
            "kubeadm join {server} --token abcdef.0123456789abcdef \
             --discovery-token-unsafe-skip-ca-verification"
        );
        let request = join_line::parse(&line).unwrap().complete(None).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let far_end = thread::spawn(move || {
            let in_threads = BTreeMap::from([(ServiceName::Join, make)]);
            let services = FarServices { in_threads, ..FarServices::default() };
            let output = far.try_clone().unwrap();
            // That the near end is gone ends it as well.
            let _ = serve_host(far, output, services);
        });
        let input = near.try_clone().unwrap();
        let session = HostSession::over(input.into(), near.into());
        let seen = rehearse(session, &request, JoinTimeouts::USUAL);
        far_end.join().unwrap();
        seen
    }

    #[test]
    fn a_join_is_rehearsed_by_the_far_end() {
        let seen = rehearsed(JoinService::boxed).unwrap();
        assert_eq!(seen.own.first.tcp, TcpOutcome::Refused);
        assert!(seen.own.now_s > 1_700_000_000, "by the clock of that host: {}", seen.own.now_s);
    }

    /// Says that it has asked nobody, whatever it is asked.
    struct ConfusedService;

    impl ThreadService for ConfusedService {
        fn answer(&mut self, _: &[u8]) -> Result<Vec<u8>, Untrusted> {
            Ok(write_body(&JoinHostResponse::Contacted(Vec::new())).unwrap())
        }
    }

    #[test]
    fn a_response_to_another_request_is_none() {
        let why = rehearsed(|| Box::new(ConfusedService)).unwrap_err();
        assert_eq!(why, other_response());
    }
}
