//! Which pairs reach each other: a table of words for a few pairs.

use std::collections::BTreeMap;

use pontoon_model::net::IpFamily;
use pontoon_rules::report::pairs::{PairReachability, PairRow};
use unicode_width::UnicodeWidthStr as _;

use super::style::TerminalStyle;
use super::wrap::padded;

/// Writes the table; nothing when no pair was asked.
pub(super) fn write(page: &mut String, pairs: &[PairRow], style: TerminalStyle) {
    if pairs.is_empty() {
        return;
    }
    let mut columns: Vec<String> = Vec::new();
    let mut rows: BTreeMap<String, BTreeMap<usize, PairReachability>> = BTreeMap::new();
    for pair in pairs {
        let column = column(pair);
        let at = columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            columns.push(column);
            columns.len() - 1
        });
        let row = format!("{}{}{}", pair.from, style.pair_arrow(), pair.to);
        rows.entry(row).or_default().insert(at, pair.state);
    }
    let label = rows.keys().map(|row| row.width()).max().unwrap_or(0) + 2;
    page.push_str(&format!("{}\n", style.bold("reachability")));
    let widths: Vec<_> = columns.iter().map(|column| column.width().max(12) + 1).collect();
    let heads = columns.iter().zip(&widths).map(|(column, width)| padded(column, *width));
    line(page, &padded("", label), heads);
    for (row, cells) in &rows {
        let cells = widths
            .iter()
            .enumerate()
            .map(|(at, width)| padded(cells.get(&at).map_or("-", |state| word(*state)), *width));
        line(page, &padded(row, label), cells);
    }
}

fn line(page: &mut String, label: &str, cells: impl Iterator<Item = String>) {
    let text = format!("  {label}{}", cells.collect::<String>());
    page.push_str(text.trim_end());
    page.push('\n');
}

fn column(pair: &PairRow) -> String {
    let link = pair.link.as_ref().map_or_else(|| "routed".to_owned(), ToString::to_string);
    match pair.family {
        IpFamily::V4 => link,
        IpFamily::V6 => format!("{link} IPv6"),
    }
}

/// The word for a state of reachability.
pub(super) const fn word(state: PairReachability) -> &'static str {
    match state {
        PairReachability::Open => "open",
        PairReachability::ViaGateway => "via gateway",
        PairReachability::OneWay => "one way",
        PairReachability::Isolated => "isolated",
        PairReachability::Blocked => "blocked",
        PairReachability::LinkDown => "link down",
        PairReachability::Answered => "answers",
        PairReachability::Unanswered => "no answer",
        PairReachability::Undecided => "undecided",
    }
}
