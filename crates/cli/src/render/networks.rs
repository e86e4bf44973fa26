//! Which WiFi networks can talk to which.

use pontoon_model::net::Family;
use pontoon_rules::report::networks::{AccessPoint, NetworkPair};

use super::matrix::word;
use super::style::Style;
use super::wrap::wrapped;

/// Writes the map; nothing where it would say no more than the table of pairs does.
pub(crate) fn write(page: &mut String, networks: &[NetworkPair], style: Style) {
    if networks.len() < 2 {
        return;
    }
    page.push_str(&format!("\n{}\n", style.strong("which WiFi networks can talk")));
    for pair in networks {
        let who = if pair.one == pair.other {
            match pair.access_point {
                AccessPoint::Same => format!("within {}, at one access point", pair.one),
                AccessPoint::Other => format!("within {}, at two access points", pair.one),
                AccessPoint::Unknown => format!("within {}", pair.one),
            }
        } else {
            format!("{}{}{}", pair.one, style.between(), pair.other)
        };
        let family = if pair.family == Family::V6 { " (IPv6)" } else { "" };
        let states: Vec<_> = pair
            .states
            .iter()
            .map(|(state, count)| {
                let plural = if *count == 1 { "pair" } else { "pairs" };
                format!("{} ({count} {plural})", word(*state))
            })
            .collect();
        let text = format!("{who}{family}: {}", states.join(", "));
        wrapped(page, style.width, "  ", "    ", &style.shown(&text));
    }
}
