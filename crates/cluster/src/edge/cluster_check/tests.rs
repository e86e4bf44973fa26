//! The driver, with sessions over sockets to far ends in threads that answer for a cluster in
//! memory.

use std::os::unix::net::UnixStream;
use std::sync::Mutex;

use pontoon_model::untrusted::Untrusted;
use pontoon_remote::message::{ServiceName, read_body, write_body};
use pontoon_remote::session::far_loop::{FarServices, ThreadService, serve_host};
use pontoon_remote::session::host_session::HostSession;

use super::*;
use crate::tests::twin::ProxyMode;
use crate::tests::twin::cluster::ClusterTwin;

/// Services are made without arguments, so that they find the cluster here.
static TWIN: Mutex<Option<ClusterTwin>> = Mutex::new(None);

/// The far end of the node of that number.
struct TwinService(u8);

impl ThreadService for TwinService {
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted> {
        let request: NodeRequest = read_body(request).unwrap();
        let mut twin = TWIN.lock().unwrap();
        let response = twin.as_mut().unwrap().answer(self.0, &request);
        Ok(write_body(&response.map_err(NodeRequestError::why)?).unwrap())
    }
}

/// A session with a far end that ends with it.
fn session(make: fn() -> Box<dyn ThreadService>) -> NodeSession {
    let (near, far) = UnixStream::pair().unwrap();
    thread::spawn(move || {
        let services = FarServices {
            in_threads: BTreeMap::from([(ServiceName::Node, make)]),
            ..FarServices::default()
        };
        let output = far.try_clone().unwrap();
        // That the near end is gone ends it as well.
        let _ = serve_host(far, output, services);
    });
    let input = near.try_clone().unwrap();
    NodeSession::beside_others(&HostSession::over(input.into(), near.into())).unwrap()
}

#[test]
fn a_check_reaches_every_host_and_reports_what_it_does() {
    *TWIN.lock().unwrap() = Some(ClusterTwin::new(ProxyMode::Nftables));
    let makers: [fn() -> Box<dyn ThreadService>; 3] =
        [|| Box::new(TwinService(1)), || Box::new(TwinService(2)), || Box::new(TwinService(3))];
    let sessions = makers.into_iter().zip(["pi1", "pi2", "pi3"]);
    let sessions = sessions.map(|(make, host)| (host.parse().unwrap(), session(make)));
    let mut progress = Vec::new();
    let facts =
        check(sessions.collect(), &BTreeSet::new(), &mut |one| progress.push(one.clone())).unwrap();
    assert_eq!(progress, [ClusterProgress::CreatingTestPods, ClusterProgress::Testing]);
    assert_eq!(facts.node_states.len(), 3);
    assert!(facts.connectivity_tests.len() > 50);
    assert!(facts.connectivity_tests.iter().all(|test| test.outcome.works()));
}

#[test]
fn after_a_request_without_response_the_host_is_left_alone() {
    let (near, far) = UnixStream::pair().unwrap();
    drop(far);
    let input = near.try_clone().unwrap();
    let session = HostSession::over(input.into(), near.into());
    let mut session = NodeSession::beside_others(&session).unwrap();
    let responses = ask_host(&mut session, &[NodeRequest::Look, NodeRequest::KubeletLog]);
    assert_eq!(responses.len(), 2);
    let is_silent =
        |one: &Result<_, NodeRequestError>| matches!(one, Err(NodeRequestError::NoResponse(_)));
    assert!(responses.iter().all(is_silent), "{responses:?}");
}
