//! Any text as a host list: a valid one is written as a list, and parsed again as the same hosts.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use pontoon_fleet::hostlist::{TEXT_BYTES_MAX, compress, hosts};

fuzz_target!(|text: &str| {
    let Ok(items) = hosts(text) else { return };
    let list = compress(&items);
    // Names that fit into no range may be too many for one list.
    if list.len() > TEXT_BYTES_MAX {
        return;
    }
    let again = hosts(&list).expect("what was written can be read");
    let as_set = |names: &[_]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(as_set(&items), as_set(&again));
});
