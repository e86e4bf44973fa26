//! Any bytes as an mDNS response: the names in it are bounded and escaped.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use pontoon_model::untrusted::is_harmful;
use pontoon_probe::discover::mdns::read;

fuzz_target!(|bytes: &[u8]| {
    let from = IpAddr::V4(Ipv4Addr::new(192, 168, 50, 2));
    let claims = read(bytes, from);
    assert!(claims.len() <= 64);
    for claim in claims {
        assert!(claim.from == from && !claim.name.raw().is_empty());
        assert!(!claim.name.to_string().chars().any(is_harmful), "{claim:?}");
    }
});
