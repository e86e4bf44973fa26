//! The campus story, told from what the agents saw.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_diagnosis::{Diagnosis, Severity};
use pontoon_model::facts::Facts;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::ProbeAnswer;
use pontoon_rules::report::SurveyReport;
use pontoon_rules::report::pairs::PairReachability;

use super::style::TerminalStyle;
use super::wrap::wrapped;
use super::{pair_reachability, pair_table};

const PICTURE: &str = "
             internet
                |
          campus gateway (NAT)
                |
   ((  campus WiFi, an access point  ))
      |            |            |
    wlan0        wlan0        wlan0
     pi1          pi2          pi3
    eth0         eth0         eth0
      |            |            |
   [     a private switch, no uplink   ]
";

const OPENING: &str = "You build a cluster of three Pis on a campus. kubeadm init works on pi1; \
    kubeadm join hangs on pi2 and pi3, and nothing says why. Here is that network, made of \
    namespaces of this machine, with pontoon's agent on each Pi. They are asked now; silence is \
    only believed after ten seconds.";

/// What is told before the hosts are asked.
pub(crate) fn introduction(style: TerminalStyle) -> String {
    let mut page = format!("{}\n{PICTURE}\n", style.bold("The campus story"));
    wrapped(&mut page, style.width, "", "", OPENING);
    page
}

/// What they saw, what it means, what to do.
///
/// `program` is where this binary is: after `./demo` it is not installed yet.
pub(crate) fn demo_report(
    report: &SurveyReport,
    facts: &Facts,
    program: &str,
    style: TerminalStyle,
) -> String {
    let mut page = format!("\n{}\n", style.bold("What they saw"));
    for (link, ways) in by_link(report) {
        let text = on_link(report, facts, link, &ways);
        wrapped(&mut page, style.width, "  - ", "    ", &style.printable(&text));
    }
    page.push('\n');
    pair_reachability::write(&mut page, &report.pairs, style);
    page.push_str(&format!("\n{}\n", style.bold("What that does to Kubernetes")));
    let first = firsts(report);
    for (finding, others) in first.iter().filter(|(finding, _)| finding.scope.to.is_none()) {
        let alike = if others.is_empty() {
            String::new()
        } else {
            format!(" (and alike on {})", others.join(", "))
        };
        let evidence: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
        let text = format!("{}{alike}", evidence.join("; "));
        wrapped(&mut page, style.width, "  - ", "    ", &style.printable(&text));
    }
    page.push_str(&format!("\n{}\n", style.bold("What to do")));
    for remedy in first.iter().rev().flat_map(|(finding, _)| &finding.remedies) {
        let remedy = style.printable(&remedy.to_string());
        wrapped(&mut page, style.width, "  - ", "    ", &remedy);
    }
    let frames: u32 = report.frames_sent.values().flat_map(BTreeMap::values).sum();
    page.push_str(&format!("\n{}\n", style.bold("And on your own network")));
    let closing = format!(
        "  pontoon check                          what is wrong on this host\n  \
         pontoon check --peer ADDR --via 'ssh PEER pontoon agent --stdio'\n  \
         pontoon lab shell campus pi1           look around on a Pi of this story\n  \
         pontoon explain client-isolation       how it is told from its lookalikes\n\n\
         {} hosts, {frames} frames, {} observations. The namespaces are gone again.\n\
         pontoon is {} so far; README.md says how to install it.\n",
        facts.hosts.len(),
        facts.observations.len(),
        style.printable(program)
    );
    page.push_str(&closing);
    page
}

/// The first finding of each code, and the other hosts on which it holds.
fn firsts(report: &SurveyReport) -> Vec<(&Diagnosis, Vec<String>)> {
    let mut firsts: Vec<(&Diagnosis, Vec<String>)> = Vec::new();
    for finding in grave(report) {
        match firsts.iter_mut().find(|(first, _)| first.code == finding.code) {
            Some((_, others)) => others.extend(finding.scope.from.iter().map(ToString::to_string)),
            None => firsts.push((finding, Vec::new())),
        }
    }
    firsts
}

fn grave(report: &SurveyReport) -> impl Iterator<Item = &Diagnosis> {
    report.diagnoses.iter().filter(|finding| finding.severity > Severity::Info)
}

/// States of all pairs by link.
fn by_link(report: &SurveyReport) -> BTreeMap<&IfName, BTreeSet<PairReachability>> {
    let mut links: BTreeMap<_, BTreeSet<PairReachability>> = BTreeMap::new();
    for pair in report.pairs.iter().filter(|pair| pair.family == IpFamily::V4) {
        if let Some(link) = &pair.link {
            links.entry(link).or_default().insert(pair.state);
        }
    }
    links
}

fn on_link(
    report: &SurveyReport,
    facts: &Facts,
    link: &IfName,
    states: &BTreeSet<PairReachability>,
) -> String {
    let summary = report.hosts.iter().flat_map(|host| &host.links).find(|one| one.name == *link);
    let ssid = summary.and_then(|summary| summary.ssid.as_ref());
    let name = ssid.map_or_else(|| link.to_string(), |ssid| format!("{link} ({ssid})"));
    let leads = match summary.and_then(|summary| summary.gateway) {
        Some(gateway) if is_online(facts, link) => {
            format!("it leads to the internet by {gateway}")
        }
        Some(gateway) => format!("its gateway is {gateway}"),
        None => "it leads nowhere else".to_owned(),
    };
    let is_all = |state| states.len() == 1 && states.contains(&state);
    let reach = if is_all(PairReachability::Open) {
        "every Pi reaches every other".to_owned()
    } else if is_all(PairReachability::Isolated) {
        let proof = grave(report)
            .find(|finding| finding.scope.link.as_ref() == Some(link))
            .and_then(|finding| finding.evidence.first());
        let proof = proof.map(|proof| format!(", for example {proof}")).unwrap_or_default();
        format!("no Pi reaches another, seen from both ends{proof}")
    } else {
        let words: Vec<_> = states.iter().map(|state| pair_table::word(*state)).collect();
        words.join(", ")
    };
    format!("{name}: {reach}; {leads}")
}

/// Whether a page of the internet answered by that link, with exactly what it should say.
fn is_online(facts: &Facts, link: &IfName) -> bool {
    facts.observations.iter().any(|seen| {
        seen.asked_link.as_ref() == Some(link)
            && matches!(seen.answer, Some(ProbeAnswer::Http { is_expected: true, .. }))
    })
}
