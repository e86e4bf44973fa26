//! Sentences about names, ids and addresses that only one host may have.

use std::fmt;

use crate::evidence::IdentityEvidence;

impl fmt::Display for IdentityEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameMac { mac, a, a_link, b, b_link } => {
                write!(f, "{mac} is the MAC address of {a}'s {a_link} and of {b}'s {b_link}")
            }
            Self::LinksInOneNetwork => f.write_str(
                "their addresses are in one network: its switch sends frames now to one, now to \
                 the other",
            ),
            Self::LinksMayBeApart => {
                f.write_str("their addresses do not show whether both are connected to one network")
            }
            Self::AddressClaimed { host, link, address, mac, owner, answered } => {
                write!(f, "{host} asked on {link} whether {address} is in use: {mac} (")?;
                match owner {
                    Some(owner) => write!(f, "{owner}")?,
                    None => f.write_str("a host without an agent")?,
                }
                write!(f, ") answered, {answered} of 2 times")
            }
            Self::SameMachineId { a, b } => {
                write!(f, "{a} and {b} have the same /etc/machine-id")
            }
            Self::SameHostName { a, b, host_name } => {
                write!(f, "{a} and {b} both have the host name {host_name}")
            }
            Self::SameProductUuid { a, b } => {
                write!(f, "{a} and {b} have the same /sys/class/dmi/id/product_uuid")
            }
            Self::SameSshHostKey { a, b, fingerprint, more } => {
                write!(f, "{a} and {b} have the same SSH host key ({fingerprint}")?;
                match more {
                    0 => f.write_str(")"),
                    more => write!(f, " and {more} more)"),
                }
            }
            Self::BootIdsDiffer => f.write_str(
                "their boot ids differ: these are two machines, not two namespaces of one",
            ),
            Self::BootIdsUnknown => f.write_str(
                "their boot ids are not both known: they may be two namespaces of one machine",
            ),
            Self::HostsFileLoopback { host, host_name, address } => {
                write!(f, "/etc/hosts on {host} maps {host_name} to {address}")
            }
        }
    }
}
