//! Tries several things at once, in the node's network or in a pod's.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use pontoon_join::edge::endpoint_check::{connect, sizes, tls_handshake};
use pontoon_join::trial::TlsOutcome;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::RunClock;

use super::{dns_probe, echo_server, pod_network};
use crate::connectivity_test::{ConnectivityOutcome, unconnected};
use crate::node_protocol::ConnectivityProbe;
use crate::probe_authorization::ProbeRefusal;
use crate::test_matrix::ECHO;

/// The kernel gives an ARP question up after three seconds, and sends a SYN again after one.
const CONNECT: Duration = Duration::from_millis(3_500);
/// For what comes over a connection that stands.
const READ: Duration = Duration::from_secs(3);
/// Where a DNS server answers (RFC 1035, section 4.2).
const DNS_PORT: u16 = 53;
/// For each DNS question.
const DNS: Duration = Duration::from_millis(1_500);
/// Most tests that run at the same time, for all requests together.
const DIALS_MAX: usize = 64;

/// Tries those that the node makes, and says how each went, in their order.
pub(super) fn run_probes(
    pod: Option<&str>,
    dials: Vec<Result<ConnectivityProbe, ProbeRefusal>>,
) -> Vec<ConnectivityOutcome> {
    let running: Vec<_> = dials
        .into_iter()
        .take(DIALS_MAX)
        .map(|dial| {
            let pod = pod.map(ToOwned::to_owned);
            thread::spawn(move || {
                let untried = |why: &dyn fmt::Display| {
                    ConnectivityOutcome::Untried(Untrusted::new(&why.to_string()))
                };
                let dial = match dial {
                    Ok(dial) => dial,
                    Err(refusal) => return untried(&refusal),
                };
                match pod.map(|pod| pod_network::enter(&pod)) {
                    Some(Err(why)) => untried(&why),
                    _ => one(&dial),
                }
            })
        })
        .collect();
    let untried = || ConnectivityOutcome::Untried(Untrusted::new("it broke off"));
    running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| untried())).collect()
}

fn one(dial: &ConnectivityProbe) -> ConnectivityOutcome {
    let clock = RunClock::start();
    let outcome = match dial {
        ConnectivityProbe::Tls(to) => tls(*to),
        ConnectivityProbe::Tcp(to) => match connect(*to, CONNECT) {
            Ok(_) => ConnectivityOutcome::Works { ms: 0 },
            Err(tcp) => unconnected(tcp),
        },
        ConnectivityProbe::Echo(to, bytes) => {
            echo_server::ask((*to, ECHO).into(), *bytes, CONNECT, READ)
        }
        ConnectivityProbe::Dns(server, domain) => {
            dns_probe::ask((*server, DNS_PORT).into(), domain, DNS)
        }
        ConnectivityProbe::Sizes(to) => large(*to),
    };
    match outcome {
        ConnectivityOutcome::Works { .. } => ConnectivityOutcome::Works { ms: clock.now().0 },
        other => other,
    }
}

fn tls(to: SocketAddr) -> ConnectivityOutcome {
    let stream = match connect(to, CONNECT) {
        Ok(stream) => stream,
        Err(tcp) => return unconnected(tcp),
    };
    match tls_handshake(stream, to, READ) {
        Ok(()) | Err(TlsOutcome::Chain { .. }) => ConnectivityOutcome::Works { ms: 0 },
        Err(TlsOutcome::Silent { .. }) => ConnectivityOutcome::Stalls { bytes: 0 },
        Err(TlsOutcome::Http) => ConnectivityOutcome::Wrong(Untrusted::new("plain HTTP")),
        Err(TlsOutcome::Broken(why)) => ConnectivityOutcome::Wrong(why),
    }
}

fn large(to: IpAddr) -> ConnectivityOutcome {
    match sizes(to, CONNECT) {
        None => ConnectivityOutcome::Untried(Untrusted::new("this host may send no echo")),
        Some(sizes) if sizes.large => ConnectivityOutcome::Works { ms: 0 },
        Some(sizes) if sizes.small => ConnectivityOutcome::LargeLost { mtu: sizes.mtu },
        // Hosts need not answer an echo.
        Some(_) => ConnectivityOutcome::Untried(Untrusted::new("no echo is answered")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn outcomes_are_in_the_order_of_the_probes() {
        let (_open, open) = listener();
        let closed = listener().1;
        let probes = [closed, open, closed].map(ConnectivityProbe::Tcp).map(Ok);
        let outcomes = run_probes(None, probes.into());
        assert_eq!(outcomes[0], ConnectivityOutcome::Refused);
        assert!(outcomes[1].works(), "{outcomes:?}");
        assert_eq!(outcomes[2], ConnectivityOutcome::Refused);
    }

    #[test]
    fn what_speaks_no_tls_is_no_api_server() {
        let (listener, address) = listener();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").unwrap();
            // It is kept until the client has read.
            stream
        });
        let outcomes = run_probes(None, vec![Ok(ConnectivityProbe::Tls(address))]);
        assert_eq!(outcomes, [ConnectivityOutcome::Wrong(Untrusted::new("plain HTTP"))]);
        drop(server.join().unwrap());
    }

    #[test]
    fn from_a_pod_that_is_not_here_nothing_is_tried() {
        let probes = vec![Ok(ConnectivityProbe::Tcp(listener().1))];
        let outcomes = run_probes(Some("no-such-pod"), probes);
        let [ConnectivityOutcome::Untried(why)] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert!(why.raw().contains("no process of the pod"), "{why}");
    }

    #[test]
    fn a_probe_that_the_node_refuses_is_untried_with_its_reason() {
        let outcomes = run_probes(None, vec![Err(ProbeRefusal::Port)]);
        let why = Untrusted::new(&ProbeRefusal::Port.to_string());
        assert_eq!(outcomes, [ConnectivityOutcome::Untried(why)]);
    }

    #[test]
    fn more_than_a_limit_is_not_tried() {
        let closed = ConnectivityProbe::Tcp(listener().1);
        assert_eq!(run_probes(None, vec![Ok(closed); DIALS_MAX + 5]).len(), DIALS_MAX);
    }
}
