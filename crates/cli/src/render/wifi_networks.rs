//! Which WiFi networks can talk to which.

use pontoon_model::net::IpFamily;
use pontoon_rules::report::wifi_networks::{AccessPointRelation, WifiNetworkPair};

use super::pair_table::word;
use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Writes the map; nothing where it would say no more than the table of pairs does.
pub(crate) fn write(page: &mut String, networks: &[WifiNetworkPair], style: TerminalStyle) {
    if networks.len() < 2 {
        return;
    }
    page.push_str(&format!("\n{}\n", style.bold("which WiFi networks can talk")));
    for pair in networks {
        let who = if pair.one == pair.other {
            match pair.access_point {
                AccessPointRelation::Same => format!("within {}, at one access point", pair.one),
                AccessPointRelation::Other => format!("within {}, at two access points", pair.one),
                AccessPointRelation::Unknown => format!("within {}", pair.one),
            }
        } else {
            format!("{}{}{}", pair.one, style.pair_arrow(), pair.other)
        };
        let family = if pair.family == IpFamily::V6 { " (IPv6)" } else { "" };
        let states: Vec<_> = pair
            .states
            .iter()
            .map(|(state, count)| {
                let plural = if *count == 1 { "pair" } else { "pairs" };
                format!("{} ({count} {plural})", word(*state))
            })
            .collect();
        let text = format!("{who}{family}: {}", states.join(", "));
        wrapped(page, style.width, "  ", "    ", &style.printable(&text));
    }
}
