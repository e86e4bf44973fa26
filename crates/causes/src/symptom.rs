//! What pasted error text proves, and which causes remain possible.
//!
//! A text is read line by line. A line is a symptom of the table (`table`), or a connection that
//! failed (`failed_dial`): the context says who dialled whom, the failure how it ended. Each
//! symptom is reported once, the most special first.

pub mod explanation;
mod dial_context;
mod failed_dial;
mod dial_sentence;
mod log_text;
mod narrowing;
mod node_table;
mod pattern;
mod line_reader;
mod recovery;
mod trigrams;
mod scheduler;
mod candidates;
mod table;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use pontoon_diagnosis::Severity;
use pontoon_model::code::DiagnosisCode;

use crate::cause::cause;
use crate::placeholder::PlaceholderValues;
use dial_context::DialContext;
use explanation::{ExplainedSymptom, Explanation};
use failed_dial::{DialTarget, FailedDial};
use line_reader::LineReader;
use log_text::LogText;
use recovery::Recovery;
use table::{CompiledSymptom, SymptomCauses, SymptomClass, SymptomGroup};

pub use log_text::BYTES_MAX;

/// Symptoms that are kept of one paste: a log of a broken cluster has less than ten.
const SYMPTOMS_MAX: usize = 24;

/// What was found in a line. The order is that of the explanation.
#[derive(Clone, Debug, PartialEq)]
enum LineMatch {
    /// A row of the symptom table, by its index.
    Row(usize, PlaceholderValues),
    /// A connection that failed.
    Dial(FailedDial),
}

/// A symptom with the lines that show it.
struct SymptomOccurrence {
    found: LineMatch,
    /// The number of the first line.
    line: usize,
    times: usize,
}

/// Explains a pasted text of any kind. Bytes beyond [`BYTES_MAX`] are ignored, which the
/// explanation reports.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explanation {
    let mut paste = LogText::of(bytes);
    let lines = paste.lines.len();
    paste.lines.extend(node_table::sentences(&paste.lines));
    let reader = LineReader::new();
    let rows = &reader.rows;
    let recovery = Recovery::of(&paste.lines);
    let mut seen: BTreeMap<SymptomKey, SymptomOccurrence> = BTreeMap::new();
    // Lines of a wrapped record that has been read whole: a failed connection in them is a part.
    let mut is_part_until = 0;
    // A log repeats its lines; each is read once.
    let is_log = !paste.may_be_wrapped();
    let mut known: HashMap<&str, Vec<LineMatch>> = HashMap::new();
    for (at, line) in paste.lines.iter().enumerate() {
        let (matches, parts) = if is_log {
            let known = known.entry(&line.text).or_insert_with(|| reader.line(line));
            (known.clone(), 1)
        } else {
            reader.record(&paste, at)
        };
        let is_rest = at < is_part_until;
        if parts > 1 && !is_rest {
            is_part_until = at + parts;
        }
        for found in matches {
            let is_part = is_rest && matches!(found, LineMatch::Dial(_));
            if is_part || recovery.is_over(&found, rows, at) {
                continue;
            }
            let key = key(&found);
            if seen.contains_key(&key) || seen.len() < SYMPTOMS_MAX {
                let seen = seen.entry(key).or_insert(SymptomOccurrence {
                    found,
                    line: line.number,
                    times: 0,
                });
                seen.times += 1;
            }
        }
    }
    let mut all: Vec<SymptomOccurrence> = seen.into_values().collect();
    all.retain(|seen| match &seen.found {
        LineMatch::Row(at, _) => seen.times >= rows[*at].symptom.times_min,
        LineMatch::Dial(_) => true,
    });
    without_echoes(&mut all, rows);
    all.sort_by_key(|seen| (rank(&seen.found, rows), seen.line));
    let symptoms = all.iter().map(|seen| explained(seen, rows)).collect();
    Explanation::new(symptoms, recovery.success(&paste.lines), lines, paste.is_cut)
}

