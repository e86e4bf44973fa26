//! What pasted error text proves, and which causes remain.
//!
//! A text is read line by line. A line is a symptom of the table (`table`), or a connection that
//! failed (`dial`): the setting says who dialled whom, the end how it went. Each proven thing is
//! told once, the most special first.

pub mod explanation;
pub mod placeholder;
mod failed_dial;
mod log_text;
mod pattern;
mod candidates;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use pontoon_model::code::DiagnosisCode;

use explanation::{ExplainedSymptom, Explanation};
use failed_dial::{DialContext, DialPatterns, DialTarget, FailedDial};
use log_text::{LogLine, LogText};
use placeholder::PlaceholderValues;
use table::{CompiledSymptom, SymptomCauses, SymptomClass, SymptomGroup};

pub use log_text::BYTES_MAX;

/// Proven things that are kept of one paste: a log of a broken cluster has less than ten.
const PROVEN_MAX: usize = 24;

/// What was found in a line. The order is that of telling.
#[derive(Clone, Debug)]
enum LineMatch {
    /// A row of the table, by its place in it.
    Row(usize, PlaceholderValues),
    /// A connection.
    Dial(FailedDial),
}

/// One thing, wherever and how often it was found.
struct SymptomOccurrence {
    found: LineMatch,
    /// The first line of it.
    line: usize,
    times: usize,
}

/// Reads pasted text of any kind: bytes beyond [`BYTES_MAX`] are left out, and the explanation says
/// so.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explanation {
    let paste = LogText::of(bytes);
    let rows = table::compiled();
    let dialling = DialPatterns::new();
    let mut seen: BTreeMap<SymptomKey, SymptomOccurrence> = BTreeMap::new();
    for (at, line) in paste.lines.iter().enumerate() {
        let Some(found) = read(line, &paste.rejoined(at), &rows, &dialling) else { continue };
        if is_taken_back(&found, &rows, &paste.lines[at..]) {
            continue;
        }
        let key = key(&found);
        let is_known = seen.contains_key(&key);
        if is_known || seen.len() < PROVEN_MAX {
            let seen =
                seen.entry(key).or_insert(SymptomOccurrence { found, line: line.number, times: 0 });
            seen.times += 1;
        }
    }
    let mut all: Vec<SymptomOccurrence> = seen.into_values().collect();
    without_echoes(&mut all, &rows);
    all.sort_by_key(|seen| (rank(&seen.found, &rows), seen.line));
    let proven = all.iter().map(|seen| proven(seen, &rows)).collect();
    Explanation::new(proven, paste.lines.len(), paste.is_cut)
}

/// What makes two finds one: the same symptom of the same things.
type SymptomKey =
    (usize, Option<(DialContext, DialTarget, failed_dial::DialFailure)>, PlaceholderValues);

fn key(found: &LineMatch) -> SymptomKey {
    match found {
        LineMatch::Row(row, held) => (*row, None, held.clone()),
        LineMatch::Dial(dial) => {
            (usize::MAX, Some((dial.setting, dial.target, dial.end)), dial.held.clone())
        }
    }
}

/// The line as it stands; where it says nothing, or not all, what it was before it was broken.
fn read(
    line: &LogLine,
    mended: &[LogLine],
    rows: &[CompiledSymptom],
    dialling: &DialPatterns,
) -> Option<LineMatch> {
    let found = read_line(line, rows, dialling);
    let is_whole = found.as_ref().is_some_and(|found| matches!(found, LineMatch::Row(..)));
    if is_whole || mended.is_empty() {
        return found;
    }
    mended.iter().find_map(|line| read_line(line, rows, dialling)).or(found)
}

fn read_line(
    line: &LogLine,
    rows: &[CompiledSymptom],
    dialling: &DialPatterns,
) -> Option<LineMatch> {
    let of_table = rows.iter().enumerate().find_map(|(at, row)| {
        let held = row.patterns.iter().find_map(|pattern| pattern.find(&line.text, &line.lower))?;
        Some((at, held))
    });
    let is_general = |at: usize| {
        matches!(rows[at].symptom.class, SymptomClass::After(_) | SymptomClass::Unless(_))
    };
    match of_table {
        Some((at, held)) if !is_general(at) => Some(LineMatch::Row(at, held)),
        general => dialling
            .read(line)
            .map(LineMatch::Dial)
            .or_else(|| general.map(|(at, held)| LineMatch::Row(at, held))),
    }
}

