//! The table of rules, and how it is applied.
//!
//! To add one: write its proof in a file below `rule/`, its page in `rule/explain/CODE.md`, and
//! its row here. Rows with the same consequences for a user stand together.

mod rule_context;
mod row;
mod addressing;
mod clock;
mod control;
mod dns;
mod duplicate;
mod forwarding;
mod group_frames;
mod host_firewall;
mod identity;
mod isolation;
mod host_link;
mod loss;
mod mtu;
mod host_name;
mod overlap;
mod link_pair;
mod agentless_peer;
pub(crate) mod port;
mod captive_portal;
mod wifi;
mod return_path;
mod route_lookup;
mod routed_path;
mod node_address;
mod udp;
mod uniformity;
mod directed_path;

use std::collections::BTreeMap;

use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, Severity};
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
pub use row::{DiagnosisRule, RuleMatch};
pub use rule_context::RuleContext;

/// Every rule there is.
pub const RULES: &[DiagnosisRule] = &[
    DiagnosisRule {
        code: code::CLIENT_ISOLATION,
        summary: "the network isolates its clients from each other (client isolation)",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/client-isolation.md"),
        prove: isolation::client_isolation,
    },
    DiagnosisRule {
        code: code::PEERS_VIA_GATEWAY,
        summary: "clients reach each other only through their gateway",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/peers-via-gateway.md"),
        prove: isolation::peers_via_gateway,
    },
    DiagnosisRule {
        code: code::ONE_WAY_FILTER,
        summary: "frames pass in one direction only",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/one-way-filter.md"),
        prove: isolation::one_way_filter,
    },
    DiagnosisRule {
        code: code::GROUP_SUPPRESSION,
        summary: "broadcast is blocked and ARP is not answered",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[code::HOST_FIREWALL],
        explain: include_str!("rule/explain/group-suppression.md"),
        prove: group_frames::group_suppression,
    },
    DiagnosisRule {
        code: code::GROUP_FRAMES_FILTERED,
        summary: "broadcast is blocked, but ARP is answered",
        severity: Severity::Info,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/group-frames-filtered.md"),
        prove: group_frames::group_frames_filtered,
    },
    DiagnosisRule {
        code: code::PEER_LINK_DOWN,
        summary: "a link is down",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            code::CLIENT_ISOLATION,
            code::PEER_UNANSWERED,
            code::NO_L2_SERVICE,
            code::DUAL_HOMED_SELECTION,
        ],
        explain: include_str!("rule/explain/peer-link-down.md"),
        prove: host_link::peer_link_down,
    },
    DiagnosisRule {
        code: code::PEER_UNANSWERED,
        summary: "a host without an agent does not answer",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/peer-unanswered.md"),
        prove: agentless_peer::peer_unanswered,
    },
    DiagnosisRule {
        code: code::NO_L2_SERVICE,
        summary: "the network does not respond, not even the gateway",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            code::CLIENT_ISOLATION,
            code::PEERS_VIA_GATEWAY,
            code::ONE_WAY_FILTER,
            code::ROUTED_PATH_BLOCKED,
            code::PEER_UNANSWERED,
            code::DUAL_HOMED_SELECTION,
            code::DNS_DEAD,
            code::CAPTIVE_PORTAL,
            code::UDP_BLOCKED,
        ],
        explain: include_str!("rule/explain/no-l2-service.md"),
        prove: host_link::no_l2_service,
    },
    DiagnosisRule {
        code: code::GATEWAY_SILENT,
        summary: "the gateway does not answer, and other hosts do",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[code::DNS_DEAD, code::CAPTIVE_PORTAL, code::UDP_BLOCKED],
        explain: include_str!("rule/explain/gateway-silent.md"),
        prove: host_link::gateway_silent,
    },
    DiagnosisRule {
        code: code::HOST_FIREWALL,
        summary: "a host's own packet filter blocks other hosts",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/host-firewall.md"),
        prove: host_firewall::host_firewall,
    },
    DiagnosisRule {
        code: code::PORT_BLOCKED,
        summary: "a host's own packet filter blocks a port that Kubernetes needs",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/port-blocked.md"),
        prove: port::port_blocked,
    },
    DiagnosisRule {
        code: code::PORT_FILTERED,
        summary: "packets to a port that Kubernetes needs are dropped on the path",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/port-filtered.md"),
        prove: port::port_filtered,
    },
    DiagnosisRule {
        code: code::PING_IGNORED,
        summary: "a host ignores ping but answers everything else",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/ping-ignored.md"),
        prove: host_firewall::ping_ignored,
    },
    DiagnosisRule {
        code: code::ROUTED_PATH_BLOCKED,
        summary: "packets between two networks are dropped on the path",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[code::PORT_FILTERED],
        explain: include_str!("rule/explain/routed-path-blocked.md"),
        prove: routed_path::routed_path_blocked,
    },
    DiagnosisRule {
        code: code::LOSSY_PATH,
        summary: "frames are lost",
        severity: Severity::Info,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/lossy-path.md"),
        prove: loss::lossy_path,
    },
    DiagnosisRule {
        code: code::DUAL_HOMED_SELECTION,
        summary: "kubeadm would advertise an address that other hosts cannot reach",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dual-homed-selection.md"),
        prove: node_address::dual_homed_selection,
    },
    DiagnosisRule {
        code: code::NO_DEFAULT_ROUTE,
        summary: "there is no default route",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/no-default-route.md"),
        prove: node_address::no_default_route,
    },
    DiagnosisRule {
        code: code::SAME_SUBNET,
        summary: "two links of one host are in the same network",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[
            code::ASYMMETRIC_RETURN,
            code::HOST_FIREWALL,
            code::RP_FILTER_DROP,
            code::GROUP_SUPPRESSION,
            code::MTU_BLACK_HOLE,
            code::DNS_DEAD,
            code::UDP_BLOCKED,
        ],
        explain: include_str!("rule/explain/same-subnet.md"),
        prove: addressing::same_subnet,
    },
    DiagnosisRule {
        code: code::WRONG_MASK,
        summary: "two hosts in one network have different prefix lengths",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[
            code::HOST_FIREWALL,
            code::ASYMMETRIC_RETURN,
            code::RP_FILTER_DROP,
            code::MTU_BLACK_HOLE,
        ],
        explain: include_str!("rule/explain/wrong-mask.md"),
        prove: addressing::wrong_mask,
    },
    DiagnosisRule {
        code: code::DUPLICATE_ADDRESS,
        summary: "two hosts use the same IP address",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            code::HOST_FIREWALL,
            code::ASYMMETRIC_RETURN,
            code::GROUP_SUPPRESSION,
            code::DNS_DEAD,
            code::MTU_BLACK_HOLE,
            code::UDP_BLOCKED,
            code::DUPLICATE_INTERNAL_IP,
        ],
        explain: include_str!("rule/explain/duplicate-address.md"),
        prove: addressing::duplicate_address,
    },
    DiagnosisRule {
        code: code::DUPLICATE_MAC,
        summary: "two hosts have the same MAC address",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[
            code::CLIENT_ISOLATION,
            code::PEERS_VIA_GATEWAY,
            code::ONE_WAY_FILTER,
            code::GROUP_SUPPRESSION,
            code::HOST_FIREWALL,
            code::ASYMMETRIC_RETURN,
            code::LOSSY_PATH,
            code::MTU_BLACK_HOLE,
        ],
        explain: include_str!("rule/explain/duplicate-mac.md"),
        prove: duplicate::duplicate_mac,
    },
    DiagnosisRule {
        code: code::DUPLICATE_INTERNAL_IP,
        summary: "Kubernetes would use the same address for two nodes",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-internal-ip.md"),
        prove: duplicate::duplicate_internal_ip,
    },
    DiagnosisRule {
        code: code::DUPLICATE_HOST_NAME,
        summary: "two hosts have the same host name",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-host-name.md"),
        prove: identity::duplicate_host_name,
    },
    DiagnosisRule {
        code: code::DUPLICATE_MACHINE_ID,
        summary: "two hosts have the same machine ID",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-machine-id.md"),
        prove: identity::duplicate_machine_id,
    },
    DiagnosisRule {
        code: code::DUPLICATE_PRODUCT_UUID,
        summary: "two hosts have the same product UUID",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-product-uuid.md"),
        prove: identity::duplicate_product_uuid,
    },
    DiagnosisRule {
        code: code::DUPLICATE_SSH_HOST_KEY,
        summary: "two hosts have the same SSH host key",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-ssh-host-key.md"),
        prove: identity::duplicate_ssh_host_key,
    },
    DiagnosisRule {
        code: code::MTU_DIFFERS,
        summary: "links of one network have different MTUs",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/mtu-differs.md"),
        prove: uniformity::mtu_differs,
    },
    DiagnosisRule {
        code: code::RP_FILTER_DROP,
        summary: "a host's strict reverse-path filter drops packets",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[code::HOST_FIREWALL, code::ASYMMETRIC_RETURN, code::MTU_BLACK_HOLE],
        explain: include_str!("rule/explain/rp-filter-drop.md"),
        prove: return_path::rp_filter_drop,
    },
    DiagnosisRule {
        code: code::ASYMMETRIC_RETURN,
        summary: "replies come back on another link",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/asymmetric-return.md"),
        prove: return_path::asymmetric_return,
    },
    DiagnosisRule {
        code: code::FORWARDING_OFF,
        summary: "a host that is the gateway of another does not forward packets",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[code::FORWARD_DROP, code::MISSING_MASQUERADE, code::SOURCE_GUARD],
        explain: include_str!("rule/explain/forwarding-off.md"),
        prove: forwarding::forwarding_off,
    },
    DiagnosisRule {
        code: code::FORWARD_DROP,
        summary: "a gateway's packet filter drops packets that it should forward",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[code::MISSING_MASQUERADE, code::SOURCE_GUARD],
        explain: include_str!("rule/explain/forward-drop.md"),
        prove: forwarding::forward_drop,
    },
    DiagnosisRule {
        code: code::MISSING_MASQUERADE,
        summary: "a gateway forwards packets from private addresses without NAT",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/missing-masquerade.md"),
        prove: forwarding::missing_masquerade,
    },
    DiagnosisRule {
        code: code::SOURCE_GUARD,
        summary: "the access point drops packets with another host's source address",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/source-guard.md"),
        prove: forwarding::source_guard,
    },
    DiagnosisRule {
        code: code::CAPTIVE_PORTAL,
        summary: "a captive portal intercepts HTTP until you log in",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            code::DNS_REWRITTEN,
            code::DNS_INTERCEPTED,
            code::DNS_DEAD,
            code::CLOCK_OFF,
            code::CLOCK_SKEW,
            code::UDP_BLOCKED,
        ],
        explain: include_str!("rule/explain/captive-portal.md"),
        prove: captive_portal::captive_portal,
    },
    DiagnosisRule {
        code: code::DNS_DEAD,
        summary: "a configured name server resolves nothing",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-dead.md"),
        prove: dns::dns_dead,
    },
    DiagnosisRule {
        code: code::DNS_REWRITTEN,
        summary: "a name server returns addresses for names that do not exist",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-rewritten.md"),
        prove: dns::dns_rewritten,
    },
    DiagnosisRule {
        code: code::DNS_INTERCEPTED,
        summary: "DNS queries are intercepted on the path",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-intercepted.md"),
        prove: dns::dns_intercepted,
    },
    DiagnosisRule {
        code: code::UDP_BLOCKED,
        summary: "the network blocks UDP except DNS and NTP",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/udp-blocked.md"),
        prove: udp::udp_blocked,
    },
    DiagnosisRule {
        code: code::MTU_BLACK_HOLE,
        summary: "large packets are dropped silently (path-MTU black hole)",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/mtu-black-hole.md"),
        prove: mtu::mtu_black_hole,
    },
    DiagnosisRule {
        code: code::CLOCK_OFF,
        summary: "the clock is wrong by more than a day",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[code::CLOCK_SKEW, code::CLOCK_SKEW_BETWEEN_HOSTS],
        explain: include_str!("rule/explain/clock-off.md"),
        prove: clock::clock_off,
    },
    DiagnosisRule {
        code: code::CLOCK_SKEW,
        summary: "the clock is wrong by more than a minute",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[code::CLOCK_SKEW_BETWEEN_HOSTS],
        explain: include_str!("rule/explain/clock-skew.md"),
        prove: clock::clock_skew,
    },
    DiagnosisRule {
        code: code::CLOCK_SKEW_BETWEEN_HOSTS,
        summary: "the clocks of two hosts are more than a second apart",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/clock-skew-between-hosts.md"),
        prove: clock::clock_skew_between_hosts,
    },
    DiagnosisRule {
        code: code::CIDR_OVERLAP,
        summary: "a network of the cluster overlaps with one that is in use",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/cidr-overlap.md"),
        prove: overlap::cidr_overlap,
    },
    DiagnosisRule {
        code: code::DEFAULT_SERVICE_CIDR_OVERLAP,
        summary: "kubeadm's default Service network overlaps with one that is in use",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/default-service-cidr-overlap.md"),
        prove: overlap::default_service_cidr_overlap,
    },
    DiagnosisRule {
        code: code::HOSTNAME_LOOPBACK,
        summary: "the host's own name resolves to loopback",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/hostname-loopback.md"),
        prove: host_name::hostname_loopback,
    },
    DiagnosisRule {
        code: code::LINK_NAMES_DIFFER,
        summary: "links into one network have different names",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/link-names-differ.md"),
        prove: uniformity::link_names_differ,
    },
    DiagnosisRule {
        code: code::NODE_ADDRESS_BY_DHCP,
        summary: "the node address is a DHCP lease",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/node-address-by-dhcp.md"),
        prove: node_address::node_address_by_dhcp,
    },
    DiagnosisRule {
        code: code::WIFI_POWER_SAVE,
        summary: "WiFi power save delays frames",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/wifi-power-save.md"),
        prove: wifi::wifi_power_save,
    },
];

