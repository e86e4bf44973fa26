//! Any text as a list of ports: the result is bounded, and is written as the same list.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_model::port::{PORTS_MAX, parse};

fuzz_target!(|text: &str| {
    let Ok(needs) = parse(text) else { return };
    assert!((1..=PORTS_MAX).contains(&needs.len()));
    for need in needs {
        assert_eq!(need.port.to_string().parse(), Ok(need.port));
    }
});
