//! A rehearsed join: where it stops and why, what kubeadm would say, what to do.

use pontoon_diagnosis::Evidence;
use pontoon_join::preflight::PreflightFailure;
use pontoon_join::report::JoinReport;
use pontoon_join::verdict::{JoinFailure, JoinVerdict, StageResult};

use super::diagnosis::write_remedy;
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
        say("  note: ", "        ", &note.to_string());
    }
    if let Some(failure) = &report.verdict.failure {
        for evidence in failure.evidence() {
            say("  - ", "    ", &evidence.to_string());
        }
        for line in causes(failure) {
            say(line.first, line.rest, &line.text);
        }
        say("  ", "  ", &format!("kubeadm says {}:", when(failure)));
        say("    error: ", "    ", &failure.response);
        page.push_str("\nWhat to do:\n");
        remedies(&mut page, failure, style);
    }
    preflight(&mut page, report, style);
    page.push_str("\nStage by stage:\n");
    stages(&mut page, &report.verdict.stages, style);
    stages(&mut page, &report.beyond_kubeadm, style);
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
    let join = format!("kubeadm join to {} ", report.endpoint);
    match &report.verdict.failure {
        Some(failure) => format!("{join}{}", failure_sentence(failure)),
        None => pass_sentence(report, &join),
    }
}

/// The sentence of a host that nothing stops; `join` is what would go through, and a blank.
pub(super) fn pass_sentence(report: &JoinReport, join: &str) -> String {
    if let Some(undecided) = &report.verdict.undecided {
        return format!("{join}is not decided: {undecided}.");
    }
    let is_ready = !report.preflight.iter().any(|lack| lack.is_fatal);
    let but = if is_ready { "" } else { ", but the host itself is not ready" };
    match (report.verdict.lacks_token(), is_ready) {
        (false, true) => format!("{join}would go through."),
        (false, false) => format!("nothing on the network prevents the join{but}."),
        (true, _) => format!("nothing on the network prevents the join, {WITHOUT_TOKEN}{but}."),
    }
}

/// What is true of a host that was asked from another one.
const WITHOUT_TOKEN: &str = "as far as can be tested without the token";

/// How it ends.
pub(super) fn failure_sentence(failure: &JoinFailure) -> String {
    match failure.after_ms / 60_000 {
        0 => "would fail.".to_owned(),
        minutes => format!("would hang for {minutes} minutes without output, then fail."),
    }
}

/// A line of a list: what its first line begins with, and the lines that it is broken into.
pub(super) struct ListLine {
    pub(super) first: &'static str,
    pub(super) rest: &'static str,
    pub(super) text: String,
}

/// The causes with what each means; of several also the check that would decide.
pub(super) fn causes(failure: &JoinFailure) -> Vec<ListLine> {
    let line = |first, rest, text| ListLine { first, rest, text };
    if let [one] = &failure.diagnoses[..] {
        let text =
            format!("The cause ({}): {}: {}.", one.certainty.as_str(), one.code, one.summary);
        return vec![line("  ", "  ", text)];
    }
    let mut lines = vec![line("  ", "  ", "The cause is one of these:".to_owned())];
    for one in &failure.diagnoses {
        lines.push(line("    - ", "      ", format!("{}: {}", one.code, one.summary)));
        let check = one.distinguished_by.as_ref().map(ToString::to_string);
        lines.extend(check.map(|check| line("      check ", "            ", check)));
    }
    lines
}

pub(super) fn when(failure: &JoinFailure) -> String {
    match failure.after_ms {
        0 => "at once".to_owned(),
        ms if ms.is_multiple_of(60_000) => format!("after {} minutes", ms / 60_000),
        ms if ms < 1_000 => "in less than a second".to_owned(),
        ms => format!("after {} s", ms.div_ceil(1_000)),
    }
}

fn remedies(page: &mut String, failure: &JoinFailure, style: TerminalStyle) {
    for (at, remedy) in failure.remedies().iter().enumerate() {
        let first = format!("  {}. ", at + 1);
        write_remedy(page, style, &first, remedy);
    }
}

fn preflight(page: &mut String, report: &JoinReport, style: TerminalStyle) {
    if report.preflight.is_empty() {
        return;
    }
    page.push_str("\nOn the host itself:\n");
    for lack in &report.preflight {
        wrapped(page, style.width, "  - ", "    ", &style.printable(&preflight_text(lack)));
    }
}

pub(super) fn preflight_text(lack: &PreflightFailure) -> String {
    let check = match (&lack.check, lack.is_fatal) {
        (Some(check), true) => format!(" [ERROR {check}]"),
        (Some(check), false) => format!(" [WARNING {check}]"),
        (None, _) => String::new(),
    };
    let remedies: Vec<_> = lack.remedies.iter().map(ToString::to_string).collect();
    format!("{}{check}: {}", lack.evidence, remedies.join("; "))
}

fn stages(page: &mut String, stages: &[StageResult], style: TerminalStyle) {
    for stage in stages {
        let word = match stage.is_passed {
            Some(true) => "ok",
            Some(false) => "FAILS",
            None => "?",
        };
        let first = format!("  {}{}", padded(stage.stage.as_str(), STAGE_WIDTH), padded(word, 7));
        let rest = " ".repeat(2 + STAGE_WIDTH + 7);
        wrapped(page, style.width, &first, &rest, &style.printable(&stage_text(stage)));
    }
}

/// What was observed in a stage, and what to do about it where that is not a failure of the join.
pub(super) fn stage_text(stage: &StageResult) -> String {
    let evidence = stage.evidence.iter().map(ToString::to_string);
    let remedies = stage.remedies.iter().map(ToString::to_string);
    evidence.chain(remedies).collect::<Vec<_>>().join("; ")
}

/// How far one comes by a link.
pub(super) fn short(verdict: &JoinVerdict) -> String {
    match &verdict.failure {
        Some(failure) => {
            let first = failure.evidence().first().map(Evidence::to_string).unwrap_or_default();
            format!("stops at {}: {first}", failure.stage)
        }
        None if verdict.undecided.is_some() => "is not decided".to_owned(),
        None => "goes through".to_owned(),
    }
}
