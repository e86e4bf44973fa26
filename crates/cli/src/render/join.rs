//! A rehearsed join: where it stops and why, what kubeadm would say, what to do.

use pontoon_join::preflight::PreflightFailure;
use pontoon_join::report::JoinReport;
use pontoon_join::verdict::{JoinVerdict, StageResult, Stop};

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// The longest name of a stage, and two blanks.
const STAGE_WIDTH: usize = "its certificate".len() + 2;

/// Writes it: the sentence first, the stages last.
pub(crate) fn page(report: &JoinReport, style: TerminalStyle) -> String {
    let mut page = String::new();
    let mut say = |first: &str, rest: &str, text: &str| {
        wrapped(&mut page, style.width, first, rest, &style.printable(text));
    };
    say(&format!("{}: ", report.host), "  ", &sentence(report));
    for note in &report.notes {
        say("  note: ", "        ", note);
    }
    if let Some(stop) = &report.verdict.stop {
        for because in &stop.because {
            say("  - ", "    ", because);
        }
        say("  ", "  ", &causes(stop));
        say("  ", "  ", &format!("kubeadm says {}:", when(stop)));
        say("    error: ", "    ", &stop.words);
        page.push_str("\nWhat to do:\n");
        advice(&mut page, stop, style);
    }
    lacks(&mut page, report, style);
    page.push_str("\nStage by stage:\n");
    steps(&mut page, &report.verdict.steps, style);
    steps(&mut page, &report.beyond, style);
    if !report.links.is_empty() {
        page.push_str("\nBy each link:\n");
    }
    for by in &report.links {
        let first = format!("  {}  ", padded(by.link.as_str(), STAGE_WIDTH - 2));
        let rest = " ".repeat(first.len());
        wrapped(&mut page, style.width, &first, &rest, &style.printable(&short(&by.verdict)));
    }
    page
}

fn sentence(report: &JoinReport) -> String {
    let JoinReport { endpoint, .. } = report;
    if let Some(stop) = &report.verdict.stop {
        return format!("kubeadm join to {endpoint} {}", failure_sentence(stop));
    }
    pass_sentence(
        report,
        &format!("kubeadm join to {endpoint} "),
        &format!("kubeadm join to {endpoint}"),
    )
}

/// The sentence of a host that nothing stops: who would go through, and what the network lets be.
pub(super) fn pass_sentence(report: &JoinReport, who: &str, join: &str) -> String {
    if let Some(open) = &report.verdict.open {
        return format!("{who}is not decided: {open}.");
    }
    let is_ready = !report.lacks.iter().any(|lack| lack.is_fatal);
    let but = if is_ready { "" } else { "; the host itself does not yet" };
    match (report.verdict.lacks_token(), is_ready) {
        (false, true) => format!("{who}would go through."),
        (false, false) => format!("the network lets {join}{but}."),
        (true, _) => format!("the network lets {join}, {WITHOUT_TOKEN}{but}."),
    }
}

/// What is true of a host that was asked from another one.
const WITHOUT_TOKEN: &str = "as far as can be asked without the token";

/// How it ends.
pub(super) fn failure_sentence(stop: &Stop) -> String {
    match stop.after_ms / 60_000 {
        0 => "would fail.".to_owned(),
        minutes => format!("would hang for {minutes} minutes without a word, then fail."),
    }
}

/// The causes in a sentence.
pub(super) fn causes(stop: &Stop) -> String {
    match &stop.causes[..] {
        [one] => format!("The cause: {one}."),
        several => {
            let names: Vec<_> = several.iter().map(|code| code.as_str()).collect();
            format!("The cause is one of these: {}.", names.join(", "))
        }
    }
}

pub(super) fn when(stop: &Stop) -> String {
    match stop.after_ms {
        0 => "at once".to_owned(),
        ms if ms.is_multiple_of(60_000) => format!("after {} minutes", ms / 60_000),
        ms if ms < 1_000 => "in less than a second".to_owned(),
        ms => format!("after {} s", ms.div_ceil(1_000)),
    }
}

fn advice(page: &mut String, stop: &Stop, style: TerminalStyle) {
    for (at, advice) in stop.advice.iter().enumerate() {
        let first = format!("  {}. ", at + 1);
        wrapped(page, style.width, &first, "     ", &style.printable(advice));
    }
}

fn lacks(page: &mut String, report: &JoinReport, style: TerminalStyle) {
    if report.lacks.is_empty() {
        return;
    }
    page.push_str("\nOn the host itself:\n");
    for lack in &report.lacks {
        wrapped(page, style.width, "  - ", "    ", &style.printable(&preflight_text(lack)));
    }
}

pub(super) fn preflight_text(lack: &PreflightFailure) -> String {
    let check = match (&lack.check, lack.is_fatal) {
        (Some(check), true) => format!(" [ERROR {check}]"),
        (Some(check), false) => format!(" [WARNING {check}]"),
        (None, _) => String::new(),
    };
    format!("{}{check}: {}", lack.seen, lack.advice)
}

fn steps(page: &mut String, steps: &[StageResult], style: TerminalStyle) {
    for step in steps {
        let word = match step.is_passed {
            Some(true) => "ok",
            Some(false) => "FAILS",
            None => "?",
        };
        let first = format!("  {}{}", padded(step.stage.as_str(), STAGE_WIDTH), padded(word, 7));
        let rest = " ".repeat(2 + STAGE_WIDTH + 7);
        wrapped(page, style.width, &first, &rest, &style.printable(&step.seen));
    }
}

/// How far one comes by a link.
pub(super) fn short(verdict: &JoinVerdict) -> String {
    match &verdict.stop {
        Some(stop) => {
            let because = stop.because.first().map(String::as_str).unwrap_or_default();
            format!("stops at {}: {because}", stop.stage)
        }
        None if verdict.open.is_some() => "is not decided".to_owned(),
        None => "goes through".to_owned(),
    }
}
