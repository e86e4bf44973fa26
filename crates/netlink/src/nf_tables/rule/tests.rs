use super::*;
use crate::attribute::push_attribute;
use crate::uapi::nf_tables::{
    NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_EXPR_DATA,
    NFTA_EXPR_NAME,
};
use proptest::prelude::*;

fn nest(parts: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in parts {
        push_attribute(&mut body, *kind, value);
    }
    body
}

fn expression(name: &str, data: &[(u16, &[u8])]) -> Vec<u8> {
    nest(&[(NFTA_EXPR_NAME, &[name.as_bytes(), b"\0"].concat()), (NFTA_EXPR_DATA, &nest(data))])
}

/// Attributes 1, 2, … as numbers in network byte order.
fn numbers(name: &str, values: &[u32]) -> Vec<u8> {
    let values: Vec<[u8; 4]> = values.iter().map(|value| value.to_be_bytes()).collect();
    let data: Vec<(u16, &[u8])> =
        (1..).zip(&values).map(|(kind, value)| (kind, &value[..])).collect();
    expression(name, &data)
}

fn compare(operator: u32, value: &[u8]) -> Vec<u8> {
    let value = nest(&[(NFTA_DATA_VALUE, value)]);
    let one = 1_u32.to_be_bytes();
    expression("cmp", &[(1, &one), (2, &operator.to_be_bytes()), (3, &value)])
}

fn mask(mask: &[u8]) -> Vec<u8> {
    let (one, length) = (1_u32.to_be_bytes(), u32::try_from(mask.len()).unwrap().to_be_bytes());
    let zeros = nest(&[(NFTA_DATA_VALUE, &vec![0; mask.len()])]);
    let mask = nest(&[(NFTA_DATA_VALUE, mask)]);
    expression("bitwise", &[(1, &one), (2, &one), (3, &length), (4, &mask), (5, &zeros)])
}

fn verdict(code: i32, chain: Option<&str>) -> Vec<u8> {
    let chain = chain.map(|chain| [chain.as_bytes(), b"\0"].concat());
    let code = code.to_be_bytes();
    let mut parts: Vec<(u16, &[u8])> = vec![(1, &code)];
    parts.extend(chain.as_ref().map(|chain| (2, &chain[..])));
    let data = nest(&[(NFTA_DATA_VERDICT, &nest(&parts))]);
    expression("immediate", &[(1, &[0; 4]), (2, &data)])
}

/// An expression that loads bytes of the IP header into register 1.
fn header(offset: u32, length: u32) -> Vec<u8> {
    numbers("payload", &[1, 1, offset, length])
}

fn meta(key: u32) -> Vec<u8> {
    numbers("meta", &[1, key])
}

fn rule(family: u8, parts: &[Vec<u8>]) -> NftRule {
    let list: Vec<(u16, &[u8])> = parts.iter().map(|part| (1, part.as_slice())).collect();
    let mut body = vec![family, 0, 0, 0];
    push_attribute(&mut body, NFTA_RULE_TABLE, b"filter\0");
    push_attribute(&mut body, NFTA_RULE_CHAIN, b"FORWARD\0");
    push_attribute(&mut body, NFTA_RULE_EXPRESSIONS, &nest(&list));
    NftRule::of(&RuleMessage::parse(&body).unwrap())
}

fn shown(family: u8, parts: &[Vec<u8>]) -> Vec<String> {
    let conditions = rule(family, parts).conditions;
    conditions.iter().map(|one| format!("{:?} {one}", one.field)).collect()
}

