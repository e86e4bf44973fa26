//! Diagnoses as text: the one layout for every command. Those that are alike are one block, and so
//! are the candidates of which the evidence does not decide.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_diagnosis::{
    Certainty, CheckOutcome, Diagnosis, DiagnosisScope, DistinguishingCheck, Evidence, Remedy,
};
use pontoon_model::host::HostName;
use pontoon_rules::report::groups::{self, PairGroup};

use super::command_text::led_command;
use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Lines of evidence in a block unless more are asked for: a screen has 24 lines.
const EVIDENCE_MAX: usize = 3;

/// Remedies in a block unless more are asked for.
const REMEDIES_MAX: usize = 2;

/// More names than this are written as a host list.
const NAMES_MAX: usize = 3;

/// Under the labels of a block.
const INDENT: &str = "          ";

/// The longest label, "because", and a blank.
const LABEL_WIDTH: usize = 8;

/// Diagnoses of one code and certainty, or several candidates for the same evidence.
pub(crate) struct DiagnosisBlock<'a> {
    /// Each place where it holds, with the candidates there; one where the evidence decides.
    places: Vec<Vec<&'a Diagnosis>>,
}

/// Puts diagnoses of the same codes and certainty together, in the order of the first of each.
pub(crate) fn diagnosis_blocks(diagnoses: &[Diagnosis]) -> Vec<DiagnosisBlock<'_>> {
    let mut blocks: Vec<DiagnosisBlock<'_>> = Vec::new();
    for candidates in candidate_groups(diagnoses) {
        match blocks.iter_mut().find(|block| block.is_like(&candidates)) {
            Some(block) => block.places.push(candidates),
            None => blocks.push(DiagnosisBlock { places: vec![candidates] }),
        }
    }
    blocks
}

/// Diagnoses that are alternatives of each other, each group together.
fn candidate_groups(diagnoses: &[Diagnosis]) -> Vec<Vec<&Diagnosis>> {
    let mut groups: Vec<Vec<&Diagnosis>> = Vec::new();
    for diagnosis in diagnoses {
        match groups.iter_mut().find(|group| group[0].is_alternative_to(diagnosis)) {
            Some(group) => group.push(diagnosis),
            None => groups.push(vec![diagnosis]),
        }
    }
    groups
}

impl<'a> DiagnosisBlock<'a> {
    fn is_like(&self, candidates: &[&Diagnosis]) -> bool {
        let own = &self.places[0];
        own.len() == candidates.len()
            && own.iter().zip(candidates).all(|(one, two)| {
                one.code == two.code && one.certainty == two.certainty && one.summary == two.summary
            })
    }

