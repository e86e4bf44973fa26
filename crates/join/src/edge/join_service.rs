//! The service of a far end on a host that is to join: it describes the host, and asks API servers
//! as the host does.

use std::thread;

use pontoon_model::untrusted::Untrusted;
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::snapshot::{self, SnapshotSources};
use pontoon_remote::message::{read_body, write_body};
use pontoon_remote::protocol_error::ProtocolError;
use pontoon_remote::session::far_loop::ThreadService;

use super::{ask, preflight_reader};
use crate::discovery_flow::{DiscoveryQuery, DiscoveryReply};
use crate::join_protocol::{JoinHostRequest, JoinHostResponse, JoiningHost};
use crate::join_timeouts::JoinTimeouts;

/// Serves a join that is rehearsed here by another host. It makes nothing on this one.
#[derive(Debug, Default)]
pub struct JoinService;

impl JoinService {
    /// A service for one session.
    #[must_use]
    pub fn boxed() -> Box<dyn ThreadService> {
        Box::new(Self)
    }
}

impl ThreadService for JoinService {
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted> {
        let said = |error: ProtocolError| Untrusted::new(&error.to_string());
        let response = match read_body(request).map_err(said)? {
            JoinHostRequest::Describe => {
                let preflight = preflight_reader::read_host();
                let snapshot = snapshot::take(&sources());
                JoinHostResponse::Described(Box::new(JoiningHost { preflight, snapshot }))
            }
            JoinHostRequest::Contact { questions, limits } => {
                JoinHostResponse::Contacted(contact(&questions, limits))
            }
        };
        write_body(&response).map_err(said)
    }
}

/// Asks side by side; the replies are in the order of the questions.
fn contact(questions: &[DiscoveryQuery], limits: JoinTimeouts) -> Vec<DiscoveryReply> {
    let proxies = ProxyEnvironment::of(&snapshot::proxies(&sources()));
    thread::scope(|scope| {
        let asked = questions
            .iter()
            .map(|question| scope.spawn(|| ask(question, &proxies, limits)))
            .collect::<Vec<_>>();
        let joined = asked.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn sources() -> SnapshotSources {
    SnapshotSources::live(unix_s(), std::env::vars_os())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use pontoon_predict::kubeadm::endpoint::HostPort;

    use super::*;
    use crate::trial::TcpOutcome;

    fn answered(request: &JoinHostRequest) -> JoinHostResponse {
        let body = JoinService.answer(&write_body(request).unwrap()).unwrap();
        read_body(&body).unwrap()
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused() {
        let why = JoinService.answer(b"{\"Contact\":7}").unwrap_err();
        assert!(why.raw().contains("could not be read"), "{why}");
    }

    #[test]
    fn a_host_describes_itself() {
        let JoinHostResponse::Described(host) = answered(&JoinHostRequest::Describe) else {
            panic!("another response")
        };
        assert!(host.snapshot.links.iter().any(|link| link.name.as_str() == "lo"));
    }

    #[test]
    fn replies_are_in_the_order_of_the_questions() {
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let query = |server: std::net::SocketAddr| DiscoveryQuery {
            server: HostPort::try_from(server.to_string()).unwrap(),
            link: None,
            wants_cluster_info: false,
        };
        let questions = vec![query(closed), query(open.local_addr().unwrap()), query(closed)];
        let tls = std::time::Duration::from_millis(100);
        let limits = JoinTimeouts { tls, ..JoinTimeouts::USUAL };
        let response = answered(&JoinHostRequest::Contact { questions, limits });
        let JoinHostResponse::Contacted(replies) = response else { panic!("another response") };
        let tcp: Vec<_> = replies.iter().map(|reply| reply.contact.tcp).collect();
        assert_eq!(tcp, [TcpOutcome::Refused, TcpOutcome::Open, TcpOutcome::Refused]);
    }
}