/// The rule with that code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static DiagnosisRule> {
    RULES.iter().find(|rule| rule.code.as_str() == code)
}

/// Applies every rule, and drops what is only a consequence of something else that was found.
#[must_use]
pub fn diagnose(facts: &Facts) -> Vec<Diagnosis> {
    let case = RuleContext::new(facts);
    let proven: Vec<(&DiagnosisRule, RuleMatch)> = RULES
        .iter()
        .flat_map(|rule| (rule.prove)(&case).into_iter().map(move |proven| (rule, proven)))
        .collect();
    let mut causes: BTreeMap<DiagnosisCode, Vec<&RuleMatch>> = BTreeMap::new();
    for (rule, cause) in &proven {
        for masked in rule.masks {
            causes.entry(*masked).or_default().push(cause);
        }
    }
    // What is only possible explains nothing that is surer.
    let is_masked = |rule: &DiagnosisRule, found: &RuleMatch| {
        causes.get(&rule.code).into_iter().flatten().any(|cause| {
            covers(&case, &cause.scope, &found.scope)
                && cause.certainty >= found.certainty.min(Certainty::Likely)
        })
    };
    let kept = proven.iter().filter(|(rule, found)| !is_masked(rule, found));
    kept.map(|(rule, found)| rule.diagnosis(found.clone())).collect()
}

