//! What pods, the scheduler, kube-proxy, CoreDNS and flannel say.

use super::{Group, Symptom};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [&'static str],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

pub(super) const TABLE: &[Symptom] = &[
    row(
        &["plugin/forward: no nameservers found"],
        "CoreDNS was given no resolver to ask",
        &["no-nameserver"],
    ),
    row(
        &["plugin/loop: loop {..}detected", "plugin/loop: seen \"hinfo"],
        "CoreDNS got its own question back",
        &["dns-forwarding-loop"],
    ),
    row(
        &["plugins not ready: \"kubernetes\"", "still waiting on: \"kubernetes\""],
        "CoreDNS runs, and has not reached the API server by its Service yet",
        &["kube-proxy-without-rules", "api-service-leads-nowhere", "still-starting"],
    ),
    row(
        &["could not set conntrack parameters"],
        "kube-proxy ended: it may not set conntrack's size",
        &["conntrack-not-writable"],
    ),
    row(
        &[
            "can't determine this node's ip, assuming loopback",
            "timed out waiting for node to be assigned ips",
        ],
        "kube-proxy found no address on its Node for 30 s, and keeps loopback until it is restarted",
        &["no-internal-ip", "node-not-registered"],
    ),
    row(
        &["external interface {link} not found"],
        "flannel misses its interface {link}",
        &["tunnel-down", "flannel-interface-missing"],
    ),
    row(
        &[
            "failed to find any valid interface to use",
            "error looking up interface {host}",
            "could not find interface {..}with address",
            "no interface with given ip found",
        ],
        "flannel found none of the interfaces or addresses that it was told to use",
        &["flannel-interface-missing"],
    ),
    row(
        &["specified in the flannel net config doesn't contain \"{cidr}\" podcidr"],
        "flannel's Network does not hold {cidr}, which is this node's",
        &["flannel-network-differs"],
    ),
    row(
        &["no ip addresses available in range set", "no available ip addresses"],
        "the node's pod network has no free address",
        &["pod-addresses-used-up"],
    ),
    row(
        &["network {cidr} overlaps with existing route"],
        "the pod network {cidr} is a network that this host has a route to",
        &["pod-network-overlaps"],
    ),
    row(
        &["toomanyrequests", "429 too many requests", "you have reached your pull rate limit"],
        "the registry was reached, and refuses more questions from this address",
        &["registry-rate-limit"],
    ),
    row(
        &[
            "failed to resolve reference \"{image}\": {image}: not found",
            "manifest unknown",
            "manifest for {..}not found",
            "pull access denied",
            "repository does not exist or may require",
            "insufficient_scope: authorization failed",
            "unexpected status from head request {..}403",
            "unexpected status from head request {..}404",
        ],
        "the registry was reached, and does not give out that image",
        &["image-unknown"],
    ),
    row(
        &["no endpoints available for service"],
        "a Service was asked, and has no ready pod behind it",
        &["service-without-endpoints"],
    ),
    row(
        &[
            "had untolerated taint {node-role.kubernetes.io/control-plane",
            "had taint {node-role.kubernetes.io/master",
            "had untolerated taint(s){..}control-plane",
        ],
        "the pod waits: the only nodes are of the control plane, and take no ordinary pods",
        &["workers-missing"],
    ),
    row(
        &[
            "had untolerated taint {node.kubernetes.io/not-ready",
            "had untolerated taint {node.kubernetes.io/unreachable",
            "had taint {node.kubernetes.io/not-ready",
            "no nodes available to schedule pods",
        ],
        "the pod waits: no node is ready",
        &["no-node-ready"],
    )
    .after(Group::Node),
    row(
        &["insufficient cpu", "insufficient memory"],
        "the pod waits: no node has the processor or memory that it asks for",
        &["node-without-room"],
    ),
    row(
        &["liveness probe failed", "readiness probe failed", "startup probe failed"],
        "kubelet's probe of a container got no good answer",
        &["probe-fails", "still-starting"],
    ),
    row(
        &["waiting for caches to sync"],
        "the program has begun to ask its API server, and has no whole answer so far",
        &["still-starting", "kube-proxy-server-unreachable"],
    )
    .unless(&["caches are synced", "caches are synced for", "successfully retrieved nodeips"]),
    row(
        &["kubeletnotready", "container runtime network not ready"],
        "the node is NotReady; this line does not say why",
        &["cni-not-installed", "cni-not-ready", "cni-config-not-read"],
    )
    .after(Group::Node),
    row(
        &["errimagepull", "imagepullbackoff", "back-off pulling image"],
        "an image was not pulled; this line does not say why",
        &["pull-failed-untold"],
    )
    .after(Group::Pull),
    row(
        &["crashloopbackoff", "back-off restarting failed container"],
        "a container ends again and again; this line does not say why",
        &["container-ends-by-itself", "probe-fails", "out-of-memory"],
    )
    .after(Group::Any),
    row(
        &["failed to create pod sandbox", "failedcreatepodsandbox"],
        "a pod did not start: its network or its sandbox could not be made",
        &["cni-not-ready", "cni-binaries-missing", "sandbox-image-missing"],
    )
    .after(Group::Any),
];
