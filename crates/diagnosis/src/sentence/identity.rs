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

#[cfg(test)]
mod tests {
    use pontoon_model::host::HostName;
    use pontoon_model::net::{IfName, Mac};
    use pontoon_model::untrusted::Untrusted;

    use super::*;
    use crate::sentence::tests::assert_sentences;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_identity_has_its_sentence() {
        let pi1 = || HostName::lossy("pi1");
        let pi2 = || HostName::lossy("pi2");
        let link: IfName = "eth0".parse().unwrap();
        let mac = Mac([2, 0, 0, 0, 0, 1]);
        let claimed = |owner| IdentityEvidence::AddressClaimed {
            host: pi1(),
            link: link.clone(),
            address: "192.168.50.1".parse().unwrap(),
            mac,
            owner,
            answered: 2,
        };
        let key = |more| IdentityEvidence::SameSshHostKey {
            a: pi1(),
            b: pi2(),
            fingerprint: Untrusted::new("SHA256:x"),
            more,
        };
        assert_sentences([
            (
                IdentityEvidence::SameMac {
                    mac,
                    a: pi1(),
                    a_link: link.clone(),
                    b: pi2(),
                    b_link: link.clone(),
                },
                "02:00:00:00:00:01 is the MAC address of pi1's eth0 and of pi2's eth0",
            ),
            (
                IdentityEvidence::LinksInOneNetwork,
                "their addresses are in one network: its switch sends frames now to one, now to \
                 the other",
            ),
            (
                IdentityEvidence::LinksMayBeApart,
                "their addresses do not show whether both are connected to one network",
            ),
            (
                claimed(Some(pi2())),
                "pi1 asked on eth0 whether 192.168.50.1 is in use: 02:00:00:00:00:01 (pi2) \
                 answered, 2 of 2 times",
            ),
            (
                claimed(None),
                "pi1 asked on eth0 whether 192.168.50.1 is in use: 02:00:00:00:00:01 (a host \
                 without an agent) answered, 2 of 2 times",
            ),
            (
                IdentityEvidence::SameMachineId { a: pi1(), b: pi2() },
                "pi1 and pi2 have the same /etc/machine-id",
            ),
            (
                IdentityEvidence::SameHostName {
                    a: pi1(),
                    b: pi2(),
                    host_name: HostName::lossy("raspberrypi"),
                },
                "pi1 and pi2 both have the host name raspberrypi",
            ),
            (
                IdentityEvidence::SameProductUuid { a: pi1(), b: pi2() },
                "pi1 and pi2 have the same /sys/class/dmi/id/product_uuid",
            ),
            (key(0), "pi1 and pi2 have the same SSH host key (SHA256:x)"),
            (key(1), "pi1 and pi2 have the same SSH host key (SHA256:x and 1 more)"),
            (
                IdentityEvidence::BootIdsDiffer,
                "their boot ids differ: these are two machines, not two namespaces of one",
            ),
            (
                IdentityEvidence::BootIdsUnknown,
                "their boot ids are not both known: they may be two namespaces of one machine",
            ),
            (
                IdentityEvidence::HostsFileLoopback {
                    host: pi1(),
                    host_name: pi1(),
                    address: "127.0.1.1".parse().unwrap(),
                },
                "/etc/hosts on pi1 maps pi1 to 127.0.1.1",
            ),
        ]);
    }
}
