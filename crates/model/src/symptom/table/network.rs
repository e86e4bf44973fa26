//! What curl, dig, nslookup and the C library say.

use super::{Group, Symptom};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [&'static str],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

/// From a pod, nothing comes back: so do all of these look (two ends and their facts decide).
const POD_SILENCE: &[&str] = &[
    "flannel-on-unreachable-link",
    "forward-policy-drop",
    "pod-mtu-hole",
    "pod-network-overlaps",
    "service-network-overlaps",
    "nat-missing",
    "network-policy",
    "pod-not-there",
];

pub(super) const TABLE: &[Symptom] = &[
    row(
        &["wget: can't connect to remote host ({host}): no route"],
        "{host} was not reached: nobody answered for the address, or a filter said \"prohibited\"",
        &["address-unreachable", "host-off", "firewall-reject", "pod-network-overlaps"],
    ),
    row(
        &["wget: can't connect to remote host ({host}): connection refused"],
        "{host} answered that nothing listens on that port",
        &["nothing-listens", "service-without-endpoints", "still-starting"],
    ),
    row(
        &[
            "curl: (35) {..}connection reset by peer",
            "curl: (56) recv failure: connection reset by peer",
            "curl: (52) empty reply from server",
        ],
        "TCP connected, and the other side cut the connection",
        &["connection-cut", "still-starting"],
    ),
    row(
        &["resolving timed out after {number} milliseconds"],
        "no resolver answered",
        &["resolver-unreachable", "coredns-not-ready", "flannel-on-unreachable-link"],
    ),
    row(
        &["communications error to {address}#{port}: connection refused"],
        "{address} refused the question on port {port}",
        &["coredns-not-ready", "kube-proxy-without-rules", "resolver-unreachable"],
    ),
    row(
        &[
            "communications error to {address}#{port}: timed out",
            "communications error to {address}#{port}: host unreachable",
        ],
        "no answer came from {address} to a DNS question",
        &[
            "flannel-on-unreachable-link",
            "forward-policy-drop",
            "coredns-not-ready",
            "kube-proxy-without-rules",
            "resolver-unreachable",
        ],
    ),
    row(
        &["communications error to {address}#{port}: network unreachable"],
        "this host has no route to the resolver {address}",
        &["no-route-to-service-range", "no-route-from-here"],
    ),
    row(
        &["server can't find {name}: nxdomain"],
        "the resolver answered: there is no {name}",
        &["name-unknown", "name-of-other-resolver"],
    ),
    row(
        &["server can't find {name}: servfail", "server can't find {name}: refused"],
        "the resolver answered that it cannot say what {name} is",
        &["resolver-unreachable", "name-of-other-resolver"],
    ),
    row(
        &["could not resolve host: {name}", "wget: bad address '{name}"],
        "{name} was not resolved; the text does not say whether a resolver answered",
        &["name-unknown", "name-of-other-resolver", "resolver-unreachable"],
    ),
    row(
        &[
            "connection timed out; no servers could be reached",
            "no servers could be reached",
            "temporary failure in name resolution",
            "temporary failure resolving",
        ],
        "no resolver answered",
        &["resolver-unreachable", "dns-packets-blocked", "coredns-not-ready"],
    )
    .after(Group::Dns),
    row(
        &["curl: (7) failed to connect to {host} port {port} after 0 ms"],
        "{host} port {port} was refused at once: by this host itself, or by one that is near",
        &[
            "no-route-to-service-range",
            "service-without-endpoints",
            "service-port-unassigned",
            "service-network-overlaps",
            "kube-proxy-without-rules",
        ],
    ),
    row(
        &[
            "curl: (7) failed to connect to {host} port {port} after {number} ms: connection refused",
            "curl: (7) failed to connect to {host} port {port}: connection refused",
        ],
        "{host} answered that nothing listens on port {port}",
        &["nothing-listens", "service-without-endpoints", "still-starting"],
    ),
    row(
        &[
            "curl: (7) failed to connect to {host} port {port} after {number} ms",
            "curl: (7) failed to connect to {host} port {port}: no route",
        ],
        "{host} port {port} was not reached: refused, or nobody answered for the address (that \
         takes 3 s)",
        &[
            "address-unreachable",
            "host-off",
            "firewall-reject",
            "pod-network-overlaps",
            "nothing-listens",
        ],
    ),
    row(
        &[
            "operation timed out after {number} milliseconds with 0 out of {number} bytes received",
            "operation timed out after {number} milliseconds with {number} out of {number} bytes",
        ],
        "the answer began (its length is known), and its body did not come",
        &["pod-mtu-hole", "server-stalls"],
    ),
    row(
        &[
            "ssl connection timeout",
            "curl: (28) operation timed out after {number} milliseconds with 0 bytes",
        ],
        "TCP connected, and no answer came",
        &["pod-mtu-hole", "server-stalls", "server-overloaded"],
    ),
    row(
        &["curl: (28) failed to connect to {host} port {port}"],
        "nothing came back from {host} port {port}, not even a refusal",
        POD_SILENCE,
    ),
    row(
        &["curl: (28) connection timed out", "curl: (28)"],
        "nothing came back, or not in time",
        POD_SILENCE,
    ),
    row(&["wget: download timed out"], "nothing came back, or not in time", POD_SILENCE),
    row(
        &["curl: (60) ssl certificate problem"],
        "TLS was spoken; the certificate is of no CA that curl trusts",
        &["kubeconfig-of-another-ca", "portal-intercepts", "private-registry-ca"],
    ),
];
