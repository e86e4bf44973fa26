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

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    /// What a handshake comes to with a server that says these bytes and ends, or says nothing.
    fn handshake(said: Option<&'static [u8]>, within: Duration) -> Result<(), TlsOutcome> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let (over, wait) = std::sync::mpsc::channel::<()>();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            match said {
                Some(said) => stream.write_all(said).unwrap(),
                None => drop(wait.recv()),
            }
            // What was not read would make a reset of the end.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
        let outcome = tls_handshake(connect(to, SOON).unwrap(), to, within);
        drop(over);
        server.join().unwrap();
        outcome
    }

    #[test]
    fn what_speaks_no_tls_is_told_apart() {
        let http = handshake(Some(b"HTTP/1.0 400 Bad Request\r\n\r\n"), SOON);
        assert_eq!(http, Err(TlsOutcome::Http));
        let other = handshake(Some(b"SSH-2.0-OpenSSH_9.9\r\n"), SOON);
        assert!(matches!(other, Err(TlsOutcome::Broken(_))), "{other:?}");
        let Err(TlsOutcome::Broken(why)) = handshake(Some(b""), SOON) else { panic!("it ended") };
        assert_eq!(why.raw(), "it closes the connection without a response");
    }

    #[test]
    fn a_server_that_says_nothing_is_silent() {
        let outcome = handshake(None, Duration::from_millis(200));
        assert!(matches!(outcome, Err(TlsOutcome::Silent { ms: 200.. })), "{outcome:?}");
    }

    #[test]
    fn a_port_without_a_server_is_refused() {
        let to = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(connect(to, SOON).map(drop), Err(TcpOutcome::Refused));
    }
}