#[test]
fn verdicts_jumps_and_targets_of_iptables() {
    let target = |name: &[u8]| expression("target", &[(1, name)]);
    let counter = expression("counter", &[]);
    let table = [
        (verdict(0, None), RuleEffect::Drop),
        (verdict(1, None), RuleEffect::Accept),
        (verdict(-3, Some("DOCKER")), RuleEffect::Jump(b"DOCKER".to_vec())),
        (verdict(-4, Some("DOCKER")), RuleEffect::Goto(b"DOCKER".to_vec())),
        (verdict(-5, None), RuleEffect::Return),
        (verdict(3, None), RuleEffect::Other),
        (expression("reject", &[]), RuleEffect::Reject),
        (target(b"REJECT\0"), RuleEffect::Reject),
        (target(b"LOG\0"), RuleEffect::None),
        (target(b"TEE\0"), RuleEffect::Iptables(Untrusted::new("TEE"))),
        (expression("log", &[]), RuleEffect::None),
    ];
    for (expression, effect) in table {
        let rule = rule(NFPROTO_IPV4, &[counter.clone(), expression]);
        assert_eq!(rule.effect, effect);
        assert!(rule.is_unconditional());
        assert_eq!((rule.table.name, rule.chain), (b"filter".to_vec(), b"FORWARD".to_vec()));
    }
    let map = expression("lookup", &[(1, b"__map3\0"), (2, &[0, 0, 0, 1]), (3, &[0; 4])]);
    let rule = rule(NFPROTO_IPV4, &[meta(6), map]);
    assert_eq!(rule.effect, RuleEffect::ByMap(Untrusted::new("__map3")));
}

#[test]
fn addresses_are_networks_by_their_length_or_by_a_mask() {
    let ten = [10, 244, 0, 0];
    let table: [(Vec<Vec<u8>>, &str); 8] = [
        (vec![header(12, 2), compare(0, &[10, 244])], "Source 10.244.0.0/16"),
        (vec![header(12, 4), compare(0, &[10, 0, 0, 1])], "Source 10.0.0.1"),
        (
            vec![header(16, 4), mask(&[255, 255, 240, 0]), compare(0, &ten)],
            "Destination 10.244.0.0/20",
        ),
        (vec![header(12, 2), compare(1, &[10, 244])], "Source != 10.244.0.0/16"),
        (
            vec![header(12, 4), mask(&[255, 0, 255, 0]), compare(0, &[10, 0, 1, 0])],
            "Source something else",
        ),
        (vec![header(12, 4), compare(5, &ten)], "Source 10.244.0.0-255.255.255.255"),
        (vec![header(9, 1), compare(0, &[6])], "Other something else"),
        (vec![header(14, 2), compare(0, &[0, 1])], "Other something else"),
    ];
    for (parts, expected) in table {
        assert_eq!(shown(NFPROTO_IPV4, &parts), [expected]);
    }
    let six = [vec![0xfd], vec![0; 15]].concat();
    let parts = [header(8, 16), mask(&[vec![0xff], vec![0; 15]].concat()), compare(0, &six)];
    assert_eq!(shown(NFPROTO_IPV6, &parts), ["Source fd00::/8"]);
}

#[test]
fn a_range_has_both_its_ends() {
    let end = |last| nest(&[(NFTA_DATA_VALUE, &[10, 0, 0, last])]);
    let (from, to) = (end(1), end(9));
    for (operator, expected) in
        [(0_u32, "Source 10.0.0.1-10.0.0.9"), (1, "Source != 10.0.0.1-10.0.0.9")]
    {
        let (one, operator) = (1_u32.to_be_bytes(), operator.to_be_bytes());
        let range = expression("range", &[(1, &one), (2, &operator), (3, &from), (4, &to)]);
        assert_eq!(shown(NFPROTO_IPV4, &[header(12, 4), range]), [expected]);
    }
    let pair = [header(12, 4), compare(5, &[10, 0, 0, 1]), compare(3, &[10, 0, 0, 9])];
    assert_eq!(shown(NFPROTO_IPV4, &pair), ["Source 10.0.0.1-10.0.0.9"]);
    let apart = [header(12, 4), compare(5, &[10, 0, 0, 1]), header(16, 4), compare(3, &[10; 4])];
    let expected = ["Source 10.0.0.1-255.255.255.255", "Destination 0.0.0.0-10.10.10.10"];
    assert_eq!(shown(NFPROTO_IPV4, &apart), expected);
}

/// The source of an IPv6 header has another offset than in IPv4: without a family, nothing is
/// decoded.
#[test]
fn in_a_table_of_both_families_a_condition_says_which_it_is() {
    let source = [header(12, 2), compare(0, &[10, 244])];
    assert_eq!(shown(NFPROTO_INET, &source), ["Other something else"]);
    let with = |family: u8| [vec![meta(15), compare(0, &[family])], source.to_vec()].concat();
    assert_eq!(shown(NFPROTO_INET, &with(2))[1], "Source 10.244.0.0/16");
    assert_eq!(shown(NFPROTO_INET, &with(10))[1], "Other something else");
    let frame = numbers("payload", &[1, 0, 12, 2]);
    for ether_type in [meta(1), frame] {
        let parts = [vec![ether_type, compare(0, &[8, 0])], source.to_vec()].concat();
        assert_eq!(shown(7, &parts)[1], "Source 10.244.0.0/16", "a table of bridged frames");
    }
}

