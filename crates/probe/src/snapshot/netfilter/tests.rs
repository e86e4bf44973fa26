use pontoon_netlink::attribute::push_attribute;
use pontoon_netlink::nf_tables::NftBase;
use pontoon_netlink::recorded::RecordedKernel;
use pontoon_netlink::uapi::netlink::NETLINK_NETFILTER;
use pontoon_netlink::uapi::nf_tables::{
    NFPROTO_IPV4, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETTABLE, NFTA_DATA_VERDICT,
    NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_IMMEDIATE_DATA, NFTA_LOOKUP_DREG, NFTA_NAT_TYPE,
    NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_TABLE, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE,
};
use pontoon_netlink::uapi::nf_tables_compat::NFTA_TARGET_NAME;

use super::*;

fn nest(parts: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in parts {
        push_attribute(&mut body, *kind, value);
    }
    body
}

fn nat() -> NftTable {
    NftTable { family: NFPROTO_IPV4, name: b"nat".to_vec() }
}

fn rule(chain: &[u8], expressions: &[Vec<u8>]) -> Rule {
    let list: Vec<(u16, &[u8])> = expressions.iter().map(|e| (1, e.as_slice())).collect();
    let list = nest(&list);
    let mut body = vec![NFPROTO_IPV4, 0, 0, 0];
    body.extend(nest(&[
        (NFTA_RULE_TABLE, b"nat\0"),
        (NFTA_RULE_CHAIN, chain),
        (NFTA_RULE_EXPRESSIONS, &list),
    ]));
    Rule::of(&RuleMessage::parse(&body).unwrap())
}

fn expression(name: &[u8], data: &[(u16, &[u8])]) -> Vec<u8> {
    nest(&[(NFTA_EXPR_NAME, name), (NFTA_EXPR_DATA, &nest(data))])
}

fn jump(to: &[u8]) -> Vec<u8> {
    let verdict = nest(&[(NFTA_VERDICT_CODE, &(-3_i32).to_be_bytes()), (NFTA_VERDICT_CHAIN, to)]);
    let data = nest(&[(NFTA_DATA_VERDICT, &verdict)]);
    expression(b"immediate\0", &[(NFTA_IMMEDIATE_DATA, &data)])
}

fn drop() -> Vec<u8> {
    let verdict = nest(&[(NFTA_VERDICT_CODE, &0_u32.to_be_bytes())]);
    let data = nest(&[(NFTA_DATA_VERDICT, &verdict)]);
    expression(b"immediate\0", &[(NFTA_IMMEDIATE_DATA, &data)])
}

/// firewalld's chains accept by policy, and reject by their last rule.
#[test]
fn a_last_rule_for_every_packet_is_as_good_as_a_policy() {
    let forward = base("FORWARD", 2);
    let (all, some) = (
        || rule(b"FORWARD\0", &[drop()]),
        || rule(b"FORWARD\0", &[expression(b"something\0", &[]), drop()]),
    );
    let to = || rule(b"FORWARD\0", &[jump(b"other\0")]);
    for (rules, expected) in [
        (vec![], false),
        (vec![to(), all()], true),
        (vec![to(), some()], false),
        (vec![all(), to()], false),
    ] {
        let tables = tables(&ruleset(std::slice::from_ref(&forward), &rules));
        assert_eq!(tables[0].chains[0].is_policy_drop, expected, "{rules:?}");
    }
}

fn base(name: &str, hook: u32) -> NftChain {
    let base = NftBase { hook, kind: b"nat".to_vec(), is_policy_drop: false };
    NftChain { table: nat(), name: name.as_bytes().to_vec(), base: Some(base) }
}

fn ruleset(chains: &[NftChain], rules: &[Rule]) -> Ruleset {
    Ruleset { tables: vec![nat()], chains: chains.to_vec(), rules: rules.to_vec() }
}

#[test]
fn what_changes_the_source_is_told_from_its_lookalikes() {
    let zero = 0_u32.to_be_bytes();
    let one = 1_u32.to_be_bytes();
    let table = [
        ("masquerade", expression(b"masq\0", &[]), true),
        ("source nat", expression(b"nat\0", &[(NFTA_NAT_TYPE, &zero)]), true),
        ("destination nat", expression(b"nat\0", &[(NFTA_NAT_TYPE, &one)]), false),
        ("iptables-nft", expression(b"target\0", &[(NFTA_TARGET_NAME, b"MASQUERADE\0")]), true),
        ("iptables-nft log", expression(b"target\0", &[(NFTA_TARGET_NAME, b"LOG\0")]), false),
        ("redirect", expression(b"redir\0", &[]), false),
        ("counter", expression(b"counter\0", &[]), false),
    ];
    for (why, expression, expected) in table {
        let set = ruleset(&[base("POSTROUTING", 4)], &[rule(b"POSTROUTING\0", &[expression])]);
        let chain = tables(&set)[0].chains[0].clone();
        assert_eq!(chain.changes_source, expected, "{why}");
        assert_eq!((chain.hook.raw(), chain.rules), ("postrouting", 1), "{why}");
    }
}

