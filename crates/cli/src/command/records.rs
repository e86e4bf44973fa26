//! Records as files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use pontoon_model::record::{self, LINE_BYTES_MAX, Record, RecordReader, redact};

use crate::arguments::report_output::RecordArguments;
use crate::failure::CommandFailure;
use pontoon_probe::run_key::RunKey;

/// Reads a record; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Record, CommandFailure> {
    let input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path)
            .map_err(|source| CommandFailure::Read { path: path.to_owned(), source })?;
        Box::new(BufReader::new(file))
    };
    read_lines(path, input)
}

/// Reads a record line by line; `path` is for the words of a failure.
pub(crate) fn read_lines(
    path: &Path,
    mut input: Box<dyn BufRead>,
) -> Result<Record, CommandFailure> {
    let bad = |source| CommandFailure::Record { path: path.to_owned(), source };
    let mut reader = RecordReader::default();
    let mut line = Vec::new();
    // One byte more than a line may have, so that a longer one is seen and not read to its end.
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX) + 2;
    loop {
        line.clear();
        let read = input.by_ref().take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|source| CommandFailure::Read { path: path.to_owned(), source })?;
        if read == 0 {
            return reader.finish().map_err(bad);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        reader.line(text).map_err(bad)?;
    }
}

/// Writes a record if one is wanted.
pub(crate) fn keep(
    record: &Record,
    keeping: &RecordArguments,
    key: &RunKey,
) -> Result<(), CommandFailure> {
    let Some(path) = &keeping.record else { return Ok(()) };
    let text = if keeping.redact {
        record::write(&redact::redact(record, &|text| key.tag(text)))
    } else {
        record::write(record)
    };
    let text = text.map_err(|source| CommandFailure::Json { source })?;
    std::fs::write(path, text)
        .map_err(|source| CommandFailure::Write { path: path.clone(), source })
}
