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
