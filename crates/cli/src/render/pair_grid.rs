//! Which hosts reach each other, one letter a pair and one line a host: readable for fifty.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_rules::report::pairs::{PairReachability, PairRow};
use unicode_width::UnicodeWidthStr as _;

use super::pair_table;
use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// A longer name is cut: the number beside it tells the host.
const NAME_MAX: usize = 16;

/// What stands between two hosts, in the row of the one and the column of the other.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum GridCell {
    Of(PairReachability),
    /// One way, the one that passes: from the row's host to the column's.
    Forth,
    /// One way, from the column's host to the row's.
    Back,
}

impl GridCell {
    const fn letter(self) -> char {
        match self {
            Self::Of(PairReachability::Open) => '.',
            Self::Of(PairReachability::ViaGateway) => 'g',
            Self::Of(PairReachability::OneWay) => '1',
            Self::Of(PairReachability::Isolated) => 'x',
            Self::Of(PairReachability::Blocked) => '#',
            Self::Of(PairReachability::LinkDown) => 'd',
            Self::Of(PairReachability::Answered) => 'a',
            Self::Of(PairReachability::Unanswered) => 'n',
            Self::Of(PairReachability::Undecided) => '?',
            Self::Forth => '>',
            Self::Back => '<',
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Of(state) => pair_table::word(state),
            Self::Forth => "row reaches column, not back",
            Self::Back => "column reaches row, not back",
        }
    }

    const fn turned(self) -> Self {
        match self {
            Self::Forth => Self::Back,
            Self::Back => Self::Forth,
            Self::Of(state) => Self::Of(state),
        }
    }
}

type GridLink<'a> = (Option<&'a IfName>, IpFamily);
type GridCells<'a> = BTreeMap<(&'a HostName, &'a HostName), GridCell>;

/// Writes a grid for each link; nothing when no pair was asked.
pub(super) fn write(page: &mut String, pairs: &[PairRow], style: TerminalStyle) {
    let mut networks: BTreeMap<GridLink<'_>, GridCells<'_>> = BTreeMap::new();
    for pair in pairs {
        let cells = networks.entry((pair.link.as_ref(), pair.family)).or_default();
        let cell = cell(pair);
        cells.insert((&pair.from, &pair.to), cell);
        cells.insert((&pair.to, &pair.from), cell.turned());
    }
    for ((link, family), cells) in &networks {
        let link = link.map_or_else(|| "routed".to_owned(), ToString::to_string);
        let title = format!("reachability on {link} ({family})");
        page.push_str(&format!("{}\n", style.bold(&title)));
        let hosts: BTreeSet<&HostName> = cells.keys().map(|(host, _)| *host).collect();
        let hosts: Vec<&HostName> = in_order(hosts);
        one(page, &hosts, cells, style);
    }
}

/// Names with numbers in the order of the numbers: pi2 before pi10.
fn in_order(hosts: BTreeSet<&HostName>) -> Vec<&HostName> {
    let mut hosts: Vec<&HostName> = hosts.into_iter().collect();
    hosts.sort_by_key(|host| {
        let text = host.as_str();
        let digits =
            text.len() - text.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        let (name, number) = text.split_at(text.len() - digits);
        (name, number.parse::<u64>().unwrap_or(0), text)
    });
    hosts
}

fn cell(pair: &PairRow) -> GridCell {
    match pair.state {
        PairReachability::OneWay if pair.there.arrived > 0 && pair.back.arrived == 0 => {
            GridCell::Forth
        }
        PairReachability::OneWay if pair.back.arrived > 0 && pair.there.arrived == 0 => {
            GridCell::Back
        }
        state => GridCell::Of(state),
    }
}

