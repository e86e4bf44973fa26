//! The table of findings, and how it is applied.
//!
//! To add one: write its proof in a file below `rule/`, its page in `rule/explain/CODE.md`, and
//! its row here. Rows with the same consequences for a user stand together.

mod case;
mod addressing;
mod clock;
mod control;
mod dns;
mod doubled;
mod forwarding;
mod group;
mod host_firewall;
mod identity;
mod isolation;
mod leg;
mod loss;
mod mtu;
mod naming;
mod overlap;
mod pair;
mod peer;
pub(crate) mod port;
mod portal;
mod radio;
mod return_path;
mod route;
mod routed;
mod selection;
mod udp;
mod uniformity;
mod way;

use crate::facts::Facts;
pub use case::Case;

use crate::finding::{Code, Finding, Level, Proven, Rule, Scope, Severity};
use crate::host::HostName;
use crate::net::Family;
use crate::pairing::shared_links;

/// Every finding there is.
pub const RULES: &[Rule] = &[
    Rule {
        code: Code("client-isolation"),
        title: "the network keeps its clients apart",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/client-isolation.md"),
        prove: isolation::client_isolation,
    },
    Rule {
        code: Code("peers-via-gateway"),
        title: "clients reach each other only through their gateway",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/peers-via-gateway.md"),
        prove: isolation::peers_via_gateway,
    },
    Rule {
        code: Code("one-way-filter"),
        title: "frames pass one way only",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/one-way-filter.md"),
        prove: isolation::one_way_filter,
    },
    Rule {
        code: Code("group-suppression"),
        title: "broadcast does not pass, and nobody answers ARP",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[Code("host-firewall")],
        explain: include_str!("rule/explain/group-suppression.md"),
        prove: group::group_suppression,
    },
    Rule {
        code: Code("group-frames-filtered"),
        title: "broadcast does not pass, but ARP is answered",
        severity: Severity::Info,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/group-frames-filtered.md"),
        prove: group::group_frames_filtered,
    },
    Rule {
        code: Code("peer-link-down"),
        title: "a link is down",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            Code("client-isolation"),
            Code("peer-unanswered"),
            Code("no-l2-service"),
            Code("dual-homed-selection"),
        ],
        explain: include_str!("rule/explain/peer-link-down.md"),
        prove: leg::peer_link_down,
    },
    Rule {
        code: Code("peer-unanswered"),
        title: "a peer answers nothing",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/peer-unanswered.md"),
        prove: peer::peer_unanswered,
    },
    Rule {
        code: Code("no-l2-service"),
        title: "the network does not answer, not even the gateway",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            Code("client-isolation"),
            Code("peers-via-gateway"),
            Code("one-way-filter"),
            Code("routed-path-blocked"),
            Code("peer-unanswered"),
            Code("dual-homed-selection"),
            Code("dns-dead"),
            Code("captive-portal"),
            Code("udp-blocked"),
        ],
        explain: include_str!("rule/explain/no-l2-service.md"),
        prove: leg::no_l2_service,
    },
    Rule {
        code: Code("host-firewall"),
        title: "a host's own packet filter keeps others out",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/host-firewall.md"),
        prove: host_firewall::host_firewall,
    },
    Rule {
        code: Code("port-blocked"),
        title: "a host's own packet filter keeps a port shut that Kubernetes needs",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/port-blocked.md"),
        prove: port::port_blocked,
    },
    Rule {
        code: Code("port-filtered"),
        title: "a port that Kubernetes needs is dropped before it gets there",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/port-filtered.md"),
        prove: port::port_filtered,
    },
    Rule {
        code: Code("ping-ignored"),
        title: "a host answers, but not to ping",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/ping-ignored.md"),
        prove: host_firewall::ping_ignored,
    },
    Rule {
        code: Code("routed-path-blocked"),
        title: "packets between two networks are dropped on the way",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[Code("port-filtered")],
        explain: include_str!("rule/explain/routed-path-blocked.md"),
        prove: routed::routed_path_blocked,
    },
    Rule {
        code: Code("lossy-path"),
        title: "frames are lost",
        severity: Severity::Info,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/lossy-path.md"),
        prove: loss::lossy_path,
    },
    Rule {
        code: Code("dual-homed-selection"),
        title: "kubeadm would advertise an address at which the others cannot reach it",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dual-homed-selection.md"),
        prove: selection::dual_homed_selection,
    },
    Rule {
        code: Code("no-default-route"),
        title: "there is no default route",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/no-default-route.md"),
        prove: selection::no_default_route,
    },
    Rule {
        code: Code("same-subnet"),
        title: "two links of one host are in the same network",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[
            Code("asymmetric-return"),
            Code("host-firewall"),
            Code("rp-filter-drop"),
            Code("group-suppression"),
            Code("mtu-black-hole"),
            Code("dns-dead"),
            Code("udp-blocked"),
        ],
        explain: include_str!("rule/explain/same-subnet.md"),
        prove: addressing::same_subnet,
    },
    Rule {
        code: Code("wrong-mask"),
        title: "two neighbours disagree about the size of their network",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[
            Code("host-firewall"),
            Code("asymmetric-return"),
            Code("rp-filter-drop"),
            Code("mtu-black-hole"),
        ],
        explain: include_str!("rule/explain/wrong-mask.md"),
        prove: addressing::wrong_mask,
    },
    Rule {
        code: Code("duplicate-address"),
        title: "an address is in use twice",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            Code("host-firewall"),
            Code("asymmetric-return"),
            Code("group-suppression"),
            Code("dns-dead"),
            Code("mtu-black-hole"),
            Code("udp-blocked"),
            Code("duplicate-internal-ip"),
        ],
        explain: include_str!("rule/explain/duplicate-address.md"),
        prove: addressing::duplicate_address,
    },
    Rule {
        code: Code("duplicate-mac"),
        title: "two hosts have one MAC address",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[
            Code("client-isolation"),
            Code("peers-via-gateway"),
            Code("one-way-filter"),
            Code("group-suppression"),
            Code("host-firewall"),
            Code("asymmetric-return"),
            Code("lossy-path"),
            Code("mtu-black-hole"),
        ],
        explain: include_str!("rule/explain/duplicate-mac.md"),
        prove: doubled::duplicate_mac,
    },
    Rule {
        code: Code("duplicate-internal-ip"),
        title: "Kubernetes would take the same address of two hosts",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-internal-ip.md"),
        prove: doubled::duplicate_internal_ip,
    },
    Rule {
        code: Code("duplicate-host-name"),
        title: "two hosts have one name",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-host-name.md"),
        prove: identity::duplicate_host_name,
    },
    Rule {
        code: Code("duplicate-machine-id"),
        title: "two hosts have one machine id",
        severity: Severity::Error,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-machine-id.md"),
        prove: identity::duplicate_machine_id,
    },
    Rule {
        code: Code("duplicate-product-uuid"),
        title: "two hosts have one product UUID",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-product-uuid.md"),
        prove: identity::duplicate_product_uuid,
    },
    Rule {
        code: Code("duplicate-ssh-host-key"),
        title: "two hosts have one SSH host key",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/duplicate-ssh-host-key.md"),
        prove: identity::duplicate_ssh_host_key,
    },
    Rule {
        code: Code("mtu-differs"),
        title: "links of one network take packets of different sizes",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/mtu-differs.md"),
        prove: uniformity::mtu_differs,
    },
    Rule {
        code: Code("rp-filter-drop"),
        title: "a host drops what arrives, because it would answer by another link",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[Code("host-firewall"), Code("asymmetric-return"), Code("mtu-black-hole")],
        explain: include_str!("rule/explain/rp-filter-drop.md"),
        prove: return_path::rp_filter_drop,
    },
    Rule {
        code: Code("asymmetric-return"),
        title: "answers come back by another link",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/asymmetric-return.md"),
        prove: return_path::asymmetric_return,
    },
    Rule {
        code: Code("forwarding-off"),
        title: "a host is another's gateway and does not forward",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[Code("forward-drop"), Code("missing-masquerade"), Code("source-guard")],
        explain: include_str!("rule/explain/forwarding-off.md"),
        prove: forwarding::forwarding_off,
    },
    Rule {
        code: Code("forward-drop"),
        title: "a gateway's packet filter drops what it should forward",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[Code("missing-masquerade"), Code("source-guard")],
        explain: include_str!("rule/explain/forward-drop.md"),
        prove: forwarding::forward_drop,
    },
    Rule {
        code: Code("missing-masquerade"),
        title: "a gateway forwards private addresses unchanged",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/missing-masquerade.md"),
        prove: forwarding::missing_masquerade,
    },
    Rule {
        code: Code("source-guard"),
        title: "the access point may drop what does not come from the client's own address",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/source-guard.md"),
        prove: forwarding::source_guard,
    },
    Rule {
        code: Code("captive-portal"),
        title: "the network wants somebody to log in first",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[
            Code("dns-rewritten"),
            Code("dns-intercepted"),
            Code("dns-dead"),
            Code("clock-off"),
            Code("clock-skew"),
            Code("udp-blocked"),
        ],
        explain: include_str!("rule/explain/captive-portal.md"),
        prove: portal::captive_portal,
    },
    Rule {
        code: Code("dns-dead"),
        title: "a configured name server resolves nothing",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-dead.md"),
        prove: dns::dns_dead,
    },
    Rule {
        code: Code("dns-rewritten"),
        title: "a name server invents addresses for names that do not exist",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-rewritten.md"),
        prove: dns::dns_rewritten,
    },
    Rule {
        code: Code("dns-intercepted"),
        title: "somebody on the way answers in the name of every name server",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/dns-intercepted.md"),
        prove: dns::dns_intercepted,
    },
    Rule {
        code: Code("udp-blocked"),
        title: "the network passes no UDP beside names and time",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/udp-blocked.md"),
        prove: udp::udp_blocked,
    },
    Rule {
        code: Code("mtu-black-hole"),
        title: "large packets vanish without a word",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/mtu-black-hole.md"),
        prove: mtu::mtu_black_hole,
    },
    Rule {
        code: Code("clock-off"),
        title: "the clock is wrong by more than a day",
        severity: Severity::Error,
        is_symmetric: false,
        masks: &[Code("clock-skew"), Code("clock-skew-between-hosts")],
        explain: include_str!("rule/explain/clock-off.md"),
        prove: clock::clock_off,
    },
    Rule {
        code: Code("clock-skew"),
        title: "the clock is wrong by more than a minute",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[Code("clock-skew-between-hosts")],
        explain: include_str!("rule/explain/clock-skew.md"),
        prove: clock::clock_skew,
    },
    Rule {
        code: Code("clock-skew-between-hosts"),
        title: "two hosts' clocks are more than a second apart",
        severity: Severity::Warning,
        is_symmetric: true,
        masks: &[],
        explain: include_str!("rule/explain/clock-skew-between-hosts.md"),
        prove: clock::clock_skew_between_hosts,
    },
    Rule {
        code: Code("cidr-overlap"),
        title: "the cluster would want a network that is in use",
        severity: Severity::Warning,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/cidr-overlap.md"),
        prove: overlap::cidr_overlap,
    },
    Rule {
        code: Code("default-service-cidr-overlap"),
        title: "kubeadm's default network for Services is in use",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/default-service-cidr-overlap.md"),
        prove: overlap::default_service_cidr_overlap,
    },
    Rule {
        code: Code("hostname-loopback"),
        title: "the host's own name leads to loopback",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/hostname-loopback.md"),
        prove: naming::hostname_loopback,
    },
    Rule {
        code: Code("link-names-differ"),
        title: "links into one network have different names",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/link-names-differ.md"),
        prove: uniformity::link_names_differ,
    },
    Rule {
        code: Code("node-address-by-dhcp"),
        title: "the address that Kubernetes would take is lent by DHCP",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/node-address-by-dhcp.md"),
        prove: selection::node_address_by_dhcp,
    },
    Rule {
        code: Code("wifi-power-save"),
        title: "the radio dozes between beacons",
        severity: Severity::Info,
        is_symmetric: false,
        masks: &[],
        explain: include_str!("rule/explain/wifi-power-save.md"),
        prove: radio::wifi_power_save,
    },
];

