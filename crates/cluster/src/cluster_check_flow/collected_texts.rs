//! What programs in trouble wrote: the condition of a node, logs, events.

use pontoon_model::host::HostName;

use super::{CheckPhase, ClusterCheckFlow, ClusterCheckStep, HostRequests, HostResponses, at_once};
use crate::cluster_facts::CollectedText;
use crate::node_protocol::{NodeRequest, NodeResponse};
use crate::objects::{ClusterNode, NodeReadiness, Pod};

/// Pods of which logs are read: more have the same trouble, and each log takes two runs of kubectl.
const LOGS_MAX: usize = 6;

/// A text that a host is asked for.
#[derive(Clone, Debug)]
pub(super) struct TextRequest {
    host: HostName,
    /// The node that it is about; none: each of its lines is about a test pod of its own.
    node: Option<String>,
    source: String,
    request: NodeRequest,
}

impl ClusterCheckFlow {
    /// Takes the texts that the API server has sent already, and asks for the others.
    pub(super) fn collect_texts(&mut self) -> ClusterCheckStep {
        let objects = self.objects().clone();
        let mut asked = Vec::new();
        let is_ill = |node: &&ClusterNode| {
            let state = self.facts.node_state(node);
            let lacks_kubelet =
                state.is_some_and(|state| !state.runs("kubelet") && !state.is_k3s());
            node.ready != NodeReadiness::Yes || lacks_kubelet
        };
        let ill: Vec<_> = objects.nodes.iter().filter(is_ill).collect();
        for node in ill {
            if let NodeReadiness::No(why) = &node.ready {
                self.collect(node.name.clone(), "the node's condition", why);
            }
            asked.extend(self.host_of(node).map(|host| TextRequest {
                host: host.clone(),
                node: Some(node.name.clone()),
                source: "kubelet's log".to_owned(),
                request: NodeRequest::KubeletLog,
            }));
        }
        let is_ill = |pod: &&Pod| pod.is_of_system() && !pod.is_ready && !pod.is_ended;
        let server = self.facts.control_plane.clone();
        let ill = objects.pods.iter().filter(is_ill).take(LOGS_MAX);
        for (pod, host) in ill.zip(server.iter().cycle()) {
            let node = pod.node.clone().unwrap_or_default();
            if let Some(waits) = &pod.waits {
                self.collect(node.clone(), &format!("the state of {}", pod.name), waits);
            }
            let (namespace, name) = (pod.namespace.clone(), pod.name.clone());
            asked.push(TextRequest {
                host: host.clone(),
                node: Some(node),
                source: format!("the log of {}", pod.name),
                request: NodeRequest::PodLog { namespace, name },
            });
        }
        if let Some(host) = server.filter(|_| self.own_pods().any(|pod| pod.address.is_none())) {
            let (node, source) = (None, "events".to_owned());
            let request = NodeRequest::Events { namespace: self.namespace.clone() };
            asked.push(TextRequest { host, node, source, request });
        }
        let mut requests = HostRequests::new();
        for one in &asked {
            requests.entry(one.host.clone()).or_default().push(one.request.clone());
        }
        self.phase = CheckPhase::CollectingTexts(asked);
        at_once(requests)
    }

    /// Takes the texts that came.
    pub(super) fn take_texts(&mut self, asked: Vec<TextRequest>, responses: &mut HostResponses) {
        for TextRequest { host, node, source, .. } in asked {
            let of_host = responses.get_mut(&host).filter(|all| !all.is_empty());
            let Some(Ok(NodeResponse::Text(text))) = of_host.map(|all| all.remove(0)) else {
                continue;
            };
            let texts = match node {
                Some(node) => vec![CollectedText { node, source, text }],
                None => self.events_of_pods(&source, &text),
            };
            self.facts.texts.extend(texts);
        }
    }

    /// The lines of events, `POD MESSAGE`, that are about test pods without an address.
    fn events_of_pods(&self, source: &str, text: &str) -> Vec<CollectedText> {
        let of_line = |line: &str| {
            let (name, text) = line.split_once(' ')?;
            let is_it = |pod: &&Pod| pod.name == name && pod.address.is_none();
            let node = self.own_pods().find(is_it)?.node.clone()?;
            let (source, text) = (source.to_owned(), text.trim().to_owned());
            Some(CollectedText { node, source, text })
        };
        text.lines().filter_map(of_line).collect()
    }
}
