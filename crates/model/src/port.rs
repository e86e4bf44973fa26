//! Ports that Kubernetes needs between nodes, and who has to reach which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::as_text;
use crate::host::HostName;
use crate::net::TextParseError;
use crate::untrusted::Untrusted;

/// TCP or UDP.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum TransportProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A port of a transport: `6443/tcp`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Port {
    /// Its number, from 1.
    pub number: u16,
    /// Of what.
    pub transport: TransportProtocol,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            TransportProtocol::Tcp => "tcp",
            TransportProtocol::Udp => "udp",
        };
        write!(f, "{}/{transport}", self.number)
    }
}

impl FromStr for Port {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let read = || {
            let (number, transport) = text.split_once('/')?;
            let transport = match transport {
                "tcp" => TransportProtocol::Tcp,
                "udp" => TransportProtocol::Udp,
                _ => return None,
            };
            let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|number| is_digits && *number > 0)?;
            Some(Self { number, transport })
        };
        read().ok_or_else(|| TextParseError::new(text, "a port such as 6443/tcp or 8472/udp"))
    }
}

as_text!(Port, "Port", "^[0-9]{1,5}/(tcp|udp)$");

/// Which hosts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HostSelector {
    /// Those of the control plane.
    Servers,
    /// All.
    All,
}

/// A port that some hosts have to reach on some hosts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PortRequirement {
    /// The port.
    pub port: Port,
    /// Where it is.
    pub on: HostSelector,
    /// Who has to reach it.
    pub from: HostSelector,
}

/// Most ports of one run: this is a test of known ports, not a scan.
pub const PORTS_MAX: usize = 32;

const fn need(
    number: u16,
    transport: TransportProtocol,
    on: HostSelector,
    from: HostSelector,
) -> PortRequirement {
    PortRequirement { port: Port { number, transport }, on, from }
}

/// What a control plane needs, with flannel's VXLAN (kubernetes/kubernetes,
/// `cmd/kubeadm/app/constants/constants.go`; Kubernetes documentation, "Ports and Protocols";
/// flannel, `Documentation/backends.md`). Ports that are bound to 127.0.0.1 are nobody else's.
pub const CONTROL_PLANE_PORTS: [PortRequirement; 5] = [
    need(6443, TransportProtocol::Tcp, HostSelector::Servers, HostSelector::All),
    need(2379, TransportProtocol::Tcp, HostSelector::Servers, HostSelector::Servers),
    need(2380, TransportProtocol::Tcp, HostSelector::Servers, HostSelector::Servers),
    need(10250, TransportProtocol::Tcp, HostSelector::All, HostSelector::Servers),
    need(8472, TransportProtocol::Udp, HostSelector::All, HostSelector::All),
];

/// What nodes need of each other, whoever is the control plane: kubelet, kube-proxy's health (load
/// balancers ask it) and flannel's VXLAN. From the same sources.
pub const WORKER_PORTS: [PortRequirement; 3] = [
    need(10250, TransportProtocol::Tcp, HostSelector::All, HostSelector::All),
    need(10256, TransportProtocol::Tcp, HostSelector::All, HostSelector::All),
    need(8472, TransportProtocol::Udp, HostSelector::All, HostSelector::All),
];

/// A line of a list of ports says nothing that can be asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PortListError {
    /// It is not `PORT/PROTOCOL WHERE`.
    #[error(
        "line {line}: `{text}` is not a port and where it is, such as `6443/tcp server` or `8472/udp all`"
    )]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it says.
        text: Untrusted,
    },
    /// There are too many.
    #[error("more than {PORTS_MAX} ports: this is a test of known ports, not a scan")]
    TooMany,
    /// There are none.
    #[error("no ports in it")]
    None,
}

/// Reads a list: one `6443/tcp server` or `8472/udp all` a line, with `#` before remarks.
///
/// # Errors
///
/// The first line that says something else, or too many lines, or none.
pub fn parse(text: &str) -> Result<Vec<PortRequirement>, PortListError> {
    let mut needs = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let words: Vec<&str> =
            line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let read = match words.as_slice() {
            [] => continue,
            [port, on] => port.parse().ok().zip(match *on {
                "server" => Some(HostSelector::Servers),
                "all" => Some(HostSelector::All),
                _ => None,
            }),
            _ => None,
        };
        let wrong = || PortListError::Line { line: nth + 1, text: Untrusted::new(line.trim()) };
        let (port, on) = read.ok_or_else(wrong)?;
        needs.push(PortRequirement { port, on, from: HostSelector::All });
        if needs.len() > PORTS_MAX {
            return Err(PortListError::TooMany);
        }
    }
    if needs.is_empty() { Err(PortListError::None) } else { Ok(needs) }
}

/// Who listens on what, and who asks whom, in one run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PortPlan {
    /// What is needed.
    pub needs: BTreeSet<PortRequirement>,
    /// The hosts of the control plane.
    pub servers: BTreeSet<HostName>,
}

impl PortPlan {
    /// Whether no port is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// Whether a role decides who listens, so that somebody has to have it.
    #[must_use]
    pub fn wants_servers(&self) -> bool {
        self.needs
            .iter()
            .any(|need| need.on == HostSelector::Servers || need.from == HostSelector::Servers)
    }

