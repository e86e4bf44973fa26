//! Routes of a host, reverse-path filtering and forwarding.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of the routes of a host, and of what it forwards.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RoutingEvidence {
    /// No packet arrived between two hosts that reach their own gateways.
    RoutedPacketsLost {
        /// The host that sent.
        from: HostName,
        /// The host that was to receive.
        to: HostName,
        /// Packets that were sent.
        sent: usize,
    },
    /// An ICMP error says that a host or address cannot be reached.
    IcmpUnreachable {
        /// The address that sent the error.
        reported_by: IpAddr,
        /// The host or address that cannot be reached.
        target: HostName,
        /// The type of the error, in ICMP or `ICMPv6`.
        icmp_type: u8,
        /// The code of that type.
        icmp_code: u8,
    },
    /// The sender's own kernel got no reply to ARP or ND for the target.
    NeighbourUnresolved {
        /// The host whose kernel asked.
        host: HostName,
        /// The host that it asked for.
        target: HostName,
    },
    /// The sender's own kernel refused to send.
    NotSent {
        /// The host whose kernel refused.
        host: HostName,
        /// The host or address that it was for.
        target: HostName,
        /// The error of the system call (errno(3)).
        errno: i32,
    },
    /// Strict reverse-path filtering is on, and the return route uses another link (RFC 3704,
    /// section 2.2).
    StrictReversePath {
        /// The host that filters.
        host: HostName,
        /// The source address of what arrives.
        source: IpAddr,
        /// The link of the route to that address.
        return_link: IfName,
    },
    /// The kernel counted packets that its reverse-path filter dropped
    /// (`TcpExt.IPReversePathFilter` in `/proc/net/netstat`).
    ReversePathDrops {
        /// The host that filters.
        host: HostName,
        /// Packets that were dropped during the run.
        packets: u64,
    },
    /// Replies came in by another link than the one the question left by.
    RepliesOnOtherLink {
        /// The host that asked.
        from: HostName,
        /// The host that replied.
        to: HostName,
        /// The link the questions left by.
        link: IfName,
        /// Rounds that were answered.
        answered: usize,
        /// Those of them that were answered by another link.
        on_other_link: usize,
    },
    /// The route to an address uses another link than the one its packets come in by.
    ReturnRoute {
        /// The host whose routing table it is.
        host: HostName,
        /// The address that is routed.
        destination: IpAddr,
        /// The link of the route.
        link: IfName,
        /// The link by which packets from that address come in.
        arrives_on: IfName,
    },
    /// A host's default route leads to another host of the run.
    DefaultRouteVia {
        /// The host that has the route.
        client: HostName,
        /// The host that it leads to.
        gateway: HostName,
        /// Whether that host's kernel forwards.
        is_forwarding: bool,
    },
    /// The kernel of a gateway does not forward IPv4.
    ForwardingOff {
        /// The gateway, a host of the run.
        host: HostName,
    },
    /// Packets to addresses beyond a gateway were not answered.
    NoReplyBeyond {
        /// The gateway, a host of the run.
        gateway: HostName,
        /// The host that sent them through it.
        client: HostName,
        /// Packets that were sent.
        sent: usize,
        /// Whether the gateway itself answers when the TTL expires there (RFC 1812, section
        /// 5.3.1).
        reports_expiry: bool,
    },
    /// A gateway sends packets out by a radio with another host's source address.
    ForeignSourceOnRadio {
        /// The gateway, a host of the run.
        gateway: HostName,
        /// The host whose source address it is.
        client: HostName,
        /// The radio's link.
        link: IfName,
    },
    /// Two links of one host have addresses of one network.
    LinksShareNetwork {
        /// One of the links.
        one: IfName,
        /// Its address and network.
        one_prefix: Prefix,
        /// The other link.
        two: IfName,
        /// The address and network of the other link.
        two_prefix: Prefix,
    },
    /// Whether a host takes another for a neighbour, by the prefix length of its own address.
    PeerOnLink {
        /// The host whose address it is.
        host: HostName,
        /// Its address and network.
        prefix: Prefix,
        /// The other host.
        peer: HostName,
        /// Whether the other host's address is in that network.
        is_on_link: bool,
    },
}
