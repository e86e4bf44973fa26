//! Anything over the pipe, to either end; what is understood can be said again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_probe::framing::{self, FRAME_MAX, Reader};
use pontoon_probe::protocol::{FromAgent, ToAgent};

fuzz_target!(|bytes: &[u8]| {
    // As a pipe would deliver it: in two pieces.
    let (first, second) = bytes.split_at(bytes.len() / 3);
    let (mut agent, mut coordinator) = (Reader::default(), Reader::default());
    for piece in [first, second] {
        agent.push(piece);
        while let Ok(Some(message)) = agent.read::<ToAgent>() {
            assert!(framing::write(&message).is_ok());
        }
        coordinator.push(piece);
        while let Ok(Some(message)) = coordinator.read::<FromAgent>() {
            assert!(framing::write(&message).is_ok());
        }
    }
    // JSON alone, in frames of our own, so that the fuzzer need not guess lengths.
    let part = &bytes[..bytes.len().min(FRAME_MAX)];
    let length = u32::try_from(part.len()).expect("a frame is short");
    let mut reader = Reader::default();
    reader.push(&length.to_be_bytes());
    reader.push(part);
    if let Ok(Some(message)) = reader.read::<FromAgent>() {
        assert!(framing::write(&message).is_ok());
    }
});
