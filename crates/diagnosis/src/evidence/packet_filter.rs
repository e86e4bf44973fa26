//! Packet filters of a host, and ports that are blocked.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::port::Port;
use pontoon_model::snapshot::FilterOwner;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of the packet filters of a host, and of what they and others block.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FilterEvidence {
    /// A host has a packet filter for what comes in.
    InputFiltered {
        /// The host that filters.
        host: HostName,
        /// Programs that are known to have written rules; empty: none that is known.
        owners: Vec<FilterOwner>,
    },
    /// A host rejected frames that reached it, by ICMP errors of its own.
    RejectedByIcmp {
        /// The host that rejected them.
        host: HostName,
        /// Rounds that were rejected.
        rejected: usize,
    },
    /// A host itself refuses ports on which something listens.
    PortsRefused {
        /// The host that refuses them.
        host: HostName,
        /// The host that asked.
        from: HostName,
        /// The ports that were asked for.
        ports: Vec<Port>,
    },
    /// Packets to ports reach a host's link and are not answered, although something listens.
    PortsUnanswered {
        /// The host that does not answer.
        host: HostName,
        /// The host that asked.
        from: HostName,
        /// The ports that were asked for.
        ports: Vec<Port>,
        /// Tries for each port.
        tries: usize,
    },
    /// Packets to ports do not arrive, and other packets on the same path do.
    PortsLost {
        /// The host that was asked.
        host: HostName,
        /// The host that asked.
        from: HostName,
        /// The ports that were asked for.
        ports: Vec<Port>,
        /// Tries for each port.
        tries: usize,
    },
    /// A router rejects packets to ports, by ICMP errors.
    PortsRejectedByRouter {
        /// The router's address.
        router: IpAddr,
        /// The host that was asked.
        host: HostName,
        /// The ports that were asked for.
        ports: Vec<Port>,
    },
    /// Ports are refused from the host's address, and the packets never reached the host.
    PortsRefusedOnPath {
        /// The host that was asked.
        host: HostName,
        /// The host that asked.
        from: HostName,
        /// The ports that were asked for.
        ports: Vec<Port>,
    },
    /// The sender's own packet filter does not let the packets out.
    PortsBlockedAtSender {
        /// The host that was to be asked.
        host: HostName,
        /// The host whose filter it is.
        from: HostName,
        /// The ports that were to be asked for.
        ports: Vec<Port>,
    },
    /// The rules of a gateway's packet filter could not be read.
    RulesUnread {
        /// The gateway, a host of the run.
        host: HostName,
    },
    /// A forward chain of a gateway drops what no rule accepts.
    ForwardPolicyDrop {
        /// The gateway, a host of the run.
        host: HostName,
        /// The chain's name.
        chain: Untrusted,
        /// The program that is known to have written rules.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<FilterOwner>,
    },
    /// A gateway has rules about what it forwards.
    ForwardRules {
        /// The gateway, a host of the run.
        host: HostName,
    },
    /// A gateway forwards, and no rule of it changes the source address.
    NoMasquerade {
        /// The gateway, a host of the run.
        gateway: HostName,
        /// The host whose packets it forwards.
        client: HostName,
    },
}
