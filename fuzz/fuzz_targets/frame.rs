//! Any bytes from a packet socket: the reader accepts or rejects them, and returns slices of them
//! only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_probe::frame::read::{FrameBody, read};

fuzz_target!(|bytes: &[u8]| {
    let Some(frame) = read(bytes) else { return };
    let part: &[u8] = match &frame.body {
        FrameBody::ArpRequest { padding, .. } => padding,
        FrameBody::Solicitation { nonce, .. } => nonce,
        FrameBody::Udp { payload, .. } | FrameBody::Echo { payload, .. } => payload,
        _ => &[],
    };
    let within = bytes.as_ptr_range();
    assert!(part.is_empty() || (within.contains(&part.as_ptr()) && part.len() < bytes.len()));
});
