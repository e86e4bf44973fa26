//! The report as text: the verdict first, then the evidence, then what to type next.

use pontoon_diagnosis::{Diagnosis, Severity};
use pontoon_fleet::group_output;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::facts::Facts;
use pontoon_rules::report::{ReportedGap, SurveyReport};

use super::diagnosis::diagnosis_blocks;
use super::style::TerminalStyle;
use super::wrap::wrapped;
use super::{observations, pair_reachability, ports, wifi_networks};

/// Gaps shown unless more are asked for.
const UNTESTED_MAX: usize = 3;

/// Findings about a network that only those who run it can change.
const ASK_THE_OPERATOR: &[DiagnosisCode] = &[
    code::CLIENT_ISOLATION,
    code::PEERS_VIA_GATEWAY,
    code::ONE_WAY_FILTER,
    code::GROUP_SUPPRESSION,
    code::NO_L2_SERVICE,
    code::ROUTED_PATH_BLOCKED,
    code::UDP_BLOCKED,
    code::SOURCE_GUARD,
    code::MTU_BLACK_HOLE,
];

/// Writes the report.
pub(crate) fn report(report: &SurveyReport, facts: &Facts, style: TerminalStyle) -> String {
    let mut page = String::new();
    let mut sentence = String::new();
    wrapped(&mut sentence, style.width, "", "", &style.printable(&report.verdict.sentence));
    for line in sentence.lines() {
        page.push_str(&format!("{}\n", style.bold(line)));
    }
    // What is only worth knowing takes one line each, unless more is asked for.
    let (noted, told): (Vec<_>, Vec<_>) = diagnosis_blocks(&report.diagnoses)
        .into_iter()
        .partition(|block| block.first().severity == Severity::Info && style.verbosity == 0);
    for block in &told {
        page.push('\n');
        block.write(&mut page, style);
    }
    if !report.pairs.is_empty() {
        page.push('\n');
        pair_reachability::write(&mut page, &report.pairs, style);
        wifi_networks::write(&mut page, &report.networks, style);
        ports::write(&mut page, &report.ports, style);
    }
    if !report.unreached.is_empty() {
        page.push_str(&format!("\n{}\n", style.bold("could not be asked")));
        let whys: Vec<_> =
            report.unreached.iter().map(|(host, why)| (host, why.to_string())).collect();
        for alike in
            group_output::group_same_text(whys.iter().map(|(host, why)| (*host, why.as_str())))
        {
            let text = format!("{}: {}", alike.hosts, alike.text);
            wrapped(&mut page, style.width, "  ", "    ", &style.printable(&text));
        }
    }
    if !noted.is_empty() {
        page.push_str(&format!("\n{}\n", style.bold("noted")));
        for block in &noted {
            block.write_line(&mut page, style);
        }
    }
    untested(&mut page, &report.untested, style);
    if style.verbosity > 0 {
        page.push('\n');
        observations::frames(&mut page, report, style);
    }
    if style.verbosity > 1 {
        page.push('\n');
        observations::observations(&mut page, facts, style);
    }
    next(&mut page, report, style);
    page
}

fn untested(page: &mut String, gaps: &[ReportedGap], style: TerminalStyle) {
    if gaps.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", style.bold("not tested")));
    let whys: Vec<_> =
        gaps.iter().map(|gap| (&gap.host, format!("{} ({})", gap.what, gap.why))).collect();
    let gaps = group_output::group_same_text(whys.iter().map(|(host, why)| (*host, why.as_str())));
    let most = if style.verbosity > 0 { gaps.len() } else { UNTESTED_MAX };
    for alike in gaps.iter().take(most) {
        let text = format!("{}: {}", alike.hosts, alike.text);
        wrapped(page, style.width, "  ", "    ", &style.printable(&text));
    }
    if gaps.len() > most {
        page.push_str(&format!("  and {} more: -v\n", gaps.len() - most));
    }
}

/// Whether the people who run the network should be written to.
pub(crate) fn is_for_operator(finding: &Diagnosis) -> bool {
    finding.severity > Severity::Info && ASK_THE_OPERATOR.contains(&finding.code)
}

fn next(page: &mut String, report: &SurveyReport, style: TerminalStyle) {
    let mut commands = Vec::new();
    if let Some(first) = report.diagnoses.iter().find(|f| f.severity > Severity::Info) {
        commands.push((format!("pontoon explain {}", first.code), "what this means"));
    }
    if report.diagnoses.iter().any(is_for_operator) {
        commands.push(("the same with --request".to_owned(), "a text for the network's operators"));
    }
    if report.hosts.len() < 2 {
        let peer = report.pairs.first().map_or("PEER", |pair| pair.to.as_str());
        let via = format!("pontoon check --peer {peer} --via 'ssh {peer} pontoon agent --stdio'");
        commands.push((via, "test both ends"));
    }
    if commands.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", style.bold("next")));
    let widest = commands.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, what) in commands {
        let line = format!("  {command:widest$}  {what}");
        if line.len() <= style.width {
            page.push_str(&format!("{line}\n"));
        } else {
            page.push_str(&format!("  {command}\n      {what}\n"));
        }
    }
}
