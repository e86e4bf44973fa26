//! Values that placeholders accept, and values that they reject.

use super::*;

fn read(kind: PlaceholderKind, text: &str) -> Option<(usize, String)> {
    let (length, values) = kind.read(text)?;
    let values = PlaceholderValues::of(values);
    Some((length, values.get(kind).unwrap_or_default().to_owned()))
}

#[test]
fn a_value_has_the_form_of_its_kind() {
    let table: &[(PlaceholderKind, &str, Option<&str>)] = &[
        (PlaceholderKind::Address, "172.20.5.1: x", Some("172.20.5.1")),
        (PlaceholderKind::Address, "fd00::1: x", Some("fd00::1")),
        (PlaceholderKind::Address, "2001:DB8::0001 x", Some("2001:db8::1")),
        (PlaceholderKind::Address, "pi1", None),
        (PlaceholderKind::Address, "300.1.1.1", None),
        (PlaceholderKind::Endpoint, "10.0.0.1:6443: connect", Some("10.0.0.1:6443")),
        (PlaceholderKind::Endpoint, "[fd00::1]:6443: connect", Some("[fd00::1]:6443")),
        (PlaceholderKind::Endpoint, "[fe80::1%eth0]:6443", Some("[fe80::1]:6443")),
        (PlaceholderKind::Endpoint, "pi1.local:6443/x", Some("pi1.local:6443")),
        (PlaceholderKind::Endpoint, "10.0.0.1:0", None),
        (PlaceholderKind::Endpoint, "10.0.0.1:70000", None),
        (PlaceholderKind::Endpoint, "-oProxyCommand:22", None),
        (PlaceholderKind::Host, "-rf", None),
        (PlaceholderKind::Host, "10.0.0.1.", Some("10.0.0.1")),
        (PlaceholderKind::Host, "10.0.0.300", None),
        (PlaceholderKind::Node, "Pi1 x", Some("pi1")),
        (PlaceholderKind::Node, "$(reboot)", None),
        (PlaceholderKind::Link, "wg0 not", Some("wg0")),
        (PlaceholderKind::Link, "much-too-long-a-name", None),
        (PlaceholderKind::Cidr, "10.244.1.1/24\"", Some("10.244.1.1/24")),
        (PlaceholderKind::Cidr, "10.244.1.1/33", None),
        (PlaceholderKind::Path, "/run/flannel/subnet.env:", Some("/run/flannel/subnet.env")),
        (PlaceholderKind::Path, "/run/../etc/shadow", None),
        (
            PlaceholderKind::Names,
            "10.96.0.1, 172.20.5.1, not 10.0.0.1",
            Some("10.96.0.1, 172.20.5.1"),
        ),
        (PlaceholderKind::Names, "*.example.org, not pi1", Some("*.example.org")),
        (PlaceholderKind::Names, "; reboot", None),
        (PlaceholderKind::Token, "zzzzzz\"", Some("zzzzzz")),
        (PlaceholderKind::Token, "zzzzzz0123\"", None),
        (PlaceholderKind::Number, "10001 milli", Some("10001")),
    ];
    for (kind, text, expected) in table {
        let found = read(*kind, text).map(|(_, value)| value);
        assert_eq!(found.as_deref(), *expected, "{kind:?} {text}");
    }
}

#[test]
fn nothing_that_a_shell_reads_gets_through() {
    for kind in PlaceholderKind::ALL {
        for evil in ["a;b", "a b", "$(a)", "`a`", "a|b", "a&b", "a>b", "a'b", "a\"b", "a\nb"] {
            let taken = kind.read(evil).map(|(_, values)| values).unwrap_or_default();
            for (_, value) in taken {
                assert!(!value.contains([';', ' ', '$', '`', '|', '&', '>', '\'', '"', '\n']));
            }
        }
    }
}

#[test]
fn what_is_missing_stands_in_capitals() {
    let values = PlaceholderValues::of(at("10.0.0.1", 6443));
    assert_eq!(values.fill("curl {endpoint} {link} {.items}"), "curl 10.0.0.1:6443 LINK {.items}");
    assert!(values.has_all("{host} {port}") && !values.has_all("{link}"));
}
