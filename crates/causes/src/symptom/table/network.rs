//! Messages of curl, dig, nslookup and the C library.

use super::{Symptom, SymptomGroup};
use pontoon_model::code::{self, DiagnosisCode};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [DiagnosisCode],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

/// Causes of a connection from a pod without response: the text alone does not distinguish them.
const POD_SILENCE: &[DiagnosisCode] = &[
    code::FLANNEL_ON_UNREACHABLE_LINK,
    code::FORWARD_POLICY_DROP,
    code::POD_MTU_HOLE,
    code::POD_NETWORK_OVERLAPS,
    code::SERVICE_NETWORK_OVERLAPS,
    code::NAT_MISSING,
    code::NETWORK_POLICY,
    code::POD_NOT_THERE,
];

pub(super) const TABLE: &[Symptom] = &[
    row(
        &["wget: can't connect to remote host ({host}): no route"],
        "{host} was not reached: no ARP or NDP reply, or a filter answered \"prohibited\"",
        &[
            code::ADDRESS_UNREACHABLE,
            code::HOST_OFF,
            code::FIREWALL_REJECT,
            code::POD_NETWORK_OVERLAPS,
        ],
    ),
    row(
        &["wget: can't connect to remote host ({host}): connection refused"],
        "{host} answered that nothing listens on that port",
        &[code::NOTHING_LISTENS, code::SERVICE_WITHOUT_ENDPOINTS, code::STILL_STARTING],
    ),
    row(
        &[
            "curl: (35) {..}connection reset by peer",
            "curl: (56) recv failure: connection reset by peer",
            "curl: (52) empty reply from server",
        ],
        "TCP connected, and the other side cut the connection",
        &[code::CONNECTION_CUT, code::STILL_STARTING],
    ),
    row(
        &["resolving timed out after {number} milliseconds"],
        "no resolver answered",
        &[code::RESOLVER_UNREACHABLE, code::COREDNS_NOT_READY, code::FLANNEL_ON_UNREACHABLE_LINK],
    ),
    row(
        &["communications error to {address}#{port}: connection refused"],
        "{address} refused the query on port {port}",
        &[code::COREDNS_NOT_READY, code::KUBE_PROXY_WITHOUT_RULES, code::RESOLVER_UNREACHABLE],
    ),
    row(
        &[
            "communications error to {address}#{port}: timed out",
            "communications error to {address}#{port}: host unreachable",
        ],
        "no answer from {address} to a DNS query",
        &[
            code::FLANNEL_ON_UNREACHABLE_LINK,
            code::FORWARD_POLICY_DROP,
            code::COREDNS_NOT_READY,
            code::KUBE_PROXY_WITHOUT_RULES,
            code::RESOLVER_UNREACHABLE,
        ],
    ),
    row(
        &["communications error to {address}#{port}: network unreachable"],
        "this host has no route to the resolver {address}",
        &[code::NO_ROUTE_TO_SERVICE_RANGE, code::NO_ROUTE_FROM_HERE],
    ),
    row(
        &[
            "server can't find {name}.default.cluster.local: nxdomain",
            "server can't find kubernetes.default.svc.cluster.local: nxdomain",
            "server can't find kubernetes.default.cluster.local: nxdomain",
        ],
        "nslookup was answered that a name of its search list does not exist",
        &[code::SEARCH_LIST_TRIED, code::NAME_UNKNOWN],
    ),
    row(
        &["server can't find {name}: nxdomain"],
        "the resolver answered that {name} does not exist",
        &[code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER],
    ),
    row(
        &["server can't find {name}: servfail", "server can't find {name}: refused"],
        "the resolver answered that it cannot resolve {name}",
        &[code::RESOLVER_ANSWERS_WITH_ERROR, code::NAME_OF_OTHER_RESOLVER],
    ),
    row(
        &["could not resolve host: {name}", "wget: bad address '{name}"],
        "{name} was not resolved; the text does not say whether a resolver answered",
        &[code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER, code::RESOLVER_UNREACHABLE],
    ),
    row(
        &[
            "connection timed out; no servers could be reached",
            "no servers could be reached",
            "temporary failure in name resolution",
            "temporary failure resolving",
        ],
        "no resolver answered",
        &[code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED, code::COREDNS_NOT_READY],
    )
    .after(SymptomGroup::Dns),
    row(
        &[
            "operation timed out after {number} milliseconds with 0 out of {number} bytes received",
            "operation timed out after {number} milliseconds with {number} out of {number} bytes",
        ],
        "the response began (its length is known), but its body did not come",
        &[code::POD_MTU_HOLE, code::SERVER_STALLS],
    ),
    row(
        &[
            "ssl connection timeout",
            "curl: (28) operation timed out after {number} milliseconds with 0 bytes",
        ],
        "TCP connected, but no response came",
        &[code::POD_MTU_HOLE, code::SERVER_STALLS, code::SERVER_OVERLOADED],
    ),
    row(
        &["curl: (28) failed to connect to {host} port {port}"],
        "no response from {host} port {port}, not even a refusal",
        POD_SILENCE,
    ),
    row(
        &["curl: (28) connection timed out", "curl: (28)"],
        "no response, or not in time",
        POD_SILENCE,
    ),
    row(&["wget: download timed out"], "no response, or not in time", POD_SILENCE),
    row(
        &["curl: (60) ssl certificate problem"],
        "TLS works, but the certificate is from no CA that curl trusts",
        &[code::KUBECONFIG_OF_ANOTHER_CA, code::PORTAL_INTERCEPTS, code::PRIVATE_REGISTRY_CA],
    ),
];
