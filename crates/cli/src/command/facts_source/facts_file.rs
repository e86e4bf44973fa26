//! What `--facts` names: a record, or a host captured by hand.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use pontoon_model::record::Record;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::captured::CapturedHost;
use serde::Deserialize;

use crate::command::records;
use crate::failure::{ClusterFailure, CommandFailure};

/// Raw texts of one host: routes and addresses of a large one make a hundred kilobytes.
const CAPTURED_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a file was.
pub(super) enum FactsFile {
    /// Facts of a run.
    Record(Box<Record>),
    /// One host, captured by hand.
    Host(Box<Snapshot>),
}

/// A captured host, by itself or as a part of a larger object.
#[derive(Deserialize)]
#[serde(untagged)]
enum CapturedHostJson {
    Within { facts: CapturedHost },
    Alone(CapturedHost),
}

/// Reads a file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<FactsFile, CommandFailure> {
    let mut input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path)
            .map_err(|source| CommandFailure::Read { path: path.to_owned(), source })?;
        Box::new(BufReader::new(file))
    };
    let failed = |source| CommandFailure::Read { path: path.to_owned(), source };
    // The first line of a record says what it is; a look at it takes nothing away.
    let begin = input.fill_buf().map_err(failed)?;
    let first = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.windows(RECORD.len()).any(|part| part == RECORD) {
        return records::read_lines(path, input).map(|record| FactsFile::Record(Box::new(record)));
    }
    let mut bytes = Vec::new();
    input.take(CAPTURED_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    let bad =
        |why: String| CommandFailure::from(ClusterFailure::Captured { path: path.to_owned(), why });
    let form: CapturedHostJson =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    let (CapturedHostJson::Within { facts } | CapturedHostJson::Alone(facts)) = form;
    let is_empty = facts.interfaces.is_empty() && facts.proc_net_route.is_none();
    if is_empty {
        return Err(bad("it has neither `interfaces` nor `proc_net_route`".to_owned()));
    }
    let snapshot = facts.snapshot().map_err(|error| bad(error.to_string()))?;
    Ok(FactsFile::Host(Box::new(snapshot)))
}

/// Stands in the first line of every record.
const RECORD: &[u8] = b"pontoon/record/";