/// Whether a cause bears on a consequence: every host it names takes part there, either way round,
/// and by the same link. What holds for others explains nothing here: that one host has no service
/// does not excuse what two others measured.
fn covers(case: &RuleContext<'_>, cause: &DiagnosisScope, consequence: &DiagnosisScope) -> bool {
    let takes_part = |host: &HostName| consequence.hosts().any(|other| other == host);
    let is_of_family = |one: Option<IpFamily>, two: Option<IpFamily>| {
        one.zip(two).is_none_or(|(one, two)| one == two)
    };
    cause.hosts().all(takes_part)
        && is_of_family(cause.family, consequence.family)
        && is_one_link(case, cause, consequence)
}

/// Whether two scopes may mean the same link. A link is named by its owner: where the scopes are
/// written from different ends, the names differ and the network counts.
fn is_one_link(case: &RuleContext<'_>, one: &DiagnosisScope, two: &DiagnosisScope) -> bool {
    let owned = |scope: &DiagnosisScope| Some((scope.hosts().next()?.clone(), scope.link.clone()?));
    let (Some((a, link_a)), Some((b, link_b))) = (owned(one), owned(two)) else { return true };
    let is_known = |name: &HostName| case.facts.hosts.contains_key(name);
    if a == b || !is_known(&a) || !is_known(&b) {
        return link_a == link_b;
    }
    let (ends_of_a, ends_of_b) = ((&a, &link_a), (&b, &link_b));
    case.between(&a, &b).iter().any(|pair| {
        let ends = [&pair.shared.a, &pair.shared.b].map(|end| (&end.host, &end.link));
        ends == [ends_of_a, ends_of_b] || ends == [ends_of_b, ends_of_a]
    })
}

#[cfg(test)]
pub(crate) mod tests;
