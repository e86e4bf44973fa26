use super::super::netlink::{push_attribute, recorded};
use super::*;
use proptest::prelude::*;

fn nest(parts: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in parts {
        push_attribute(&mut body, *kind, value);
    }
    body
}

fn message(family: u8, parts: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = vec![family, 0, 0, 0];
    body.extend(nest(parts));
    body
}

fn rule(chain: &[u8], expressions: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<(u16, &[u8])> = expressions.iter().map(|e| (1, e.as_slice())).collect();
    let list = nest(&list);
    message(2, &[(RULE_TABLE, b"nat\0"), (RULE_CHAIN, chain), (RULE_EXPRESSIONS, &list)])
}

fn expression(name: &[u8], data: &[(u16, &[u8])]) -> Vec<u8> {
    nest(&[(EXPRESSION_NAME, name), (EXPRESSION_DATA, &nest(data))])
}

fn jump(to: &[u8]) -> Vec<u8> {
    let verdict = nest(&[(1, &(-3_i32).to_be_bytes()), (VERDICT_CHAIN, to)]);
    let data = nest(&[(DATA_VERDICT, &verdict)]);
    expression(b"immediate\0", &[(IMMEDIATE_DATA, &data)])
}

fn base(name: &[u8], hook: u32, policy: u32) -> Vec<u8> {
    message(
        2,
        &[
            (CHAIN_TABLE, b"nat\0"),
            (CHAIN_NAME, name),
            (CHAIN_HOOK, &nest(&[(HOOK_NUMBER, &hook.to_be_bytes())])),
            (CHAIN_TYPE, b"nat\0"),
            (CHAIN_POLICY, &policy.to_be_bytes()),
        ],
    )
}

fn ruleset(chains: &[Vec<u8>], rules: &[Vec<u8>]) -> Ruleset {
    Ruleset {
        tables: vec![parse_table(&message(2, &[(TABLE_NAME, b"nat\0")])).unwrap()],
        chains: chains.iter().map(|body| parse_chain(body).unwrap()).collect(),
        rules: rules.iter().map(|body| parse_rule(body).unwrap()).collect(),
    }
}

#[test]
fn what_changes_the_source_is_told_from_its_lookalikes() {
    let zero = 0_u32.to_be_bytes();
    let one = 1_u32.to_be_bytes();
    let table = [
        ("masquerade", expression(b"masq\0", &[]), true),
        ("source nat", expression(b"nat\0", &[(NAT_TYPE, &zero)]), true),
        ("destination nat", expression(b"nat\0", &[(NAT_TYPE, &one)]), false),
        ("iptables-nft", expression(b"target\0", &[(TARGET_NAME, b"MASQUERADE\0")]), true),
        ("iptables-nft log", expression(b"target\0", &[(TARGET_NAME, b"LOG\0")]), false),
        ("redirect", expression(b"redir\0", &[]), false),
        ("counter", expression(b"counter\0", &[]), false),
    ];
    for (why, expression, expected) in table {
        let set =
            ruleset(&[base(b"POSTROUTING\0", 4, 1)], &[rule(b"POSTROUTING\0", &[expression])]);
        let chain = tables(&set)[0].chains[0].clone();
        assert_eq!(chain.changes_source, expected, "{why}");
        assert_eq!((chain.hook.raw(), chain.rules), ("postrouting", 1), "{why}");
    }
}

#[test]
fn jumps_are_followed_and_may_go_in_circles() {
    let masquerade = expression(b"masq\0", &[]);
    let chains = [base(b"POST\0", 4, 1), base(b"PRE\0", 0, 1)];
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
    let map = expression(b"lookup\0", &[(LOOKUP_TO_REGISTER, &0_u32.to_be_bytes())]);
    let set = expression(b"lookup\0", &[]);
    let chains = [base(b"POST\0", 4, 1)];
    let far = rule(b"far\0", &[expression(b"masq\0", &[])]);
    for (expression, expected) in [(map, true), (set, false)] {
        let rules = [rule(b"POST\0", &[expression]), far.clone()];
        let found = &tables(&ruleset(&chains, &rules))[0].chains[0];
        assert_eq!(found.changes_source, expected);
    }
}

#[test]
fn the_policy_is_drop_only_where_it_says_so() {
    for (policy, expected) in [(0, true), (1, false)] {
        let chain = parse_chain(&base(b"FORWARD\0", 2, policy)).unwrap();
        assert_eq!(chain.base.unwrap().is_policy_drop, expected);
    }
    let regular = message(2, &[(CHAIN_TABLE, b"nat\0"), (CHAIN_NAME, b"x\0")]);
    assert_eq!(parse_chain(&regular).unwrap().base, None);
}

#[test]
fn owners_are_known_by_their_names_and_not_by_lookalikes() {
    let chains: [(&[u8], &[FilterOwner]); 9] = [
        (b"DOCKER-USER\0", &[FilterOwner::Docker]),
        (b"DOCKER\0", &[FilterOwner::Docker]),
        (b"DOCKERED\0", &[FilterOwner::Other]),
        (b"ufw-user-input\0", &[FilterOwner::Ufw]),
        (b"KUBE-SERVICES\0", &[FilterOwner::KubeProxy]),
        (b"ts-input\0", &[FilterOwner::Tailscale]),
        (b"LIBVIRT_FWI\0", &[FilterOwner::Libvirt]),
        (b"its-mine\0", &[FilterOwner::Other]),
        (b"input\0", &[FilterOwner::Other]),
    ];
    for (name, expected) in chains {
        assert_eq!(owners(&ruleset(&[base(name, 1, 1)], &[])), expected, "{name:?}");
    }
    assert_eq!(owner_of_table(b"firewalld"), Some(FilterOwner::Firewalld));
    assert!(owners(&ruleset(&[], &[])).is_empty());
}

#[test]
fn hooks_are_numbered_by_family() {
    for (family, number, name) in [
        (2, 0, "prerouting"),
        (1, 2, "forward"),
        (1, 5, "ingress"),
        (3, 0, "input"),
        (5, 0, "ingress"),
        (5, 1, "egress"),
        (2, 9, "unknown"),
    ] {
        assert_eq!(hook(family, number), name, "{family} {number}");
    }
}

#[test]
fn legacy_tables_are_listed_one_a_line() {
    let names = parse_legacy("nat\nfilter\n\n");
    assert_eq!(names.iter().map(Untrusted::raw).collect::<Vec<_>>(), ["nat", "filter"]);
}

/// What iptables-nft, nft and a kube-proxy like this one's wrote, as the kernel tells it.
#[test]
fn a_real_kernels_rules_are_understood() {
    fn read<T>(name: &str, parse: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
        recorded(name).iter().map(|body| parse(body).unwrap()).collect()
    }
    let set = Ruleset {
        tables: read("nft-tables.bin", parse_table),
        chains: read("nft-chains.bin", parse_chain),
        rules: read("nft-rules.bin", parse_rule),
    };
    let mut shown = Vec::new();
    for table in tables(&set) {
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
    assert_eq!(owners(&set), expected);
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>) {
        let set = Ruleset {
            tables: parse_table(&bytes).into_iter().collect(),
            chains: parse_chain(&bytes).into_iter().collect(),
            rules: parse_rule(&bytes).into_iter().collect(),
        };
        let _ = (tables(&set), owners(&set));
    }
}
