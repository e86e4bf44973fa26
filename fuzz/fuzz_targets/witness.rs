//! Foreign frames at a witness during a run: none of them is an arrival from a peer, because their
//! sender does not have the key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{FrameDestination, Observation, ObservedEvent, ProbeKind, RunId};
use pontoon_probe::frame::read::read;
use pontoon_probe::machine::RunInstant;
use pontoon_probe::protocol::SurveyPeer;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::witness::{AgentIdentity, ReplyKey, Witness};

const OWN: Mac = Mac([2, 0, 0, 0, 0, 1]);

fuzz_target!(|bytes: &[u8]| {
    let link: IfName = "wlan0".parse().expect("a name of a link");
    let mut witness = witness(&link);
    // Several frames: state left by one must not affect the next.
    for (nth, bytes) in (0..).zip(bytes.split(|byte| *byte == 0xaa)) {
        let Some(frame) = read(bytes) else { continue };
        for seen in witness.receive(RunInstant(nth), &link, OWN, FrameDestination::Unicast, &frame)
        {
            assert_ne!(seen.observation.direction, ObservedEvent::Arrived, "{seen:?}");
            assert!(seen.proof.is_none());
        }
    }
});

fn witness(link: &IfName) -> Witness {
    let identity = AgentIdentity {
        run: RunId(1),
        host: HostName::lossy("a"),
        number: 0,
        run_key: RunKey::from_bytes([7; 32]),
    };
    let mut witness = Witness::new(identity);
    witness.set_peers(vec![SurveyPeer {
        number: 1,
        host: HostName::lossy("b"),
        links: vec![link.clone()],
        macs: vec![Mac([2, 0, 0, 0, 0, 2])],
        addresses: vec![("10.0.0.2".parse().expect("an address"), Some(0))],
        gateways: Vec::new(),
    }]);
    // Values that a small input is likely to contain: ports and identifiers of few bits.
    for number in 0..4 {
        let sent = [
            ReplyKey::Udp(IpFamily::V4, number),
            ReplyKey::Udp(IpFamily::V6, number),
            ReplyKey::Echo(IpFamily::V4, number),
            ReplyKey::Echo(IpFamily::V6, number),
            ReplyKey::Neighbour([0, 0, 0, 0].into()),
        ];
        for sent in sent {
            witness.note_sent(sent, question(link));
        }
    }
    witness
}

fn question(link: &IfName) -> Observation {
    Observation {
        peer: Some(HostName::lossy("b")),
        link: Some(link.clone()),
        asked_link: Some(link.clone()),
        ..Observation::sent(RunId(1), HostName::lossy("a"), IpFamily::V4, ProbeKind::Udp)
    }
}
