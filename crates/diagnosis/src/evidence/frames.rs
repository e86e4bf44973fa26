//! Frames and packets between hosts of the run.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of frames and packets between two hosts of the run.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FrameEvidence {
    /// Rounds of one direction of which something arrived.
    RoundsArrived {
        /// The host that sent.
        from: HostName,
        /// The host that was to receive.
        to: HostName,
        /// Rounds of which something was sent.
        sent: usize,
        /// Rounds of which something arrived.
        arrived: usize,
    },
    /// Nothing of one direction arrived, and its receiver was listening.
    NoRoundArrived {
        /// The host that sent.
        from: HostName,
        /// The host that was to receive.
        to: HostName,
        /// Rounds of which something was sent.
        sent: usize,
        /// What was sent in each round.
        probes: RoundProbes,
        /// Rounds in which the links of both hosts are known to have worked, or nothing was there
        /// to know it by.
        with_working_links: usize,
    },
    /// What else the two hosts reached in the same rounds, which shows that their links worked.
    ReachedMeanwhile {
        /// One entry for each of the two hosts.
        ends: Vec<EndControl>,
    },
    /// Broadcast and multicast frames arrived where frames for one host did not.
    OnlyUnicastDropped,
    /// A packet that was sent in a frame to the gateway's MAC address arrived.
    RelayedByGateway,
    /// Packets that the kernels routed arrived, from the gateway's MAC address.
    ArrivedFromGateway,
    /// ARP for a host was answered by something else.
    ProxyArp {
        /// The host whose address was asked for.
        target: HostName,
        /// The MAC address in the reply.
        mac: Mac,
        /// What must have replied.
        by: ArpProxy,
    },
    /// ARP for a host without an agent was answered, which something else may have done.
    ArpReply {
        /// The host whose address was asked for.
        target: HostName,
        /// The MAC address in the reply.
        mac: Mac,
    },
    /// Whether replies arrive in the direction in which nothing else does.
    Replies {
        /// The host that replied.
        from: HostName,
        /// The host that had asked.
        to: HostName,
        /// Whether any reply arrived.
        arrived: bool,
    },
    /// Frames to one MAC address arrived.
    UnicastRounds {
        /// Rounds by sender, one entry a direction.
        by_sender: Vec<SenderRounds>,
    },
    /// No broadcast frame, multicast frame or ARP request arrived.
    NoGroupFrameArrived {
        /// Frames by sender, one entry a direction.
        by_sender: Vec<SenderRounds>,
    },
    /// ARP was answered, or the two hosts had each other's MAC address before.
    ArpResolves,
    /// No ARP request was answered.
    ArpUnresolved,
    /// A host without an agent answered nothing.
    PeerSilent {
        /// ARP requests and neighbour solicitations that were sent.
        arp_requests: usize,
        /// ICMP echo requests that were sent.
        pings: usize,
        /// TCP connections that were tried.
        tcp_connections: usize,
    },
    /// UDP frames reached a link of the receiver, where they were seen before any packet filter.
    UdpReachedLink {
        /// The host that sent.
        from: HostName,
        /// The host that received.
        to: HostName,
        /// The receiver's link.
        link: IfName,
        /// Rounds of which a frame was sent.
        sent: usize,
        /// Rounds of which a frame arrived.
        arrived: usize,
    },
    /// The receiver answered none of these frames, although its own frames arrive at the sender.
    NoneAnswered {
        /// The host that received and did not answer.
        by: HostName,
    },
    /// Rounds that reached a link of the receiver and were not answered.
    ArrivedUnanswered {
        /// The host that sent.
        from: HostName,
        /// The host that received.
        to: HostName,
        /// The receiver's link.
        link: IfName,
        /// Rounds that arrived.
        arrived: usize,
    },
    /// Pings arrived, and none was answered.
    PingsUnanswered {
        /// The host that sent.
        from: HostName,
        /// Pings that arrived.
        arrived: usize,
    },
    /// UDP probes of the same direction were answered.
    UdpAnswered {
        /// Probes that were answered.
        answered: usize,
    },
    /// Another link of the host works in both directions.
    LinkWorks {
        /// That link.
        link: IfName,
        /// The host's address on it.
        address: IpAddr,
    },
    /// Frames pass between two hosts, so that their links are in one network.
    OneNetwork {
        /// One of the hosts.
        a: HostName,
        /// The other host.
        b: HostName,
    },
}

/// What was sent in each round of a direction.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundProbes {
    /// UDP or ICMP echo in frames to the receiver's MAC address.
    Unicast,
    /// UDP and ICMP echo in frames to the receiver's MAC address.
    UnicastUdpAndPing,
    /// ARP requests and broadcast: the receiver's MAC address was not known.
    ArpAndBroadcast,
    /// UDP that the sender's kernel routed: it may not send frames of its own.
    RoutedUdp,
}

/// What must have answered ARP for another host.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArpProxy {
    /// The access point: the MAC address is right, and no request reached the host.
    AccessPoint,
    /// The gateway: the MAC address is its own.
    Gateway,
}

/// What one host reached while it did not reach another.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct EndControl {
    /// The host of which this is said.
    pub host: HostName,
    /// What it reached on that link.
    #[serde(flatten)]
    pub reached: ControlTarget,
}

/// What a host reached on the link in question.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "reached", rename_all = "kebab-case")]
pub enum ControlTarget {
    /// Its gateway answered.
    Gateway {
        /// Rounds in which it did.
        rounds: usize,
    },
    /// Another host was heard.
    OtherHost {
        /// Rounds in which it was.
        rounds: usize,
    },
    /// There is neither a gateway nor another host.
    Nothing,
}

/// What one host sent, and how much of it arrived.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct SenderRounds {
    /// The host that sent.
    pub from: HostName,
    /// Rounds or frames that were sent.
    pub sent: usize,
    /// Those of them that arrived.
    pub arrived: usize,
}
