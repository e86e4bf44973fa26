//! One DNS question to the cluster's own server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use pontoon_model::untrusted::Untrusted;

use crate::connectivity_test::ConnectivityOutcome;

/// Every cluster has it.
const NAME: &str = "kubernetes.default.svc";
const PORT: u16 = 53;
/// Asked so often: a lost packet is not a dead server.
const TRIES: usize = 2;

/// Asks for the API server's name in a domain.
pub(super) fn ask(server: IpAddr, domain: &str, each: Duration) -> ConnectivityOutcome {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            ConnectivityOutcome::Silent { ms: u64::try_from(each.as_millis()).unwrap_or(u64::MAX) }
        }
        io::ErrorKind::ConnectionRefused => ConnectivityOutcome::Refused,
        io::ErrorKind::NetworkUnreachable => ConnectivityOutcome::NoRoute,
        // A packet filter's REJECT of what is sent is told to the sender so.
        io::ErrorKind::HostUnreachable | io::ErrorKind::PermissionDenied => {
            ConnectivityOutcome::Prohibited
        }
        _ => ConnectivityOutcome::Wrong(Untrusted::new(&error.to_string())),
    };
    let mut last = ConnectivityOutcome::Silent { ms: 0 };
    for _ in 0..TRIES {
        match once(server, domain, each) {
            Ok(outcome) => return outcome,
            Err(error) => last = failed(error),
        }
    }
    last
}

fn once(server: IpAddr, domain: &str, within: Duration) -> io::Result<ConnectivityOutcome> {
    let any: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect((server, PORT))?;
    socket.set_read_timeout(Some(within))?;
    let name = Name::from_ascii(format!("{NAME}.{domain}.")).map_err(io::Error::other)?;
    let mut question = Message::query();
    question.add_query(Query::query(name, RecordType::A));
    question.metadata.recursion_desired = true;
    socket.send(&question.to_vec().map_err(io::Error::other)?)?;
    let mut bytes = [0; 1500];
    let count = socket.recv(&mut bytes)?;
    Ok(match Message::from_vec(&bytes[..count]) {
        Ok(answer) if answer.metadata.response_code == ResponseCode::NoError => {
            ConnectivityOutcome::Works { ms: 0 }
        }
        Ok(answer) => {
            ConnectivityOutcome::Wrong(Untrusted::new(&answer.metadata.response_code.to_string()))
        }
        Err(_) => ConnectivityOutcome::Wrong(Untrusted::new("an answer that is no DNS")),
    })
}
