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
