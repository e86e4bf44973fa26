//! What a coordinator, or anyone who has seen a token, can have an agent send.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::observation::RunId;
use pontoon_model::snapshot::{Link, LinkKind};

use super::*;
use crate::budget::FrameLoad;
use crate::flows::SendBudget as _;
use crate::probe_token::{ProbeToken, TokenHeader, payload};

fn keys(own: u8) -> AgentKeys {
    AgentKeys { run: RunKey::from_bytes([1; 32]), own: RunKey::from_bytes([own; 32]) }
}

/// An agent whose only peer has the address 127.0.0.2.
fn agent() -> AgentRun {
    let identity = AgentIdentity {
        run: RunId(1),
        host: HostName::lossy("a"),
        number: 0,
        run_key: keys(0).run,
    };
    let snapshot = crate::survey::tests::snapshot("a");
    let mut agent = AgentRun::new(identity, keys(0), snapshot, ThirdParties::default());
    agent.set_peers(vec![SurveyPeer {
        number: 1,
        host: HostName::lossy("b"),
        links: Vec::new(),
        macs: Vec::new(),
        addresses: vec![("127.0.0.2".parse().unwrap(), None)],
        gateways: Vec::new(),
    }]);
    agent
}

/// How many of so many questions with the peer's token, sent from an address, are answered at once.
fn answers_to(agent: &mut AgentRun, port: u16, from: &str, questions: usize) -> usize {
    let header = TokenHeader { sender: 1, link: 0, code: 3, is_answer: false, round: 1 };
    let question = payload(&ProbeToken::new(header, &keys(1)));
    let socket = UdpSocket::bind((from, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    for _ in 0..questions {
        socket.send_to(&question, SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    }
    agent.turn(RunInstant(1));
    iter::from_fn(|| socket.recv_from(&mut [0; 64]).ok()).count()
}

#[test]
fn answers_go_to_the_host_whose_token_it_is_at_the_shared_rate() {
    let mut agent = agent();
    let FromAgent::Watching { port_v4: Some(port), .. } = agent.watch(&[], None) else {
        panic!("loopback has IPv4");
    };
    assert_eq!(answers_to(&mut agent, port, "127.0.0.3", 5), 0);
    // The link is not watched: the rate of others' links, whatever those had that got no answer.
    let most = RateLimit::SHARED.frames_per_s;
    assert_eq!(answers_to(&mut agent, port, "127.0.0.2", most + 20), most);
}

#[test]
fn links_are_watched_once_and_each_of_them_once() {
    let mut agent = agent();
    // No link of this machine: nothing is captured.
    agent.snapshot.links[0].index = u32::MAX >> 1;
    let eth0: IfName = "eth0".parse().unwrap();
    let FromAgent::Watching { watches, .. } = agent.watch(&[eth0.clone(), eth0.clone()], None)
    else {
        panic!("it was the first");
    };
    assert_eq!(watches.len(), 1);
    agent.links[0].take(RunInstant(0), FrameLoad::of(10_000)).unwrap();
    assert!(matches!(agent.watch(&[eth0], None), FromAgent::Fault { .. }));
    // What is spent is spent.
    assert!(agent.links[0].take(RunInstant(1), FrameLoad::one(false)).is_err());
}

#[test]
fn what_leaves_by_links_that_are_not_watched_has_the_shared_rate() {
    let mut agent = agent();
    agent.snapshot.links.push(Link {
        name: "lo".parse().unwrap(),
        kind: LinkKind::Loopback,
        ..agent.snapshot.links[0].clone()
    });
    let mut left = |link: &str| {
        let room = &mut LinkAdmission {
            links: &mut agent.links,
            elsewhere: &mut agent.elsewhere,
            snapshot: &agent.snapshot,
            route_cache: &mut agent.route_cache,
        };
        let (link, to) = (link.parse().unwrap(), "192.0.2.1".parse().unwrap());
        let one = FrameLoad::one(false);
        (0..100).filter(|_| room.pass(RunInstant(1), Some(&link), to, one).is_ok()).count()
    };
    assert_eq!(left("lo"), 100, "it stays on this host");
    assert_eq!(left("eth0"), RateLimit::SHARED.frames_per_s);
    // Another link is no second budget.
    assert_eq!(left("tun0"), 0);
}
