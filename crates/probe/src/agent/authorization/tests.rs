//! Whatever a coordinator says, nothing leaves for or from a host that is not of the run: judged by
//! what would be sent, not by the question.

use std::net::SocketAddr;

use pontoon_model::host::HostName;
use pontoon_model::observation::{DnsQuery, RunId};
use pontoon_model::port::TransportProtocol;
use pontoon_model::snapshot::{Route, RouteKind};
use proptest::prelude::*;

use super::*;
use crate::agent::frame_builder::{EgressLink, SenderContext, build_frames};
use crate::agent::kernel_probe;
use crate::machine::{FlowAction, MachinePoll, RunInstant};
use crate::probe_token::AgentKeys;
use crate::probes::{DnsName, PortalPage, TracerouteProtocol};
use crate::run_key::RunKey;

const OWN: &str = "192.168.50.1";
const PEER: &str = "192.168.50.2";
const OTHER_PEER: &str = "192.168.50.3";
const GATEWAY: &str = "192.168.50.254";
/// The gateway of the peer.
const BEYOND: &str = "192.0.2.254";
const NAMED: &str = "198.51.100.7";
const RESOLVER: &str = "203.0.113.53";
const STRANGER: &str = "192.168.50.99";

const OWN_MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);
const PEER_MAC: Mac = Mac([2, 0, 0, 0, 0, 2]);
const OTHER_PEER_MAC: Mac = Mac([2, 0, 0, 0, 0, 3]);
const GATEWAY_MAC: Mac = Mac([2, 0, 0, 0, 0, 0xfe]);
const FOREIGN_MAC: Mac = Mac([2, 0, 0, 0, 0, 0x99]);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn snapshot() -> Snapshot {
    let mut own = crate::survey::tests::snapshot("a");
    own.resolver.servers = vec![ip(RESOLVER)];
    own.routes.push(Route {
        destination: "0.0.0.0/0".parse().unwrap(),
        gateway: Some(ip(GATEWAY)),
        link: Some("eth0".parse().unwrap()),
        source: None,
        metric: 0,
        table: Route::MAIN,
        protocol: 0,
        kind: RouteKind::Unicast,
        flags: 0,
        is_multipath: false,
    });
    own
}

fn peers() -> BTreeMap<u16, SurveyPeer> {
    let peer = |number: u16, address, mac, gateways| SurveyPeer {
        number,
        host: HostName::lossy(address),
        links: Vec::new(),
        macs: vec![mac],
        addresses: vec![(ip(address), None)],
        gateways,
    };
    let peer_of = |peer: SurveyPeer| (peer.number, peer);
    let one = peer(1, PEER, PEER_MAC, vec![ip(BEYOND)]);
    let other = peer(2, OTHER_PEER, OTHER_PEER_MAC, Vec::new());
    [one, other].map(peer_of).into()
}

fn third_parties(has_internet: bool) -> ThirdParties {
    ThirdParties { hosts: vec![ip(NAMED)], has_internet }
}

fn check(task: &ProbeTask, third_parties: &ThirdParties) -> Result<(), QuestionRefusal> {
    Authorization { snapshot: &snapshot(), peers: &peers(), third_parties }.check(task)
}

/// What leaves: from which address where the agent writes it itself, to which, to which card.
type Departure = (Option<IpAddr>, IpAddr, Option<Mac>);

/// What leaves at once when a question is put.
fn departures(task: &ProbeTask) -> Vec<Departure> {
    let keys = AgentKeys { run: RunKey::from_bytes([1; 32]), own: RunKey::from_bytes([2; 32]) };
    let host = HostName::lossy("a");
    let sender = SenderContext { run: RunId(1), host: &host, number: 0, keys: &keys };
    let name: IfName = "eth0".parse().unwrap();
    let now = RunInstant(0);
    let named = Some((name.clone(), 0));
    let Some(mut machine) = kernel_probe::machine(task, &sender, named.as_ref(), true, now) else {
        let egress = EgressLink { name: &name, number: 0, mac: OWN_MAC };
        let frames = build_frames(task, &sender, &egress, Some(GATEWAY_MAC), now, &mut || 50_000);
        return frames.iter().map(|frame| departure_of(&frame.frame)).collect();
    };
    let mut departures = Vec::new();
    for _ in 0..100 {
        match machine.poll(now) {
            MachinePoll::Do(FlowAction::SendUdp { to, .. } | FlowAction::Connect { to, .. }) => {
                departures.push((None, to.ip(), None));
            }
            MachinePoll::Do(FlowAction::SendEcho { to, .. }) => departures.push((None, to, None)),
            MachinePoll::Do(_) => {}
            MachinePoll::Done | MachinePoll::WaitUntil(_) => break,
        }
    }
    departures
}

