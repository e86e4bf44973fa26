//! The input of `cluster check`: kubectl's objects, timestamps, and rules of the kernel's packet
//! filter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_cluster::objects::{ClusterObjects, read};
use pontoon_cluster::{startup, timestamp};
use pontoon_netlink::nf_tables::rule::{NftRule, RuleMessage};

fuzz_target!(|text: &str| {
    let mut objects = ClusterObjects::default();
    if read(text, &mut objects).is_ok() {
        let _ = startup::is_starting(&objects, 0);
        let _ = objects.endpoints("default", "kubernetes");
    }
    if let Some(message) = RuleMessage::parse(text.as_bytes()) {
        let _ = NftRule::of(&message).is_unconditional();
    }
    if let Some(moment) = timestamp::unix_s(text) {
        assert!(moment >= 0 && text.ends_with('Z'), "{text}");
    }
});