/// Two matches with equal keys are the same symptom with the same values.
type SymptomKey =
    (usize, Option<(DialContext, DialTarget, failed_dial::DialFailure)>, PlaceholderValues);

fn key(found: &LineMatch) -> SymptomKey {
    match found {
        LineMatch::Row(row, values) => (*row, None, values.clone()),
        LineMatch::Dial(dial) => {
            (usize::MAX, Some((dial.setting, dial.target, dial.end)), dial.values.clone())
        }
    }
}

/// Removes consequences of other symptoms: general ones beside specific ones of their group, and a
/// connection without a context beside the same connection with one.
fn without_echoes(all: &mut Vec<SymptomOccurrence>, rows: &[CompiledSymptom]) {
    let groups: Vec<SymptomGroup> = all.iter().flat_map(|seen| groups(&seen.found, rows)).collect();
    let dials: Vec<(DialContext, PlaceholderValues, failed_dial::DialFailure)> = all
        .iter()
        .filter_map(|seen| match &seen.found {
            LineMatch::Dial(dial) => Some((dial.setting, dial.values.clone(), dial.end)),
            LineMatch::Row(..) => None,
        })
        .collect();
    all.retain(|seen| match &seen.found {
        LineMatch::Row(at, _) => match rows[*at].symptom.class {
            SymptomClass::After(group) => !groups.contains(&group),
            SymptomClass::Plain => true,
        },
        LineMatch::Dial(dial) => {
            let same = |(setting, values, end): &&(
                DialContext,
                PlaceholderValues,
                failed_dial::DialFailure,
            )| {
                *setting < dial.setting && *end == dial.end && values.is_same_place(&dial.values)
            };
            !dials.iter().any(|other| same(&other))
        }
    });
}

/// The groups in which a match counts as specific.
fn groups(found: &LineMatch, rows: &[CompiledSymptom]) -> Vec<SymptomGroup> {
    let all = [SymptomGroup::Dns, SymptomGroup::Pull, SymptomGroup::Node, SymptomGroup::Any];
    match found {
        LineMatch::Row(at, _) => {
            let symptom = rows[*at].symptom;
            let is_special =
                !matches!(symptom.class, SymptomClass::After(_)) && !is_harmless(symptom.causes);
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

/// The order of reporting: specific symptoms, connections with a known context, other connections,
/// general symptoms, harmless ones.
fn rank(found: &LineMatch, rows: &[CompiledSymptom]) -> u8 {
    match found {
        LineMatch::Row(at, _) => match rows[*at].symptom.class {
            SymptomClass::Plain if is_harmless(rows[*at].symptom.causes) => 4,
            SymptomClass::Plain => 0,
            SymptomClass::After(_) => 3,
        },
        LineMatch::Dial(dial) if dial.setting == DialContext::Plain => 2,
        LineMatch::Dial(_) => 1,
    }
}

fn is_harmless(causes: &[DiagnosisCode]) -> bool {
    causes.iter().filter_map(|code| cause(*code)).all(|cause| cause.severity == Severity::Info)
}

/// The codes of the causes of a match.
fn causes_of(found: &LineMatch, rows: &[CompiledSymptom]) -> Vec<DiagnosisCode> {
    match found {
        LineMatch::Row(at, _) => rows[*at].symptom.causes.to_vec(),
        LineMatch::Dial(dial) => candidates::row(dial).causes,
    }
}

fn explained(seen: &SymptomOccurrence, rows: &[CompiledSymptom]) -> ExplainedSymptom {
    let (row, values): (SymptomCauses, &PlaceholderValues) = match &seen.found {
        LineMatch::Row(at, values) => (rows[*at].symptom.row(values), values),
        LineMatch::Dial(dial) => (candidates::row(dial), &dial.values),
    };
    ExplainedSymptom::new(&row, values, seen.line, seen.times)
}
