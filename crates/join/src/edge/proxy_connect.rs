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
