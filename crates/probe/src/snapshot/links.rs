//! Links with their addresses and sysctls.

use std::collections::BTreeSet;

use pontoon_model::net::IfName;
use pontoon_model::snapshot::{CollectionGap, Link, LinkKind};
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::route::addresses::{addresses, give_addresses};
use pontoon_netlink::route::links::{MAX_LINKS, links};
use pontoon_netlink::{KernelSocket, NetlinkKernel, TableDump};

/// Reads all links. `radios` are the names of links known to be 802.11.
pub(super) fn read(
    kernel: &dyn NetlinkKernel,
    radios: &BTreeSet<String>,
    unread: &mut Vec<CollectionGap>,
) -> Vec<Link> {
    let mut links = match links(kernel) {
        Ok(found) => keep_named(found, unread),
        Err(error) => {
            unread.push(super::unread("links", &error));
            return Vec::new();
        }
    };
    for link in &mut links {
        if link.kind == LinkKind::Ethernet && radios.contains(link.name.as_str()) {
            link.kind = LinkKind::Wifi;
        }
    }
    match addresses(kernel) {
        Ok(found) => {
            super::note_flaw("addresses", found.flaw, unread);
            give_addresses(&mut links, found.entries);
        }
        Err(error) => unread.push(super::unread("addresses", &error)),
    }
    links
}

/// The links by which frames can leave just now, by index; `None` where they cannot be read.
pub(crate) fn usable_now() -> Option<BTreeSet<u32>> {
    let found = links(&KernelSocket).ok().filter(|found| found.flaw.is_none())?;
    let usable = found.entries.into_iter().flatten().filter(Link::is_usable);
    Some(usable.map(|link| link.index).collect())
}

fn keep_named(
    found: TableDump<Result<Link, Untrusted>>,
    unread: &mut Vec<CollectionGap>,
) -> Vec<Link> {
    super::note_flaw("links", found.flaw, unread);
    let mut links = Vec::new();
    for link in found.entries {
        match link {
            Ok(link) => links.push(link),
            Err(name) => unread.push(CollectionGap {
                what: format!("link `{name}`"),
                why: "its name is not printable ASCII: rename it".to_owned(),
            }),
        }
    }
    links
}

/// The links listed in `/proc/net/wireless`: two lines of heading, then `NAME: …`.
pub(super) fn parse_wireless(text: &str) -> BTreeSet<String> {
    text.lines()
        .skip(2)
        .take(MAX_LINKS)
        .filter_map(|line| line.trim_start().split_once(':'))
        .filter(|(name, _)| name.parse::<IfName>().is_ok())
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wireless_links_are_listed_after_the_heading() {
        let text = "Inter-| sta-|   Quality        |\n face | tus | link level noise |\n\
                     wlan0: 0000   58.  -52.  -256\n a/b: 1\n";
        assert_eq!(parse_wireless(text), BTreeSet::from(["wlan0".to_owned()]));
        assert!(parse_wireless("wlan0: 1").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = parse_wireless(&text);
        }
    }
}
