//! Messages of pods, the scheduler, kube-proxy, CoreDNS and flannel.

use super::{Symptom, SymptomGroup};
use pontoon_model::code::{self, DiagnosisCode};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [DiagnosisCode],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

pub(super) const TABLE: &[Symptom] = &[
    row(
        &["corefile:{number} - error during parsing"],
        "CoreDNS rejects line {number} of its Corefile",
        &[code::COREFILE_REJECTED],
    )
    .certain(),
    row(
        &["plugin/forward: no nameservers found"],
        "CoreDNS has no upstream resolver",
        &[code::NO_NAMESERVER],
    )
    .certain(),
    row(
        &["plugin/loop: loop {..}detected", "plugin/loop: seen \"hinfo"],
        "CoreDNS received its own query back",
        &[code::DNS_FORWARDING_LOOP],
    )
    .certain(),
    row(
        &["plugins not ready: \"kubernetes\"", "still waiting on: \"kubernetes\""],
        "CoreDNS runs, but has not reached the API server by its Service yet",
        &[code::KUBE_PROXY_WITHOUT_RULES, code::API_SERVICE_LEADS_NOWHERE, code::STILL_STARTING],
    )
    // A readiness probe every 10 s: a cluster that is well starts within half a minute.
    .at_least(4),
    row(
        &["could not set conntrack parameters"],
        "kube-proxy exited: it is not allowed to set conntrack's size",
        &[code::CONNTRACK_NOT_WRITABLE],
    )
    .certain(),
    row(
        &[
            "can't determine this node's ip, assuming loopback",
            "timed out waiting for node to be assigned ips",
        ],
        "kube-proxy found no address on its Node for 30 s, and uses loopback until it is restarted",
        &[code::NO_INTERNAL_IP, code::NODE_NOT_REGISTERED],
    ),
    row(
        &["external interface {link} not found"],
        "flannel does not find its interface {link}",
        &[code::TUNNEL_DOWN, code::FLANNEL_INTERFACE_MISSING],
    ),
    row(
        &["specified in the flannel net config doesn't contain \"{cidr}\" podcidr"],
        "flannel's Network does not contain {cidr}, which is this node's",
        &[code::FLANNEL_NETWORK_DIFFERS],
    )
    .certain(),
    row(
        &["no ip addresses available in range set", "no available ip addresses"],
        "the node's pod network has no free address",
        &[code::POD_ADDRESSES_USED_UP],
    )
    .certain(),
    row(
        &["network {cidr} overlaps with existing route"],
        "the pod network {cidr} is a network that this host has a route to",
        &[code::POD_NETWORK_OVERLAPS],
    )
    .certain(),
    row(
        &[
            "toomanyrequests",
            "429 too many requests",
            "you have reached your pull rate limit",
            "unauthenticated pull rate limit",
        ],
        "the registry was reached, but rejects further requests from this address",
        &[code::REGISTRY_RATE_LIMIT],
    )
    .certain(),
    row(
        &[
            "failed to resolve reference \"{image}\": {image}: not found",
            "manifest unknown",
            "manifest for {..}not found",
            "unexpected status from head request {..}403",
            "unexpected status from head request {..}404",
        ],
        "the registry was reached, but does not provide that image",
        &[code::IMAGE_UNKNOWN],
    ),
    row(
        &["no endpoints available for service"],
        "a Service has no ready pod behind it",
        &[code::SERVICE_WITHOUT_ENDPOINTS],
    )
    .certain(),
    row(
        &["liveness probe failed", "readiness probe failed", "startup probe failed"],
        "kubelet's probe of a container failed",
        &[code::PROBE_FAILS, code::STILL_STARTING],
    ),
    row(
        &["waiting for caches to sync"],
        "the program waits for a complete answer from its API server",
        &[code::STILL_STARTING, code::KUBE_PROXY_SERVER_UNREACHABLE],
    )
    .after(SymptomGroup::Any),
    row(
        &["kubeletnotready", "container runtime network not ready"],
        "the node is NotReady; this line does not say why",
        &[code::CNI_NOT_INSTALLED, code::CNI_NOT_READY, code::CNI_CONFIG_NOT_READ],
    )
    .after(SymptomGroup::Node),
    row(
        &["errimagepull", "imagepullbackoff", "back-off pulling image"],
        "an image was not pulled; this line does not say why",
        &[code::PULL_FAILED_UNTOLD],
    )
    .after(SymptomGroup::Pull),
    row(
        &["crashloopbackoff", "back-off restarting failed container"],
        "a container exits again and again; this line does not say why",
        &[code::CONTAINER_ENDS_BY_ITSELF, code::PROBE_FAILS, code::OUT_OF_MEMORY],
    )
    .after(SymptomGroup::Any),
    row(
        &["failed to create pod sandbox", "failedcreatepodsandbox"],
        "a pod did not start: its network or its sandbox could not be made",
        &[code::CNI_NOT_READY, code::CNI_BINARIES_MISSING, code::SANDBOX_IMAGE_MISSING],
    )
    .after(SymptomGroup::Any),
];
