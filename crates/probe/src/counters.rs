//! The kernel's packet counters: which step of forwarding lost the packets.

use std::collections::BTreeMap;
use std::path::Path;

use crate::snapshot::{FileError, files};

/// Both files have a few kilobytes; new kernels add columns.
const FILE_BYTES: u64 = 128 * 1024;

/// The counters that judgement uses, as `PROTOCOL.NAME` (RFC 1213 for `Ip` and `Icmp`;
/// net/ipv4/proc.c and `Documentation/networking/snmp_counter.rst` for the others).
///
/// `Ip.OutTransmits` exists since Linux 6.7; before that `Ip.ForwDatagrams` counts what passed
/// the FORWARD hook, since then what reached it.
pub const NAMES: [&str; 14] = [
    "Icmp.InDestUnreachs",
    "Icmp.OutDestUnreachs",
    "Icmp.OutRedirects",
    "Icmp.OutTimeExcds",
    "Ip.ForwDatagrams",
    "Ip.InAddrErrors",
    "Ip.InDiscards",
    "Ip.InHdrErrors",
    "Ip.InReceives",
    "Ip.OutDiscards",
    "Ip.OutNoRoutes",
    "Ip.OutTransmits",
    "IpExt.InNoRoutes",
    "TcpExt.IPReversePathFilter",
];

/// Reads the counters of [`NAMES`] that this kernel has.
///
/// # Errors
/// When `/proc/net/snmp` or `/proc/net/netstat` below `root` cannot be read.
pub fn read(root: &Path) -> Result<BTreeMap<String, u64>, FileError> {
    let mut counters = BTreeMap::new();
    for path in ["proc/net/snmp", "proc/net/netstat"] {
        counters.append(&mut parse(&files::read(root, path, FILE_BYTES)?.text));
    }
    Ok(counters)
}

/// What each counter gained. A counter that only one reading has is left out; zeros are kept,
/// since "none" and "not counted here" mean different things.
#[must_use]
pub fn counter_increases(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    after
        .iter()
        .filter_map(|(name, late)| {
            let early = before.get(name)?;
            // Counters of 32 bits may wrap; a reading that fell is no measure.
            Some((name.clone(), late.saturating_sub(*early)))
        })
        .collect()
}

/// Reads pairs of lines, names over values: `Ip: Forwarding …` over `Ip: 1 …`.
fn parse(text: &str) -> BTreeMap<String, u64> {
    let mut counters = BTreeMap::new();
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let (Some((protocol, names)), Some((same, values))) =
            (names.split_once(':'), values.split_once(':'))
        else {
            continue;
        };
        if protocol != same {
            continue;
        }
        let pairs = names.split_ascii_whitespace().zip(values.split_ascii_whitespace());
        for (name, value) in pairs {
            let name = format!("{protocol}.{name}");
            if let (true, Ok(value)) = (NAMES.contains(&name.as_str()), value.parse()) {
                counters.insert(name, value);
            }
        }
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SNMP: &str = "Ip: Forwarding DefaultTTL InReceives ForwDatagrams OutTransmits\n\
                        Ip: 1 64 100 7 0\n\
                        Tcp: MaxConn ForwDatagrams\nTcp: -1 9\n";

    #[test]
    fn named_counters_are_read_from_their_columns() {
        let found = parse(SNMP);
        let shown: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(
            shown,
            [("Ip.ForwDatagrams", 7), ("Ip.InReceives", 100), ("Ip.OutTransmits", 0)]
        );
    }

    #[test]
    fn what_does_not_belong_together_is_skipped() {
        for text in [
            "Ip: InReceives\nTcp: 5\n",
            "Ip: InReceives\n",
            "InReceives\n5\n",
            "Ip: InReceives\nIp: x",
        ] {
            assert!(parse(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn a_counter_that_grew_is_not_one_that_is_missing() {
        let reading = |forwarded: u64| {
            let text = format!("Ip: ForwDatagrams InReceives\nIp: {forwarded} 4\n");
            parse(&text)
        };
        let gain = counter_increases(&reading(3), &reading(10));
        assert_eq!(gain.get("Ip.ForwDatagrams"), Some(&7));
        assert_eq!(gain.get("Ip.InReceives"), Some(&0));
        assert_eq!(gain.get("Ip.OutTransmits"), None);
        assert_eq!(counter_increases(&reading(10), &reading(3)).get("Ip.ForwDatagrams"), Some(&0));
        assert!(counter_increases(&BTreeMap::new(), &reading(3)).is_empty());
    }

    #[test]
    fn this_kernel_counts_what_judgement_needs() {
        let found = read(Path::new("/")).unwrap();
        for name in [
            "Ip.ForwDatagrams",
            "Ip.InAddrErrors",
            "IpExt.InNoRoutes",
            "TcpExt.IPReversePathFilter",
        ] {
            assert!(found.contains_key(name), "{name} is older than any kernel we know");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            prop_assert!(parse(&text).len() <= NAMES.len());
        }
    }
}
