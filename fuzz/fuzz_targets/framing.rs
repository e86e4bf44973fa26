//! Any bytes over the pipe, to either end; every message that is parsed can be written again.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pontoon_cluster::node_protocol::{NodeRequest, NodeResponse};
use pontoon_join::join_protocol::{JoinHostRequest, JoinHostResponse};
use pontoon_probe::protocol::{FromAgent, ToAgent};
use pontoon_remote::far_end::FarEnd;
use pontoon_remote::framing::write_frames;
use pontoon_remote::limits::ANSWER_WITHIN;
use pontoon_remote::message::{ServiceName, read_body, write_body};
use pontoon_remote::near_end::{NearEnd, NearEvent, ServiceEvent};
use pontoon_remote::preamble::VERSIONS;

fuzz_target!(|bytes: &[u8]| {
    // As a pipe may deliver it: in two pieces; from the first byte on, after a preamble, and as
    // one message in a frame of ours, so that the fuzzer need not guess lengths.
    let framed = write_frames(bytes).unwrap_or_default();
    for (is_greeted, bytes) in [(false, bytes), (true, bytes), (true, &framed[..])] {
        let (mut near, mut far) = (NearEnd::default(), FarEnd::default());
        let asked = near.send_request(ServiceName::Node, b"1", Duration::ZERO, ANSWER_WITHIN);
        asked.expect("there is room for one");
        if is_greeted {
            near.handle_bytes(&VERSIONS.preamble()).expect("the versions are the same");
            far.handle_bytes(&VERSIONS.preamble()).expect("the versions are the same");
        }
        let (first, second) = bytes.split_at(bytes.len() / 3);
        let _ = near.handle_bytes(first).and_then(|()| near.handle_bytes(second));
        let _ = far.handle_bytes(first).and_then(|()| far.handle_bytes(second));
        while let Some(event) = near.poll_event() {
            if let NearEvent::Service(
                _,
                ServiceEvent::Answered { body, .. } | ServiceEvent::Pushed { body },
            ) = event
            {
                understood(&body);
            }
        }
        while let Some(message) = far.poll_message() {
            understood(&message.body);
            if let Some(id) = message.id {
                // A second request with the same number replaces the first.
                let _ = far.respond(id, &message.body);
            }
        }
        let _ = near.handle_timeout(ANSWER_WITHIN);
        let _ = near.handle_end();
    }
    // Message bodies without frames.
    understood(bytes);
});

fn understood(body: &[u8]) {
    if let Ok(message) = read_body::<ToAgent>(body) {
        assert!(write_body(&message).is_ok());
    }
    if let Ok(message) = read_body::<FromAgent>(body) {
        assert!(write_body(&message).is_ok());
    }
    if let Ok(message) = read_body::<NodeRequest>(body) {
        assert!(write_body(&message).is_ok());
    }
    if let Ok(message) = read_body::<NodeResponse>(body) {
        assert!(write_body(&message).is_ok());
    }
    if let Ok(message) = read_body::<JoinHostRequest>(body) {
        assert!(write_body(&message).is_ok());
    }
    if let Ok(message) = read_body::<JoinHostResponse>(body) {
        assert!(write_body(&message).is_ok());
    }
}