/// The rule of that name.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.0 == code)
}

/// Applies every rule, and drops what is only a consequence of another finding.
#[must_use]
pub fn diagnose(facts: &Facts) -> Vec<Finding> {
    let case = Case::new(facts);
    let proven: Vec<(&Rule, Proven)> = RULES
        .iter()
        .flat_map(|rule| (rule.prove)(&case).into_iter().map(move |proven| (rule, proven)))
        .collect();
    // What is only possible explains nothing that is surer.
    let is_masked = |rule: &Rule, found: &Proven| {
        proven.iter().any(|(other, cause)| {
            other.masks.contains(&rule.code)
                && covers(facts, &cause.scope, &found.scope)
                && cause.level >= found.level.min(Level::Likely)
        })
    };
    let kept = proven.iter().filter(|(rule, found)| !is_masked(rule, found));
    kept.map(|(rule, proven)| finding(rule, proven)).collect()
}

/// Whether a cause bears on a finding: every host it names takes part there, whichever way round,
/// and by the same link. What holds for others explains nothing here: that one host has no service
/// does not excuse what two others measured.
fn covers(facts: &Facts, cause: &Scope, finding: &Scope) -> bool {
    let takes_part = |host: &HostName| finding.hosts().any(|other| other == host);
    let is_of_family =
        |one: Option<Family>, two: Option<Family>| one.zip(two).is_none_or(|(one, two)| one == two);
    cause.hosts().all(takes_part)
        && is_of_family(cause.family, finding.family)
        && is_one_link(facts, cause, finding)
}

/// Whether two scopes may mean the same link. A link is named by its owner: where the scopes are
/// written from different ends, the names differ and the network counts.
fn is_one_link(facts: &Facts, one: &Scope, two: &Scope) -> bool {
    let owned = |scope: &Scope| Some((scope.hosts().next()?.clone(), scope.link.clone()?));
    let (Some((a, link_a)), Some((b, link_b))) = (owned(one), owned(two)) else { return true };
    let host = |name: &HostName| facts.hosts.get(name).map(|host| &host.snapshot);
    let (Some(of_a), Some(of_b)) = (host(&a), host(&b)) else { return link_a == link_b };
    if a == b {
        return link_a == link_b;
    }
    let mut shared = shared_links((&a, of_a), (&b, of_b)).into_iter();
    shared.any(|shared| shared.a.link == link_a && shared.b.link == link_b)
}

fn finding(rule: &Rule, proven: &Proven) -> Finding {
    let Proven { scope, level, because, advice, would_decide } = proven.clone();
    Finding {
        code: rule.code,
        title: rule.title,
        severity: rule.severity,
        level,
        scope,
        is_symmetric: rule.is_symmetric,
        because,
        advice,
        would_decide,
    }
}

#[cfg(test)]
pub(crate) mod tests;
