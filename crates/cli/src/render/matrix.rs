//! Who reaches whom, as a table.

use std::collections::BTreeMap;

use pontoon_model::net::Family;
use pontoon_rules::report::pairs::{Pair, State};
use unicode_width::UnicodeWidthStr as _;

use super::grid;
use super::style::Style;
use super::wrap::padded;

/// More rows than this do not fit a screen: then a letter a pair has to do.
const ROWS_MAX: usize = 15;

/// Writes the table; nothing when no pair was asked.
pub(crate) fn write(page: &mut String, pairs: &[Pair], style: Style) {
    if pairs.is_empty() {
        return;
    }
    let mut columns: Vec<String> = Vec::new();
    let mut rows: BTreeMap<String, BTreeMap<usize, State>> = BTreeMap::new();
    for pair in pairs {
        let column = column(pair);
        let at = columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            columns.push(column);
            columns.len() - 1
        });
        let row = format!("{}{}{}", pair.from, style.between(), pair.to);
        rows.entry(row).or_default().insert(at, pair.state);
    }
    if rows.len() > ROWS_MAX {
        return grid::write(page, pairs, style);
    }
    let label = rows.keys().map(|row| row.width()).max().unwrap_or(0) + 2;
    page.push_str(&format!("{}\n", style.strong("who reaches whom")));
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

fn column(pair: &Pair) -> String {
    let link = pair.link.as_ref().map_or_else(|| "routed".to_owned(), ToString::to_string);
    match pair.family {
        Family::V4 => link,
        Family::V6 => format!("{link} IPv6"),
    }
}

/// The word for a state.
pub(crate) const fn word(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::ViaGateway => "via gateway",
        State::OneWay => "one way",
        State::Isolated => "isolated",
        State::Blocked => "blocked",
        State::LinkDown => "link down",
        State::Answered => "answers",
        State::Unanswered => "no answer",
        State::Undecided => "undecided",
    }
}
