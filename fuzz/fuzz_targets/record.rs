//! Any file as a record: a valid one is written, and read again as the same.
#![no_main]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use libfuzzer_sys::fuzz_target;
use pontoon_model::record::redact::redact;
use pontoon_model::record::{Record, RecordReader, write};
use pontoon_rules::rule::diagnose;

fuzz_target!(|bytes: &[u8]| {
    let Some(record) = read(bytes) else { return };
    // Rules are pure and total: no facts may make them panic.
    let _ = diagnose(&record.facts);
    let text = write(&record).expect("a record that was read can be written");
    let again = read(text.as_bytes()).expect("what was written can be read");
    assert_eq!(record.facts, again.facts);
    let masked = redact(&record, &tag);
    let text = write(&masked).expect("a record without names can be written");
    let again = read(text.as_bytes()).expect("a record without names can be read");
    let _ = diagnose(&again.facts);
});

/// Replaces a keyed hash: equal texts have equal tags.
fn tag(text: &[u8]) -> [u8; 32] {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut tag = [0; 32];
    tag[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    tag
}

fn read(bytes: &[u8]) -> Option<Record> {
    let mut reader = RecordReader::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line(line).ok()?;
    }
    reader.finish().ok()
}
