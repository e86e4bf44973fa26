//! The forward hook of a node: the rules that kube-proxy, flannel and a firewall have there, and
//! what they do with a packet.

use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::snapshot::{BaseChain, FilterTable};
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::nf_tables::condition::{MatchField, MatchValue, RuleCondition};
use pontoon_netlink::nf_tables::rule::{NftRule, RuleEffect};
use pontoon_netlink::nf_tables::ruleset::NftRuleset;
use pontoon_netlink::nf_tables::{NftBase, NftChain, NftTable};
use pontoon_netlink::uapi::nf_tables::{NFPROTO_INET, NFPROTO_IPV4};

/// How kube-proxy writes its rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProxyMode {
    /// Rules of iptables in the tables `filter` and `nat`.
    Iptables,
    /// A table of nftables of its own.
    Nftables,
}

/// The number of the forward hook (`NF_INET_FORWARD`).
const FORWARD: u32 = 2;
/// `established,related` (`NF_CT_STATE_BIT`, `linux/netfilter/nf_conntrack_common.h`).
const REPLIES: u32 = 2 | 4;
/// The state of a first packet (`new`).
const NEW: u32 = 8;

type RuleDraft = (Vec<RuleCondition>, RuleEffect);

/// A packet at the forward hook.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForwardedPacket<'a> {
    pub(super) source: IpAddr,
    pub(super) to: IpAddr,
    pub(super) in_link: &'a str,
    pub(super) out_link: &'a str,
    pub(super) is_reply: bool,
}

/// The rules of a node in this mode of kube-proxy, beside those of flannel.
pub(super) fn ruleset(mode: ProxyMode, services: &[Prefix]) -> NftRuleset {
    let mut ruleset = NftRuleset::default();
    let filter = |chain: &'static str| (NFPROTO_IPV4, "filter", chain);
    let mut forward = Vec::new();
    if mode == ProxyMode::Iptables {
        // k/k pkg/proxy/iptables/proxier.go: accepts what it marked, and replies.
        forward.push((vec![], jump("KUBE-FORWARD")));
        let marked = vec![when(MatchField::Other, MatchValue::Other)];
        let rules = vec![(marked, RuleEffect::Accept), (replies(), RuleEffect::Accept)];
        add(&mut ruleset, filter("KUBE-FORWARD"), None, rules);
    } else {
        // k/k pkg/proxy/nftables/proxier.go: a table of its own; what goes to an address that no
        // Service has is dropped.
        let proxy = |chain: &'static str| (NFPROTO_IPV4, "kube-proxy", chain);
        let begins = |chain| (vec![when(MatchField::ConnectionState, states(NEW))], jump(chain));
        let rules = vec![begins("service-endpoints-check"), begins("cluster-ips-check")];
        add(&mut ruleset, proxy("filter-forward"), Some(false), rules);
        let map = RuleEffect::ByMap(Untrusted::new("no-endpoint-services"));
        add(&mut ruleset, proxy("service-endpoints-check"), None, vec![(vec![], map)]);
        let to_services = |own: &Prefix| {
            (vec![when(MatchField::Destination, MatchValue::Network(*own))], RuleEffect::Drop)
        };
        let rules = services.iter().map(to_services).collect();
        add(&mut ruleset, proxy("cluster-ips-check"), None, rules);
    }
    // github.com/flannel-io/flannel pkg/trafficmngr/iptables.
    forward.push((vec![], jump("FLANNEL-FWD")));
    add(&mut ruleset, filter("FORWARD"), Some(false), forward);
    let pods: Prefix = "10.244.0.0/16".parse().unwrap();
    let of_pods = [MatchField::Source, MatchField::Destination]
        .map(|field| (vec![when(field, MatchValue::Network(pods))], RuleEffect::Accept));
    add(&mut ruleset, filter("FLANNEL-FWD"), None, of_pods.into());
    ruleset
}

/// A firewall of the host that drops what it forwards, but for replies.
pub(crate) fn add_host_firewall(ruleset: &mut NftRuleset) {
    let at = (NFPROTO_INET, "hostfw", "forward");
    add(ruleset, at, Some(true), vec![(replies(), RuleEffect::Accept)]);
}

/// What Docker does to the host: the policy of `FORWARD` is drop.
pub(crate) fn drop_by_policy(ruleset: &mut NftRuleset) {
    for chain in ruleset.chains.iter_mut().filter(|chain| chain.name == b"FORWARD") {
        chain.base.iter_mut().for_each(|base| base.is_policy_drop = true);
    }
}

