//! Which UDP ports are open on the path to the user's own echo server, and TCP beside them.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{Observation, ProbeKind};

use super::datagram::DatagramExchange;
use super::parallel::ParallelMachines;
use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::RetriedProbe;
use super::retry::RetryPace;
use super::tcp;
use crate::machine::ProbeMachine;

/// UDP ports worth asking for: DNS, time, QUIC, STUN, `IPsec`, `WireGuard`. A random high one is
/// added by [`udp_ports`].
pub const UDP: [u16; 6] = [53, 123, 443, 3478, 4500, 51_820];

/// TCP ports asked beside them, without which a dead server looks like blocked UDP.
pub const TCP: [u16; 4] = [443, 80, 22, 6443];

/// Ports of each protocol in one question: this is a test of known ports, not a scan.
pub(crate) const MAX_PORTS: usize = 16;

/// Three tries, spread because losses come in bursts.
const PACE: RetryPace = RetryPace { count: 3, delay_ms: 0, every_ms: 500, window_ms: 1_500 };

/// From one port to the next: a burst of datagrams is what rate limits catch first.
const STAGGER_MS: u64 = 20;

/// [`UDP`], and a random port of the dynamic range (RFC 6335, section 6).
#[must_use]
pub fn udp_ports(random: u64) -> Vec<u16> {
    let [low, high, ..] = NonceGenerator::new(random).next().to_le_bytes();
    let high = u16::from_le_bytes([low, high]) | 0xc000;
    UDP.into_iter().chain([high]).collect()
}

/// All ports side by side; each datagram carries a nonce that must come back unchanged.
pub(super) fn echo_server(
    template: &Observation,
    to: IpAddr,
    udp: &[u16],
    tcp: &[u16],
    random: u64,
) -> ParallelMachines {
    let mut nonces = NonceGenerator::new(random);
    let mut machines: Vec<Box<dyn ProbeMachine>> = Vec::new();
    let all = udp.iter().take(MAX_PORTS).map(|port| (true, *port));
    let all = all.chain(tcp.iter().take(MAX_PORTS).map(|port| (false, *port)));
    for (nth, (is_udp, port)) in (0_u16..).zip(all) {
        let context = ProbeContext::nth(template.clone(), nth);
        let to = SocketAddr::new(to, port);
        let delay_ms = u64::from(nth) * STAGGER_MS;
        machines.push(if is_udp {
            let payload = nonces.next_16_bytes().to_vec();
            let (kind, expected) = (ProbeKind::UdpPort { port }, Some(payload.clone()));
            let exchange = DatagramExchange { kind, to, payload, expected };
            Box::new(RetriedProbe::new(context, RetryPace { delay_ms, ..PACE }, exchange))
        } else {
            Box::new(tcp::probe(context, to, delay_ms, 1))
        });
    }
    ParallelMachines(machines)
}
