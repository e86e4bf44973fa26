use super::*;
use crate::attribute::push_attribute;
use crate::recorded::{RecordedKernel, fixture};
use proptest::prelude::*;

fn base(hook: u32, policy: u32) -> Vec<u8> {
    let mut nest = Vec::new();
    push_attribute(&mut nest, NFTA_HOOK_HOOKNUM, &hook.to_be_bytes());
    let mut body = vec![NFPROTO_IPV4, 0, 0, 0];
    push_attribute(&mut body, NFTA_CHAIN_TABLE, b"nat\0");
    push_attribute(&mut body, NFTA_CHAIN_NAME, b"FORWARD\0");
    push_attribute(&mut body, NFTA_CHAIN_HOOK, &nest);
    push_attribute(&mut body, NFTA_CHAIN_POLICY, &policy.to_be_bytes());
    body
}

#[test]
fn the_policy_is_drop_only_where_it_says_so() {
    for (policy, expected) in [(0, true), (1, false)] {
        let chain = parse_chain(&base(2, policy)).unwrap();
        assert_eq!(chain.hook_name(), Some("forward"));
        assert_eq!(chain.base.unwrap().is_policy_drop, expected);
    }
    let mut regular = vec![2, 0, 0, 0];
    push_attribute(&mut regular, NFTA_CHAIN_NAME, b"x\0");
    assert_eq!(parse_chain(&regular).unwrap().base, None);
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
fn a_kernel_without_nf_tables_has_no_rules_and_one_that_refuses_does_not_say_so() {
    let without = RecordedKernel::default().refusing(NETLINK_NETFILTER, NFT_MSG_GETTABLE, 93);
    assert_eq!(tables(&without).unwrap(), TableDump::default());
    let refusing = RecordedKernel::default().refusing(NETLINK_NETFILTER, NFT_MSG_GETTABLE, 1);
    assert_eq!(tables(&refusing).unwrap_err().errno(), Some(1));
}

/// Rules of iptables-nft, nft and kube-proxy, in messages recorded from the kernel.
#[test]
fn a_real_kernels_tables_and_chains_are_understood() {
    let answer = |name| std::fs::read(fixture(name)).unwrap();
    let kernel = RecordedKernel::default()
        .answering(NETLINK_NETFILTER, NFT_MSG_GETTABLE, &[], [answer("nft-tables.bin")])
        .answering(NETLINK_NETFILTER, NFT_MSG_GETCHAIN, &[], [answer("nft-chains.bin")]);
    let shown = |table: &NftTable| {
        format!("{} {}", table.family_name(), String::from_utf8_lossy(&table.name))
    };
    let found: Vec<_> = tables(&kernel).unwrap().entries.iter().map(shown).collect();
    let mut sorted = found;
    sorted.sort();
    assert_eq!(sorted, ["inet pontoon", "ip filter", "ip kube-proxy", "ip nat", "netdev nd"]);
    let chains = chains(&kernel).unwrap().entries;
    let forward = chains.iter().filter(|chain| chain.hook_name() == Some("forward"));
    let forward: Vec<_> = forward.map(|chain| shown(&chain.table)).collect();
    assert_eq!(forward.len(), 2, "{forward:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>) {
        let _ = (parse_table(&bytes), parse_chain(&bytes));
    }
}
