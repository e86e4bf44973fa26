//! What `-v` adds: the frames that were sent, and every observation.

use std::fmt::Write as _;

use pontoon_model::facts::Facts;
use pontoon_model::observation::{Observation, ObservedEvent};
use pontoon_rules::report::SurveyReport;

use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Lists the frames that were sent for this report, by host and kind.
pub(crate) fn frames(page: &mut String, report: &SurveyReport, style: TerminalStyle) {
    page.push_str(&format!("{}\n", style.bold("frames sent")));
    for (host, kinds) in &report.frames_sent {
        let total: u64 = kinds.values().copied().map(u64::from).sum();
        let list: Vec<_> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let text = if list.is_empty() {
            format!("{host}: none")
        } else {
            format!("{host}: {total} ({})", list.join(", "))
        };
        wrapped(page, style.width, "  ", "    ", &style.printable(&text));
    }
}

/// Lists every observation, one line each.
pub(crate) fn observations(page: &mut String, facts: &Facts, style: TerminalStyle) {
    page.push_str(&format!("{}\n", style.bold("observations")));
    let mut all: Vec<&Observation> = facts.observations.iter().collect();
    all.sort_by_key(|seen| (&seen.host, seen.at_ms));
    for seen in all {
        let text = line(seen).unwrap_or_else(|_| "?".to_owned());
        wrapped(page, style.width, "  ", "      ", &style.printable(&text));
    }
}

fn line(seen: &Observation) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let what = match seen.direction {
        ObservedEvent::Sent => "sent",
        ObservedEvent::Arrived => "arrived",
        ObservedEvent::Answered => "answered",
    };
    write!(text, "{} {}ms round {} {what}", seen.host, seen.at_ms, seen.round)?;
    // The kind and the answer are plain data; their JSON is what a record shows, too.
    write!(text, " {}", serde_json::to_string(&seen.kind).map_err(|_| std::fmt::Error)?)?;
    if let Some(peer) = &seen.peer {
        let word = if seen.direction == ObservedEvent::Arrived { "from" } else { "to" };
        write!(text, " {word} {peer}")?;
    }
    if let Some(address) = seen.address {
        write!(text, " {address}")?;
    }
    if let Some(link) = &seen.link {
        write!(text, " on {link}")?;
    }
    if let Some(mac) = seen.source_mac {
        write!(text, " by {mac}")?;
    }
    if let Some(ttl) = seen.ttl {
        write!(text, " ttl {ttl}")?;
    }
    if let Some(answer) = &seen.answer {
        write!(text, " = {}", serde_json::to_string(answer).map_err(|_| std::fmt::Error)?)?;
    }
    Ok(text)
}
