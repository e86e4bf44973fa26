//! Records as files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;

use pontoon_model::record::{self, LINE_BYTES_MAX, Record, RecordReader, redact};
use tempfile::NamedTempFile;

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

/// Whether a record that is wanted could be written now. It is asked before the hosts are, for a run
/// takes its time, and there is no second one like it.
pub(crate) fn check_writable(keeping: &RecordArguments) -> Result<(), CommandFailure> {
    let Some(path) = &keeping.record else { return Ok(()) };
    let tried = match fs::metadata(path) {
        Ok(_) => OpenOptions::new().append(true).open(path),
        Err(_) => tempfile::tempfile_in(folder(path)),
    };
    let failed = |source| CommandFailure::Write { path: path.clone(), source };
    tried.map(drop).map_err(failed)
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
    write(path, &text).map_err(|source| CommandFailure::Write { path: path.clone(), source })
}

/// Replaces a file by a whole one, which its owner alone may read: it names hosts, and what tells
/// them apart. What is no file, such as `/dev/stdout`, is written to.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
    }
    let mut draft = NamedTempFile::new_in(folder(path))?;
    draft.write_all(text.as_bytes())?;
    draft.persist(path).map(drop).map_err(|error| error.error)
}

fn folder(path: &Path) -> &Path {
    // The parent of a plain file name is "".
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt as _;

    use pontoon_model::net::Mac;

    use super::*;

    /// A record of the lab, with names that give a host away.
    fn campus() -> (String, Record) {
        let text = include_str!("../../fixtures/campus.jsonl")
            .replace("wlan0", "wlxb827eb010203")
            .replace("pi1", "secret1")
            .replace("pi2", "secret2");
        let input = Box::new(io::Cursor::new(text.clone()));
        (text, read_lines(Path::new("campus"), input).unwrap())
    }

    /// What is between quotes, blanks and commas and is the address of one card.
    fn macs(text: &str) -> BTreeSet<Mac> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
        let macs = words.filter(|word| word.len() == 17).filter_map(|word| word.parse().ok());
        macs.filter(|mac: &Mac| !mac.is_group() && *mac != Mac::ZERO).collect()
    }

    #[test]
    fn a_redacted_record_names_no_host_and_no_card() {
        let (raw, record) = campus();
        let key = RunKey::random().unwrap();
        let redacted = record::write(&redact::redact(&record, &|text| key.tag(text))).unwrap();
        assert!(macs(&raw).len() > 3, "the record has addresses of several cards");
        let left: Vec<_> = macs(&raw).intersection(&macs(&redacted)).copied().collect();
        assert_eq!(left, []);
        for name in ["secret", "b827eb010203", "ba27:ebff"] {
            assert!(!redacted.contains(name), "{name}");
        }
        // What was sent by which link is still there, under the pseudonym.
        assert!(redacted.contains(" udp\":"), "frames that were sent");
    }

    #[test]
    fn a_record_is_whole_and_its_owners_or_the_file_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        fs::write(&path, "before").unwrap();
        let keeping =
            |path: &Path| RecordArguments { record: Some(path.to_owned()), redact: false };
        let (_, record) = campus();
        let key = RunKey::random().unwrap();
        check_writable(&keeping(&path)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        keep(&record, &keeping(&path), &key).unwrap();
        assert_eq!(read(&path).unwrap(), record);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        for nowhere in ["/nowhere/run.jsonl", "/proc/run.jsonl", "/"] {
            assert!(check_writable(&keeping(Path::new(nowhere))).is_err(), "{nowhere}");
        }
        assert!(keep(&record, &keeping(Path::new("/dev/full")), &key).is_err());
        keep(&record, &keeping(Path::new("/dev/null")), &key).unwrap();
    }
}
