//! Names, ids, MAC and IP addresses that only one host may have.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// What two hosts have and only one may, and whether they are two machines at all.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum IdentityEvidence {
    /// Links of two hosts have one MAC address.
    SameMac {
        /// The MAC address of both.
        mac: Mac,
        /// One of the hosts.
        a: HostName,
        /// The link of that host.
        a_link: IfName,
        /// The other host.
        b: HostName,
        /// The link of the other host.
        b_link: IfName,
    },
    /// The two links have addresses of one network, so that one switch sees both.
    LinksInOneNetwork,
    /// The addresses of the two links do not show whether they are in one network.
    LinksMayBeApart,
    /// Another host answered that it has an address of this one (ARP probe, RFC 5227).
    AddressClaimed {
        /// The host that asked.
        host: HostName,
        /// The link on which it asked.
        link: IfName,
        /// Its own address, for which it asked.
        address: IpAddr,
        /// The MAC address that answered.
        mac: Mac,
        /// The host of the run that has this MAC address; none: a host without an agent.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<HostName>,
        /// Probes that were answered, of two.
        answered: usize,
    },
    /// Two hosts have one `/etc/machine-id`.
    SameMachineId {
        /// One of the hosts.
        a: HostName,
        /// The other host.
        b: HostName,
    },
    /// Two hosts have one host name, in lower case as the kubelet takes it.
    SameHostName {
        /// One of the hosts, by its name in the run.
        a: HostName,
        /// The other host, by its name in the run.
        b: HostName,
        /// What both call themselves.
        host_name: HostName,
    },
    /// The firmware of two hosts has one UUID (`/sys/class/dmi/id/product_uuid`).
    SameProductUuid {
        /// One of the hosts.
        a: HostName,
        /// The other host.
        b: HostName,
    },
    /// Two hosts have the same SSH host keys.
    SameSshHostKey {
        /// One of the hosts.
        a: HostName,
        /// The other host.
        b: HostName,
        /// The fingerprint of one of the keys.
        fingerprint: Untrusted,
        /// Further keys that both have.
        more: usize,
    },
    /// The boot ids of the two differ: they are two machines.
    BootIdsDiffer,
    /// The boot id of one of the two is not known: they may be namespaces of one machine.
    BootIdsUnknown,
    /// `/etc/hosts` has a host's own name at a loopback address.
    HostsFileLoopback {
        /// The host whose file it is.
        host: HostName,
        /// What the host calls itself.
        host_name: HostName,
        /// The address in the file.
        address: IpAddr,
    },
}
