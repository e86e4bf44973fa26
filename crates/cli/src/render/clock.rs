//! Clocks of hosts as a table.

use pontoon_fleet::clock::ClockDeviation;
use pontoon_fleet::clock::clock_report::{ClockReport, HostClock, MeasuredClock};
use pontoon_fleet::group_output;

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

const SECOND_US: u64 = 1_000_000;
const MINUTE_US: u64 = 60 * SECOND_US;
const HOUR_US: u64 = 60 * MINUTE_US;
const DAY_US: u64 = 24 * HOUR_US;

/// Between two columns.
const GAP: usize = 2;
const HEADS: [&str; 5] = ["host", "to the median", "+-", "to this host", ""];

/// Writes the table, those that could not be asked below it, and what is to be done.
pub(crate) fn table(clocks: &ClockReport, style: TerminalStyle) -> String {
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(clocks.hosts.iter().filter_map(|host| Some(row(host, host.clock?))));
    let mut page = String::new();
    if rows.len() > 1 {
        rows.push([
            "(this host)".to_owned(),
            signed(clocks.this_host_from_median_us),
            String::new(),
            String::new(),
            mark(clocks.this_host).to_owned(),
        ]);
        for (nth, row) in rows.iter().enumerate() {
            let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0) + GAP;
            let cells = row.iter().enumerate().map(|(at, cell)| padded(cell, width(at)));
            let line = cells.collect::<String>();
            let line = line.trim_end();
            let line = if nth == 0 { style.bold(line) } else { line.to_owned() };
            page.push_str(&format!("{line}\n"));
        }
    }
    let whys = clocks.hosts.iter().filter_map(|host| {
        host.unreached.as_ref().map(|why| (&host.host, style.printable(&why.to_string())))
    });
    let whys: Vec<_> = whys.collect();
    for alike in group_output::group_same_text(whys.iter().map(|(host, why)| (*host, why.as_str())))
    {
        let text = format!("could not be asked: {}", alike.text);
        wrapped(&mut page, style.width, &format!("{}  ", alike.hosts), "  ", &text);
    }
    page
}

fn row(host: &HostClock, clock: MeasuredClock) -> [String; 5] {
    [
        host.host.to_string(),
        signed(clock.from_median_us),
        span(clock.uncertainty_us.unsigned_abs()),
        signed(clock.from_this_host_us),
        mark(clock.standing).to_owned(),
    ]
}

const fn mark(standing: ClockDeviation) -> &'static str {
    match standing {
        ClockDeviation::Good => "",
        ClockDeviation::Unsure => "perhaps off",
        ClockDeviation::Off => "off",
        ClockDeviation::FarOff => "off by days",
    }
}

/// How far it is ahead, such as `+0.012 s` or `-3 h 20 min`.
pub(crate) fn signed(us: i64) -> String {
    let sign = if us < 0 { '-' } else { '+' };
    format!("{sign}{}", span(us.unsigned_abs()))
}

/// A span of time in the two largest units that it has.
fn span(us: u64) -> String {
    if us < MINUTE_US {
        // Whole milliseconds, rounded up: ssh is not better than that.
        let ms = us.div_ceil(1000);
        return format!("{}.{:03} s", ms / 1000, ms % 1000);
    }
    let us = (us + SECOND_US / 2) / SECOND_US * SECOND_US;
    let units = [(DAY_US, "d"), (HOUR_US, "h"), (MINUTE_US, "min"), (SECOND_US, "s")];
    let parts = units.iter().enumerate().filter_map(|(at, (unit, name))| {
        let count = if at == 0 { us / unit } else { us % units[at - 1].0 / unit };
        (count > 0).then(|| format!("{count} {name}"))
    });
    parts.take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use pontoon_fleet::clock::ClockOffset;
    use pontoon_remote::reach_failure::ReachFailure;

    use super::*;

    #[test]
    fn spans_are_read_at_a_glance() {
        let table = [
            (0, "+0.000 s"),
            (1, "+0.001 s"),
            (-12_345, "-0.013 s"),
            (59_000_000, "+59.000 s"),
            (-60_000_000, "-1 min"),
            (10_799_600_000, "+3 h"),
            (3_725_000_000, "+1 h 2 min"),
            (-86_400_000_000 * 413 - 5_000_000, "-413 d 5 s"),
            (i64::MIN, "-106751991 d 4 h"),
        ];
        for (us, text) in table {
            assert_eq!(signed(us), text);
        }
    }

    #[test]
    fn a_table_of_clocks_fits_80_columns() {
        let offset = |us| Ok(ClockOffset { us, uncertainty_us: 11_800, round_trip_us: 23_600 });
        let refused = "ssh: connect to host pi4 port 22: Connection refused";
        let answers = [
            ("pi1", offset(4_200)),
            ("pi2", offset(-3 * 3_600_000_000 - 120_000_000)),
            ("pi3", offset(-1_700_000_000_000_000)),
            ("pi4", Err(ReachFailure::said(refused))),
            ("raspberry-in-the-attic", offset(1_400)),
        ];
        let answers: Vec<_> =
            answers.into_iter().map(|(host, answer)| (host.parse().unwrap(), answer)).collect();
        insta::assert_snapshot!(table(&ClockReport::of(&answers), TerminalStyle::PLAIN), @r"
        host                    to the median  +-       to this host
        pi1                     +0.005 s       0.012 s  +0.005 s
        pi2                     -3 h 2 min     0.012 s  -3 h 2 min     off
        pi3                     -19675 d 22 h  0.012 s  -19675 d 22 h  off by days
        raspberry-in-the-attic  +0.002 s       0.012 s  +0.002 s
        (this host)             +0.000 s
        pi4  could not be asked: it is there, but no ssh server answers (ssh: connect to
          host pi4 port 22: Connection refused); start its ssh server: sudo systemctl
          enable --now ssh
        ");
    }
}