/// Takes flannel's rules away, as a firewall does that is loaded after it.
pub(crate) fn flush_flannel(ruleset: &mut NftRuleset) {
    ruleset.rules.retain(|rule| rule.chain != b"FLANNEL-FWD");
}

fn add(
    ruleset: &mut NftRuleset,
    (family, table, chain): (u8, &str, &str),
    is_policy_drop: Option<bool>,
    rules: Vec<RuleDraft>,
) {
    let table = NftTable { family, name: table.as_bytes().to_vec() };
    let name = chain.as_bytes().to_vec();
    let base = is_policy_drop.map(|is_policy_drop| NftBase {
        hook: FORWARD,
        kind: b"filter".to_vec(),
        is_policy_drop,
    });
    ruleset.chains.push(NftChain { table: table.clone(), name: name.clone(), base });
    ruleset.rules.extend(rules.into_iter().map(|(conditions, effect)| NftRule {
        table: table.clone(),
        chain: name.clone(),
        conditions,
        effect,
    }));
}

fn when(field: MatchField, value: MatchValue) -> RuleCondition {
    RuleCondition { field, is_negated: false, value }
}

fn states(states: u32) -> MatchValue {
    MatchValue::States(states)
}

fn replies() -> Vec<RuleCondition> {
    vec![when(MatchField::ConnectionState, states(REPLIES))]
}

fn jump(chain: &str) -> RuleEffect {
    RuleEffect::Jump(chain.as_bytes().to_vec())
}

/// Whether every base chain at the hook lets a packet pass.
pub(super) fn lets_pass(ruleset: &NftRuleset, packet: ForwardedPacket<'_>) -> bool {
    let mut bases = ruleset.chains.iter().filter_map(|chain| Some((chain, chain.base.as_ref()?)));
    bases.all(|(chain, base)| verdict(ruleset, chain, packet).unwrap_or(!base.is_policy_drop))
}

/// What a chain decides; none: nothing.
fn verdict(ruleset: &NftRuleset, chain: &NftChain, packet: ForwardedPacket<'_>) -> Option<bool> {
    for rule in ruleset.rules_of(&chain.table, &chain.name) {
        if !rule.conditions.iter().all(|condition| holds(condition, packet)) {
            continue;
        }
        match &rule.effect {
            RuleEffect::Accept => return Some(true),
            RuleEffect::Drop | RuleEffect::Reject => return Some(false),
            RuleEffect::Jump(name) => {
                let is_it = |one: &&NftChain| one.table == chain.table && one.name == *name;
                let called = ruleset.chains.iter().find(is_it).unwrap();
                if let Some(decided) = verdict(ruleset, called, packet) {
                    return Some(decided);
                }
            }
            _ => {}
        }
    }
    None
}

fn holds(condition: &RuleCondition, packet: ForwardedPacket<'_>) -> bool {
    let is_in = |address| match &condition.value {
        MatchValue::Network(network) => network.contains(address),
        other => panic!("{other:?}"),
    };
    match &condition.field {
        MatchField::Source => is_in(packet.source),
        MatchField::Destination => is_in(packet.to),
        MatchField::ConnectionState => {
            condition.value == states(if packet.is_reply { REPLIES } else { NEW })
        }
        MatchField::InLink | MatchField::OutLink => {
            let own = if condition.field == MatchField::InLink {
                packet.in_link
            } else {
                packet.out_link
            };
            condition.value == MatchValue::Link(Untrusted::new(own))
        }
        // Nothing that is forwarded here was marked by kube-proxy.
        _ => false,
    }
}

/// What a snapshot shows of the rules to one who may not list them.
pub(super) fn filter_tables(ruleset: &NftRuleset) -> Vec<FilterTable> {
    let bases = ruleset.chains.iter().filter_map(|chain| Some((chain, chain.base.as_ref()?)));
    let tables = bases.map(|(chain, base)| FilterTable {
        family: Untrusted::new(chain.table.family_name()),
        name: Untrusted::from_bytes(&chain.table.name),
        chains: vec![BaseChain {
            name: Untrusted::from_bytes(&chain.name),
            hook: Untrusted::new("forward"),
            kind: Untrusted::new("filter"),
            is_policy_drop: base.is_policy_drop,
            rules: 0,
            changes_source: false,
        }],
    });
    tables.collect()
}