/// Reads an ARP or IPv4 frame at its offsets (RFC 826, RFC 791).
fn departure_of(frame: &[u8]) -> Departure {
    let address = |at: usize| IpAddr::from(<[u8; 4]>::try_from(&frame[at..at + 4]).unwrap());
    let to_mac = Mac(frame[..6].try_into().unwrap());
    assert_eq!(frame[6..12], OWN_MAC.0);
    match frame[12..14] {
        [8, 6] => (Some(address(28)), address(38), Some(to_mac)),
        [8, 0] => (Some(address(26)), address(30), Some(to_mac)),
        _ => panic!("neither ARP nor IPv4: {frame:?}"),
    }
}

/// Whether this may leave, said anew.
fn may_leave((from, to, mac): Departure, has_internet: bool) -> bool {
    let is_own = from.is_none_or(|from| from == ip(OWN) || from.is_unspecified());
    let cards = [(PEER, PEER_MAC), (OTHER_PEER, OTHER_PEER_MAC), (GATEWAY, GATEWAY_MAC)];
    let is_right = match mac {
        // As the kernel routes it.
        None => {
            [PEER, OTHER_PEER, GATEWAY, BEYOND, NAMED].map(ip).contains(&to)
                || has_internet && to == ip(RESOLVER)
        }
        Some(Mac::BROADCAST) => {
            [OWN, PEER, OTHER_PEER, GATEWAY, NAMED, "255.255.255.255"].map(ip).contains(&to)
        }
        Some(mac) if mac.is_group() => to == ip("224.0.0.251"),
        Some(mac) => {
            let is_peer = [PEER, OTHER_PEER].map(ip).contains(&to);
            cards.iter().any(|(host, card)| ip(host) == to && *card == mac)
                || mac == GATEWAY_MAC && is_peer
        }
    };
    is_own && is_right
}

fn address() -> impl Strategy<Value = IpAddr> {
    let known = [OWN, PEER, OTHER_PEER, GATEWAY, BEYOND, NAMED, RESOLVER, STRANGER];
    prop_oneof![
        6 => proptest::sample::select(known.map(ip).to_vec()),
        1 => any::<[u8; 4]>().prop_map(IpAddr::from),
    ]
}

fn mac() -> impl Strategy<Value = Mac> {
    let known = [OWN_MAC, PEER_MAC, OTHER_PEER_MAC, GATEWAY_MAC, FOREIGN_MAC, Mac::BROADCAST];
    prop_oneof![
        6 => proptest::sample::select(known.to_vec()),
        1 => any::<[u8; 6]>().prop_map(Mac),
    ]
}

/// Every question there is with these in its places. A new one has to be added here.
fn questions(from: IpAddr, to: IpAddr, third: IpAddr, mac: Mac) -> Vec<ProbeQuestion> {
    use ProbeQuestion as Question;
    let at = |port| SocketAddr::new(to, port);
    let all = vec![
        Question::Neighbour { from, target: to, to_mac: None },
        Question::Neighbour { from, target: to, to_mac: Some(mac) },
        Question::OwnAddress { address: from },
        Question::Udp { from, to: at(9), to_mac: mac },
        Question::Echo { from, to, to_mac: mac },
        Question::Broadcast { from, peers: Vec::new() },
        Question::Multicast { from, peers: Vec::new() },
        Question::Control { from, gateway: third },
        Question::Bounce { from, to: at(9), gateway: third },
    ];
    // A question of a machine for each variant, by their list for fuzzing.
    let all: Vec<_> = all.into_iter().chain(Question::examples(to)).collect();
    for question in &all {
        // Without `_`: who adds a question comes by here.
        match question {
            Question::Neighbour { .. }
            | Question::OwnAddress { .. }
            | Question::Udp { .. }
            | Question::Echo { .. }
            | Question::Broadcast { .. }
            | Question::Multicast { .. }
            | Question::Control { .. }
            | Question::Bounce { .. }
            | Question::RoutedUdp { .. }
            | Question::RoutedEcho { .. }
            | Question::PathMtu { .. }
            | Question::Port { .. }
            | Question::EchoServer { .. }
            | Question::Traceroute { .. }
            | Question::Dns { .. }
            | Question::Portal { .. }
            | Question::Sntp { .. }
            | Question::Internet { .. } => {}
        }
    }
    all
}

fn task(question: ProbeQuestion) -> ProbeTask {
    let link = Some("eth0".parse().unwrap());
    let peer = Some(HostName::lossy(PEER));
    ProbeTask { group: 0, at_ms: 0, round: 1, family: IpFamily::V4, link, peer, question }
}

