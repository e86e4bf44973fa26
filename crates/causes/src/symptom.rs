//! What pasted error text proves, and which causes remain.
//!
//! A text is read line by line. A line is a symptom of the table (`table`), or a connection that
//! failed (`dial`): the setting says who dialled whom, the end how it went. Each proven thing is
//! told once, the most special first.

pub mod explanation;
pub mod hole;
mod dial;
mod paste;
mod pattern;
mod remain;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use pontoon_model::code::Code;

use dial::{Dial, Dialling, Setting, Target};
use explanation::{Explanation, Proven};
use hole::Held;
use paste::{Line, Paste};
use table::{Class, Compiled, Group, Row};

pub use paste::BYTES_MAX;

/// Proven things that are kept of one paste: a log of a broken cluster has less than ten.
const PROVEN_MAX: usize = 24;

/// What was found in a line. The order is that of telling.
#[derive(Clone, Debug)]
enum Found {
    /// A row of the table, by its place in it.
    Row(usize, Held),
    /// A connection.
    Dial(Dial),
}

/// One thing, wherever and how often it was found.
struct Seen {
    found: Found,
    /// The first line of it.
    line: usize,
    times: usize,
}

/// Reads pasted text of any kind: bytes beyond [`BYTES_MAX`] are left out, and the explanation says
/// so.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explanation {
    let paste = Paste::of(bytes);
    let rows = table::compiled();
    let dialling = Dialling::new();
    let mut seen: BTreeMap<Key, Seen> = BTreeMap::new();
    for (at, line) in paste.lines.iter().enumerate() {
        let Some(found) = read(line, &paste.mended(at), &rows, &dialling) else { continue };
        if is_taken_back(&found, &rows, &paste.lines[at..]) {
            continue;
        }
        let key = key(&found);
        let is_known = seen.contains_key(&key);
        if is_known || seen.len() < PROVEN_MAX {
            let seen = seen.entry(key).or_insert(Seen { found, line: line.number, times: 0 });
            seen.times += 1;
        }
    }
    let mut all: Vec<Seen> = seen.into_values().collect();
    without_echoes(&mut all, &rows);
    all.sort_by_key(|seen| (rank(&seen.found, &rows), seen.line));
    let proven = all.iter().map(|seen| proven(seen, &rows)).collect();
    Explanation::new(proven, paste.lines.len(), paste.is_cut)
}

/// What makes two finds one: the same symptom of the same things.
type Key = (usize, Option<(Setting, Target, dial::End)>, Held);

fn key(found: &Found) -> Key {
    match found {
        Found::Row(row, held) => (*row, None, held.clone()),
        Found::Dial(dial) => {
            (usize::MAX, Some((dial.setting, dial.target, dial.end)), dial.held.clone())
        }
    }
}

/// The line as it stands; where it says nothing, or not all, what it was before it was broken.
fn read(line: &Line, mended: &[Line], rows: &[Compiled], dialling: &Dialling) -> Option<Found> {
    let found = read_line(line, rows, dialling);
    let is_whole = found.as_ref().is_some_and(|found| matches!(found, Found::Row(..)));
    if is_whole || mended.is_empty() {
        return found;
    }
    mended.iter().find_map(|line| read_line(line, rows, dialling)).or(found)
}

fn read_line(line: &Line, rows: &[Compiled], dialling: &Dialling) -> Option<Found> {
    let of_table = rows.iter().enumerate().find_map(|(at, row)| {
        let held = row.patterns.iter().find_map(|pattern| pattern.find(&line.text, &line.lower))?;
        Some((at, held))
    });
    let is_general =
        |at: usize| matches!(rows[at].symptom.class, Class::After(_) | Class::Unless(_));
    match of_table {
        Some((at, held)) if !is_general(at) => Some(Found::Row(at, held)),
        general => dialling
            .read(line)
            .map(Found::Dial)
            .or_else(|| general.map(|(at, held)| Found::Row(at, held))),
    }
}

/// Whether a later line says that it went on all the same.
fn is_taken_back(found: &Found, rows: &[Compiled], from: &[Line]) -> bool {
    let Found::Row(at, _) = found else { return false };
    let Class::Unless(later) = rows[*at].symptom.class else { return false };
    from.iter().any(|line| later.iter().any(|words| line.lower.contains(words)))
}

/// Leaves out what says nothing beside the rest: general symptoms beside special ones of their
/// group, a connection without a setting beside the same one with it.
fn without_echoes(all: &mut Vec<Seen>, rows: &[Compiled]) {
    let groups: Vec<Group> = all.iter().flat_map(|seen| groups(&seen.found, rows)).collect();
    let dials: Vec<(Setting, Held, dial::End)> = all
        .iter()
        .filter_map(|seen| match &seen.found {
            Found::Dial(dial) => Some((dial.setting, dial.held.clone(), dial.end)),
            Found::Row(..) => None,
        })
        .collect();
    all.retain(|seen| match &seen.found {
        Found::Row(at, _) => match rows[*at].symptom.class {
            Class::After(group) => !groups.contains(&group),
            _ => true,
        },
        Found::Dial(dial) => {
            let same = |(setting, held, end): &&(Setting, Held, dial::End)| {
                *setting < dial.setting && *end == dial.end && held.is_same_place(&dial.held)
            };
            !dials.iter().any(|other| same(&other))
        }
    });
}

/// The groups for which a find is a special one.
fn groups(found: &Found, rows: &[Compiled]) -> Vec<Group> {
    let all = [Group::Dns, Group::Pull, Group::Node, Group::Any];
    match found {
        Found::Row(at, _) => {
            let symptom = rows[*at].symptom;
            let is_special = !matches!(symptom.class, Class::After(_));
            all.into_iter().filter(|group| is_special && symptom.is_of(*group)).collect()
        }
        Found::Dial(dial) => match (dial.setting, dial.target) {
            (Setting::Pull, _) => vec![Group::Pull, Group::Any],
            (Setting::Kubelet, _) => vec![Group::Node, Group::Any],
            (_, Target::Resolver) => vec![Group::Dns, Group::Any],
            _ => vec![Group::Any],
        },
    }
}

/// What is told first: symptoms that say what happened, then connections whose setting is known,
/// then the others, then what is general.
fn rank(found: &Found, rows: &[Compiled]) -> u8 {
    match found {
        Found::Row(at, _) => match rows[*at].symptom.class {
            Class::Plain if is_harmless(rows[*at].symptom.causes) => 4,
            Class::Plain => 0,
            Class::Unless(_) | Class::After(_) => 3,
        },
        Found::Dial(dial) if dial.setting == Setting::Plain => 2,
        Found::Dial(_) => 1,
    }
}

fn is_harmless(causes: &[Code]) -> bool {
    let weights = causes.iter().filter_map(|code| crate::cause::cause(*code));
    weights.into_iter().all(|cause| cause.weight == crate::cause::Weight::Harmless)
}

fn proven(seen: &Seen, rows: &[Compiled]) -> Proven {
    let (row, held): (Row, &Held) = match &seen.found {
        Found::Row(at, held) => (rows[*at].symptom.row(), held),
        Found::Dial(dial) => (dial.row(), &dial.held),
    };
    Proven::new(&row, held, seen.line, seen.times)
}
