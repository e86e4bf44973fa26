//! Whether a cluster is still starting, so that what fails may go by itself.

use crate::objects::{ClusterNode, ClusterObjects, NodeReadiness, OWN_LABEL, Pod};

/// A node or pod younger than this is starting.
const YOUNG_S: i64 = 180;
/// So long an API server that was just started is not believed: it needs half a minute to know
/// everybody's rights, and a kubelet keeps a refusal of that time for 30 s more (its
/// `authorization.webhook.cacheUnauthorizedTTL`).
const SERVER_YOUNG_S: i64 = 60;

/// Whether a pod that is not ready may become ready by itself: it is young, or was just started
/// again, as after a reboot of its node.
#[must_use]
pub fn is_pod_starting(pod: &Pod, now_s: i64) -> bool {
    let is_young = |since: Option<i64>| since.is_some_and(|since| now_s - since < YOUNG_S);
    !is_failing(pod) && (is_young(pod.created_s) || is_young(pod.started_s))
}

/// Whether a container of it waits for a reason that does not pass by itself.
fn is_failing(pod: &Pod) -> bool {
    pod.waits.as_ref().is_some_and(|why| {
        ["CrashLoop", "Error", "ErrImage", "ImagePull", "CreateContainer", "RunContainer"]
            .iter()
            .any(|word| why.raw().starts_with(word))
    })
}

/// Whether something of the cluster is young and not ready yet.
#[must_use]
pub fn is_starting(objects: &ClusterObjects, now_s: i64) -> bool {
    !what_starts(objects, now_s).is_empty()
}

/// What of the cluster is young and not ready yet, in words.
#[must_use]
pub fn what_starts(objects: &ClusterObjects, now_s: i64) -> Vec<String> {
    let is_young = |since: Option<i64>| since.is_some_and(|since| now_s - since < YOUNG_S);
    let node =
        |node: &ClusterNode| matches!(node.ready, NodeReadiness::No(_)) && is_young(node.created_s);
    let pod = |pod: &Pod| {
        let is_own = pod.labels.contains_key(OWN_LABEL.0);
        pod.namespace == "kube-system"
            && !is_own
            && !pod.is_ready
            && !pod.is_ended
            && !is_failing(pod)
            && is_young(pod.created_s)
    };
    // In its first moments it does not know everybody's rights, and what it serves may be refused.
    let server = |pod: &Pod| {
        pod.namespace == "kube-system"
            && pod.labels.get("component").is_some_and(|component| component == "kube-apiserver")
            && pod.started_s.is_some_and(|since| now_s - since < SERVER_YOUNG_S)
    };
    let nodes = objects
        .nodes
        .iter()
        .filter(|one| node(one))
        .map(|one| format!("node {} is younger than three minutes and not ready", one.name));
    let pods = objects
        .pods
        .iter()
        .filter(|one| pod(one))
        .map(|one| format!("pod {} is younger than three minutes and not ready", one.name));
    let servers = objects.pods.iter().filter(|one| server(one));
    let servers = servers.map(|one| format!("{} was started less than a minute ago", one.name));
    nodes.chain(pods).chain(servers).collect()
}

#[cfg(test)]
mod tests {
    use pontoon_model::untrusted::Untrusted;

    use super::*;

    /// Of a cluster that is old itself.
    #[test]
    fn what_starts_is_named() {
        let node = ClusterNode { name: "pi1".to_owned(), ..ClusterNode::default() };
        let pod = Pod {
            namespace: "kube-system".to_owned(),
            name: "coredns-b".to_owned(),
            created_s: Some(990),
            ..Pod::default()
        };
        let objects =
            ClusterObjects { nodes: vec![node], pods: vec![pod], ..ClusterObjects::default() };
        let expected = ["pod coredns-b is younger than three minutes and not ready"];
        assert_eq!(what_starts(&objects, 1_000), expected);
    }

    #[test]
    fn what_is_young_and_not_ready_is_starting() {
        let pod = |age_s: i64, is_ready, waits: Option<&str>| Pod {
            namespace: "kube-system".to_owned(),
            is_ready,
            created_s: Some(1_000 - age_s),
            waits: waits.map(Untrusted::new),
            ..Pod::default()
        };
        let server = |age_s: i64| Pod {
            namespace: "kube-system".to_owned(),
            is_ready: true,
            started_s: Some(1_000 - age_s),
            labels: [("component".to_owned(), "kube-apiserver".to_owned())].into(),
            ..Pod::default()
        };
        let table = [
            (pod(20, true, None), false),
            (pod(20, false, Some("ContainerCreating")), true),
            (pod(20, false, Some("CrashLoopBackOff back-off")), false),
            (pod(200, false, None), false),
            (Pod { is_ended: true, ..pod(20, false, Some("Completed")) }, false),
            (server(10), true),
            (server(40), true),
            (server(70), false),
            (Pod { namespace: "tenant".to_owned(), ..server(10) }, false),
        ];
        for (pod, expected) in table {
            let objects = ClusterObjects { pods: vec![pod], ..ClusterObjects::default() };
            assert_eq!(is_starting(&objects, 1_000), expected, "{objects:?}");
        }
    }
}
