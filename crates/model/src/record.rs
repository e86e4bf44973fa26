//! The record of a run: what was seen, one JSON value a line, to be judged again elsewhere.
//!
//! A record holds facts only, never findings: a newer pontoon may judge an old record better. The
//! records of several hosts of one run are [merged](merge) into one set of facts.

pub mod merge;
pub mod redact;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{AgentOutcome, Facts, HostFacts, LinkCapture, RunParameters};
use crate::host::HostName;
use crate::observation::{Observation, RunId};
use crate::port::PortListener;
use crate::snapshot::{CollectionGap, Snapshot};
use crate::untrusted::Untrusted;

/// The name and version of the record's form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/record/v1";

/// More than the largest snapshot: a host with ten thousand routes takes about this much.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Fifty hosts that ask each other ten times on two links make about 150 000.
pub const LINES_MAX: usize = 1_000_000;

/// Five times what a run is meant for. Judgement looks at every pair.
pub const HOSTS_MAX: usize = 256;

/// What was seen in a run, and who could not be asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// What was seen.
    pub facts: Facts,
    /// Hosts that the user named and whose agent could not be reached, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

/// One line of a record. The first is a `run` line; the order of the others does not matter.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RecordLine {
    /// Which run this is, and in which form it is written.
    Run {
        /// [`SCHEMA`].
        schema: String,
        /// The run.
        run: RunId,
        /// What the user wanted.
        #[serde(default)]
        intent: RunParameters,
    },
    /// A host's account of itself. Every host of the record has one.
    Snapshot {
        /// The host.
        host: HostName,
        /// Its account.
        snapshot: Box<Snapshot>,
    },
    /// How well a host could watch a link.
    Watch {
        /// The host.
        host: HostName,
        /// How well.
        #[serde(flatten)]
        watch: LinkCapture,
    },
    /// What a host's kernel counters gained.
    Counters {
        /// The host.
        host: HostName,
        /// Gains by name.
        gained: BTreeMap<String, u64>,
    },
    /// How many frames a host sent.
    Frames {
        /// The host.
        host: HostName,
        /// Frames by kind.
        sent: BTreeMap<String, u32>,
    },
    /// Who answers on a port of a host.
    Listener {
        /// The host.
        host: HostName,
        /// The port, and who.
        #[serde(flatten)]
        listener: PortListener,
    },
    /// What could not be tested from a host.
    Untested {
        /// The host.
        host: HostName,
        /// What, and why.
        #[serde(flatten)]
        gap: CollectionGap,
    },
    /// How a host's agent ended, when it did not end well.
    Ending {
        /// The host.
        host: HostName,
        /// How.
        ending: AgentOutcome,
    },
    /// A host that the user named could not be asked.
    Unreached {
        /// The host.
        host: HostName,
        /// Why.
        why: Untrusted,
    },
    /// Something that was sent, arrived or was answered.
    Observation(Box<Observation>),
}

