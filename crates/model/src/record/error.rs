//! Why a record cannot be used.

use super::{HOST_ENTRIES_MAX, HOSTS_MAX, LINE_BYTES_MAX, LINES_MAX, RECORD_BYTES_MAX, SCHEMA};
use crate::host::HostName;
use crate::observation::RunId;
use crate::untrusted::Untrusted;

/// A record that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The record has no line.
    #[error("the record is empty: was the run that wrote it cut short?")]
    Empty,
    /// A line is longer than [`LINE_BYTES_MAX`].
    #[error("line {line} is longer than {LINE_BYTES_MAX} bytes: this is not a record of pontoon")]
    LongLine {
        /// The line number, from 1.
        line: usize,
    },
    /// There are more lines than [`LINES_MAX`].
    #[error("the record has more than {LINES_MAX} lines: this is not a record of pontoon")]
    ManyLines,
    /// There are more bytes than [`RECORD_BYTES_MAX`].
    #[error("the record has more than {RECORD_BYTES_MAX} bytes: this is not a record of pontoon")]
    ManyBytes,
    /// A host has more entries of a kind than [`HOST_ENTRIES_MAX`].
    #[error("line {line}: {host} has more than {HOST_ENTRIES_MAX} entries of this kind")]
    ManyEntries {
        /// The line number, from 1.
        line: usize,
        /// The host.
        host: HostName,
    },
    /// There are more hosts than [`HOSTS_MAX`].
    #[error("line {line} brings more than {HOSTS_MAX} hosts: this is not a record of one run")]
    ManyHosts {
        /// The line number, from 1.
        line: usize,
    },
    /// A line is not valid JSON or does not have the expected fields.
    #[error("line {line} is not understood: {why}")]
    BadLine {
        /// The line number, from 1.
        line: usize,
        /// The error of the JSON parser.
        why: Untrusted,
    },
    /// The first line is not a `run` line.
    #[error("line {line} comes before the `run` line, which must be the first")]
    NoRun {
        /// The line number, from 1.
        line: usize,
    },
    /// The record has another format or version.
    #[error("line {line}: the record has the form `{schema}`, this pontoon reads `{SCHEMA}`")]
    OtherSchema {
        /// The line number, from 1.
        line: usize,
        /// The format of the record.
        schema: Untrusted,
    },
    /// A line belongs to another run.
    #[error("line {line} belongs to run {found}, the record to run {expected}")]
    OtherRun {
        /// The line number, from 1.
        line: usize,
        /// The run of the record.
        expected: RunId,
        /// The run of the line.
        found: RunId,
    },
    /// A host has two snapshots.
    #[error("line {line} is a second snapshot of {host}")]
    SecondSnapshot {
        /// The line number, from 1.
        line: usize,
        /// The host with two snapshots.
        host: HostName,
    },
    /// A host has no snapshot.
    #[error("the record says something about {host} but has no snapshot of it: is it cut off?")]
    NoSnapshot {
        /// The host without a snapshot.
        host: HostName,
    },
}