#[test]
fn jumps_are_followed_and_may_go_in_circles() {
    let masquerade = expression(b"masq\0", &[]);
    let chains = [base("POST", 4), base("PRE", 0)];
    let rules = [
        rule(b"POST\0", &[jump(b"a\0")]),
        rule(b"a\0", &[jump(b"b\0")]),
        rule(b"b\0", &[jump(b"a\0")]),
        rule(b"b\0", &[masquerade]),
    ];
    let found = &tables(&ruleset(&chains, &rules))[0].chains;
    assert!(found[0].changes_source && !found[1].changes_source);
    assert!(!tables(&ruleset(&chains, &rules[..3]))[0].chains[0].changes_source);
}

#[test]
fn a_verdict_map_may_lead_to_any_chain_of_the_table() {
    let map = expression(b"lookup\0", &[(NFTA_LOOKUP_DREG, &0_u32.to_be_bytes())]);
    let set = expression(b"lookup\0", &[]);
    let chains = [base("POST", 4)];
    let far = rule(b"far\0", &[expression(b"masq\0", &[])]);
    for (expression, expected) in [(map, true), (set, false)] {
        let rules = [rule(b"POST\0", &[expression]), far.clone()];
        let found = &tables(&ruleset(&chains, &rules))[0].chains[0];
        assert_eq!(found.changes_source, expected);
    }
}

#[test]
fn owners_are_known_by_their_names_and_not_by_lookalikes() {
    let chains: [(&str, &[FilterOwner]); 9] = [
        ("DOCKER-USER", &[FilterOwner::Docker]),
        ("DOCKER", &[FilterOwner::Docker]),
        ("DOCKERED", &[FilterOwner::Other]),
        ("ufw-user-input", &[FilterOwner::Ufw]),
        ("KUBE-SERVICES", &[FilterOwner::KubeProxy]),
        ("ts-input", &[FilterOwner::Tailscale]),
        ("LIBVIRT_FWI", &[FilterOwner::Libvirt]),
        ("its-mine", &[FilterOwner::Other]),
        ("input", &[FilterOwner::Other]),
    ];
    for (name, expected) in chains {
        assert_eq!(owners(&ruleset(&[base(name, 1)], &[])), expected, "{name:?}");
    }
    assert_eq!(owner_of_table(b"firewalld"), Some(FilterOwner::Firewalld));
    assert!(owners(&ruleset(&[], &[])).is_empty());
}

#[test]
fn legacy_tables_are_listed_one_a_line() {
    let names = parse_legacy("nat\nfilter\n\n");
    assert_eq!(names.iter().map(Untrusted::raw).collect::<Vec<_>>(), ["nat", "filter"]);
}

/// What iptables-nft, nft and a kube-proxy like this one's wrote, as the kernel tells it.
#[test]
fn a_real_kernels_rules_are_understood() {
    let answer = |name: &str| {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../netlink/fixtures/");
        [std::fs::read([fixtures, name].concat()).unwrap()]
    };
    let kernel = RecordedKernel::default()
        .answering(NETLINK_NETFILTER, NFT_MSG_GETTABLE, &[], answer("nft-tables.bin"))
        .answering(NETLINK_NETFILTER, NFT_MSG_GETCHAIN, &[], answer("nft-chains.bin"))
        .answering(NETLINK_NETFILTER, NFT_MSG_GETRULE, &[], answer("nft-rules.bin"));
    let mut unread = Vec::new();
    let found = read(&kernel, Vec::new(), &mut unread);
    assert!(found.is_readable && unread.is_empty(), "{unread:?}");
    let mut shown = Vec::new();
    for table in found.tables {
        for chain in table.chains {
            let policy = if chain.is_policy_drop { "drop" } else { "accept" };
            let nat = if chain.changes_source { " nat" } else { "" };
            let (name, hook, rules) = (chain.name, chain.hook, chain.rules);
            shown.push(format!(
                "{} {} {name} {hook} {policy} {rules}{nat}",
                table.family, table.name
            ));
        }
    }
    shown.sort();
    assert_eq!(
        shown,
        [
            "inet pontoon forw forward drop 2",
            "ip filter FORWARD forward drop 0",
            "ip kube-proxy nat-postrouting postrouting accept 1 nat",
            "ip nat POSTROUTING postrouting accept 1 nat",
            "netdev nd ing ingress accept 0",
        ]
    );
    let expected = [FilterOwner::Docker, FilterOwner::KubeProxy, FilterOwner::Other];
    assert_eq!(found.owners, expected);
}

#[test]
fn to_an_ordinary_user_the_rules_are_not_readable() {
    let kernel = RecordedKernel::default().refusing(NETLINK_NETFILTER, NFT_MSG_GETTABLE, EPERM);
    let mut unread = Vec::new();
    let found = read(&kernel, vec![Untrusted::new("nat")], &mut unread);
    assert!(!found.is_readable && found.legacy_tables.len() == 1);
    assert!(unread[0].why.contains("CAP_NET_ADMIN"), "{unread:?}");
}