#[test]
fn links_are_whole_names_or_beginnings_of_names() {
    let padded = [b"eth0".to_vec(), vec![0; 12]].concat();
    for (value, name) in [
        (&b"cni0\0"[..], "cni0"),
        (&padded, "eth0"),
        (b"cali", "cali*"),
        (b"\x1b[2J\0", "\\u{1b}[2J"),
    ] {
        let parts = [meta(6), compare(0, value), meta(7), compare(1, value)];
        let expected = [format!("InLink {name}"), format!("OutLink != {name}")];
        assert_eq!(shown(NFPROTO_IPV4, &parts), expected);
    }
}

#[test]
fn states_of_a_connection_are_bits() {
    let state = numbers("ct", &[1, 0]);
    let parts = [state.clone(), mask(&6_u32.to_ne_bytes()), compare(1, &[0; 4])];
    assert_eq!(shown(NFPROTO_IPV4, &parts), ["ConnectionState established,related"]);
    let parts = [state, compare(0, &1_u32.to_ne_bytes())];
    assert_eq!(shown(NFPROTO_IPV4, &parts), ["ConnectionState invalid"]);
}

#[test]
fn a_set_is_named_unless_several_values_are_looked_up_together() {
    let lookup = |inverted: u32| {
        let one = 1_u32.to_be_bytes();
        expression("lookup", &[(1, b"pods\0"), (2, &one), (5, &inverted.to_be_bytes())])
    };
    assert_eq!(shown(NFPROTO_IPV4, &[header(12, 4), lookup(0)]), ["Source @pods"]);
    assert_eq!(shown(NFPROTO_IPV4, &[header(12, 4), lookup(1)]), ["Source != @pods"]);
    let port = numbers("payload", &[9, 2, 2, 2]);
    let both = [header(12, 4), port, lookup(0)];
    assert_eq!(shown(NFPROTO_IPV4, &both), ["Other something else"]);
}

#[test]
fn what_is_not_known_is_named_and_limits_the_rule() {
    let parts = [expression("osf", &[]), verdict(1, None)];
    let found = rule(NFPROTO_IPV4, &parts);
    assert!(!found.is_unconditional() && found.effect == RuleEffect::Accept);
    assert_eq!(found.conditions[0].field, MatchField::Unknown(Untrusted::new("osf")));
    let matches = |name: &[u8]| rule(NFPROTO_IPV4, &[expression("match", &[(1, name)])]);
    let conntrack = &matches(b"conntrack\0").conditions[0].field;
    assert_eq!(*conntrack, MatchField::Iptables(Untrusted::new("conntrack")));
    assert!(matches(b"comment\0").is_unconditional(), "a comment is always true");
    // Without a target register, `meta` sets a mark.
    let set = expression("meta", &[(2, &3_u32.to_be_bytes()), (3, &1_u32.to_be_bytes())]);
    assert!(rule(NFPROTO_IPV4, &[set]).is_unconditional());
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        family in prop::sample::select(vec![1_u8, 2, 10]), mut bytes: Vec<u8>,
        name in prop::sample::select(vec!["cmp", "range", "lookup", "bitwise", "meta", "payload"]),
        data: Vec<u8>,
    ) {
        bytes.insert(0, family);
        if let Some(message) = RuleMessage::parse(&bytes) {
            let _ = NftRule::of(&message);
        }
        let name = [name.as_bytes(), b"\0"].concat();
        let made = nest(&[(NFTA_EXPR_NAME, &name), (NFTA_EXPR_DATA, &data)]);
        let _ = rule(family, &[header(12, 4), made]);
    }

    #[test]
    fn values_of_any_length_are_compared(value: Vec<u8>, bits: Vec<u8>, length in 0_u32..64) {
        let parts = [header(12, length), mask(&bits), compare(0, &value)];
        let _ = shown(NFPROTO_IPV4, &parts);
        let _ = shown(NFPROTO_IPV4, &[meta(6), compare(0, &value)]);
    }
}
