//! Findings, those that are alike as one block.

use std::collections::BTreeSet;

use pontoon_model::finding::{Finding, Level, Scope};
use pontoon_model::host::HostName;

use super::style::Style;
use super::wrap::wrapped;

/// Lines of evidence in a block unless more are asked for: a screen has 24 lines.
const EVIDENCE_MAX: usize = 3;

/// Lines of advice in a block unless more are asked for.
const ADVICE_MAX: usize = 2;

/// Findings of one code and level.
pub(crate) struct Block<'a> {
    findings: Vec<&'a Finding>,
}

/// Puts findings of the same code and level together; the order is that of the first of each.
pub(crate) fn blocks(findings: &[Finding]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for finding in findings {
        let alike = |block: &&mut Block<'_>| {
            let first = block.first();
            first.code == finding.code && first.level == finding.level
        };
        match blocks.iter_mut().find(alike) {
            Some(block) => block.findings.push(finding),
            None => blocks.push(Block { findings: vec![finding] }),
        }
    }
    blocks
}

impl<'a> Block<'a> {
    /// The first of them: never missing, for a block begins with one.
    pub(crate) fn first(&self) -> &'a Finding {
        self.findings[0]
    }

    /// Writes the block.
    pub(crate) fn write(&self, page: &mut String, style: Style) {
        let first = self.first();
        let level = match first.level {
            Level::Confirmed => "confirmed",
            Level::Likely => "likely",
            Level::Possible => "possible",
            Level::Undecided => "undecided",
        };
        let head = format!("{} ", style.severity(first.severity));
        page.push_str(&format!("{head}{}  ({level})\n", style.strong(first.code.0)));
        let title = format!("{}: {}", first.title.trim_end_matches('.'), self.places(style));
        wrapped(page, style.width, "  ", "  ", &style.shown(&title));
        self.evidence(page, style);
        self.advice(page, style);
    }

    /// Writes what it is and where, no more.
    pub(crate) fn write_line(&self, page: &mut String, style: Style) {
        let first = self.first();
        let text = format!("{}: {} ({})", first.code, first.title, self.places(style));
        wrapped(page, style.width, "  ", "    ", &style.shown(&text));
    }

    /// Where it holds: "pi1 <-> pi2, pi1 <-> pi3 on wlan0".
    fn places(&self, style: Style) -> String {
        let scopes: Vec<_> = self.findings.iter().map(|finding| &finding.scope).collect();
        if let Some(everybody) = every_pair(&self.findings) {
            return everybody;
        }
        let links: BTreeSet<_> = scopes.iter().map(|scope| (&scope.link, &scope.family)).collect();
        let is_symmetric = self.first().is_symmetric;
        if links.len() == 1 {
            let ends: Vec<_> =
                scopes.iter().map(|scope| ends(scope, is_symmetric, style)).collect();
            return format!("{}{}", listed(&ends), tail(scopes[0]));
        }
        let whole = |scope: &&Scope| format!("{}{}", ends(scope, is_symmetric, style), tail(scope));
        listed(&scopes.iter().map(whole).collect::<Vec<_>>())
    }

    fn evidence(&self, page: &mut String, style: Style) {
        let all: Vec<&String> = if style.verbosity > 0 {
            self.findings.iter().flat_map(|finding| &finding.because).collect()
        } else {
            self.first().because.iter().collect()
        };
        let mut seen = BTreeSet::new();
        let all: Vec<_> = all.into_iter().filter(|line| seen.insert(line.as_str())).collect();
        let most = if style.verbosity > 0 { all.len() } else { EVIDENCE_MAX };
        let mut label = "  because ";
        for line in all.iter().take(most) {
            wrapped(page, style.width, label, "          ", &style.shown(line));
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

    fn advice(&self, page: &mut String, style: Style) {
        let mut seen = BTreeSet::new();
        let all = self.findings.iter().flat_map(|finding| &finding.advice);
        let all: Vec<_> = all.filter(|line| seen.insert(line.as_str())).collect();
        let most = if style.verbosity > 0 { all.len() } else { ADVICE_MAX };
        let mut label = "  do      ";
        for line in all.into_iter().take(most) {
            wrapped(page, style.width, label, "          ", &style.shown(line));
            label = "          ";
        }
        if let Some(test) = &self.first().would_decide {
            wrapped(page, style.width, "  decide  ", "          ", &style.shown(test));
        }
    }
}

/// "every pair of pi1, pi2, pi3 on wlan0" when that is what the findings say.
fn every_pair(findings: &[&Finding]) -> Option<String> {
    let (first, others) = findings.split_first()?;
    let same = |other: &&Finding| {
        other.scope.link == first.scope.link && other.scope.family == first.scope.family
    };
    if others.len() < 2 || !first.is_symmetric || !others.iter().all(same) {
        return None;
    }
    let mut hosts: BTreeSet<&HostName> = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    for finding in findings {
        let (from, to) = (finding.scope.from.as_ref()?, finding.scope.to.as_ref()?);
        hosts.extend([from, to]);
        pairs.insert((from.min(to), from.max(to)));
    }
    let is_every = pairs.len() == hosts.len() * (hosts.len() - 1) / 2;
    let names: Vec<_> = hosts.iter().map(ToString::to_string).collect();
    is_every.then(|| format!("every pair of {}{}", names.join(", "), tail(&first.scope)))
}

fn ends(scope: &Scope, is_symmetric: bool, style: Style) -> String {
    let way = if is_symmetric { style.between() } else { style.toward() };
    match (&scope.from, &scope.to) {
        (Some(from), Some(to)) => format!("{from}{way}{to}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => "all hosts".to_owned(),
    }
}

fn tail(scope: &Scope) -> String {
    let link = scope.link.as_ref().map(|link| format!(" on {link}")).unwrap_or_default();
    let family = scope.family.map(|family| format!(" ({family})")).unwrap_or_default();
    format!("{link}{family}")
}

fn listed(items: &[String]) -> String {
    let unique: BTreeSet<_> = items.iter().map(String::as_str).collect();
    unique.into_iter().collect::<Vec<_>>().join(", ")
}
