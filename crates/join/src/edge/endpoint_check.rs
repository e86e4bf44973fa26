//! A server asked without a join: whether it takes a connection, and shows a certificate.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use pontoon_predict::kubeadm::endpoint::EndpointHost;

use crate::trial::{PacketSizes, TcpOutcome, TlsOutcome};

use super::deadline::Deadline;
use super::tls_session::UnverifiedTls;

/// Connects by the kernel's way.
///
/// # Errors
///
/// How it failed.
pub fn connect(to: SocketAddr, within: Duration) -> Result<TcpStream, TcpOutcome> {
    super::connect::connect(to, None, Deadline::after(within))
}

/// Shakes hands over a connection.
///
/// # Errors
///
/// What came instead of a certificate.
pub fn tls_handshake(
    stream: TcpStream,
    to: SocketAddr,
    within: Duration,
) -> Result<(), TlsOutcome> {
    UnverifiedTls::begin(stream, &EndpointHost::Address(to.ip()), Deadline::after(within))
        .map(|_| ())
}

/// Echoes of two sizes; `None`: this host may send none.
#[must_use]
pub fn sizes(to: IpAddr, within: Duration) -> Option<PacketSizes> {
    super::packet_sizes::ask(to, None, Deadline::after(within))
}
