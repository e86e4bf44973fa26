//! The record of a run: its facts, one JSON value per line, for diagnosis on another machine.
//!
//! A record holds facts, never findings: a newer pontoon may diagnose an old record better
//! (docs/decisions/009-records.md). Records of several hosts of one run can be [merged](merge).

mod error;
pub mod merge;
pub mod redact;

pub use error::RecordError;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::{AgentOutcome, Facts, HostFacts, LinkCapture, RunParameters};
use crate::host::HostName;
use crate::observation::{Observation, RunId};
use crate::port::PortListener;
use crate::snapshot::{CollectionGap, Snapshot};
use crate::untrusted::Untrusted;

/// Name and version of the format. Within a version, fields are only ever added.
pub const SCHEMA: &str = "pontoon/record/v1";

/// Longest accepted line in bytes. The snapshot of a host with ten thousand routes is about as
/// long.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Largest accepted number of lines. Fifty hosts that probe each other ten times on two links make
/// about 150 000.
pub const LINES_MAX: usize = 1_000_000;

/// Most accepted bytes of a record. The largest plausible one, of 256 hosts, has about 100 MB.
pub const RECORD_BYTES_MAX: usize = 128 << 20;

/// Most entries of a kind that are accepted of one host, such as counters: a kernel has some 500.
pub const HOST_ENTRIES_MAX: usize = 4096;

/// Largest accepted number of hosts: five times the design size of a run, as rules look at each
/// pair.
pub const HOSTS_MAX: usize = 256;

/// The facts of a run and the hosts that are missing from it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// Everything observed in the run.
    pub facts: Facts,
    /// Hosts that the user named but whose agent could not be reached, with the reason.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

/// One line of a record. The first is a `run` line; the order of the others does not matter.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RecordLine {
    /// The id of the run, and the format of the record.
    Run {
        /// The format: [`SCHEMA`].
        schema: String,
        /// The id of the run.
        run: RunId,
        /// Parameters of the run, given by the user.
        #[serde(default)]
        intent: RunParameters,
    },
    /// The network configuration of a host. Each host of the record has exactly one such line.
    Snapshot {
        /// The host that took the snapshot.
        host: HostName,
        /// The snapshot itself.
        snapshot: Box<Snapshot>,
    },
    /// How completely a host could capture frames on a link.
    Watch {
        /// The capturing host.
        host: HostName,
        /// The state of the capture.
        #[serde(flatten)]
        watch: LinkCapture,
    },
    /// By how much the kernel counters of a host increased during the run.
    Counters {
        /// The host of the counters.
        host: HostName,
        /// Increments by counter name.
        gained: BTreeMap<String, u64>,
    },
    /// How many frames a host sent.
    Frames {
        /// The sending host.
        host: HostName,
        /// Number of frames by kind.
        sent: BTreeMap<String, u32>,
    },
    /// What answers on a port of a host.
    Listener {
        /// The listening host.
        host: HostName,
        /// The port, and what answers there.
        #[serde(flatten)]
        listener: PortListener,
    },
    /// What could not be tested from a host.
    Untested {
        /// The host that ran the tests.
        host: HostName,
        /// The test, and why it was not possible.
        #[serde(flatten)]
        gap: CollectionGap,
    },
    /// How a host's agent ended, unless it completed its schedule.
    Ending {
        /// The host of the agent.
        host: HostName,
        /// How its agent ended.
        ending: AgentOutcome,
    },
    /// A host that the user named but that could not be reached.
    Unreached {
        /// The unreachable host.
        host: HostName,
        /// The reason, as the carrier reported it.
        why: Untrusted,
    },
    /// A probe sent, a frame arrived, or a response received.
    Observation(Box<Observation>),
}

/// Reads a record line by line, within the limits of this module.
#[derive(Debug, Default)]
pub struct RecordReader {
    line: usize,
    bytes: usize,
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
    /// Takes one line, with or without its line break. Empty lines are ignored.
    ///
    /// # Errors
    ///
    /// [`RecordError`] with the line number; the reader must not be used afterwards.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        self.line += 1;
        let line = self.line;
        if bytes.len() > LINE_BYTES_MAX {
            return Err(RecordError::LongLine { line });
        }
        self.bytes += bytes.len();
        if self.bytes > RECORD_BYTES_MAX {
            return Err(RecordError::ManyBytes);
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

    /// Makes a record of the lines read so far.
    ///
    /// # Errors
    ///
    /// [`RecordError::Empty`] or [`RecordError::NoSnapshot`].
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
        // Observations are checked against the run's id, so it must come first.
        let Some((run, _)) = self.run else { return Err(RecordError::NoRun { line }) };
        match value {
            RecordLine::Run { .. } => {}
            RecordLine::Snapshot { host, snapshot } => {
                let part = self.part(&host)?;
                if part.snapshot.replace(snapshot).is_some() {
                    return Err(RecordError::SecondSnapshot { line, host });
                }
            }
            RecordLine::Watch { host, watch } => self.add(host, |part| part.watches.push(watch))?,
            RecordLine::Counters { host, gained } => {
                self.add(host, |part| part.counters.extend(gained))?;
            }
            RecordLine::Frames { host, sent } => {
                self.add(host, |part| part.frames_sent.extend(sent))?;
            }
            RecordLine::Listener { host, listener } => {
                self.add(host, |part| part.listeners.push(listener))?;
            }
            RecordLine::Untested { host, gap } => self.add(host, |part| part.untested.push(gap))?,
            RecordLine::Ending { host, ending } => self.part(&host)?.ending = ending,
            RecordLine::Unreached { host, why } => {
                // An unreached host took no snapshot, so it must not become an entry of `hosts`.
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

    /// Adds something of a host, of which there may be several.
    fn add(
        &mut self,
        host: HostName,
        add: impl FnOnce(&mut PartialHostFacts),
    ) -> Result<(), RecordError> {
        let line = self.line;
        let part = self.part(&host)?;
        add(part);
        let lists = [part.watches.len(), part.listeners.len(), part.untested.len()];
        let maps = [part.counters.len(), part.frames_sent.len()];
        if lists.into_iter().chain(maps).any(|entries| entries > HOST_ENTRIES_MAX) {
            return Err(RecordError::ManyEntries { line, host });
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

/// The lines of a record: the run first, then hosts, missing hosts, observations.
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

/// Writes a record as text, one line for each [`RecordLine`].
///
/// # Errors
///
/// The error of [`serde_json`]; the types of this module cannot cause one.
pub fn write(record: &Record) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines(record) {
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    Ok(text)
}
