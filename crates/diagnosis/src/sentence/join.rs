//! Sentences about the way of a rehearsed join to the API server.

use std::fmt;
use std::net::IpAddr;

use pontoon_model::net::IfName;

use super::words::{CommaList, Seconds};
use crate::evidence::{JoinEvidence, ServerEndpoint};

impl fmt::Display for JoinEvidence {
    #[expect(clippy::too_many_lines, reason = "one line of text for each kind of observation")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameResolved { name, addresses } => {
                write!(f, "{name} resolves to {}", CommaList(addresses))
            }
            Self::NameUnknown { name } => write!(f, "the name {name} does not exist"),
            Self::NameServersSilent { name } => {
                write!(f, "no response from any name server for {name}")
            }
            Self::RouteChosen { source, link } => {
                write!(f, "from {source}")?;
                link.iter().try_for_each(|link| write!(f, " on {link}"))
            }
            Self::NoRoute { address } => write!(f, "this host has no route to {address}"),
            Self::NoNeighbour { address, source, link } => {
                let reply = if address.is_ipv4() { "ARP reply" } else { "neighbour advertisement" };
                write!(f, "no {reply} for {address}{}", Attempt(*source, link.as_ref()))
            }
            Self::ConnectionAccepted { server } => write!(f, "{server} accepts connections"),
            Self::ConnectionRefused { server } => write!(f, "{server} refuses connections"),
            Self::ConnectionUnreachable { address } => {
                write!(f, "{address} is up, but the connection is rejected as unreachable (ICMP)")
            }
            Self::ConnectionTimeout { server, waited_ms, source, link } => {
                let attempt = Attempt(*source, link.as_ref());
                write!(f, "no response from {server} within {}{attempt}", Seconds(*waited_ms))
            }
            Self::ConnectionFailed { server, errno } => {
                write!(f, "the connection to {server} fails (errno {errno})")
            }
            Self::CertificateShown { issuer } => write!(f, "certificate issued by {issuer}"),
            Self::PlainHttp { server } => write!(f, "{server} speaks plain HTTP"),
            Self::NotTls { server, reason } => write!(f, "{server} does not speak TLS: {reason}"),
            Self::TlsTimeout { server, waited_ms } => write!(
                f,
                "{server} accepts connections, but sends no TLS within {}",
                Seconds(*waited_ms)
            ),
            Self::ClosedBeforeTls { server } => {
                write!(f, "the connection to {server} was closed before TLS began")
            }
            Self::LargePackets { mtu, is_answered: false } => {
                write!(f, "small packets are answered, packets of {mtu} bytes are dropped silently")
            }
            Self::LargePackets { mtu, is_answered: true } => {
                write!(f, "packets of {mtu} bytes are answered, so the server itself is silent")
            }
            Self::PacketSizesUntested { is_behind_proxy: true } => {
                f.write_str("packet sizes cannot be tested through a proxy")
            }
            Self::PacketSizesUntested { is_behind_proxy: false } => {
                f.write_str("the server answers no ping, so packet sizes cannot be tested")
            }
            Self::ProxyApplies { proxy, server } => write!(
                f,
                "HTTPS_PROXY is set and NO_PROXY does not name {server}: kubeadm asks {proxy}"
            ),
            Self::ProxyConnects { proxy, server } => write!(
                f,
                "HTTPS_PROXY: {proxy} connects to {server}; NO_PROXY should name {}",
                server.host
            ),
            Self::ProxyRefused { status, reason } if reason.raw().is_empty() => {
                write!(f, "the proxy answers {status}")
            }
            Self::ProxyRefused { status, reason } => {
                write!(f, "the proxy answers {status} {reason}")
            }
            Self::ProxyTimeout { waited_ms } => {
                write!(f, "no response from the proxy within {}", Seconds(*waited_ms))
            }
            Self::ProxyMalformed { reason } => {
                write!(f, "the proxy's answer cannot be read: {reason}")
            }
            Self::ProxyClosed => f.write_str("the proxy closed the connection without an answer"),
            Self::ProxyUntested { proxy, server } => write!(
                f,
                "HTTPS_PROXY: kubeadm asks {proxy}, a kind of proxy that pontoon does not speak \
                 to; {server} was asked directly, and NO_PROXY should name it"
            ),
            Self::WithoutProxy { server, link: Some(link) } => write!(
                f,
                "asked on {link} without the proxy, {server} answers, and nothing prevents the join"
            ),
            Self::WithoutProxy { server, link: None } => {
                write!(f, "asked on each link without the proxy, {server} does not accept the join")
            }
        }
    }
}

/// `HOST:PORT`, IPv6 in brackets, as Go prints it.
impl fmt::Display for ServerEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.as_str().contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Where an attempt was made from, in brackets; nothing where it is not known.
struct Attempt<'a>(Option<IpAddr>, Option<&'a IfName>);

impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(source), Some(link)) => write!(f, " (from {source} on {link})"),
            (Some(source), None) => write!(f, " (from {source})"),
            (None, Some(link)) => write!(f, " (on {link})"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::host::HostName;
    use pontoon_model::untrusted::Untrusted;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_on_the_way_has_its_sentence() {
        let name = HostName::lossy("api");
        let server = ServerEndpoint { host: HostName::lossy("10.0.0.1"), port: 6443 };
        let six = ServerEndpoint { host: HostName::lossy("fd00::1"), port: 6443 };
        let address: IpAddr = [10, 0, 0, 1].into();
        let source = Some(IpAddr::from([10, 0, 0, 2]));
        let link: Option<IfName> = "eth0".parse().ok();
        let text = |text: &str| Untrusted::new(text);
        let proxy = text("http://proxy:3128");
        let table = [
            (
                JoinEvidence::NameResolved { name: name.clone(), addresses: vec![address] },
                "api resolves to 10.0.0.1",
            ),
            (JoinEvidence::NameUnknown { name: name.clone() }, "the name api does not exist"),
            (
                JoinEvidence::NameServersSilent { name: name.clone() },
                "no response from any name server for api",
            ),
            (
                JoinEvidence::RouteChosen { source: address, link: link.clone() },
                "from 10.0.0.1 on eth0",
            ),
            (JoinEvidence::NoRoute { address }, "this host has no route to 10.0.0.1"),
            (
                JoinEvidence::NoNeighbour { address, source, link: link.clone() },
                "no ARP reply for 10.0.0.1 (from 10.0.0.2 on eth0)",
            ),
            (
                JoinEvidence::ConnectionAccepted { server: server.clone() },
                "10.0.0.1:6443 accepts connections",
            ),
            (JoinEvidence::ConnectionRefused { server: six }, "[fd00::1]:6443 refuses connections"),
            (
                JoinEvidence::ConnectionUnreachable { address },
                "10.0.0.1 is up, but the connection is rejected as unreachable (ICMP)",
            ),
            (
                JoinEvidence::ConnectionTimeout {
                    server: server.clone(),
                    waited_ms: 2_500,
                    source: None,
                    link: link.clone(),
                },
                "no response from 10.0.0.1:6443 within 2.5 s (on eth0)",
            ),
            (
                JoinEvidence::ConnectionFailed { server: server.clone(), errno: 5 },
                "the connection to 10.0.0.1:6443 fails (errno 5)",
            ),
            (
                JoinEvidence::CertificateShown { issuer: text("CN=kubernetes") },
                "certificate issued by CN=kubernetes",
            ),
            (JoinEvidence::PlainHttp { server: server.clone() }, "10.0.0.1:6443 speaks plain HTTP"),
            (
                JoinEvidence::NotTls { server: server.clone(), reason: text("a\u{1b}") },
                "10.0.0.1:6443 does not speak TLS: a\\u{1b}",
            ),
            (
                JoinEvidence::TlsTimeout { server: server.clone(), waited_ms: 3_000 },
                "10.0.0.1:6443 accepts connections, but sends no TLS within 3 s",
            ),
            (
                JoinEvidence::ClosedBeforeTls { server: server.clone() },
                "the connection to 10.0.0.1:6443 was closed before TLS began",
            ),
            (
                JoinEvidence::LargePackets { mtu: 1500, is_answered: false },
                "small packets are answered, packets of 1500 bytes are dropped silently",
            ),
            (
                JoinEvidence::LargePackets { mtu: 1500, is_answered: true },
                "packets of 1500 bytes are answered, so the server itself is silent",
            ),
            (
                JoinEvidence::PacketSizesUntested { is_behind_proxy: true },
                "packet sizes cannot be tested through a proxy",
            ),
            (
                JoinEvidence::PacketSizesUntested { is_behind_proxy: false },
                "the server answers no ping, so packet sizes cannot be tested",
            ),
            (
                JoinEvidence::ProxyApplies { proxy: proxy.clone(), server: name.clone() },
                "HTTPS_PROXY is set and NO_PROXY does not name api: kubeadm asks http://proxy:3128",
            ),
            (
                JoinEvidence::ProxyConnects { proxy: proxy.clone(), server },
                "HTTPS_PROXY: http://proxy:3128 connects to 10.0.0.1:6443; NO_PROXY should name \
                 10.0.0.1",
            ),
            (
                JoinEvidence::ProxyRefused { status: 403, reason: text("Forbidden") },
                "the proxy answers 403 Forbidden",
            ),
            (JoinEvidence::ProxyRefused { status: 407, reason: text("") }, "the proxy answers 407"),
            (
                JoinEvidence::ProxyTimeout { waited_ms: 3_000 },
                "no response from the proxy within 3 s",
            ),
            (
                JoinEvidence::ProxyMalformed { reason: text("the answer is no HTTP") },
                "the proxy's answer cannot be read: the answer is no HTTP",
            ),
            (JoinEvidence::ProxyClosed, "the proxy closed the connection without an answer"),
            (
                JoinEvidence::ProxyUntested { proxy, server: name.clone() },
                "HTTPS_PROXY: kubeadm asks http://proxy:3128, a kind of proxy that pontoon does \
                 not speak to; api was asked directly, and NO_PROXY should name it",
            ),
            (
                JoinEvidence::WithoutProxy { server: name.clone(), link },
                "asked on eth0 without the proxy, api answers, and nothing prevents the join",
            ),
            (
                JoinEvidence::WithoutProxy { server: name, link: None },
                "asked on each link without the proxy, api does not accept the join",
            ),
        ];
        for (evidence, sentence) in table {
            assert_eq!(evidence.to_string(), sentence);
        }
    }
}
