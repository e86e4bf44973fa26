//! What programs in trouble wrote: a node's condition, logs, events.

use super::ClusterCheck;
use crate::cluster_facts::CollectedText;
use crate::node_protocol::{NodeRequest, NodeResponse};
use crate::objects::{NodeReadiness, Pod};

impl ClusterCheck {
    /// Reads what programs in trouble wrote.
    pub(super) fn read_texts(&mut self) {
        let objects = self.objects().clone();
        for node in objects.nodes.iter().filter(|node| node.ready != NodeReadiness::Yes) {
            if let NodeReadiness::No(why) = &node.ready {
                let (node, by) = (node.name.clone(), "the node's condition".to_owned());
                self.facts.texts.push(CollectedText {
                    node,
                    source: by,
                    text: why.raw().to_owned(),
                });
            }
            let session = self.session_of(node).and_then(|host| self.sessions.get_mut(&host));
            if let Some(Ok(NodeResponse::Text(text))) =
                session.map(|one| one.ask(&NodeRequest::KubeletLog))
            {
                let (node, by) = (node.name.clone(), "kubelet's log".to_owned());
                self.facts.texts.push(CollectedText { node, source: by, text });
            }
        }
        let system = ["kube-system", "kube-flannel", "calico-system", "tigera-operator"];
        let is_ill = |pod: &&Pod| system.contains(&pod.namespace.as_str()) && !pod.is_ready;
        // A few stand for all: they have the same trouble.
        for pod in objects.pods.iter().filter(is_ill).take(6) {
            let node = pod.node.clone().unwrap_or_default();
            if let Some(waits) = &pod.waits {
                let by = format!("the state of {}", pod.name);
                let text = waits.raw().to_owned();
                self.facts.texts.push(CollectedText { node: node.clone(), source: by, text });
            }
            let ask =
                NodeRequest::PodLog { namespace: pod.namespace.clone(), name: pod.name.clone() };
            if let Ok(NodeResponse::Text(text)) = self.ask_server(&ask) {
                let by = format!("the log of {}", pod.name);
                self.facts.texts.push(CollectedText { node, source: by, text });
            }
        }
        if self.own_pods().any(|pod| pod.address.is_none()) {
            let ask = NodeRequest::Events { namespace: self.namespace.clone() };
            if let Ok(NodeResponse::Text(text)) = self.ask_server(&ask) {
                let of_pod = |line: &str| {
                    let (name, text) = line.split_once(' ')?;
                    let is_it = |pod: &&Pod| pod.name == name && pod.address.is_none();
                    let node = self.own_pods().find(is_it)?.node.clone()?;
                    let text = text.trim().to_owned();
                    Some(CollectedText { node, source: "events".to_owned(), text })
                };
                let written: Vec<CollectedText> = text.lines().filter_map(of_pod).collect();
                self.facts.texts.extend(written);
            }
        }
    }
}
