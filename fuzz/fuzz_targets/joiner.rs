//! Replies of another host that sends the requests (`join-check --on`): one reply per line, each
//! trusted only as far as the token and the pins allow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::discovery_flow::{DiscoveryFlow, DiscoveryReply};
use pontoon_join::join_line;
use pontoon_join::verdict::judge;

const LINE: &str = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
                    --discovery-token-unsafe-skip-ca-verification";

fuzz_target!(|text: &str| {
    let request = join_line::parse(LINE).expect("a line").complete(None).expect("a join");
    let mut answers =
        text.lines().filter_map(|line| serde_json::from_str::<DiscoveryReply>(line).ok());
    let Some(first) = answers.next() else { return };
    let mut course = DiscoveryFlow::begin(&request, None, first);
    for answered in answers.take(8) {
        if course.next().is_none() {
            break;
        }
        course.take(answered);
    }
    course.settle();
    let clock =
        text.bytes().rev().chain([0; 8]).take(8).fold(0, |all, byte| all << 8 | i64::from(byte));
    let trial = course.end(clock);
    // The server that the reply names is not trusted.
    assert_eq!(trial.first.server.authority(), "10.0.0.1:6443");
    let verdict = judge(&request, &trial);
    let response = verdict.failure.iter().map(|failure| failure.response.clone());
    let evidence = verdict.stages.iter().flat_map(|stage| &stage.evidence);
    let mut texts = response.chain(evidence.map(ToString::to_string));
    assert!(texts.all(|text| !text.contains('\u{1b}')), "{verdict:?}");
});
