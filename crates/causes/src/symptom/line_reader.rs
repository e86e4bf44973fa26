//! Reads what a line, or a wrapped record of several lines, says.

use pontoon_model::code;

use super::LineMatch;
use super::failed_dial::DialPatterns;
use super::log_text::{LogLine, LogText};
use super::scheduler;
use super::table::{self, CompiledSymptom, SymptomClass};
use super::trigrams::Trigrams;

/// The compiled patterns.
pub(super) struct LineReader {
    pub(super) rows: Vec<CompiledSymptom>,
    dials: DialPatterns,
}

impl LineReader {
    pub(super) fn new() -> Self {
        Self { rows: table::compiled(), dials: DialPatterns::new() }
    }

    /// The matches of the record that begins at this line, and the number of its lines: 1 unless
    /// it is wrapped and says more as a whole.
    pub(super) fn record(&self, paste: &LogText, at: usize) -> (Vec<LineMatch>, usize) {
        let found = self.line(&paste.lines[at]);
        let record = paste.rejoined(at);
        let parts = record.parts;
        let wholes = record.ways.iter().map(|line| self.line(line));
        let wholes: Vec<Vec<LineMatch>> = wholes.filter(|whole| !whole.is_empty()).collect();
        let is_row = |found: &LineMatch| matches!(found, LineMatch::Row(..));
        if found.iter().any(is_row) {
            // Reasons of the scheduler that stand in later lines.
            let is_more = |whole: &&Vec<LineMatch>| whole.len() > found.len();
            if let Some(whole) = wholes.iter().find(is_more) {
                return (whole.clone(), parts);
            }
            let is_same = record.is_even && wholes.contains(&found);
            return (found, if is_same { parts } else { 1 });
        }
        let Some(whole) = wholes.into_iter().find(|whole| *whole != found) else {
            return (found, 1);
        };
        // What a later line says by itself is that line's.
        let is_of_later =
            paste.lines[at + 1..at + parts].iter().any(|line| self.line(line) == whole);
        if is_of_later { (found, 1) } else { (whole, parts) }
    }

    /// The matches of one line: several only where a sentence sums up several reasons.
    pub(super) fn line(&self, line: &LogLine) -> Vec<LineMatch> {
        let trigrams = Trigrams::of(&line.lower);
        if scheduler::is_summary(&line.lower) {
            let reasons: Vec<_> = scheduler::reasons(&line.lower).collect();
            let is_only = reasons.len() == 1;
            let rows = reasons.iter().filter_map(|(reason, n)| self.reason(reason, *n, is_only));
            return rows.collect();
        }
        let is_general = |at: usize| matches!(self.rows[at].symptom.class, SymptomClass::After(_));
        let found = match self.row(line, &trigrams) {
            Some(LineMatch::Row(at, values)) if !is_general(at) => Some(LineMatch::Row(at, values)),
            general => self.dials.read(line, &trigrams).map(LineMatch::Dial).or(general),
        };
        found.into_iter().collect()
    }

    /// The first row that matches.
    fn row(&self, line: &LogLine, trigrams: &Trigrams) -> Option<LineMatch> {
        self.rows.iter().enumerate().find_map(|(at, row)| {
            let values = row.patterns.iter().find_map(|pattern| pattern.find_in(line, trigrams))?;
            Some(LineMatch::Row(at, values))
        })
    }

    /// The row of a reason of the scheduler, with its number of nodes. Beside other reasons there
    /// are workers.
    fn reason(&self, reason: &str, nodes: u32, is_only: bool) -> Option<LineMatch> {
        let is_of = |row: &CompiledSymptom| {
            (is_only || !row.symptom.causes.contains(&code::WORKERS_MISSING))
                && row.patterns.iter().any(|one| one.find(reason, reason).is_some())
        };
        let at = self.rows.iter().position(is_of)?;
        let is_reason = self.rows[at].symptom.is_reason;
        is_reason.then(|| LineMatch::Row(at, scheduler::values(nodes)))
    }
}