/// A record cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// There is nothing in it.
    #[error("the record is empty: was the run that wrote it cut short?")]
    Empty,
    /// A line is longer than [`LINE_BYTES_MAX`].
    #[error("line {line} is longer than {LINE_BYTES_MAX} bytes: this is not a record of pontoon")]
    LongLine {
        /// Counted from 1.
        line: usize,
    },
    /// There are more lines than [`LINES_MAX`].
    #[error("the record has more than {LINES_MAX} lines: this is not a record of pontoon")]
    ManyLines,
    /// There are more hosts than [`HOSTS_MAX`].
    #[error("line {line} brings more than {HOSTS_MAX} hosts: this is not a record of one run")]
    ManyHosts {
        /// Counted from 1.
        line: usize,
    },
    /// A line says something that is not understood.
    #[error("line {line} is not understood: {why}")]
    BadLine {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: Untrusted,
    },
    /// The first line does not say what this is.
    #[error("line {line} comes before the `run` line, which must be the first")]
    NoRun {
        /// Counted from 1.
        line: usize,
    },
    /// It is written in another form.
    #[error("line {line}: the record has the form `{schema}`, this pontoon reads `{SCHEMA}`")]
    OtherSchema {
        /// Counted from 1.
        line: usize,
        /// The form it has.
        schema: Untrusted,
    },
    /// It belongs to another run.
    #[error("line {line} belongs to run {found}, the record to run {expected}")]
    OtherRun {
        /// Counted from 1.
        line: usize,
        /// The run of the record.
        expected: RunId,
        /// The run of the line.
        found: RunId,
    },
    /// A host gives two accounts of itself.
    #[error("line {line} is a second snapshot of {host}")]
    SecondSnapshot {
        /// Counted from 1.
        line: usize,
        /// The host.
        host: HostName,
    },
    /// A host gives no account of itself.
    #[error("the record says something about {host} but has no snapshot of it: is it cut off?")]
    NoSnapshot {
        /// The host.
        host: HostName,
    },
}

/// Reads a record line by line.
#[derive(Debug, Default)]
pub struct RecordReader {
    line: usize,
    run: Option<(RunId, RunParameters)>,
    hosts: BTreeMap<HostName, PartialHostFacts>,
    observations: BTreeSet<Observation>,
    unreached: BTreeMap<HostName, Untrusted>,
}

#[derive(Debug, Default)]
struct PartialHostFacts {
    snapshot: Option<Box<Snapshot>>,
    watches: Vec<LinkCapture>,
    counters: BTreeMap<String, u64>,
    frames_sent: BTreeMap<String, u32>,
    listeners: Vec<PortListener>,
    untested: Vec<CollectionGap>,
    ending: AgentOutcome,
}

impl RecordReader {
    /// Takes one line, with or without its line break. Empty lines are passed over.
    ///
    /// # Errors
    ///
    /// [`RecordError`] with the number of the line; the reader is then of no further use.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        self.line += 1;
        let line = self.line;
        if bytes.len() > LINE_BYTES_MAX {
            return Err(RecordError::LongLine { line });
        }
        if line > LINES_MAX {
            return Err(RecordError::ManyLines);
        }
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let value = serde_json::from_slice(bytes).map_err(|error| RecordError::BadLine {
            line,
            why: Untrusted::new(&error.to_string()),
        })?;
        self.take(value)
    }

    /// Makes a record of all that was read.
    ///
    /// # Errors
    ///
    /// [`RecordError::Empty`] and [`RecordError::NoSnapshot`].
    pub fn finish(self) -> Result<Record, RecordError> {
        let (run, intent) = self.run.ok_or(RecordError::Empty)?;
        let whole = |(host, part): (HostName, PartialHostFacts)| match part.whole() {
            Some(facts) => Ok((host, facts)),
            None => Err(RecordError::NoSnapshot { host }),
        };
        let hosts = self.hosts.into_iter().map(whole).collect::<Result<_, _>>()?;
        let facts = Facts { run, hosts, observations: self.observations, intent };
        Ok(Record { facts, unreached: self.unreached })
    }

    fn take(&mut self, value: RecordLine) -> Result<(), RecordError> {
        let line = self.line;
        if let RecordLine::Run { schema, run, intent } = value {
            return self.take_run(&schema, run, intent);
        }
        let Some((run, _)) = self.run else { return Err(RecordError::NoRun { line }) };
        match value {
            RecordLine::Run { .. } => {}
            RecordLine::Snapshot { host, snapshot } => {
                let part = self.part(&host)?;
                if part.snapshot.replace(snapshot).is_some() {
                    return Err(RecordError::SecondSnapshot { line, host });
                }
            }
            RecordLine::Watch { host, watch } => self.part(&host)?.watches.push(watch),
            RecordLine::Counters { host, gained } => self.part(&host)?.counters.extend(gained),
            RecordLine::Frames { host, sent } => self.part(&host)?.frames_sent.extend(sent),
            RecordLine::Listener { host, listener } => self.part(&host)?.listeners.push(listener),
            RecordLine::Untested { host, gap } => self.part(&host)?.untested.push(gap),
            RecordLine::Ending { host, ending } => self.part(&host)?.ending = ending,
            RecordLine::Unreached { host, why } => {
                self.unreached.insert(host, why);
            }
            RecordLine::Observation(seen) if seen.run == run => {
                self.observations.insert(*seen);
            }
            RecordLine::Observation(seen) => {
                return Err(RecordError::OtherRun { line, expected: run, found: seen.run });
            }
        }
        Ok(())
    }

    fn take_run(
        &mut self,
        schema: &str,
        run: RunId,
        intent: RunParameters,
    ) -> Result<(), RecordError> {
        let line = self.line;
        if schema != SCHEMA {
            return Err(RecordError::OtherSchema { line, schema: Untrusted::new(schema) });
        }
        match &self.run {
            None => self.run = Some((run, intent)),
            Some((expected, _)) if *expected == run => {}
            Some((expected, _)) => {
                return Err(RecordError::OtherRun { line, expected: *expected, found: run });
            }
        }
        Ok(())
    }

    fn part(&mut self, host: &HostName) -> Result<&mut PartialHostFacts, RecordError> {
        if !self.hosts.contains_key(host) && self.hosts.len() == HOSTS_MAX {
            return Err(RecordError::ManyHosts { line: self.line });
        }
        Ok(self.hosts.entry(host.clone()).or_default())
    }
}

