//! Sentences about packet filters and blocked ports.

use std::fmt;

use pontoon_model::port::Port;
use pontoon_model::snapshot::FilterOwner;

use crate::evidence::FilterEvidence;

impl fmt::Display for FilterEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputFiltered { host, owners } => {
                let names: Vec<_> = owners.iter().map(|owner| owner_name(*owner)).collect();
                let names = if names.is_empty() { OWN_RULES.to_owned() } else { names.join(", ") };
                write!(f, "{host} filters incoming packets: {names}")
            }
            Self::RejectedByIcmp { host, rejected } => {
                write!(f, "{host} itself rejected {rejected} of them with ICMP errors")
            }
            Self::PortsRefused { host, from, ports } => write!(
                f,
                "{host} itself refuses {} to {from}, although something listens there",
                listed(ports)
            ),
            Self::PortsUnanswered { host, from, ports, tries } => write!(
                f,
                "packets from {from} to {} reach {host}, before any packet filter, and are not \
                 answered ({tries} tries each), although something listens there",
                listed(ports)
            ),
            Self::PortsLost { host, from, ports, tries } => write!(
                f,
                "packets from {from} to {} do not reach {host} ({tries} tries each); other packets \
                 between the two do",
                listed(ports)
            ),
            Self::PortsRejectedByRouter { router, host, ports } => {
                write!(f, "{router} rejects packets to {} of {host}", listed(ports))
            }
            Self::PortsRefusedOnPath { host, from, ports } => write!(
                f,
                "{} is refused to {from} from {host}'s address, but {host} never received the \
                 packets",
                listed(ports)
            ),
            Self::PortsBlockedAtSender { host, from, ports } => write!(
                f,
                "{from}'s own packet filter blocks outgoing packets to {} of {host}",
                listed(ports)
            ),
            Self::RulesUnread { host } => {
                write!(f, "the packet filter rules of {host} could not be read")
            }
            Self::ForwardPolicyDrop { host, chain, owner } => {
                write!(f, "{host}'s chain {chain} drops what no rule accepts")?;
                match owner {
                    Some(owner) => write!(f, " (written by {})", owner_name(*owner)),
                    None => Ok(()),
                }
            }
            Self::ForwardRules { host } => write!(f, "{host} has rules about what it forwards"),
            Self::NoMasquerade { gateway, client } => write!(
                f,
                "{gateway} forwards what {client} sends, and no rule changes the source address"
            ),
        }
    }
}

/// What is said where no program is known to have written the rules.
const OWN_RULES: &str = "rules of its own";

/// The name of a program that writes rules, as its users write it.
const fn owner_name(owner: FilterOwner) -> &'static str {
    match owner {
        FilterOwner::Docker => "Docker",
        FilterOwner::Ufw => "ufw",
        FilterOwner::Firewalld => "firewalld",
        FilterOwner::KubeProxy => "kube-proxy",
        FilterOwner::Tailscale => "Tailscale",
        FilterOwner::Libvirt => "libvirt",
        FilterOwner::Other => OWN_RULES,
    }
}

/// "6443/tcp, 10250/tcp".
fn listed(ports: &[Port]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use pontoon_model::host::HostName;
    use pontoon_model::untrusted::Untrusted;

    use super::*;
    use crate::sentence::tests::assert_sentences;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_packet_filters_has_its_sentence() {
        let (host, from) = (HostName::lossy("pi1"), HostName::lossy("pi2"));
        let ports: Vec<Port> =
            ["6443/tcp", "8472/udp"].iter().map(|port| port.parse().unwrap()).collect();
        let filtered = |owners| FilterEvidence::InputFiltered { host: host.clone(), owners };
        let policy = |owner| FilterEvidence::ForwardPolicyDrop {
            host: host.clone(),
            chain: Untrusted::new("FORWARD"),
            owner,
        };
        let (host, from) = (|| host.clone(), || from.clone());
        let ports = || ports.clone();
        assert_sentences([
            (
                filtered(vec![FilterOwner::Ufw, FilterOwner::Docker]),
                "pi1 filters incoming packets: ufw, Docker",
            ),
            (filtered(Vec::new()), "pi1 filters incoming packets: rules of its own"),
            (
                FilterEvidence::RejectedByIcmp { host: host(), rejected: 3 },
                "pi1 itself rejected 3 of them with ICMP errors",
            ),
            (
                FilterEvidence::PortsRefused { host: host(), from: from(), ports: ports() },
                "pi1 itself refuses 6443/tcp, 8472/udp to pi2, although something listens there",
            ),
            (
                FilterEvidence::PortsUnanswered {
                    host: host(),
                    from: from(),
                    ports: ports(),
                    tries: 3,
                },
                "packets from pi2 to 6443/tcp, 8472/udp reach pi1, before any packet filter, and \
                 are not answered (3 tries each), although something listens there",
            ),
            (
                FilterEvidence::PortsLost { host: host(), from: from(), ports: ports(), tries: 3 },
                "packets from pi2 to 6443/tcp, 8472/udp do not reach pi1 (3 tries each); other \
                 packets between the two do",
            ),
            (
                FilterEvidence::PortsRejectedByRouter {
                    router: "192.0.2.1".parse().unwrap(),
                    host: host(),
                    ports: ports(),
                },
                "192.0.2.1 rejects packets to 6443/tcp, 8472/udp of pi1",
            ),
            (
                FilterEvidence::PortsRefusedOnPath { host: host(), from: from(), ports: ports() },
                "6443/tcp, 8472/udp is refused to pi2 from pi1's address, but pi1 never received \
                 the packets",
            ),
            (
                FilterEvidence::PortsBlockedAtSender { host: host(), from: from(), ports: ports() },
                "pi2's own packet filter blocks outgoing packets to 6443/tcp, 8472/udp of pi1",
            ),
            (
                FilterEvidence::RulesUnread { host: host() },
                "the packet filter rules of pi1 could not be read",
            ),
            (
                policy(Some(FilterOwner::Docker)),
                "pi1's chain FORWARD drops what no rule accepts (written by Docker)",
            ),
            (policy(None), "pi1's chain FORWARD drops what no rule accepts"),
            (FilterEvidence::ForwardRules { host: host() }, "pi1 has rules about what it forwards"),
            (
                FilterEvidence::NoMasquerade { gateway: host(), client: from() },
                "pi1 forwards what pi2 sends, and no rule changes the source address",
            ),
        ]);
    }
}
