use super::*;
use crate::attribute::push_attribute;
use crate::recorded::recorded;
use crate::uapi::netlink::AF_INET;
use proptest::prelude::*;

fn message(head: [u8; 8], flags: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = head.to_vec();
    body.extend(flags.to_ne_bytes());
    for (kind, value) in attributes {
        push_attribute(&mut body, *kind, value);
    }
    body
}

#[test]
fn rules_are_read_and_inverted_ones_are_not_mistaken() {
    let head = [AF_INET, 0, 24, 0, 0, 0, 0, FR_ACT_TO_TBL];
    let attributes: [(u16, &[u8]); 4] = [
        (FRA_PRIORITY, &100_u32.to_ne_bytes()),
        (FRA_SRC, &[10, 1, 2, 0]),
        (FRA_IIFNAME, b"eth0\0"),
        (FRA_TABLE, &300_u32.to_ne_bytes()),
    ];
    let rule = parse_rule(&message(head, 0, &attributes)).unwrap().unwrap();
    assert_eq!((rule.preference, rule.table), (100, 300));
    assert_eq!(rule.from.unwrap().to_string(), "10.1.2.0/24");
    assert_eq!(rule.in_link.unwrap().as_str(), "eth0");
    let skipped = parse_rule(&message(head, FIB_RULE_INVERT, &attributes)).unwrap();
    let skipped = skipped.unwrap_err();
    assert_eq!((skipped.family, skipped.preference), (IpFamily::V4, 100));
    assert_eq!(skipped.reason, UnusualReason::Inverted);
}

#[test]
fn a_real_kernels_rules_are_understood() {
    let rules: Vec<_> =
        recorded("rules4.bin").iter().map(|body| parse_rule(body).unwrap()).collect();
    let kept: Vec<_> = rules.iter().flatten().map(|r| (r.preference, r.table)).collect();
    assert_eq!(kept, [(0, 255), (100, 300), (32766, 254), (32767, 253)]);
    assert_eq!(rules.len(), 5, "the inverted one is not among them");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        family in prop::sample::select(vec![2_u8, 10, 0]), mut bytes: Vec<u8>,
    ) {
        bytes.insert(0, family);
        let _ = parse_rule(&bytes);
    }
}