fn one(page: &mut String, hosts: &[&HostName], cells: &GridCells<'_>, style: TerminalStyle) {
    let numbers = hosts.len().to_string().len();
    let names = hosts.iter().map(|host| host.as_str().width().min(NAME_MAX)).max().unwrap_or(0);
    let label = 2 + numbers + 1 + names + 2;
    if label + hosts.len() > style.width {
        summary(page, hosts, cells, style);
    } else {
        let head = |digit: usize| -> String {
            (1..=hosts.len())
                .map(|number| {
                    let text = format!("{number:>numbers$}");
                    text.chars().nth(digit).filter(|_| number % 10 == 0 || digit + 1 == numbers)
                })
                .map(|letter| letter.unwrap_or(' '))
                .collect()
        };
        for digit in 0..numbers {
            line(page, &" ".repeat(label), &head(digit));
        }
        for (number, host) in (1..).zip(hosts) {
            let name: String = host.as_str().chars().take(NAME_MAX).collect();
            let label = format!("  {number:>numbers$} {}  ", padded(&name, names));
            let row: String = hosts
                .iter()
                .map(|other| match cells.get(&(*host, *other)) {
                    Some(cell) => cell.letter(),
                    None if host == other => '\\',
                    None => ' ',
                })
                .collect();
            line(page, &label, &row);
        }
    }
    let used: BTreeSet<GridCell> = cells.values().copied().collect();
    let legend: Vec<_> =
        used.iter().map(|cell| format!("{} {}", cell.letter(), cell.word())).collect();
    wrapped(page, style.width, "  ", "  ", &legend.join(", "));
}

fn line(page: &mut String, label: &str, row: &str) {
    page.push_str(format!("{label}{row}").trim_end());
    page.push('\n');
}

/// Where a line does not hold a row: what each host does not reach, alike rows together.
fn summary(page: &mut String, hosts: &[&HostName], cells: &GridCells<'_>, style: TerminalStyle) {
    let mut alike: BTreeMap<Vec<(GridCell, usize)>, Vec<&HostName>> = BTreeMap::new();
    for host in hosts {
        let mut counts: BTreeMap<GridCell, usize> = BTreeMap::new();
        for other in hosts {
            if let Some(cell) = cells.get(&(*host, *other)) {
                *counts.entry(*cell).or_default() += 1;
            }
        }
        alike.entry(counts.into_iter().collect()).or_default().push(host);
    }
    for (counts, hosts) in alike {
        let names = pontoon_fleet::hostlist::compress(hosts);
        let counts: Vec<_> =
            counts.iter().map(|(cell, count)| format!("{count} {}", cell.word())).collect();
        wrapped(page, style.width, "  ", "    ", &format!("{names}: {}", counts.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use pontoon_rules::report::pairs::RoundCounts;

    use super::*;

    fn pairs(hosts: u8, state: impl Fn(u8, u8) -> PairReachability) -> Vec<PairRow> {
        let name = |number: u8| -> HostName { format!("pi{number}").parse().unwrap() };
        let rounds = |arrived| RoundCounts { sent: 3, arrived, answered: arrived };
        let mut pairs = Vec::new();
        for a in 1..=hosts {
            for b in a + 1..=hosts {
                pairs.push(PairRow {
                    from: name(a),
                    to: name(b),
                    link: Some("wlan0".parse().unwrap()),
                    family: IpFamily::V4,
                    state: state(a, b),
                    there: rounds(3),
                    back: rounds(0),
                });
            }
        }
        pairs
    }

    fn page(pairs: &[PairRow]) -> String {
        let mut page = String::new();
        write(&mut page, pairs, TerminalStyle::PLAIN);
        page
    }

    #[test]
    fn each_host_has_a_line_and_each_pair_a_letter() {
        let state = |a, b| match (a, b) {
            (1, 2) => PairReachability::OneWay,
            (3, _) => PairReachability::Isolated,
            _ => PairReachability::Open,
        };
        assert_eq!(
            page(&pairs(10, state)),
            "\
reachability on wlan0 (IPv4)
                    1
           1234567890
   1 pi1   \\>........
   2 pi2   <\\........
   3 pi3   ..\\xxxxxxx
   4 pi4   ..x\\......
   5 pi5   ..x.\\.....
   6 pi6   ..x..\\....
   7 pi7   ..x...\\...
   8 pi8   ..x....\\..
   9 pi9   ..x.....\\.
  10 pi10  ..x......\\
  . open, x isolated, > row reaches column, not back, < column reaches row, not
  back
"
        );
    }

    #[test]
    fn hosts_that_fill_more_than_a_line_are_summed_up() {
        let page = page(&pairs(90, |a, _| {
            if a == 7 { PairReachability::Isolated } else { PairReachability::Open }
        }));
        assert_eq!(
            page,
            "\
reachability on wlan0 (IPv4)
  pi7: 6 open, 83 isolated
  pi[8-90]: 88 open, 1 isolated
  pi[1-6]: 89 open
  . open, x isolated
"
        );
    }
}
