//! The service of a far end that looks at its host as a node of a cluster. It takes back what it
//! made when the session ends.

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::unix_s;
use pontoon_remote::message::{read_body, write_body};
use pontoon_remote::protocol_error::ProtocolError;
use pontoon_remote::session::far_loop::ThreadService;

use super::kubectl::Kubectl;
use super::{connectivity, echo_server, node_state_reader, pod_network, test_pods};
use crate::node_protocol::{NodeRequest, NodeResponse};

/// What this end has made in the cluster, and removes however the connection ends.
#[derive(Debug, Default)]
struct Held(Option<String>);

impl Held {
    fn clear(&mut self) -> Result<(), Untrusted> {
        if let Some(namespace) = &self.0 {
            test_pods::delete(&Kubectl::required()?, namespace)?;
            self.0 = None;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nobody is left to be told; the pods end by themselves.
        let _ = self.clear();
    }
}

/// Looks at this node, and tries what it is asked to try.
#[derive(Debug, Default)]
pub struct NodeService {
    held: Held,
}

impl NodeService {
    /// One for a session.
    #[must_use]
    pub fn boxed() -> Box<dyn ThreadService> {
        Box::new(Self::default())
    }
}

impl ThreadService for NodeService {
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted> {
        let said = |error: ProtocolError| Untrusted::new(&error.to_string());
        let response = answer(read_body(request).map_err(said)?, &mut self.held)?;
        write_body(&response).map_err(said)
    }
}

fn answer(request: NodeRequest, held: &mut Held) -> Result<NodeResponse, Untrusted> {
    Ok(match request {
        NodeRequest::Look => NodeResponse::Look(Box::new(node_state_reader::read_node_state())),
        NodeRequest::Objects => {
            NodeResponse::Objects(Box::new(Kubectl::required()?.objects()?), unix_s())
        }
        NodeRequest::Raise { namespace, pods } => {
            let kubectl = Kubectl::required()?;
            held.0 = Some(namespace.clone());
            test_pods::create(&kubectl, &namespace, &pods)?;
            NodeResponse::Done
        }
        NodeRequest::Clear => {
            held.clear()?;
            NodeResponse::Done
        }
        NodeRequest::Kubelets { nodes } => {
            NodeResponse::Outcomes(Kubectl::required()?.kubelets(&nodes))
        }
        NodeRequest::PodLog { namespace, name } => {
            NodeResponse::Text(Kubectl::required()?.pod_log(&namespace, &name))
        }
        NodeRequest::Events { namespace } => {
            NodeResponse::Text(Kubectl::required()?.events(&namespace))
        }
        NodeRequest::KubeletLog => NodeResponse::Text(node_state_reader::kubelet_log()),
        NodeRequest::Answer { pod } => {
            let begun = pod_network::spawn(&pod, echo_server::serve);
            begun.map_err(|why| Untrusted::new(&why.to_string()))?;
            NodeResponse::Done
        }
        NodeRequest::Try { pod, dials } => {
            let own = node_state_reader::own_cluster();
            let dials = dials.into_iter().map(|dial| own.authorize(&dial).map(|()| dial));
            NodeResponse::Outcomes(connectivity::run_probes(pod.as_deref(), dials.collect()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_cannot_be_read_is_refused_and_the_next_is_answered() {
        let mut service = NodeService::default();
        let why = service.answer(b"{\"Look\":7}").unwrap_err();
        assert!(why.raw().contains("could not be read"), "{why}");
        let dials = write_body(&NodeRequest::Try { pod: None, dials: Vec::new() }).unwrap();
        let answer = service.answer(&dials).unwrap();
        let answer: NodeResponse = read_body(&answer).unwrap();
        assert!(matches!(answer, NodeResponse::Outcomes(all) if all.is_empty()));
    }
}
