//! Asks a proxy for a way to a server.

use std::env;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use nix::poll::PollFlags;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;
use zeroize::Zeroizing;

use crate::proxy::{ConnectReply, answer, connect, credentials};

use super::deadline::Deadline;

/// Asks the proxy at this place, over a connection to it that stands.
pub(super) fn ask(
    stream: &mut TcpStream,
    proxy: &HostPort,
    server: &HostPort,
    deadline: Deadline,
) -> ConnectReply {
    // User and password are no facts: they are read here, go to the proxy, and stand nowhere else.
    let value = |name| env::var(name).ok().filter(|url| !url.is_empty());
    let url = value("HTTPS_PROXY").or_else(|| value("https_proxy")).map(Zeroizing::new);
    let said = url.and_then(|url| credentials(&url, proxy));
    let question = connect(server, said.as_ref().map(|said| said.as_str()));
    let bad = |why: &dyn std::fmt::Display| ConnectReply::Bad(Untrusted::new(&why.to_string()));
    // Some hundred bytes, on a new connection: they fit.
    if let Err(error) = stream.write_all(question.as_bytes()) {
        return bad(&error);
    }
    let mut came = Vec::new();
    loop {
        if !deadline.wait(stream, PollFlags::POLLIN) {
            return ConnectReply::Silent { ms: deadline.spent_ms() };
        }
        let mut bytes = [0; 4096];
        match stream.read(&mut bytes) {
            Ok(0) => return bad(&"it closes the connection"),
            Ok(count) => came.extend_from_slice(&bytes[..count]),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return bad(&error),
        }
        if let Some(tunnel) = answer(&came) {
            return tunnel;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// What a proxy says that answers with these bytes and ends, or nothing at all.
    fn asked(said: Option<&'static [u8]>) -> ConnectReply {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let (over, wait) = std::sync::mpsc::channel::<()>();
        let proxy = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 4096];
            let count = stream.read(&mut question).unwrap();
            match said {
                Some(said) => stream.write_all(said).unwrap(),
                None => drop(wait.recv()),
            }
            String::from_utf8_lossy(&question[..count]).into_owned()
        });
        let at = HostPort::try_from(to.to_string()).unwrap();
        let server = HostPort::try_from("10.0.0.1:6443".to_owned()).unwrap();
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_nonblocking(true).unwrap();
        let within = Duration::from_millis(if said.is_some() { 5_000 } else { 100 });
        let reply = ask(&mut stream, &at, &server, Deadline::after(within));
        drop(over);
        let question = proxy.join().unwrap();
        assert!(question.starts_with("CONNECT 10.0.0.1:6443 HTTP/1.1\r\n"), "{question}");
        reply
    }

    #[test]
    fn a_proxy_opens_a_tunnel_or_says_why_not() {
        let open = asked(Some(b"HTTP/1.1 200 Connection established\r\n\r\n"));
        assert_eq!(open, ConnectReply::Open);
        let denied = asked(Some(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
        assert!(!matches!(denied, ConnectReply::Open | ConnectReply::Silent { .. }), "{denied:?}");
    }

    #[test]
    fn a_proxy_may_end_or_say_nothing() {
        assert!(matches!(asked(Some(b"")), ConnectReply::Bad(_)));
        assert!(matches!(asked(Some(b"HTTP/1.1 20")), ConnectReply::Bad(_)));
        assert!(matches!(asked(None), ConnectReply::Silent { ms: 100.. }));
    }
}
