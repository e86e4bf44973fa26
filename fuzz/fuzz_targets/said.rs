//! Any output of a host over ssh, of its shell or its clock: it is shown escaped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_fleet::clock::{ClockExchange, DateReading, best, median};
use pontoon_fleet::exec::shown;
use pontoon_fleet::group_output::group_same_text;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::is_harmful;
use pontoon_remote::reach_failure::ReachFailure;

fuzz_target!(|bytes: &[u8]| {
    let is_clean = |text: &str| !text.chars().any(|letter| letter != '\t' && is_harmful(letter));
    assert!(is_clean(&shown(bytes)));
    let text = String::from_utf8_lossy(bytes);
    let failure = ReachFailure::said(&text);
    assert!(is_clean(&failure.to_string()), "{failure}");
    assert!(is_clean(&failure.with_advice("pi1").to_string()));
    if let Some(reading) = DateReading::parse(&text) {
        let exchange = |sent_us| ClockExchange { sent_us, received_us: 0, reading };
        let offset = best(&[exchange(0), exchange(-1)]).expect("there are two");
        assert!(offset.uncertainty_us <= reading.resolution_us + 1);
        let _ = median(&[offset, offset]);
    }
    let (one, other) = (HostName::lossy("pi1"), HostName::lossy("pi2"));
    let alike = group_same_text([(&one, &*text), (&other, &*text)]);
    assert_eq!(alike.iter().map(|alike| alike.count).sum::<usize>(), 2);
});