    /// The first of its diagnoses; a block begins with one.
    pub(crate) fn first(&self) -> &'a Diagnosis {
        self.places[0][0]
    }

    /// The first candidate of each place.
    fn diagnoses(&self) -> impl Iterator<Item = &'a Diagnosis> {
        self.places.iter().map(|candidates| candidates[0])
    }

    /// Writes the block: what it is, where, by which evidence, what would decide, what to do.
    pub(crate) fn write(&self, page: &mut String, style: TerminalStyle) {
        let first = self.first();
        let candidates = &self.places[0];
        let codes: Vec<_> =
            candidates.iter().map(|candidate| style.bold(candidate.code.as_str())).collect();
        let certainty = match candidates.len() {
            1 => first.certainty.as_str().to_owned(),
            count => format!("one of {count}"),
        };
        let head =
            format!("{} {}  ({certainty})", style.severity(first.severity), codes.join(" or "));
        page.push_str(&format!("{head}\n"));
        let places = self.shown_places(style);
        let title = match candidates.len() {
            1 => format!("{}: {places}", first.summary.trim_end_matches('.')),
            _ => places,
        };
        wrapped(page, style.width, "  ", "  ", &style.printable(&title));
        self.evidence(page, style);
        if let [_] = candidates[..] {
            let remedies = self.diagnoses().flat_map(|diagnosis| &diagnosis.remedies);
            write_remedies(page, style, "  ", remedies);
            let is_open = first.certainty < Certainty::Confirmed || style.verbosity > 0;
            if let Some(check) = first.distinguished_by.as_ref().filter(|_| is_open) {
                let place = CandidatePlace { bullet: "", indent: "  ", same_check_as: None };
                write_check(page, style, place, check);
            }
        } else {
            let place = CandidatePlace { bullet: "  - ", indent: "    ", same_check_as: None };
            for candidate in candidates {
                write_candidate(page, style, place, candidate);
            }
        }
    }

    /// Writes what it is and where, no more.
    pub(crate) fn write_line(&self, page: &mut String, style: TerminalStyle) {
        let first = self.first();
        let text = format!("{}: {} ({})", first.code, first.summary, self.shown_places(style));
        wrapped(page, style.width, "  ", "    ", &style.printable(&text));
    }

    /// Where it holds: "pi1 <-> pi2 on wlan0, pi[3-9] on eth0".
    fn shown_places(&self, style: TerminalStyle) -> String {
        let mut by_link: BTreeMap<_, Vec<&DiagnosisScope>> = BTreeMap::new();
        for scope in self.diagnoses().map(|diagnosis| &diagnosis.scope) {
            by_link.entry((&scope.link, &scope.family)).or_default().push(scope);
        }
        let is_symmetric = self.first().is_symmetric;
        let on_link = |scopes: &Vec<&DiagnosisScope>| {
            format!("{}{}", ends(scopes, is_symmetric, style), link_and_family(scopes[0]))
        };
        by_link.values().map(on_link).collect::<Vec<_>>().join(", ")
    }

    fn evidence(&self, page: &mut String, style: TerminalStyle) {
        let all: Vec<&Evidence> = if style.verbosity > 0 {
            self.diagnoses().flat_map(|diagnosis| &diagnosis.evidence).collect()
        } else {
            self.first().evidence.iter().chain(self.of_other_hosts()).collect()
        };
        let mut seen = BTreeSet::new();
        let all: Vec<_> = all.into_iter().filter(|fact| seen.insert(*fact)).collect();
        let most = if style.verbosity > 0 { all.len() } else { EVIDENCE_MAX };
        let mut label = "  because ";
        for fact in all.iter().take(most) {
            wrapped(page, style.width, label, INDENT, &style.printable(&fact.to_string()));
            label = INDENT;
        }
        let more = self.places.len() - 1;
        if style.verbosity == 0 && (more > 0 || all.len() > most) {
            let rest = match more {
                0 => format!("({} more lines: -v)", all.len() - most),
                1 => "(and alike for the other one: -v)".to_owned(),
                more => format!("(and alike for the other {more}: -v)"),
            };
            wrapped(page, style.width, INDENT, INDENT, &rest);
        }
    }

    /// The first line of evidence for each other host that is affected.
    fn of_other_hosts(&self) -> impl Iterator<Item = &'a Evidence> {
        let mut shown = BTreeSet::from([&self.first().scope.to]);
        let directed = self.diagnoses().filter(|diagnosis| !diagnosis.is_symmetric);
        directed.filter_map(move |diagnosis| {
            let is_new = shown.insert(&diagnosis.scope.to);
            is_new.then(|| diagnosis.evidence.first()).flatten()
        })
    }
}

/// How a candidate stands in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CandidatePlace<'a> {
    /// Before its code: a dash or a number.
    pub(crate) bullet: &'a str,
    /// Before the labels of what is known of it.
    pub(crate) indent: &'a str,
    /// The number of an earlier candidate that has the same check.
    pub(crate) same_check_as: Option<usize>,
}

/// Writes one of several causes: what it is, what would show that it is this one, what to do.
pub(crate) fn write_candidate(
    page: &mut String,
    style: TerminalStyle,
    place: CandidatePlace<'_>,
    candidate: &Diagnosis,
) {
    let head = format!("{}: {}", candidate.code, candidate.summary);
    let mut text = String::new();
    wrapped(&mut text, style.width, place.bullet, place.indent, &style.printable(&head));
    let code = candidate.code.as_str();
    page.push_str(&text.replacen(code, &style.bold(code), 1));
    if let Some(check) = &candidate.distinguished_by {
        write_check(page, style, place, check);
    }
    write_remedies(page, style, place.indent, candidate.remedies.iter());
    if let Some(source) = candidate.source.filter(|_| style.verbosity > 0) {
        write_labelled(page, style, place.indent, "source", source);
    }
}

