//! How far a rehearsed join came on the way to the API server: name, route, connection, proxy,
//! TLS.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// A server as a join names it; an IPv6 address stands without brackets.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ServerEndpoint {
    /// Its name or address.
    pub host: HostName,
    /// Its TCP port.
    pub port: u16,
}

/// What was observed between the joining host and the API server that it is told to ask.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum JoinEvidence {
    /// The server's name has addresses.
    NameResolved {
        /// The name that was looked up.
        name: HostName,
        /// Its addresses, in the resolver's order.
        addresses: Vec<IpAddr>,
    },
    /// A name server answered that the name does not exist.
    NameUnknown {
        /// The name that was looked up.
        name: HostName,
    },
    /// No name server answered within the time of a lookup.
    NameServersSilent {
        /// The name that was looked up.
        name: HostName,
    },
    /// The kernel has a route, and would send from this address.
    RouteChosen {
        /// The source address that the kernel takes.
        source: IpAddr,
        /// The link that has it, where it could be told.
        link: Option<IfName>,
    },
    /// The kernel has no route to the address.
    NoRoute {
        /// The address of the server, or of the proxy.
        address: IpAddr,
    },
    /// ARP or neighbour discovery got no reply for an address of the link's own network.
    NoNeighbour {
        /// The address that nobody on the link has.
        address: IpAddr,
        /// The source address of the attempt.
        source: Option<IpAddr>,
        /// The link of the attempt.
        link: Option<IfName>,
    },
    /// The TCP connection was accepted.
    ConnectionAccepted {
        /// The server, or the proxy.
        server: ServerEndpoint,
    },
    /// The TCP connection was refused: a reset.
    ConnectionRefused {
        /// The server, or the proxy.
        server: ServerEndpoint,
    },
    /// The neighbour is there, and an ICMP message says that the connection is not possible.
    ConnectionUnreachable {
        /// The address of the server, or of the proxy.
        address: IpAddr,
    },
    /// Nothing came back to the first packets of a TCP connection.
    ConnectionTimeout {
        /// The server, or the proxy.
        server: ServerEndpoint,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
        /// The source address of the attempt.
        source: Option<IpAddr>,
        /// The link of the attempt.
        link: Option<IfName>,
    },
    /// The kernel ended the attempt to connect with another error.
    ConnectionFailed {
        /// The server, or the proxy.
        server: ServerEndpoint,
        /// The number of the error.
        errno: i32,
    },
    /// The server proved that it holds the key of a certificate; nobody vouches for it yet.
    CertificateShown {
        /// Who issued it, as it says itself.
        issuer: Untrusted,
    },
    /// The server answered a TLS greeting with HTTP.
    PlainHttp {
        /// The server that was asked.
        server: ServerEndpoint,
    },
    /// The server answered a TLS greeting with something else, or broke off.
    NotTls {
        /// The server that was asked.
        server: ServerEndpoint,
        /// What the TLS library makes of the answer.
        reason: Untrusted,
    },
    /// The server accepted the connection, and sent nothing of TLS.
    TlsTimeout {
        /// The server that was asked.
        server: ServerEndpoint,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// The connection was closed before the first byte of TLS.
    ClosedBeforeTls {
        /// The server that was asked.
        server: ServerEndpoint,
    },
    /// Small packets that may not be fragmented are answered; whether large ones are.
    LargePackets {
        /// Their size: the MTU of the link, in bytes.
        mtu: u32,
        /// Whether one of that size was answered.
        is_answered: bool,
    },
    /// Whether large packets pass could not be tested.
    PacketSizesUntested {
        /// A proxy stands between, where packets of a given size say nothing; otherwise the
        /// server answers no ping.
        is_behind_proxy: bool,
    },
    /// The environment names a proxy, and does not exempt the server from it.
    ProxyApplies {
        /// The URL in `HTTPS_PROXY`, without a password.
        proxy: Untrusted,
        /// The server that `NO_PROXY` does not name.
        server: HostName,
    },
    /// The proxy connects to the server.
    ProxyConnects {
        /// The URL in `HTTPS_PROXY`, without a password.
        proxy: Untrusted,
        /// The server behind it.
        server: ServerEndpoint,
    },
    /// The proxy answered CONNECT with another status than 200.
    ProxyRefused {
        /// The status of its answer.
        status: u16,
        /// The words after the status; may be empty.
        reason: Untrusted,
    },
    /// The proxy did not answer CONNECT.
    ProxyTimeout {
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// The proxy's answer is not HTTP.
    ProxyMalformed {
        /// What is wrong with the answer.
        reason: Untrusted,
    },
    /// The connection to the proxy was closed before an answer.
    ProxyClosed,
    /// kubeadm would ask a proxy of a kind that is not spoken here; the server was asked directly.
    ProxyUntested {
        /// The URL in `HTTPS_PROXY`, without a password.
        proxy: Untrusted,
        /// The server that `NO_PROXY` does not name.
        server: HostName,
    },
    /// The same join was tried by each link without the proxy.
    WithoutProxy {
        /// The server that was asked directly.
        server: HostName,
        /// The first link by which nothing prevents the join; none: it fails by all of them.
        link: Option<IfName>,
    },
}
