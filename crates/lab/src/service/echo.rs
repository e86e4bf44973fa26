//! Sends back what comes, and nothing more: no amplifier.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Ports of time, QUIC, STUN, `IPsec` and `WireGuard`, and one of no meaning. Not 53: an address of
/// ours that answers no DNS is needed to see interception.
pub(super) const UDP_PORTS: [u16; 6] = [123, 443, 3478, 4500, 51820, 7007];
/// Ports of ssh, the web and the Kubernetes API.
pub(super) const TCP_PORTS: [u16; 3] = [22, 443, 6443];

/// As much as a connection may have echoed.
const MAX_STREAM: u64 = 16 * 1024 * 1024;

/// The answer to a datagram. Ports of servers get none: two echo servers set on each other by a
/// forged source would never stop.
pub(super) fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let may_be_client = from.port() >= 1024 && !UDP_PORTS.contains(&from.port());
    may_be_client.then(|| datagram.to_vec())
}

pub(super) fn converse(stream: &mut TcpStream) -> io::Result<()> {
    let mut reader = stream.try_clone()?.take(MAX_STREAM);
    io::copy(&mut reader, stream)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_as_long_as_the_call_and_servers_are_not_answered() {
        let from = |port| SocketAddr::from(([192, 0, 2, 1], port));
        assert_eq!(answer(b"abc", from(40_000)).unwrap(), b"abc");
        for port in [7, 53, 123, 443, 3478, 7007] {
            assert_eq!(answer(b"abc", from(port)), None, "{port}");
        }
    }
}
