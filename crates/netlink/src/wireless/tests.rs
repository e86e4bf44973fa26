use super::*;
use crate::uapi::nl80211::NL80211_IFTYPE_AP;
use proptest::prelude::*;

const BSSID: [u8; 6] = [2, 0, 0x5e, 0, 0, 1];

fn message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        push_attribute(&mut body, *kind, value);
    }
    body
}

fn number(value: u32) -> [u8; 4] {
    value.to_ne_bytes()
}

/// A scan result with this status.
fn scan_result(status: Option<u32>, elements: &[u8]) -> Vec<u8> {
    let (frequency, signal) = (number(2437), number((-5250_i32).cast_unsigned()));
    let mut bss = message(&[
        (NL80211_BSS_BSSID, &BSSID),
        (NL80211_BSS_FREQUENCY, &frequency),
        (NL80211_BSS_INFORMATION_ELEMENTS, elements),
        (NL80211_BSS_SIGNAL_MBM, &signal),
    ]);
    if let Some(status) = status {
        push_attribute(&mut bss, NL80211_BSS_STATUS, &number(status));
    }
    message(&[(NL80211_ATTR_IFINDEX, &number(3)), (0x8000 | NL80211_ATTR_BSS, &bss)])
}

fn raw(name: Option<&Untrusted>) -> Option<&str> {
    name.map(Untrusted::raw)
}

#[test]
fn only_the_network_in_use_counts_of_those_in_sight() {
    for (status, is_in_use) in
        [(None, false), (Some(0), false), (Some(1), true), (Some(2), true), (Some(3), false)]
    {
        let found = parse_associated(&scan_result(status, b"\0\x06Campus"));
        assert_eq!(found.is_some(), is_in_use, "{status:?}");
    }
    let bss = parse_associated(&scan_result(Some(1), b"\0\x06Campus")).unwrap();
    assert_eq!(bss.bssid.unwrap().to_string(), "02:00:5e:00:00:01");
    assert_eq!((bss.frequency_mhz, bss.signal_dbm), (Some(2437), Some(-52)));
    assert_eq!(raw(bss.ssid.as_ref()), Some("Campus"));
}

#[test]
fn a_name_is_found_among_elements_of_strangers() {
    let long = [&[0, 33][..], &[b'x'; 33]].concat();
    let table: [(&[u8], Option<&str>); 9] = [
        (b"\0\x04Home\x01\x01\x82", Some("Home")),
        (b"\x01\x01\x82\0\x04Home", Some("Home")),
        (b"\x01\0\0\x04Home", Some("Home")),
        (b"\0\0\x01\x01\x82", None),
        (b"\0\x03\0\0\0", None),
        (b"\0\x05Home", None),
        (b"\x01\xff\0\x04Home", None),
        (b"\0", None),
        (&long, None),
    ];
    for (elements, name) in table {
        assert_eq!(raw(element_ssid(elements).as_ref()), name, "{elements:?}");
    }
    let hostile = element_ssid(b"\0\x05\x1b[2J\xff").unwrap();
    assert_eq!(hostile.to_string(), "\\u{1b}[2J\u{fffd}");
}

#[test]
fn an_interface_says_what_it_is() {
    let whole = message(&[
        (NL80211_ATTR_IFINDEX, &number(3)),
        (NL80211_ATTR_IFTYPE, &number(NL80211_IFTYPE_AP)),
        (NL80211_ATTR_MAC, &BSSID),
        (NL80211_ATTR_SSID, b"Campus"),
        (NL80211_ATTR_WIPHY_FREQ, &number(5180)),
        (999, b"of a newer kernel"),
    ]);
    let found = parse_interface(&whole).unwrap();
    assert_eq!((found.index, found.kind), (3, NL80211_IFTYPE_AP));
    assert_eq!(raw(found.ssid.as_ref()), Some("Campus"));
    assert_eq!((found.mac, found.frequency_mhz), (Mac::from_slice(&BSSID), Some(5180)));
    // A P2P device has no network interface.
    assert_eq!(parse_interface(&message(&[(NL80211_ATTR_IFTYPE, &number(10))])), None);
}

#[test]
fn power_save_is_on_off_or_not_said() {
    let table = [(Some(0), Some(false)), (Some(1), Some(true)), (None, None)];
    for (state, said) in table {
        let state = state.map(number);
        let attributes: Vec<_> =
            state.iter().map(|value| (NL80211_ATTR_PS_STATE, &value[..])).collect();
        assert_eq!(parse_power_save(&message(&attributes)), said);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>) {
        let _ = (parse_interface(&bytes), parse_associated(&bytes), parse_power_save(&bytes));
    }

    #[test]
    fn elements_of_any_kind_give_a_name_within_limits(elements: Vec<u8>, status in 0_u32..3) {
        let name = parse_associated(&scan_result(Some(status), &elements)).and_then(|bss| bss.ssid);
        // Each invalid byte becomes U+FFFD, which has three bytes in UTF-8.
        prop_assert!(name.is_none_or(|name| name.raw().len() <= 3 * MAX_SSID_BYTES));
        let _ = element_ssid(&elements);
    }
}
