//! The test pods of a check: created, waited for, and made to answer.

use std::time::Duration;

use pontoon_model::host::HostName;

use super::{
    ADDRESSES_WITHIN, CheckPhase, ClusterCheckFlow, ClusterCheckStep, HostRequests, HostResponses,
    READ_AGAIN_AFTER, at_once,
};
use crate::cluster_progress::ClusterProgress;
use crate::node_protocol::NodeRequest;
use crate::objects::{ClusterNode, NodeReadiness, OWN_LABEL, Pod};
use crate::test_matrix::TestPod;

/// The image of a test pod on a node that lists no pause image: the one of kubeadm 1.36
/// (`PauseVersion`, k/k cmd/kubeadm/app/constants/constants.go).
const PAUSE_IMAGE: &str = "registry.k8s.io/pause:3.10.1";

/// Whose pause images are run: those of Kubernetes (`DefaultImageRepository` in k/k
/// cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go, and the one before v1.25) and of Rancher (K3s
/// pkg/cli/cmds/agent.go).
const PAUSE_REPOSITORIES: [&str; 4] =
    ["registry.k8s.io", "k8s.gcr.io", "docker.io/rancher", "index.docker.io/rancher"];

/// A pause image that a node has, by its makers or by the cluster's own configuration: any tenant
/// can have an image pulled that is called pause, and on every node, too.
fn pause_image<'a>(node: &'a ClusterNode, image_repository: Option<&str>) -> &'a str {
    let is_known = |image: &&String| {
        let repository = image.rsplit_once('/').map(|(repository, _)| repository);
        let mut known = PAUSE_REPOSITORIES.into_iter().chain(image_repository);
        known.any(|known| repository == Some(known))
    };
    node.pause_images.iter().find(is_known).map_or(PAUSE_IMAGE, String::as_str)
}

impl ClusterCheckFlow {
    /// Creates a test pod on every node that can be asked.
    pub(super) fn create_pods(&mut self) -> ClusterCheckStep {
        self.progress.push_back(ClusterProgress::CreatingTestPods);
        let image = |node: &ClusterNode| {
            pause_image(node, self.objects().image_repository.as_deref()).to_owned()
        };
        let nodes = self.objects().nodes.iter().filter(|node| self.host_of(node).is_some());
        let pods = nodes.map(|node| (node.name.clone(), image(node))).collect();
        self.phase = CheckPhase::CreatingPods;
        let namespace = self.namespace.clone();
        at_once(self.of_server(&NodeRequest::Raise { namespace, pods }))
    }

    /// Takes what came of the creation; where it failed, nodes are tested without pods.
    pub(super) fn take_creation(
        &mut self,
        now: Duration,
        responses: &mut HostResponses,
    ) -> ClusterCheckStep {
        match self.server_response(responses) {
            Ok(_) => self.read_objects(CheckPhase::AwaitingAddresses(now), Duration::ZERO),
            Err(why) => {
                let server = self.facts.control_plane.iter().map(ToString::to_string).collect();
                self.collect(server, "kubectl apply", &why);
                self.read_objects(CheckPhase::ReadingBeforeTests(Vec::new()), Duration::ZERO)
            }
        }
    }

    /// The test pods, as the API server listed them last.
    pub(super) fn own_pods(&self) -> impl Iterator<Item = &Pod> {
        let pods = self.objects().pods.iter();
        pods.filter(|pod| pod.namespace == self.namespace && pod.labels.contains_key(OWN_LABEL.0))
    }

    /// Waits until the test pods of ready nodes have addresses, and starts an echo server in each.
    pub(super) fn await_addresses(&mut self, since: Duration, now: Duration) -> ClusterCheckStep {
        let is_awaited = |pod: &Pod| {
            let node = pod.node.as_ref().and_then(|node| self.objects().node(node));
            pod.address.is_none() && node.is_some_and(|node| node.ready == NodeReadiness::Yes)
        };
        if self.own_pods().any(is_awaited) && now.saturating_sub(since) <= ADDRESSES_WITHIN {
            return self.read_objects(CheckPhase::AwaitingAddresses(since), READ_AGAIN_AFTER);
        }
        let pods = self.own_pods().filter_map(|pod| {
            let node = self.objects().node(pod.node.as_deref()?)?;
            let (name, uid) = (node.name.clone(), pod.uid.clone());
            Some((self.host_of(node)?.clone(), TestPod { node: name, uid, address: pod.address? }))
        });
        let pods: Vec<_> = pods.collect();
        let mut requests = HostRequests::new();
        for (host, pod) in &pods {
            let request = NodeRequest::Answer { pod: pod.uid.clone() };
            requests.entry(host.clone()).or_default().push(request);
        }
        self.phase = CheckPhase::StartingEchoServers(pods);
        at_once(requests)
    }

    /// The pods in which an echo server runs now.
    pub(super) fn take_echo_servers(
        &mut self,
        pods: Vec<(HostName, TestPod)>,
        responses: &mut HostResponses,
    ) -> Vec<TestPod> {
        let mut answering = Vec::new();
        // A host's responses are taken from their end, and so are its pods.
        for (host, pod) in pods.into_iter().rev() {
            match responses.get_mut(&host).and_then(Vec::pop) {
                Some(Ok(_)) => answering.push(pod),
                Some(Err(error)) => self.collect(pod.node, "the test pod", &error.why()),
                None => {}
            }
        }
        answering.reverse();
        answering
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pause_images_of_known_makers_are_run() {
        let table = [
            (
                &["evil.example/miner/pause:latest", "registry.k8s.io/pause:3.10"][..],
                "registry.k8s.io/pause:3.10",
            ),
            (&["docker.io/rancher/mirrored-pause:3.6"], "docker.io/rancher/mirrored-pause:3.6"),
            (&["registry.example/k8s/pause:3.9"], "registry.example/k8s/pause:3.9"),
            (
                &["registry.k8s.io.evil.example/pause:1", "evil.example/registry.k8s.io/pause:1"],
                PAUSE_IMAGE,
            ),
            (&["docker.io/tenant/pause:3.10", "pause:3.10"], PAUSE_IMAGE),
            (&[], PAUSE_IMAGE),
        ];
        for (images, expected) in table {
            let pause_images = images.iter().map(ToString::to_string).collect();
            let node = ClusterNode { pause_images, ..ClusterNode::default() };
            assert_eq!(pause_image(&node, Some("registry.example/k8s")), expected, "{images:?}");
        }
        let own = ["registry.example/k8s/pause:3.9".to_owned()].into();
        let node = ClusterNode { pause_images: own, ..ClusterNode::default() };
        assert_eq!(pause_image(&node, None), PAUSE_IMAGE);
    }
}