    /// The ports on which a host listens: those that one of the others asks for.
    #[must_use]
    pub fn on<'a>(
        &self,
        host: &HostName,
        others: impl IntoIterator<Item = &'a HostName>,
    ) -> Vec<Port> {
        let others = others.into_iter().filter(|other| *other != host);
        let ports: BTreeSet<Port> = others.flat_map(|other| self.between(other, host)).collect();
        ports.into_iter().collect()
    }

    /// The ports for which one host asks another.
    #[must_use]
    pub fn between(&self, from: &HostName, to: &HostName) -> Vec<Port> {
        let needs = self
            .needs
            .iter()
            .filter(|need| self.is_meant(need.on, to) && self.is_meant(need.from, from));
        needs.map(|need| need.port).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn is_meant(&self, who: HostSelector, host: &HostName) -> bool {
        who == HostSelector::All || self.servers.contains(host)
    }
}

/// A port of a host in a run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PortListener {
    /// The port.
    pub port: Port,
    /// Who answers there.
    #[serde(flatten)]
    pub state: PortAnswerer,
}

/// Who answers on a port.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "answerer", rename_all = "kebab-case")]
pub enum PortAnswerer {
    /// The agent, for as long as the run lasts.
    Agent,
    /// A service that has the port already.
    Service,
    /// Nobody: the agent may not listen there.
    Nobody {
        /// Why.
        why: String,
    },
}

/// By host and port, who answers.
pub type PortAnswererMap = BTreeMap<(HostName, Port), PortAnswerer>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> BTreeSet<HostName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn shown(ports: &[Port]) -> String {
        ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_and_its_lookalikes() {
        let table = [
            ("6443/tcp server\n# remark\n\n 8472/udp\tall # vxlan\n", Ok(2)),
            ("6443/tcp", Err("line 1: `6443/tcp` is not")),
            ("\n6443/TCP all", Err("line 2: `6443/TCP all` is not")),
            ("6443 all", Err("line 1: `6443 all` is not")),
            ("0/tcp all", Err("line 1: `0/tcp all` is not")),
            ("65536/tcp all", Err("line 1: `65536/tcp all` is not")),
            ("+1/tcp all", Err("line 1: `+1/tcp all` is not")),
            ("6443/tcp master", Err("line 1: `6443/tcp master` is not")),
            ("6443/tcp all all", Err("line 1: `6443/tcp all all` is not")),
            ("# nothing\n", Err("no ports in it")),
        ];
        for (text, expected) in table {
            match (parse(text), expected) {
                (Ok(needs), Ok(count)) => assert_eq!(needs.len(), count, "{text:?}"),
                (Err(error), Err(words)) => {
                    assert!(error.to_string().starts_with(words), "{text:?}: {error}");
                }
                (found, _) => panic!("{text:?}: {found:?}"),
            }
        }
        let many: String = (1..=33).map(|port| format!("{port}/tcp all\n")).collect();
        assert_eq!(parse(&many), Err(PortListError::TooMany));
    }

    #[test]
    fn roles_decide_who_listens_and_who_asks() {
        let plan = PortPlan {
            needs: CONTROL_PLANE_PORTS.into_iter().collect(),
            servers: names(&["pi1", "pi2"]),
        };
        let [pi1, pi2, pi3]: [HostName; 3] =
            ["pi1", "pi2", "pi3"].map(|name| name.parse().unwrap());
        let all = [&pi1, &pi2, &pi3];
        assert_eq!(shown(&plan.on(&pi1, all)), "2379/tcp 2380/tcp 6443/tcp 8472/udp 10250/tcp");
        assert_eq!(shown(&plan.on(&pi3, all)), "8472/udp 10250/tcp");
        // No other server: nobody asks for etcd, so nobody listens.
        assert_eq!(shown(&plan.on(&pi1, [&pi3])), "6443/tcp 8472/udp");
        let table = [
            (&pi1, &pi2, "2379/tcp 2380/tcp 6443/tcp 8472/udp 10250/tcp"),
            (&pi3, &pi1, "6443/tcp 8472/udp"),
            (&pi1, &pi3, "8472/udp 10250/tcp"),
        ];
        for (from, to, ports) in table {
            assert_eq!(shown(&plan.between(from, to)), ports, "{from} to {to}");
        }
        assert!(plan.wants_servers());
        let workers = PortPlan { needs: WORKER_PORTS.into_iter().collect(), ..PortPlan::default() };
        assert!(!workers.wants_servers());
        assert_eq!(shown(&workers.between(&pi3, &pi1)), "8472/udp 10250/tcp 10256/tcp");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader_of_lists(text in ".{0,300}") {
            if let Ok(needs) = parse(&text) {
                prop_assert!((1..=PORTS_MAX).contains(&needs.len()));
            }
        }

        #[test]
        fn a_port_is_read_as_it_is_written(number in 1_u16.., is_tcp: bool) {
            let transport = if is_tcp { TransportProtocol::Tcp } else { TransportProtocol::Udp };
            let port = Port { number, transport };
            prop_assert_eq!(port.to_string().parse::<Port>().unwrap(), port);
        }
    }
}
