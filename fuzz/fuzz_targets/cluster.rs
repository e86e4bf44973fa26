//! What a cluster and its nodes say to `cluster check`: kubectl's objects, nft's rules, moments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_cluster::objects::{Objects, read};
use pontoon_cluster::{forward_chain, moment, settling};

fuzz_target!(|text: &str| {
    let mut objects = Objects::default();
    if read(text, &mut objects).is_ok() {
        let _ = settling::is_starting(&objects, 0);
        let _ = objects.endpoints("default", "kubernetes");
    }
    for drop in forward_chain::read(text) {
        assert!(drop.table.raw().len() + drop.chain.raw().len() <= text.len());
    }
    if let Some(moment) = moment::unix_s(text) {
        assert!(moment >= 0 && text.ends_with('Z'), "{text}");
    }
});
