//! A server asked without a join: whether it takes a connection, and shows a certificate.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use pontoon_predict::kubeadm::endpoint::Host;

use crate::trial::{Sizes, Tcp, Tls};

use super::session::Session;
use super::wait::Deadline;

/// Connects by the kernel's way.
///
/// # Errors
///
/// How it failed.
pub fn connect(to: SocketAddr, within: Duration) -> Result<TcpStream, Tcp> {
    super::reach::connect(to, None, Deadline::after(within))
}

/// Shakes hands over a connection.
///
/// # Errors
///
/// What came instead of a certificate.
pub fn greet(stream: TcpStream, to: SocketAddr, within: Duration) -> Result<(), Tls> {
    Session::begin(stream, &Host::Address(to.ip()), Deadline::after(within)).map(|_| ())
}

/// Echoes of two sizes; `None`: this host may send none.
#[must_use]
pub fn sizes(to: IpAddr, within: Duration) -> Option<Sizes> {
    super::sizes::ask(to, None, Deadline::after(within))
}
