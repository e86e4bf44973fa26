//! Findings, those that are alike as one block.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_diagnosis::{Diagnosis, DiagnosisScope, Evidence, Remedy};
use pontoon_model::host::HostName;
use pontoon_rules::report::groups::{self, PairGroup};

use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Lines of evidence in a block unless more are asked for: a screen has 24 lines.
const EVIDENCE_MAX: usize = 3;

/// Remedies in a block unless more are asked for.
const ADVICE_MAX: usize = 2;

/// More names than this are said as a host list.
const NAMES_MAX: usize = 3;

/// Findings of one code and level.
pub(crate) struct FindingBlock<'a> {
    findings: Vec<&'a Diagnosis>,
}

/// Puts findings of the same code and level together; the order is that of the first of each.
pub(crate) fn group_findings(findings: &[Diagnosis]) -> Vec<FindingBlock<'_>> {
    let mut blocks: Vec<FindingBlock<'_>> = Vec::new();
    for finding in findings {
        let alike = |block: &&mut FindingBlock<'_>| {
            let first = block.first();
            first.code == finding.code && first.certainty == finding.certainty
        };
        match blocks.iter_mut().find(alike) {
            Some(block) => block.findings.push(finding),
            None => blocks.push(FindingBlock { findings: vec![finding] }),
        }
    }
    blocks
}

impl<'a> FindingBlock<'a> {
    /// The first of them: never missing, for a block begins with one.
    pub(crate) fn first(&self) -> &'a Diagnosis {
        self.findings[0]
    }

    /// Writes the block.
    pub(crate) fn write(&self, page: &mut String, style: TerminalStyle) {
        let first = self.first();
        let certainty = first.certainty.as_str();
        let head = format!("{} ", style.severity(first.severity));
        page.push_str(&format!("{head}{}  ({certainty})\n", style.bold(first.code.as_str())));
        let title = format!("{}: {}", first.summary, self.places(style));
        wrapped(page, style.width, "  ", "  ", &style.printable(&title));
        self.evidence(page, style);
        self.remedies(page, style);
    }

    /// Writes what it is and where, no more.
    pub(crate) fn write_line(&self, page: &mut String, style: TerminalStyle) {
        let first = self.first();
        let text = format!("{}: {} ({})", first.code, first.summary, self.places(style));
        wrapped(page, style.width, "  ", "    ", &style.printable(&text));
    }

    /// Where it holds: "pi1 <-> pi2 on wlan0, pi[3-9] on eth0".
    fn places(&self, style: TerminalStyle) -> String {
        let mut by_link: BTreeMap<_, Vec<&DiagnosisScope>> = BTreeMap::new();
        for scope in self.findings.iter().map(|finding| &finding.scope) {
            by_link.entry((&scope.link, &scope.family)).or_default().push(scope);
        }
        let is_symmetric = self.first().is_symmetric;
        let on_link = |scopes: &Vec<&DiagnosisScope>| {
            format!("{}{}", ends(scopes, is_symmetric, style), tail(scopes[0]))
        };
        by_link.values().map(on_link).collect::<Vec<_>>().join(", ")
    }

    fn evidence(&self, page: &mut String, style: TerminalStyle) {
        let all: Vec<&Evidence> = if style.verbosity > 0 {
            self.findings.iter().flat_map(|finding| &finding.evidence).collect()
        } else {
            self.first().evidence.iter().chain(self.of_other_hosts()).collect()
        };
        let mut seen = BTreeSet::new();
        let all: Vec<_> = all.into_iter().filter(|evidence| seen.insert(*evidence)).collect();
        let most = if style.verbosity > 0 { all.len() } else { EVIDENCE_MAX };
        let mut label = "  because ";
        for evidence in all.iter().take(most) {
            let line = style.printable(&evidence.to_string());
            wrapped(page, style.width, label, "          ", &line);
            label = "          ";
        }
        let more = self.findings.len() - 1;
        if style.verbosity == 0 && (more > 0 || all.len() > most) {
            let rest = match more {
                0 => format!("({} more lines: -v)", all.len() - most),
                1 => "(and alike for the other one: -v)".to_owned(),
                more => format!("(and alike for the other {more}: -v)"),
            };
            wrapped(page, style.width, "          ", "          ", &rest);
        }
    }

    /// The first evidence about each other host that is affected.
    fn of_other_hosts(&self) -> impl Iterator<Item = &Evidence> {
        let first = self.first();
        let mut told = BTreeSet::from([&first.scope.to]);
        let accused = self.findings.iter().filter(|finding| !finding.is_symmetric);
        accused.filter_map(move |finding| {
            told.insert(&finding.scope.to).then(|| finding.evidence.first()).flatten()
        })
    }

    fn remedies(&self, page: &mut String, style: TerminalStyle) {
        let mut seen = BTreeSet::new();
        let all = self.findings.iter().flat_map(|finding| &finding.remedies);
        let all: Vec<_> =
            all.map(Remedy::to_string).filter(|line| seen.insert(line.clone())).collect();
        let most = if style.verbosity > 0 { all.len() } else { ADVICE_MAX };
        let mut label = "  do      ";
        for line in all.into_iter().take(most) {
            wrapped(page, style.width, label, "          ", &style.printable(&line));
            label = "          ";
        }
        if let Some(check) = &self.first().distinguished_by {
            let check = style.printable(&check.to_string());
            wrapped(page, style.width, "  decide  ", "          ", &check);
        }
    }
}

/// The ends of findings on one link, as few words as will do.
fn ends(scopes: &[&DiagnosisScope], is_symmetric: bool, style: TerminalStyle) -> String {
    let pairs = scopes.iter().filter_map(|scope| scope.from.as_ref().zip(scope.to.as_ref()));
    let way = if is_symmetric { style.pair_arrow() } else { style.arrow() };
    let group = |group: &PairGroup<'_>| match group {
        PairGroup::Every(hosts) => format!("every pair of {}", names(hosts.iter().copied())),
        PairGroup::Each(some, others) => {
            format!("{}{way}{}", names(some.iter().copied()), names(others.iter().copied()))
        }
    };
    let alone = scopes.iter().filter_map(|scope| match (&scope.from, &scope.to) {
        (Some(one), None) | (None, Some(one)) => Some(one),
        _ => None,
    });
    let alone: BTreeSet<_> = alone.collect();
    let mut words: Vec<_> = groups::of(pairs, is_symmetric).iter().map(group).collect();
    if !alone.is_empty() {
        words.push(names(alone.into_iter()));
    }
    if words.is_empty() { "all hosts".to_owned() } else { words.join(", ") }
}

/// A few names as they are, many as a host list.
fn names<'a>(hosts: impl ExactSizeIterator<Item = &'a HostName>) -> String {
    if hosts.len() > NAMES_MAX {
        pontoon_fleet::hostlist::compress(hosts)
    } else {
        hosts.map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn tail(scope: &DiagnosisScope) -> String {
    let link = scope.link.as_ref().map(|link| format!(" on {link}")).unwrap_or_default();
    let family = scope.family.map(|family| format!(" ({family})")).unwrap_or_default();
    format!("{link}{family}")
}