/// Writes what would decide, and what it showed where it was run.
fn write_check(
    page: &mut String,
    style: TerminalStyle,
    place: CandidatePlace<'_>,
    check: &DistinguishingCheck,
) {
    let Some(command) = &check.command else {
        write_labelled(page, style, place.indent, "decide", &check.to_string());
        return;
    };
    if let Some(fact) = &check.fact {
        write_labelled(page, style, place.indent, "if", fact);
    }
    if let Some(earlier) = place.same_check_as {
        write_labelled(page, style, place.indent, "check", &format!("as for {earlier}"));
    } else {
        let lead = check.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let label = label(place.indent, "check");
        led_command(page, style, &label, &lead, command.as_str());
    }
    if let Some(outcome) = &check.outcome {
        let text = match outcome {
            CheckOutcome::Proves => "the output here proves it".to_owned(),
            CheckOutcome::Fits => "the output here fits".to_owned(),
            CheckOutcome::Unknown(why) => format!("not known: {why}"),
        };
        write_labelled(page, style, place.indent, "output", &text);
    }
}

fn label(indent: &str, name: &str) -> String {
    format!("{indent}{name:<LABEL_WIDTH$}")
}

fn write_labelled(page: &mut String, style: TerminalStyle, indent: &str, name: &str, text: &str) {
    let rest = label(indent, "");
    wrapped(page, style.width, &label(indent, name), &rest, &style.printable(text));
}

/// Writes one thing to do; its command can be pasted.
pub(crate) fn write_remedy(page: &mut String, style: TerminalStyle, first: &str, remedy: &Remedy) {
    let rest = " ".repeat(first.len());
    match &remedy.command {
        Some(command) => {
            let lead = Remedy { command: None, ..remedy.clone() }.to_string();
            led_command(page, style, first, lead.trim_end_matches(": "), command.as_str());
        }
        None => wrapped(page, style.width, first, &rest, &style.printable(&remedy.to_string())),
    }
}

/// Writes what to do, each remedy once.
fn write_remedies<'a>(
    page: &mut String,
    style: TerminalStyle,
    indent: &str,
    remedies: impl Iterator<Item = &'a Remedy>,
) {
    let rest = label(indent, "");
    let mut label = label(indent, "do");
    let mut all: Vec<&Remedy> = Vec::new();
    for remedy in remedies {
        if !all.contains(&remedy) {
            all.push(remedy);
        }
    }
    let most = if style.verbosity > 0 { all.len() } else { REMEDIES_MAX };
    for remedy in all.into_iter().take(most) {
        write_remedy(page, style, &label, remedy);
        label.clone_from(&rest);
    }
}

/// The ends of diagnoses on one link, as few words as will do.
fn ends(scopes: &[&DiagnosisScope], is_symmetric: bool, style: TerminalStyle) -> String {
    let pairs = scopes.iter().filter_map(|scope| scope.from.as_ref().zip(scope.to.as_ref()));
    let arrow = if is_symmetric { style.pair_arrow() } else { style.arrow() };
    let group = |group: &PairGroup<'_>| match group {
        PairGroup::Every(hosts) => format!("every pair of {}", names(hosts.iter().copied())),
        PairGroup::Each(some, others) => {
            format!("{}{arrow}{}", names(some.iter().copied()), names(others.iter().copied()))
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
    let nodes: BTreeSet<_> = scopes.iter().flat_map(|scope| &scope.nodes).collect();
    words.extend(nodes.into_iter().cloned());
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

fn link_and_family(scope: &DiagnosisScope) -> String {
    let link = scope.link.as_ref().map(|link| format!(" on {link}")).unwrap_or_default();
    let family = scope.family.map(|family| format!(" ({family})")).unwrap_or_default();
    format!("{link}{family}")
}
