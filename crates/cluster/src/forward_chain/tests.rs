use pontoon_netlink::nf_tables::condition::RuleCondition;
use pontoon_netlink::nf_tables::{NftBase, NftTable};
use pontoon_netlink::uapi::nf_tables::{NFPROTO_INET, NFPROTO_IPV4};

use super::*;

/// A ruleset, chain by chain.
#[derive(Default)]
struct Draft(NftRuleset);

impl Draft {
    /// A chain at a hook (2 is forward) of that type, and its rules.
    fn base(
        self,
        at: (u8, &str, &str),
        (hook, kind, is_policy_drop): (u32, &str, bool),
        rules: Vec<(Vec<RuleCondition>, RuleEffect)>,
    ) -> Self {
        let base = NftBase { hook, kind: kind.as_bytes().to_vec(), is_policy_drop };
        self.chain(at, Some(base), rules)
    }

    fn chain(
        mut self,
        (family, table, name): (u8, &str, &str),
        base: Option<NftBase>,
        rules: Vec<(Vec<RuleCondition>, RuleEffect)>,
    ) -> Self {
        let table = NftTable { family, name: table.as_bytes().to_vec() };
        let name = name.as_bytes().to_vec();
        self.0.chains.push(NftChain { table: table.clone(), name: name.clone(), base });
        self.0.rules.extend(rules.into_iter().map(|(conditions, effect)| NftRule {
            table: table.clone(),
            chain: name.clone(),
            conditions,
            effect,
        }));
        self
    }
}

fn when(field: MatchField, value: MatchValue) -> RuleCondition {
    RuleCondition { field, is_negated: false, value }
}

fn network(field: MatchField, network: &str) -> Vec<RuleCondition> {
    vec![when(field, MatchValue::Network(network.parse().unwrap()))]
}

fn link(name: &str) -> Vec<RuleCondition> {
    vec![when(MatchField::InLink, MatchValue::Link(Untrusted::new(name)))]
}

fn replies() -> Vec<RuleCondition> {
    vec![when(MatchField::ConnectionState, MatchValue::States(6))]
}

fn jump(chain: &str) -> RuleEffect {
    RuleEffect::Jump(chain.as_bytes().to_vec())
}

const FORWARD: u32 = 2;

/// What `nft list ruleset` shows on a host with flannel, a firewall of its own and firewalld.
fn flannel() -> NftRuleset {
    let filter = |chain| (NFPROTO_IPV4, "filter", chain);
    let firewalld = |chain| (NFPROTO_INET, "firewalld", chain);
    Draft::default()
        .base(filter("FORWARD"), (FORWARD, "filter", true), vec![(vec![], jump("FLANNEL-FWD"))])
        .chain(
            filter("FLANNEL-FWD"),
            None,
            vec![
                (network(MatchField::Source, "10.244.0.0/16"), RuleEffect::Accept),
                (network(MatchField::Destination, "10.244.0.0/16"), RuleEffect::Accept),
            ],
        )
        .base(
            (NFPROTO_INET, "hostfw", "forward"),
            (FORWARD, "filter", true),
            vec![(replies(), RuleEffect::Accept)],
        )
        .base(
            firewalld("filter_FORWARD"),
            (FORWARD, "filter", false),
            vec![(link("eth0"), RuleEffect::Accept), (vec![], RuleEffect::Reject)],
        )
        .chain(firewalld("loop"), None, vec![(vec![], jump("loop"))])
        .base((NFPROTO_IPV4, "nat", "POSTROUTING"), (4, "nat", false), vec![])
        .0
}

fn shown(ruleset: &NftRuleset) -> Vec<(String, String, Vec<String>)> {
    let shown = |drop: &ForwardDrop| {
        let accepts = drop.accepts.iter().map(Untrusted::to_string).collect();
        (drop.table.to_string(), drop.chain.to_string(), accepts)
    };
    forward_drops(ruleset).iter().map(shown).collect()
}

fn row(table: &str, chain: &str, accepts: &[&str]) -> (String, String, Vec<String>) {
    (table.to_owned(), chain.to_owned(), accepts.iter().map(ToString::to_string).collect())
}

#[test]
fn chains_that_drop_and_what_they_accept() {
    assert_eq!(
        shown(&flannel()),
        [
            row("ip filter", "FORWARD", &["10.244.0.0/16", "10.244.0.0/16"]),
            row("inet hostfw", "forward", &[]),
            row("inet firewalld", "filter_FORWARD", &["eth0"]),
        ]
    );
}

/// What one rule of a chain whose policy is drop accepts.
#[test]
fn an_accept_is_for_whom_its_conditions_say() {
    let source = || network(MatchField::Source, "10.0.0.1/32");
    let negated = |mut conditions: Vec<RuleCondition>| {
        conditions[0].is_negated = true;
        conditions
    };
    let unknown = vec![when(MatchField::Unknown(Untrusted::new("osf")), MatchValue::Other)];
    let links = ["cni0", "flannel.1"].map(|name| MatchValue::Link(Untrusted::new(name)));
    let set = || vec![when(MatchField::OutLink, MatchValue::AnyOf(links.to_vec()))];
    let table: [(Vec<RuleCondition>, RuleEffect, &[&str]); 11] = [
        (set(), RuleEffect::Accept, &["cni0", "flannel.1"]),
        (negated(set()), RuleEffect::Accept, &["!= cni0, flannel.1"]),
        (vec![], RuleEffect::Accept, &["everything"]),
        (source(), RuleEffect::Accept, &["10.0.0.1"]),
        ([link("cni0"), source()].concat(), RuleEffect::Accept, &["10.0.0.1"]),
        ([replies(), link("cali*")].concat(), RuleEffect::Accept, &["cali*"]),
        (negated(source()), RuleEffect::Accept, &["!= 10.0.0.1"]),
        (replies(), RuleEffect::Accept, &[]),
        (unknown, RuleEffect::Accept, &[]),
        (source(), RuleEffect::Drop, &[]),
        (vec![], RuleEffect::ByMap(Untrusted::new("__map0")), &[]),
    ];
    for (conditions, effect, expected) in table {
        let label = format!("{conditions:?}");
        let ruleset = Draft::default().base(
            (NFPROTO_IPV4, "filter", "FORWARD"),
            (FORWARD, "filter", true),
            vec![(conditions, effect)],
        );
        assert_eq!(shown(&ruleset.0), [row("ip filter", "FORWARD", expected)], "{label}");
    }
}

#[test]
fn only_a_last_rule_without_conditions_makes_a_chain_drop() {
    let last = |rules| {
        let at = (NFPROTO_INET, "t", "forward");
        !shown(&Draft::default().base(at, (FORWARD, "filter", false), rules).0).is_empty()
    };
    assert!(last(vec![(vec![], RuleEffect::Drop)]));
    assert!(last(vec![(vec![], RuleEffect::Reject)]));
    assert!(!last(vec![(link("eth0"), RuleEffect::Drop)]));
    assert!(!last(vec![(vec![], RuleEffect::Drop), (link("eth0"), RuleEffect::Accept)]));
    assert!(!last(vec![(vec![], RuleEffect::Accept)]));
    assert!(!last(vec![]));
    let elsewhere = Draft::default()
        .base((NFPROTO_IPV4, "filter", "INPUT"), (1, "filter", true), vec![])
        .base((NFPROTO_IPV4, "mangle", "FORWARD"), (FORWARD, "route", true), vec![]);
    assert!(shown(&elsewhere.0).is_empty(), "another hook, another type");
}