impl PartialHostFacts {
    fn whole(self) -> Option<HostFacts> {
        let Self { snapshot, watches, counters, frames_sent, listeners, untested, ending } = self;
        let snapshot = *snapshot?;
        Some(HostFacts { snapshot, watches, counters, frames_sent, listeners, untested, ending })
    }
}

/// The lines of a record.
#[must_use]
pub fn lines(record: &Record) -> Vec<RecordLine> {
    let Record { facts, unreached } = record;
    let run =
        RecordLine::Run { schema: SCHEMA.to_owned(), run: facts.run, intent: facts.intent.clone() };
    let hosts = facts.hosts.iter().flat_map(|(host, facts)| host_lines(host, facts));
    let missed = unreached
        .iter()
        .map(|(host, why)| RecordLine::Unreached { host: host.clone(), why: why.clone() });
    let seen =
        facts.observations.iter().map(|seen| RecordLine::Observation(Box::new(seen.clone())));
    std::iter::once(run).chain(hosts).chain(missed).chain(seen).collect()
}

fn host_lines(host: &HostName, facts: &HostFacts) -> Vec<RecordLine> {
    let host = || host.clone();
    let mut lines =
        vec![RecordLine::Snapshot { host: host(), snapshot: Box::new(facts.snapshot.clone()) }];
    lines
        .extend(facts.watches.iter().map(|w| RecordLine::Watch { host: host(), watch: w.clone() }));
    if !facts.counters.is_empty() {
        lines.push(RecordLine::Counters { host: host(), gained: facts.counters.clone() });
    }
    if !facts.frames_sent.is_empty() {
        lines.push(RecordLine::Frames { host: host(), sent: facts.frames_sent.clone() });
    }
    lines.extend(
        facts.listeners.iter().map(|l| RecordLine::Listener { host: host(), listener: l.clone() }),
    );
    lines.extend(
        facts.untested.iter().map(|u| RecordLine::Untested { host: host(), gap: u.clone() }),
    );
    if facts.ending != AgentOutcome::Complete {
        lines.push(RecordLine::Ending { host: host(), ending: facts.ending.clone() });
    }
    lines
}

/// Writes a record.
///
/// # Errors
///
/// What [`serde_json`] says; these types give it no reason to.
pub fn write(record: &Record) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines(record) {
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    Ok(text)
}
