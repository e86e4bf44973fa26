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
/// Asked so often: a lost packet is not a dead server.
const TRIES: usize = 2;

/// Asks for the API server's name in a domain; each question waits so long.
pub(super) fn ask(server: SocketAddr, domain: &str, each: Duration) -> ConnectivityOutcome {
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

fn once(server: SocketAddr, domain: &str, within: Duration) -> io::Result<ConnectivityOutcome> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(server)?;
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

#[cfg(test)]
mod tests {
    use std::thread;

    use hickory_proto::op::MessageType;

    use super::*;

    const EACH: Duration = Duration::from_millis(500);

    /// Asks a server that does this with each question in turn; none: it is lost.
    fn asked(answers: Vec<Option<fn(Message) -> Vec<u8>>>) -> ConnectivityOutcome {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let thread = thread::spawn(move || {
            for answer in answers {
                let mut bytes = [0; 1500];
                let (count, from) = server.recv_from(&mut bytes).unwrap();
                let question = Message::from_vec(&bytes[..count]).unwrap();
                let name = question.queries[0].name().to_string();
                assert_eq!(name, "kubernetes.default.svc.cluster.local.");
                if let Some(answer) = answer {
                    server.send_to(&answer(question), from).unwrap();
                }
            }
        });
        let outcome = ask(address, "cluster.local", EACH);
        thread.join().unwrap();
        outcome
    }

    fn answer(mut question: Message, code: ResponseCode) -> Vec<u8> {
        question.metadata.message_type = MessageType::Response;
        question.metadata.response_code = code;
        question.to_vec().unwrap()
    }

    #[test]
    fn an_answer_without_error_works() {
        let works = asked(vec![Some(|question| answer(question, ResponseCode::NoError))]);
        assert!(works.works(), "{works:?}");
        let lost_once = asked(vec![None, Some(|question| answer(question, ResponseCode::NoError))]);
        assert!(lost_once.works(), "a lost packet is not a dead server: {lost_once:?}");
    }

    #[test]
    fn what_a_server_says_instead_is_told() {
        let unknown = asked(vec![Some(|question| answer(question, ResponseCode::NXDomain))]);
        let text = ResponseCode::NXDomain.to_string();
        assert_eq!(unknown, ConnectivityOutcome::Wrong(Untrusted::new(&text)));
        let noise = asked(vec![Some(|_| b"no DNS".to_vec())]);
        assert_eq!(noise, ConnectivityOutcome::Wrong(Untrusted::new("an answer that is no DNS")));
    }

    #[test]
    fn silence_and_a_closed_port_are_told_apart() {
        assert_eq!(asked(vec![None, None]), ConnectivityOutcome::Silent { ms: 500 });
        let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(ask(closed, "cluster.local", EACH), ConnectivityOutcome::Refused);
    }
}
