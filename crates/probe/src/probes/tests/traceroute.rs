//! Traceroutes: their end, silent hops, refusals of the kernel.

use super::*;

fn traceroute(protocol: TracerouteProtocol, ttls: &[u8]) -> ProbeQuestion {
    ProbeQuestion::Traceroute { to: SocketAddr::new(SERVER, 33434), ttls: ttls.to_vec(), protocol }
}

fn ttl(action: &FlowAction) -> u8 {
    match action {
        FlowAction::SendUdp { way, .. } | FlowAction::SendEcho { way, .. } => way.ttl.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A path of routers 10.0.0.1, 10.0.0.2, ... with the destination behind `hops` of them.
fn path(
    hops: u8,
    silent: &'static [u8],
) -> impl FnMut(RunInstant, &FlowAction) -> Vec<(u64, FlowEvent)> {
    move |_, action| {
        let (flow, sequence, payload) = sent(action).unwrap();
        let ttl = ttl(action);
        if silent.contains(&ttl) {
            return Vec::new();
        }
        let from = IpAddr::from([10, 0, 0, ttl]);
        vec![(
            5,
            match (ttl <= hops, action) {
                (true, _) => FlowEvent::Icmp { flow, kind: 11, code: 0, from },
                (false, FlowAction::SendEcho { .. }) => echo_reply(flow, SERVER, sequence, payload),
                // The port is closed: an answer of the destination itself, too.
                (false, _) => FlowEvent::Icmp { flow, kind: 3, code: 3, from: SERVER },
            },
        )]
    }
}

#[test]
fn traceroute_ends_at_the_destination_and_never_hurries_a_router() {
    for protocol in [TracerouteProtocol::Udp, TracerouteProtocol::Echo] {
        let trace = put(&traceroute(protocol, &[1, 2, 3, 4, 5]), path(2, &[]));
        let ttls: Vec<_> = trace.actions.iter().map(|(_, action)| ttl(action)).collect();
        assert_eq!(ttls, [1, 2, 3], "{protocol:?}");
        assert_eq!(sent_at(&trace), [0, 1_100, 2_200]);
        let hop =
            |ttl| ProbeAnswer::Icmp { kind: 11, code: 0, from: IpAddr::from([10, 0, 0, ttl]) };
        assert_eq!(answers(&trace), [(1, hop(1)), (1, hop(2)), (1, ProbeAnswer::Reply)]);
        assert_eq!(done_ms(&trace), 2_205);
    }
}

#[test]
fn silent_hops_are_tried_twice_and_then_left() {
    let trace = put(&traceroute(TracerouteProtocol::Udp, &[1, 2]), path(1, &[1]));
    let ttls: Vec<_> = trace.actions.iter().map(|(_, action)| ttl(action)).collect();
    assert_eq!(ttls, [1, 2, 1]);
    assert_eq!(done_ms(&trace), 2_200 + 1_500);
    let trace = put(&traceroute(TracerouteProtocol::Udp, &[9; 40]), silence);
    assert_eq!(trace.actions.len(), 16, "eight hops, twice");
}

#[test]
fn traceroute_that_the_kernel_refuses_stops() {
    let trace = put(&traceroute(TracerouteProtocol::Udp, &[1, 2, 3]), |_, action| {
        vec![(0, refused(sent(action).unwrap().0))]
    });
    assert_eq!((trace.actions.len(), done_ms(&trace)), (1, 0));
}
