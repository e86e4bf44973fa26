//! What a host has, or lacks, to join a cluster: preflight, ports, and the cluster's networks
//! beside its own.

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_model::port::Port;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// A network of a cluster, by the name of its setting.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ClusterNetwork {
    /// `serviceSubnet` or `podSubnet`, as in the cluster's `ClusterConfiguration`.
    pub setting: &'static str,
    /// One network of it: dual stack has two.
    pub network: Prefix,
}

/// What was seen on a host that is to join a cluster, and between it and the control plane.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum JoiningHostEvidence {
    /// The host has files of a cluster that it joined before.
    JoinedBefore,
    /// The certificates that control planes share are not on the host, and no key is given that
    /// would fetch them.
    SharedCertificatesAbsent,
    /// The kernel does not forward packets.
    ForwardingOff {
        /// The sysctl that is 0.
        sysctl: &'static str,
    },
    /// The memory controller of cgroups is off.
    MemoryCgroupOff,
    /// No socket of a container runtime is there.
    NoContainerRuntime,
    /// Sockets of several container runtimes are there.
    SeveralRuntimes {
        /// The names of the runtimes.
        runtimes: Vec<&'static str>,
    },
    /// The host has swap.
    SwapOn,
    /// The kernel does not give packets of a bridge to iptables.
    BridgeNetfilterOff,
    /// pontoon does not run as root, as kubeadm must.
    NotRoot,
    /// Another program listens on a port that kubeadm wants free.
    PortTaken {
        /// The TCP port.
        port: u16,
    },
    /// A port of a host was tried from the other end.
    PortTried {
        /// The port that was tried.
        port: Port,
        /// The host that has it.
        host: HostName,
        /// The link that it was tried on.
        link: Option<IfName>,
        /// Whether it was reached.
        is_reached: bool,
    },
    /// Ports were tried from the other end, and what came back decides nothing.
    PortsUndecided,
    /// A port that only two ends can test was not tested.
    PortUntested {
        /// The port that was not tested.
        port: Port,
        /// It would be tested in both directions, rather than from the control plane alone.
        is_both_ways: bool,
        /// The test would have to be started on that host itself.
        is_on_other_host: bool,
    },
    /// The agent on the control plane does not answer.
    ServerAgentSilent {
        /// Why, as far as the connection to it says.
        reason: Untrusted,
    },
    /// Large packets between two hosts are dropped, and no ICMP message says so.
    LargePacketsDropped {
        /// The host that sent.
        from: Option<HostName>,
        /// The host that was to receive.
        to: Option<HostName>,
        /// The link of the sender.
        link: Option<IfName>,
    },
    /// Packets of every size up to the MTU pass between the host and the control plane.
    LargePacketsPass,
    /// The host has a route to the cluster's Services.
    ServiceRoute {
        /// The first network of the Services.
        services: Prefix,
        /// The link of the route.
        link: Option<IfName>,
    },
    /// The host has no route to the cluster's Services.
    NoServiceRoute {
        /// The first network of the Services.
        services: Prefix,
    },
    /// No link of the host is in a network of the cluster.
    NetworksFree {
        /// The networks of the cluster that are known.
        networks: Vec<ClusterNetwork>,
    },
    /// A network of the host is, in part, a network of the cluster.
    NetworkOverlap {
        /// The network of the cluster.
        cluster: ClusterNetwork,
        /// The network of the host.
        own: Prefix,
        /// The link that is in it.
        link: IfName,
        /// The API server is asked by this link, so that the other nodes are behind it.
        is_path_to_server: bool,
    },
    /// The text has join commands for control planes and for workers; the worker's was taken.
    WorkerLineTaken,
}