/// Whether a later line says that it went on all the same.
fn is_taken_back(found: &LineMatch, rows: &[CompiledSymptom], from: &[LogLine]) -> bool {
    let LineMatch::Row(at, _) = found else { return false };
    let SymptomClass::Unless(later) = rows[*at].symptom.class else { return false };
    from.iter().any(|line| later.iter().any(|words| line.lower.contains(words)))
}

/// Leaves out what says nothing beside the rest: general symptoms beside special ones of their
/// group, a connection without a setting beside the same one with it.
fn without_echoes(all: &mut Vec<SymptomOccurrence>, rows: &[CompiledSymptom]) {
    let groups: Vec<SymptomGroup> = all.iter().flat_map(|seen| groups(&seen.found, rows)).collect();
    let dials: Vec<(DialContext, PlaceholderValues, failed_dial::DialFailure)> = all
        .iter()
        .filter_map(|seen| match &seen.found {
            LineMatch::Dial(dial) => Some((dial.setting, dial.held.clone(), dial.end)),
            LineMatch::Row(..) => None,
        })
        .collect();
    all.retain(|seen| match &seen.found {
        LineMatch::Row(at, _) => match rows[*at].symptom.class {
            SymptomClass::After(group) => !groups.contains(&group),
            _ => true,
        },
        LineMatch::Dial(dial) => {
            let same = |(setting, held, end): &&(
                DialContext,
                PlaceholderValues,
                failed_dial::DialFailure,
            )| {
                *setting < dial.setting && *end == dial.end && held.is_same_place(&dial.held)
            };
            !dials.iter().any(|other| same(&other))
        }
    });
}

/// The groups for which a find is a special one.
fn groups(found: &LineMatch, rows: &[CompiledSymptom]) -> Vec<SymptomGroup> {
    let all = [SymptomGroup::Dns, SymptomGroup::Pull, SymptomGroup::Node, SymptomGroup::Any];
    match found {
        LineMatch::Row(at, _) => {
            let symptom = rows[*at].symptom;
            let is_special = !matches!(symptom.class, SymptomClass::After(_));
            all.into_iter().filter(|group| is_special && symptom.is_of(*group)).collect()
        }
        LineMatch::Dial(dial) => match (dial.setting, dial.target) {
            (DialContext::Pull, _) => vec![SymptomGroup::Pull, SymptomGroup::Any],
            (DialContext::Kubelet, _) => vec![SymptomGroup::Node, SymptomGroup::Any],
            (_, DialTarget::Resolver) => vec![SymptomGroup::Dns, SymptomGroup::Any],
            _ => vec![SymptomGroup::Any],
        },
    }
}

/// What is told first: symptoms that say what happened, then connections whose setting is known,
/// then the others, then what is general.
fn rank(found: &LineMatch, rows: &[CompiledSymptom]) -> u8 {
    match found {
        LineMatch::Row(at, _) => match rows[*at].symptom.class {
            SymptomClass::Plain if is_harmless(rows[*at].symptom.causes) => 4,
            SymptomClass::Plain => 0,
            SymptomClass::Unless(_) | SymptomClass::After(_) => 3,
        },
        LineMatch::Dial(dial) if dial.setting == DialContext::Plain => 2,
        LineMatch::Dial(_) => 1,
    }
}

fn is_harmless(causes: &[DiagnosisCode]) -> bool {
    let weights = causes.iter().filter_map(|code| crate::cause::cause(*code));
    weights.into_iter().all(|cause| cause.weight == crate::cause::CauseSeverity::Harmless)
}

fn proven(seen: &SymptomOccurrence, rows: &[CompiledSymptom]) -> ExplainedSymptom {
    let (row, held): (SymptomCauses, &PlaceholderValues) = match &seen.found {
        LineMatch::Row(at, held) => (rows[*at].symptom.row(), held),
        LineMatch::Dial(dial) => (candidates::row(dial), &dial.held),
    };
    ExplainedSymptom::new(&row, held, seen.line, seen.times)
}
