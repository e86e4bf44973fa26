//! The driver on loopback: real sockets, no privilege, nothing that depends on how fast it is.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use nix::libc::{EACCES, EMFILE, ENODEV, EPERM};
use nix::poll::{PollFd, PollTimeout, poll};
use pontoon_model::observation::{DnsQuery, Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::port::TransportProtocol;

use super::{FlowDriver, SendBudget, UnlimitedBudget};
use crate::budget::{FrameLoad, LinkBudget, RateLimit};
use crate::machine::{
    FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant, SendOptions,
};
use crate::probes::ProbeQuestion;
use crate::probes::tests::{datagrams, machine_from};

/// By no link in particular: loopback.
fn template() -> Observation {
    Observation { link: None, ..crate::probes::tests::template() }
}

/// Runs the machines as an agent would, for a minute at most.
fn run(flows: &mut FlowDriver, mut each: impl FnMut()) -> Vec<Observation> {
    #[expect(clippy::disallowed_methods, reason = "the test stands where the agent's edge stands")]
    let begun = Instant::now();
    let mut seen = Vec::new();
    while !flows.is_idle() {
        let elapsed = begun.elapsed();
        assert!(elapsed < Duration::from_secs(60), "still running: {seen:?}");
        let now = RunInstant(elapsed.as_millis().try_into().unwrap());
        seen.extend(flows.turn(now, &mut UnlimitedBudget));
        each();
        let wait = flows.deadline().map_or(0, |deadline| deadline.0.saturating_sub(now.0)).min(20);
        let mut fds: Vec<PollFd<'_>> =
            flows.fds().map(|(fd, interest)| PollFd::new(fd, interest)).collect();
        poll(&mut fds, PollTimeout::from(u16::try_from(wait).unwrap())).unwrap();
    }
    seen
}

fn ask(question: &ProbeQuestion, each: impl FnMut()) -> Vec<Observation> {
    drive(machine_from(template(), question), each)
}

fn drive(machine: Box<dyn ProbeMachine>, each: impl FnMut()) -> Vec<Observation> {
    let mut flows = FlowDriver::new(7);
    flows.start(machine);
    run(&mut flows, each)
}

fn answers(seen: &[Observation]) -> Vec<&ProbeAnswer> {
    seen.iter().filter_map(|observation| observation.answer.as_ref()).collect()
}

/// A server that sends every datagram back, looked after between the turns.
fn echo_server(host: IpAddr) -> (UdpSocket, SocketAddr) {
    let server = UdpSocket::bind((host, 0)).unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    (server, address)
}

fn serve(server: &UdpSocket) {
    let mut buffer = [0; 2_048];
    while let Ok((length, from)) = server.recv_from(&mut buffer) {
        server.send_to(&buffer[..length], from).unwrap();
    }
}

fn routed_udp(to: SocketAddr) -> Box<dyn ProbeMachine> {
    datagrams(template(), to, (1, 100), Some(b"question"))
}

fn tcp(to: SocketAddr) -> ProbeQuestion {
    ProbeQuestion::Port { to, transport: TransportProtocol::Tcp, tries: 1 }
}

#[test]
fn a_udp_answer_tells_link_and_ttl() {
    for host in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let (server, address) = echo_server(host);
        let seen = drive(routed_udp(address), || serve(&server));
        let [sent, answered] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(sent.direction, ObservedEvent::Sent);
        assert_eq!(answered.answer, Some(ProbeAnswer::Reply));
        assert_eq!(answered.link, Some("lo".parse().unwrap()), "{host}");
        assert_eq!(answered.ttl, Some(64), "{host}");
    }
}

#[test]
fn a_closed_udp_port_is_an_icmp_error_with_its_sender() {
    for (host, kind, code) in
        [(IpAddr::V4(Ipv4Addr::LOCALHOST), 3, 3), (IpAddr::V6(Ipv6Addr::LOCALHOST), 1, 4)]
    {
        let address = echo_server(host).1;
        let seen = drive(routed_udp(address), || {});
        assert_eq!(answers(&seen), [&ProbeAnswer::Icmp { kind, code, from: host }]);
    }
}

#[test]
fn tcp_ports_are_open_or_closed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    assert_eq!(answers(&ask(&tcp(to), || {})), [&ProbeAnswer::Reply]);
    drop(listener);
    assert_eq!(answers(&ask(&tcp(to), || {})), [&ProbeAnswer::Reset]);
}

