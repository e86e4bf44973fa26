//! Questions that take several packets: state machines without a socket or a clock.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::IfName;
use pontoon_model::observation::Observation;

/// A question that takes several packets to answer.
///
/// A machine never sends, waits or reads a clock: it returns what should happen next, and the
/// [flows](crate::flows) do it. The contract: after one [`ProbeMachine::receive`] (or at a
/// deadline), poll until it asks to wait or is done.
pub trait ProbeMachine {
    /// Returns what to do at `now`. Do it and poll again, until [`MachinePoll::Done`].
    fn poll(&mut self, now: RunInstant) -> MachinePoll;

    /// Takes what came in at `now`; events of flows that are not its own are ignored.
    fn receive(&mut self, now: RunInstant, event: &FlowEvent);
}

/// Milliseconds since the run began, by the monotonic clock of this host.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct RunInstant(pub u64);

impl RunInstant {
    /// This many milliseconds later.
    #[must_use]
    pub const fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// As an observation records it.
    #[must_use]
    pub fn at_ms(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

/// What a machine wants next. There is always something, so a machine cannot hang.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MachinePoll {
    /// Do this now.
    Do(FlowAction),
    /// Wait for an event, but no longer than this.
    WaitUntil(RunInstant),
    /// Nothing more: everything found has been reported, its flows may be closed.
    Done,
}

/// One socket of a machine with a fresh source port or ICMP id, so that a stateful packet filter
/// cannot take it for an earlier flow. Numbers are the machine's own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FlowId(pub u16);

/// Something to be done for a machine.
///
/// An action that sends may have to wait for room in the budget. The machine is not polled until
/// then, and gets [`FlowEvent::Left`] afterwards.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FlowAction {
    /// Send a UDP datagram as any program would. The first on a flow opens its socket.
    SendUdp {
        /// The flow that this concerns.
        flow: FlowId,
        /// Link, TTL and fragmentation.
        way: SendOptions,
        /// Address and port that it goes to.
        to: SocketAddr,
        /// Bytes behind the UDP header.
        payload: Vec<u8>,
    },
    /// Send an ICMP echo request (ping socket, or raw where ping sockets are not allowed).
    SendEcho {
        /// The flow that this concerns.
        flow: FlowId,
        /// Link, TTL and fragmentation.
        way: SendOptions,
        /// Address that it goes to.
        to: IpAddr,
        /// Its sequence number.
        sequence: u16,
        /// Bytes behind the ICMP header.
        payload: Vec<u8>,
    },
    /// Open a TCP connection.
    Connect {
        /// The flow that this concerns.
        flow: FlowId,
        /// Link, TTL and fragmentation.
        way: SendOptions,
        /// Address and port that it goes to.
        to: SocketAddr,
    },
    /// Write to an open connection.
    Write {
        /// The flow that this concerns.
        flow: FlowId,
        /// Bytes of the stream, in order.
        bytes: Vec<u8>,
    },
    /// Close a flow and its socket.
    Close {
        /// The flow that this concerns.
        flow: FlowId,
    },
    /// Put an observation on record.
    Report(Box<Observation>),
}

impl FlowAction {
    /// The flow on which it sends; none: it only reports.
    pub(crate) const fn flow(&self) -> Option<FlowId> {
        match self {
            Self::SendUdp { flow, .. }
            | Self::SendEcho { flow, .. }
            | Self::Connect { flow, .. }
            | Self::Write { flow, .. }
            | Self::Close { flow } => Some(*flow),
            Self::Report(_) => None,
        }
    }
}

/// How a packet leaves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SendOptions {
    /// Only by this link (`SO_BINDTODEVICE`); otherwise as routed.
    pub link: Option<IfName>,
    /// TTL or hop limit other than the kernel's.
    pub ttl: Option<u8>,
    /// May not be fragmented, whatever the kernel's path MTU cache holds (`IP_PMTUDISC_PROBE`).
    pub is_whole: bool,
}

/// Something that happened on a flow of a machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FlowEvent {
    /// A UDP datagram came.
    Datagram {
        /// The flow that this concerns.
        flow: FlowId,
        /// Address and port that it came from.
        from: SocketAddr,
        /// By which link (`IP_PKTINFO`).
        link: Option<IfName>,
        /// TTL or hop limit on arrival.
        ttl: Option<u8>,
        /// Bytes behind the UDP header.
        payload: Vec<u8>,
    },
    /// An ICMP echo reply came.
    EchoReply {
        /// The flow that this concerns.
        flow: FlowId,
        /// Address that it came from.
        from: IpAddr,
        /// By which link (`IP_PKTINFO`).
        link: Option<IfName>,
        /// Its sequence number.
        sequence: u16,
        /// TTL or hop limit on arrival.
        ttl: Option<u8>,
        /// Bytes behind the ICMP header.
        payload: Vec<u8>,
    },
    /// An ICMP error came, read from the socket's error queue (`IP_RECVERR`, ip(7)).
    Icmp {
        /// The flow that this concerns.
        flow: FlowId,
        /// ICMP or `ICMPv6` type.
        kind: u8,
        /// Code within the type.
        code: u8,
        /// Who sent it.
        from: IpAddr,
    },
    /// The kernel refused at once (no ICMP error was involved).
    Refused {
        /// The flow that this concerns.
        flow: FlowId,
        /// Why, such as 101 for ENETUNREACH.
        errno: i32,
    },
    /// What was to leave had to wait for room, and left only now: what waits for its answer
    /// begins to wait here.
    Left {
        /// The flow that this concerns.
        flow: FlowId,
    },
    /// The connection stands.
    Connected {
        /// The flow that this concerns.
        flow: FlowId,
    },
    /// The peer reset the connection, or refused it.
    Reset {
        /// The flow that this concerns.
        flow: FlowId,
    },
    /// Bytes came over the connection.
    Bytes {
        /// The flow that this concerns.
        flow: FlowId,
        /// Bytes of the stream, in order.
        bytes: Vec<u8>,
    },
    /// The peer closed the connection.
    Closed {
        /// The flow that this concerns.
        flow: FlowId,
    },
}

impl FlowEvent {
    /// The flow that it happened on.
    #[must_use]
    pub const fn flow(&self) -> FlowId {
        match self {
            Self::Datagram { flow, .. }
            | Self::EchoReply { flow, .. }
            | Self::Icmp { flow, .. }
            | Self::Refused { flow, .. }
            | Self::Left { flow }
            | Self::Connected { flow }
            | Self::Reset { flow }
            | Self::Bytes { flow, .. }
            | Self::Closed { flow } => *flow,
        }
    }
}