proptest! {
    #[test]
    fn nothing_leaves_but_from_this_host_to_hosts_of_the_run(
        from in address(), to in address(), third in address(), mac in mac(), has_internet: bool,
    ) {
        for question in questions(from, to, third, mac) {
            let task = task(question);
            if check(&task, &third_parties(has_internet)).is_ok() {
                for departure in departures(&task) {
                    prop_assert!(may_leave(departure, has_internet), "{task:?}: {departure:?}");
                }
            }
        }
    }
}

#[test]
fn what_a_run_asks_is_allowed_and_nothing_of_it_with_one_end_exchanged() {
    use QuestionRefusal as Refusal;
    let all = third_parties(true);
    let good = || questions(ip(OWN), ip(PEER), ip(GATEWAY), PEER_MAC);
    let name: DnsName = "time.example".parse().unwrap();
    for question in good() {
        // Name servers and what they name are no peers.
        let is_internet = matches!(question, ProbeQuestion::Internet { .. });
        assert_eq!(check(&task(question.clone()), &all).is_err(), is_internet, "{question:?}");
        assert!(is_internet || !departures(&task(question.clone())).is_empty(), "{question:?}");
    }
    for question in questions(ip(STRANGER), ip(PEER), ip(GATEWAY), PEER_MAC).into_iter().take(9) {
        let refused = Err(Refusal::ForeignSource(ip(STRANGER)));
        assert_eq!(check(&task(question.clone()), &all), refused, "{question:?}");
    }
    for question in questions(ip(OWN), ip(STRANGER), ip(GATEWAY), PEER_MAC) {
        let goes_nowhere = matches!(
            question,
            ProbeQuestion::OwnAddress { .. }
                | ProbeQuestion::Broadcast { .. }
                | ProbeQuestion::Multicast { .. }
                | ProbeQuestion::Control { .. }
        );
        let refused = Err(Refusal::Stranger(ip(STRANGER)));
        let expected = if goes_nowhere { Ok(()) } else { refused };
        assert_eq!(check(&task(question.clone()), &all), expected, "{question:?}");
    }
    let internet = |server| ProbeQuestion::Internet {
        servers: vec![ip(server)],
        portal: PortalPage::Firefox,
        ntp: name.clone(),
    };
    assert_eq!(check(&task(internet(RESOLVER)), &all), Ok(()));
    assert_eq!(check(&task(internet(STRANGER)), &all), Err(Refusal::Stranger(ip(STRANGER))));
    assert_eq!(check(&task(internet(RESOLVER)), &third_parties(false)), Err(Refusal::Internet));
}

#[test]
fn a_frame_goes_to_the_card_of_its_host_and_a_link_has_one_gateway() {
    use QuestionRefusal as Refusal;
    let none = ThirdParties::default();
    for mac in [FOREIGN_MAC, GATEWAY_MAC, OTHER_PEER_MAC, Mac::BROADCAST] {
        let question = ProbeQuestion::Echo { from: ip(OWN), to: ip(PEER), to_mac: mac };
        let refused = Refusal::ForeignMac { host: ip(PEER), mac };
        assert_eq!(check(&task(question), &none), Err(refused));
    }
    let control = ProbeQuestion::Control { from: ip(OWN), gateway: ip(PEER) };
    assert_eq!(check(&task(control.clone()), &none), Err(Refusal::ForeignGateway(ip(PEER))));
    // The address is this host's, but not on the link by which the frame would leave.
    let elsewhere = ProbeTask { link: Some("eth1".parse().unwrap()), ..task(control) };
    assert_eq!(check(&elsewhere, &none), Err(Refusal::ForeignSource(ip(OWN))));
}

#[test]
fn third_parties_are_those_with_which_the_run_was_begun() {
    let none = ThirdParties::default();
    let (protocol, ttls) = (TracerouteProtocol::Echo, vec![1, 2]);
    let way = |to| ProbeQuestion::Traceroute {
        to: SocketAddr::new(ip(to), 0),
        ttls: ttls.clone(),
        protocol,
    };
    // Whether a peer that is this host's gateway forwards is asked up to its own gateway.
    assert_eq!(check(&task(way(BEYOND)), &none), Ok(()));
    let port = |to| ProbeQuestion::Port {
        to: SocketAddr::new(ip(to), 6443),
        transport: TransportProtocol::Tcp,
        tries: 1,
    };
    let query = DnsQuery::Known;
    let dns = |to| ProbeQuestion::Dns { server: SocketAddr::new(ip(to), 53), query, name: None };
    for question in [way(NAMED), port(NAMED), port(BEYOND), dns(NAMED), dns(RESOLVER)] {
        assert!(check(&task(question.clone()), &none).is_err(), "{question:?}");
    }
    for question in [way(NAMED), port(NAMED), dns(NAMED), dns(RESOLVER)] {
        assert_eq!(check(&task(question.clone()), &third_parties(true)), Ok(()), "{question:?}");
    }
}