#[test]
fn a_whole_packet_passes_loopback_at_its_mtu() {
    let (server, to) = echo_server(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let seen = ask(&ProbeQuestion::PathMtu { to, bytes: 1_500 }, || serve(&server));
    assert_eq!(seen.last().unwrap().kind, ProbeKind::Size { bytes: 1_500 });
    assert_eq!(answers(&seen), [&ProbeAnswer::Reply]);
}

#[test]
fn the_second_hop_is_the_destination_itself() {
    let (server, to) = echo_server(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let protocol = crate::probes::TracerouteProtocol::Udp;
    let question = ProbeQuestion::Traceroute { to, ttls: vec![1, 2], protocol };
    let seen = ask(&question, || serve(&server));
    assert_eq!(seen.len(), 2, "nothing is sent above the destination: {seen:?}");
    assert_eq!(answers(&seen), [&ProbeAnswer::Reply]);
}

/// Where neither ping sockets nor raw ones are allowed the record says so, in the kernel's words;
/// where one of them is, loopback answers. Nothing else may happen.
#[test]
fn an_echo_is_answered_or_refused_by_this_host() {
    for host in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let question = ProbeQuestion::RoutedEcho { to: host, tries: 1, every_ms: 100 };
        let seen = ask(&question, || {});
        let is_allowed = socket2::Socket::new(
            if host.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 },
            socket2::Type::DGRAM,
            Some(if host.is_ipv4() {
                socket2::Protocol::ICMPV4
            } else {
                socket2::Protocol::ICMPV6
            }),
        )
        .is_ok()
            || socket2::Socket::new(
                socket2::Domain::IPV4,
                socket2::Type::RAW,
                Some(socket2::Protocol::ICMPV4),
            )
            .is_ok();
        match answers(&seen)[..] {
            [ProbeAnswer::Reply] => assert!(is_allowed),
            [ProbeAnswer::Refused { errno: EPERM | EACCES }] => assert!(!is_allowed),
            _ => panic!("{seen:?}"),
        }
    }
}

#[test]
fn a_link_that_does_not_exist_is_refused() {
    let mut flows = FlowDriver::new(7);
    let template = Observation { link: Some("nosuchlink0".parse().unwrap()), ..template() };
    flows.start(datagrams(template, "192.0.2.1:9".parse().unwrap(), (1, 100), None));
    let seen = run(&mut flows, || {});
    assert_eq!(answers(&seen), [&ProbeAnswer::Refused { errno: ENODEV }]);
}

#[test]
fn a_dns_server_that_is_not_there_is_no_silence() {
    let server = echo_server(IpAddr::V4(Ipv4Addr::LOCALHOST)).1;
    let query = DnsQuery::NoServer;
    let seen = ask(&ProbeQuestion::Dns { server, query, name: None }, || {});
    assert!(matches!(answers(&seen)[..], [ProbeAnswer::Icmp { kind: 3, code: 3, .. }]), "{seen:?}");
}

/// Sends on many flows at once and counts what is refused.
struct FloodingMachine {
    left: u16,
    refused: Vec<i32>,
}

impl ProbeMachine for FloodingMachine {
    fn poll(&mut self, _: RunInstant) -> MachinePoll {
        if self.left == 0 {
            return if self.refused.is_empty() {
                MachinePoll::WaitUntil(RunInstant(0))
            } else {
                MachinePoll::Done
            };
        }
        self.left -= 1;
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let flow = FlowId(self.left);
        MachinePoll::Do(FlowAction::SendUdp {
            flow,
            way: SendOptions::default(),
            to,
            payload: Vec::new(),
        })
    }

    fn receive(&mut self, _: RunInstant, event: &FlowEvent) {
        if let FlowEvent::Refused { errno, .. } = event {
            self.refused.push(*errno);
            assert_eq!(*errno, EMFILE);
        }
    }
}

#[test]
fn sockets_are_bounded_and_closed_with_their_machine() {
    let mut flows = FlowDriver::new(7);
    let most = u16::try_from(FlowDriver::MAX_SOCKETS).unwrap();
    let id = flows.start(Box::new(FloodingMachine { left: most + 10, refused: Vec::new() }));
    let mut turns = 0;
    while flows.fds().count() < FlowDriver::MAX_SOCKETS {
        flows.turn(RunInstant(0), &mut UnlimitedBudget);
        turns += 1;
        assert!(turns < 10, "only {} sockets", flows.fds().count());
    }
    flows.cancel(id);
    assert!(flows.is_idle() && !flows.is_running(id));
    assert_eq!(flows.fds().count(), 0);
    assert_eq!(flows.deadline(), None);
}

