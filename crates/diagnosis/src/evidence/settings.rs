//! Why a setting for Kubernetes was decided as it was, or could not be.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// An address of a host and the link that has it.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct AddressOnLink {
    /// The address without its prefix length.
    pub address: IpAddr,
    /// The link that has it.
    pub link: IfName,
}

/// A network that a host uses, so that a cluster must not.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct UsedNetwork {
    /// The network; of a name server its address alone.
    pub network: Prefix,
    /// The host that uses it.
    pub host: HostName,
    /// What it is to that host.
    pub usage: NetworkUsage,
}

/// What a network is to a host that uses it.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkUsage {
    /// The host has an address in it, on this link.
    OnLink(IfName),
    /// The host has a route to it, by this link.
    RoutedBy(IfName),
    /// The host has a route to it that names no link.
    Routed,
    /// A name server of the host is in it.
    NameServer,
}

/// The MTU of a host's link.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct HostMtu {
    /// The host that has the link.
    pub host: HostName,
    /// The MTU in bytes.
    pub mtu: u32,
}

/// What decides a setting, keeps it from being decided, or has to be known beside it.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SettingsEvidence {
    /// Which other hosts reach an address on its link.
    AddressReach {
        /// The address and its link.
        #[serde(flatten)]
        at: AddressOnLink,
        /// Hosts whose frames arrive there.
        reached_by: Vec<HostName>,
        /// Hosts whose frames do not arrive there.
        unreached_by: Vec<HostName>,
        /// Hosts of which too little was measured.
        undecided: Vec<HostName>,
    },
    /// The host has one address that others could reach, and no other host is known.
    OnlyAddress {
        /// The host.
        host: HostName,
        /// The link that has the address.
        link: IfName,
    },
    /// The user named the value.
    GivenByUser,
    /// The addresses that a host could be known by.
    OwnAddresses {
        /// Each with its link; none where no link that is up has one.
        addresses: Vec<AddressOnLink>,
    },
    /// The address is leased, so that it may change.
    LeasedAddress {
        /// The address that DHCP gave.
        address: IpAddr,
    },
    /// The network is the default of a component.
    DefaultNetwork {
        /// The component whose default it is.
        of: &'static str,
    },
    /// The default of a component is in use.
    DefaultNetworkTaken {
        /// The default.
        network: Prefix,
        /// The component whose default it is.
        of: &'static str,
        /// What it overlaps on a host; none: it overlaps the cluster's other network.
        used: Option<UsedNetwork>,
    },
    /// No network of the hosts overlaps the one that was decided.
    NetworkFree {
        /// How many networks of the hosts were compared.
        compared: usize,
    },
    /// A network that a host uses overlaps the one that was named; kubeadm would accept it.
    NetworkInUse(UsedNetwork),
    /// The network overlaps the other network of the same cluster.
    OverlapsOtherNetwork {
        /// That of the Services for the pods', and the other way round.
        other: Prefix,
    },
    /// kubeadm does not accept the network.
    RefusedByKubeadm {
        /// What kubeadm prints.
        response: Untrusted,
    },
    /// Every private network overlaps one that a host uses.
    NoFreeNetwork,
    /// The API server is to be found at the node's own address.
    OwnEndpoint,
    /// The certificate holds all addresses and names that the host is known by.
    CertificateNames,
    /// Hosts have different MTUs on one network.
    MtusDiffer {
        /// The network that they share.
        network: Prefix,
        /// The MTU of each host.
        mtus: Vec<HostMtu>,
    },
    /// Links of an earlier cluster's network are still there.
    LeftoverLinks {
        /// Their names.
        links: Vec<IfName>,
    },
    /// kubelet is started with another address.
    KubeletNodeIp {
        /// The value of its `--node-ip`.
        node_ip: Untrusted,
    },
    /// The address of the node is of the other family.
    NodeFamily {
        /// The family of the node's address.
        family: IpFamily,
    },
    /// The environment has a proxy for HTTPS that applies to the API server.
    HttpsProxySet,
    /// The host's name cannot be that of a Node.
    InvalidNodeName {
        /// The name that kubelet would register.
        name: Untrusted,
    },
    /// The link's name may mean something else in a script or a configuration file.
    InvalidLinkName {
        /// The link.
        link: IfName,
    },
    /// The hosts of which there are facts.
    KnownHosts {
        /// Their names.
        hosts: Vec<HostName>,
    },
    /// The host was named and could not be asked.
    HostUnreached {
        /// Why, as far as the connection to it says.
        reason: Untrusted,
    },
    /// The joining host does not reach the server of the join command.
    ServerUnreached {
        /// The host that would join.
        host: HostName,
        /// The server that the join command names.
        server: HostName,
    },
    /// No file of kubeadm or kubelet that could be read names an address.
    NotInNodeFiles,
    /// The address that kubeadm init took is the one that it should have taken.
    AddressAlreadyRight {
        /// The address of both.
        address: IpAddr,
    },
    /// Which version of kubeadm a host has is not known.
    KubeadmVersionUnknown {
        /// The host.
        host: HostName,
    },
    /// No form of configuration that pontoon writes is read by this kubeadm.
    KubeadmVersionUnsupported {
        /// Its version.
        version: String,
    },
}
