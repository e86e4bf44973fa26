//! A join rehearsed on several hosts: how many it stops, then why, once for those that stop alike.

use pontoon_fleet::group_output::{self, GroupedText};
use pontoon_join::hosts_report::JoinHostsReport;
use pontoon_join::report::JoinReport;
use pontoon_join::verdict::JoinFailure;
use pontoon_model::host::HostName;

use super::join::{
    causes, failure_sentence, pass_sentence, preflight_text, short, stage_text, when,
};
use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Stands between what a line begins with and its text: neither holds one.
const BEGINS: char = '\t';

/// Writes it: the sentence first, what was not asked last. One host alone has all its stages.
pub(crate) fn page(hosts: &JoinHostsReport, style: TerminalStyle) -> String {
    if let ([one], true) = (&hosts.hosts[..], hosts.unreached.is_empty()) {
        return super::join::page(one, style);
    }
    let mut page = String::new();
    wrapped(&mut page, style.width, "", "  ", &style.printable(&sentence(hosts)));
    for note in hosts.hosts.first().iter().flat_map(|report| &report.notes) {
        wrapped(
            &mut page,
            style.width,
            "  note: ",
            "        ",
            &style.printable(&note.to_string()),
        );
    }
    for alike in fold(hosts.hosts.iter().map(|report| (&report.host, paragraph(report)))) {
        page.push('\n');
        let mut lines = alike.text.lines();
        let first = format!("{}: ", alike.hosts);
        let sentence = lines.next().unwrap_or_default();
        wrapped(&mut page, style.width, &first, "  ", &style.printable(sentence));
        for line in lines {
            let (first, text) = line.split_once(BEGINS).unwrap_or(("  ", line));
            // kubeadm's words are long, and stand below each other.
            let hangs = if first.ends_with("error: ") { 4 } else { first.len() };
            let rest = " ".repeat(hangs);
            wrapped(&mut page, style.width, first, &rest, &style.printable(text));
        }
    }
    let lacks = hosts.hosts.iter().flat_map(|report| {
        report.preflight.iter().map(|lack| (&report.host, flat(&preflight_text(lack))))
    });
    section(&mut page, "On the hosts themselves:", &fold(lacks), style);
    if failures(hosts).next().is_some() {
        let links = hosts.hosts.iter().flat_map(|report| {
            let by = |by: &pontoon_join::report::LinkJoinResult| {
                (&report.host, flat(&format!("by {} it {}", by.link, short(&by.verdict))))
            };
            report.links.iter().map(by)
        });
        section(&mut page, "By each link:", &fold(links), style);
    }
    let whys = hosts.unreached.iter().map(|(host, why)| (host, flat(&why.to_string())));
    section(&mut page, "Not asked:", &fold(whys), style);
    if hosts.hosts.iter().any(|report| report.verdict.lacks_token()) {
        let text = "The settings and the node's name take the token, which stays on this host; \
                    pontoon join-check - on a host itself tests them, too.";
        page.push('\n');
        wrapped(&mut page, style.width, "", "", text);
    }
    page
}

fn failures(hosts: &JoinHostsReport) -> impl Iterator<Item = &JoinFailure> {
    hosts.hosts.iter().filter_map(|report| report.verdict.failure.as_ref())
}

fn sentence(hosts: &JoinHostsReport) -> String {
    let failed = failures(hosts).count();
    let open = hosts.hosts.iter().filter(|report| report.verdict.undecided.is_some()).count();
    let through = hosts.hosts.len() - failed - open;
    let counts = [
        (failed, "would fail"),
        (open, "not decided"),
        (through, "not prevented by the network"),
        (hosts.unreached.len(), "could not be asked"),
    ];
    let all = hosts.hosts.len() + hosts.unreached.len();
    let said = counts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<_> = said
        .map(|(count, what)| match count {
            _ if all == 1 => format!("it {what}"),
            count if *count == all && all == hosts.unreached.len() => {
                "none could be asked".to_owned()
            }
            count if *count == all => format!("all {what}"),
            count => format!("{count} {what}"),
        })
        .collect();
    let plural = if all == 1 { "host" } else { "hosts" };
    format!("kubeadm join to {} on {all} {plural}: {}.", hosts.endpoint, said.join(", "))
}

/// The sentence of a host, then lines with what each begins with.
fn paragraph(report: &JoinReport) -> String {
    let Some(failure) = &report.verdict.failure else { return passes(report) };
    let mut lines = vec![failure_sentence(failure)];
    let mut line = |first: &str, text: &str| {
        lines.push(format!("{first}{BEGINS}{}", flat(text)));
    };
    for evidence in failure.evidence() {
        line("  - ", &evidence.to_string());
    }
    for cause in causes(failure) {
        line(cause.first, &cause.text);
    }
    line("  ", &format!("kubeadm says {}:", when(failure)));
    line("    error: ", &failure.response);
    line("  ", "What to do:");
    for (at, remedy) in failure.remedies().iter().enumerate() {
        line(&format!("  {}. ", at + 1), &remedy.to_string());
    }
    lines.join("\n")
}

fn passes(report: &JoinReport) -> String {
    let mut lines = vec![flat(&pass_sentence(report, ""))];
    let failed = report.beyond_kubeadm.iter().filter(|stage| stage.is_passed == Some(false));
    lines.extend(failed.map(|stage| format!("  - {BEGINS}{}", flat(&stage_text(stage)))));
    lines.join("\n")
}

/// Without line ends and tabs, which mean something here.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fold<'a>(said: impl Iterator<Item = (&'a HostName, String)>) -> Vec<GroupedText> {
    let said: Vec<_> = said.collect();
    group_output::group_same_text(said.iter().map(|(host, words)| (*host, words.as_str())))
}

fn section(page: &mut String, title: &str, all: &[GroupedText], style: TerminalStyle) {
    if all.is_empty() {
        return;
    }
    page.push_str(&format!("\n{title}\n"));
    for alike in all {
        let text = format!("{}: {}", alike.hosts, alike.text);
        wrapped(page, style.width, "  - ", "    ", &style.printable(&text));
    }
}