#[test]
fn bytes_go_both_ways_over_a_connection() {
    struct ScriptedClient(Vec<FlowAction>, Vec<FlowEvent>);
    impl ProbeMachine for ScriptedClient {
        fn poll(&mut self, _: RunInstant) -> MachinePoll {
            match self.0.pop() {
                Some(action) => MachinePoll::Do(action),
                None if matches!(self.1.last(), Some(FlowEvent::Closed { .. })) => {
                    let bytes = self.1.iter().filter_map(|event| match event {
                        FlowEvent::Bytes { bytes, .. } => Some(bytes.clone()),
                        _ => None,
                    });
                    assert_eq!(bytes.collect::<Vec<_>>().concat(), b"pong");
                    MachinePoll::Done
                }
                None => MachinePoll::WaitUntil(RunInstant(5_000)),
            }
        }
        fn receive(&mut self, _: RunInstant, event: &FlowEvent) {
            if let FlowEvent::Connected { flow } = event {
                self.0.push(FlowAction::Write { flow: *flow, bytes: b"ping".to_vec() });
            }
            self.1.push(event.clone());
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let (to, flow, way) = (listener.local_addr().unwrap(), FlowId(0), SendOptions::default());
    let mut flows = FlowDriver::new(7);
    flows.start(Box::new(ScriptedClient(vec![FlowAction::Connect { flow, way, to }], Vec::new())));
    let (mut stream, mut request) = (None, Vec::<u8>::new());
    run(&mut flows, || {
        if stream.is_none() {
            stream = listener.accept().ok().map(|(stream, _)| stream);
        }
        let Some(open) = stream.as_mut().filter(|_| request.len() < 4) else { return };
        open.set_nonblocking(true).unwrap();
        let mut buffer = [0; 16];
        request.extend(open.read(&mut buffer).map_or(&[][..], |length| &buffer[..length]));
        if request == b"ping" {
            open.write_all(b"pong").unwrap();
            open.shutdown(std::net::Shutdown::Both).unwrap();
        }
    });
    assert_eq!(request, b"ping");
    assert_eq!(flows.frames_sent().get("tcp-connect"), Some(&1));
}

/// Lets so many frames of each connection or datagram pass at once, and the rest a second later.
struct ThrottledBudget {
    budget: LinkBudget,
    asked: Vec<usize>,
}

impl SendBudget for ThrottledBudget {
    fn pass(
        &mut self,
        now: RunInstant,
        _: Option<&pontoon_model::net::IfName>,
        _: IpAddr,
        frames: FrameLoad,
    ) -> Result<(), RunInstant> {
        self.budget.take(now, frames)?;
        self.asked.push(frames.frames);
        Ok(())
    }
}

fn slow(frames_per_s: usize) -> ThrottledBudget {
    let rate = RateLimit { frames_per_s, groups_per_s: 0 };
    ThrottledBudget { budget: LinkBudget::new(rate), asked: Vec::new() }
}

#[test]
fn what_has_to_wait_leaves_later_and_its_own_time_begins_there() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = silent.local_addr().unwrap();
    let mut flows = FlowDriver::new(7);
    let mut gate = slow(1);
    for _ in 0..2 {
        flows.start(datagrams(template(), to, (2, 100), None));
    }
    let mut sent = Vec::new();
    let mut now = RunInstant(0);
    while !flows.is_idle() {
        sent.extend(flows.turn(now, &mut gate).into_iter().map(|seen| (seen.round, seen.at_ms)));
        now = flows.deadline().unwrap_or(now);
    }
    // Four datagrams, one a second; none is left out.
    assert_eq!(sent, [(1, 0), (2, 1001), (1, 2002), (2, 3003)]);
    // What a try waits for its answer counts from when it left.
    assert_eq!(now, RunInstant(3003 + 1_500));
}

#[test]
fn every_frame_of_a_connection_is_asked_for() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let mut flows = FlowDriver::new(7);
    let mut gate = slow(10);
    flows.start(machine_from(template(), &tcp(to)));
    let mut seen = Vec::new();
    for ms in 0..1_000 {
        seen.extend(flows.turn(RunInstant(ms), &mut gate));
        if flows.is_idle() {
            break;
        }
        // The kernel takes its own time to pass on an answer.
        let mut fds: Vec<_> = flows.fds().map(|(fd, on)| PollFd::new(fd, on)).collect();
        poll(&mut fds, PollTimeout::from(10_u16)).unwrap();
    }
    assert_eq!(answers(&seen), [&ProbeAnswer::Reply]);
    assert_eq!(gate.asked, [2, 2], "SYN and ACK, FIN and ACK");
}

#[test]
fn a_connection_stays_open_until_there_is_room_to_close_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let mut flows = FlowDriver::new(7);
    let mut gate = slow(2);
    flows.start(machine_from(template(), &tcp(to)));
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(flows.turn(RunInstant(0), &mut gate));
    }
    let (mut accepted, _) = listener.accept().unwrap();
    accepted.set_nonblocking(true).unwrap();
    assert!(!flows.is_idle(), "what is answered is on record, and the connection is still there");
    assert_eq!(flows.deadline(), Some(RunInstant(1001)));
    assert_eq!(accepted.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    // The ACK that followed the SYN is younger than that.
    flows.turn(RunInstant(1001), &mut gate);
    assert_eq!(flows.deadline(), Some(RunInstant(1061)));
    flows.turn(RunInstant(1061), &mut gate);
    assert!(flows.is_idle());
    accepted.set_nonblocking(false).unwrap();
    assert_eq!(accepted.read(&mut [0]).unwrap(), 0);
}
