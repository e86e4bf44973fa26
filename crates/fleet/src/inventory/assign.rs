//! Sets a property on several hosts at once: `address=192.168.1.[21-25]` for `pi[1-5]`.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use pontoon_model::net::TextParseError;
use pontoon_model::untrusted::Untrusted;

use super::{HostEntry, HostLabels, HostRole, InventoryHost, LabelKey, label};
use crate::hostlist::{ExpandError, expand_all};

/// A property of a host that can be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HostField {
    /// The role in its cluster.
    Role,
    /// The address for connections.
    Address,
    /// The user of the login.
    User,
    /// The port of the SSH server.
    Port,
    /// The path of the private key.
    Key,
    /// One or several labels.
    Label,
    /// The name of its cluster.
    Cluster,
    /// cloudmesh's name for a kind of label.
    Service,
}

impl FromStr for HostField {
    type Err = TextParseError;

    /// Also accepts the keys of `cms inventory set` (`ip`, `keyfile`, `labels`, `services`).
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        Ok(match text {
            "role" => Self::Role,
            "address" | "addr" | "ip" => Self::Address,
            "user" => Self::User,
            "port" => Self::Port,
            "key" | "keyfile" => Self::Key,
            "label" | "labels" => Self::Label,
            "cluster" => Self::Cluster,
            "service" | "services" => Self::Service,
            _ => {
                let expected = "one of role, address, user, port, key, label and cluster";
                return Err(TextParseError::new(text, expected));
            }
        })
    }
}

/// A remark about an assignment that was accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AssignHint {
    /// A cloudmesh term was interpreted as a role.
    Role {
        /// The term that was given.
        said: Untrusted,
        /// The role that was set.
        role: HostRole,
    },
    /// A cloudmesh service was stored as a label.
    Service {
        /// The label with its value.
        label: Untrusted,
    },
    /// Several hosts now have the same address.
    OneAddress {
        /// Number of hosts.
        hosts: usize,
    },
}

impl fmt::Display for AssignHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { said, role } => write!(f, "`{said}` is understood as role={role}"),
            Self::Service { label } => write!(f, "a service is kept as the label {label}"),
            Self::OneAddress { hosts } => write!(f, "{hosts} hosts have the same address now"),
        }
    }
}

/// An assignment that is not possible; nothing has been changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AssignError {
    /// The number of values does not match the number of hosts.
    #[error("{values} values cannot be paired with {hosts} hosts")]
    Count {
        /// Number of hosts.
        hosts: usize,
        /// Number of values.
        values: usize,
    },
    /// The values are not a host list.
    #[error(transparent)]
    List(#[from] ExpandError),
    /// A value is not valid for the property.
    #[error(transparent)]
    Value(#[from] TextParseError),
}

/// Sets a property of these hosts. Values are a host list: a single one applies to all hosts,
/// several are paired with the hosts in order, none removes the property. Labels are not paired:
/// `gpu=no,rack=3` sets two labels on every host, and `gpu-` removes one, as `kubectl label` does.
///
/// # Errors
///
/// [`AssignError`] if the values do not fit the hosts or the property; nothing is changed then.
pub fn assign(
    hosts: &mut [InventoryHost],
    field: HostField,
    text: &str,
) -> Result<Vec<AssignHint>, AssignError> {
    // Changes are made in a copy, so that an error leaves all hosts as they were.
    let mut changed = hosts.to_vec();
    let mut hints = Vec::new();
    match field {
        HostField::Label => {
            for part in text.split(',').filter(|part| !part.is_empty()) {
                hints.extend(label(&mut changed, part)?);
            }
            if text.is_empty() {
                for host in &mut changed {
                    host.entry.labels = HostLabels::default();
                }
            }
        }
        HostField::Service => {
            let word = role_of(text);
            let part = if word.is_some() { text.to_owned() } else { format!("service={text}") };
            let said = label(&mut changed, &part)?;
            let kept = AssignHint::Service { label: Untrusted::new(&part) };
            hints.push(said.unwrap_or(kept));
        }
        _ => hints = paired(&mut changed, field, text)?,
    }
    hosts.clone_from_slice(&changed);
    Ok(hints)
}

fn paired(
    hosts: &mut [InventoryHost],
    field: HostField,
    text: &str,
) -> Result<Vec<AssignHint>, AssignError> {
    let values = expand_all(text)?;
    let mut hints = Vec::new();
    if values.len() > 1 && values.len() != hosts.len() {
        return Err(AssignError::Count { hosts: hosts.len(), values: values.len() });
    }
    for (at, host) in hosts.iter_mut().enumerate() {
        // A single value applies to all hosts, so the last one stands for missing ones.
        let value = values.get(at).or(values.last()).map(String::as_str);
        let hint = one(&mut host.entry, field, value)?;
        hints.extend(hint.filter(|hint| !hints.contains(hint)));
    }
    if field == HostField::Address && values.len() == 1 && hosts.len() > 1 {
        hints.push(AssignHint::OneAddress { hosts: hosts.len() });
    }
    Ok(hints)
}

fn one(
    entry: &mut HostEntry,
    field: HostField,
    value: Option<&str>,
) -> Result<Option<AssignHint>, TextParseError> {
    match field {
        HostField::Role => {
            entry.role =
                value.map(|word| role_of(word).map_or_else(|| word.parse(), Ok)).transpose()?;
            let is_ours = |word: &str| word.parse::<HostRole>().is_ok();
            let said = value.filter(|word| !is_ours(word)).map(Untrusted::new);
            return Ok(said.zip(entry.role).map(|(said, role)| AssignHint::Role { said, role }));
        }
        HostField::Address => entry.address = value.map(str::parse).transpose()?,
        HostField::User => entry.user = value.map(str::parse).transpose()?,
        HostField::Port => entry.port = value.map(port).transpose()?,
        HostField::Key => entry.key = value.map(str::parse).transpose()?,
        HostField::Cluster => entry.cluster = value.map(str::parse).transpose()?,
        // `assign` handles these itself.
        HostField::Label | HostField::Service => {}
    }
    Ok(None)
}

/// Parses a port number.
pub(super) fn port(text: &str) -> Result<NonZeroU16, TextParseError> {
    text.parse().map_err(|_| TextParseError::new(text, "a port between 1 and 65535"))
}

/// Sets or removes one label; a word that means a role sets the role instead.
fn label(hosts: &mut [InventoryHost], text: &str) -> Result<Option<AssignHint>, TextParseError> {
    if let Some(role) = role_of(text) {
        for host in hosts {
            host.entry.role = Some(role);
        }
        return Ok(Some(AssignHint::Role { said: Untrusted::new(text), role }));
    }
    if let Some(key) = text.strip_suffix('-') {
        let key: LabelKey = key.parse()?;
        for host in hosts {
            host.entry.labels.remove(&key);
        }
        return Ok(None);
    }
    let (key, value) = label::pair(text)?;
    for host in hosts {
        host.entry.labels.set(key.clone(), value.clone());
    }
    Ok(None)
}

/// The role that a word means in cloudmesh, Ansible, K3s and older Kubernetes documentation.
#[must_use]
pub fn role_of(word: &str) -> Option<HostRole> {
    match word {
        "control-plane" | "control_plane" | "controlplane" | "kube_control_plane"
        | "kube-control-plane" | "kube-master" | "kube_master" | "master" | "masters"
        | "manager" | "managers" | "server" | "servers" => Some(HostRole::ControlPlane),
        "worker" | "workers" | "kube_node" | "kube-node" | "node" | "nodes" | "agent"
        | "agents" => Some(HostRole::Worker),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &str) -> Vec<InventoryHost> {
        let names = crate::hostlist::hosts(names).unwrap();
        names.into_iter().map(|name| InventoryHost { name, entry: HostEntry::default() }).collect()
    }

    fn shown(host: &InventoryHost) -> String {
        let HostEntry { role, address, user, port, key, labels, cluster } = &host.entry;
        let mut words = vec![host.name.to_string()];
        words.extend(role.map(|role| role.to_string()));
        words.extend(address.as_ref().map(ToString::to_string));
        words.extend(user.as_ref().map(ToString::to_string));
        words.extend(port.map(|port| port.to_string()));
        words.extend(key.as_ref().map(ToString::to_string));
        words.extend(cluster.as_ref().map(ToString::to_string));
        words.extend(labels.iter().map(|(key, value)| format!("{key}={value}")));
        words.join(" ")
    }

    #[test]
    fn values_are_paired_or_go_to_all() {
        let table: &[(HostField, &str, [&str; 2], &[&str])] = &[
            (HostField::Address, "10.0.0.[1-2]", ["pi1 10.0.0.1", "pi2 10.0.0.2"], &[]),
            (HostField::Address, "b,a", ["pi1 b", "pi2 a"], &[]),
            (HostField::User, "pi", ["pi1 pi", "pi2 pi"], &[]),
            (HostField::Port, "22", ["pi1 22", "pi2 22"], &[]),
            (HostField::Key, "~/k[1-2]", ["pi1 ~/k1", "pi2 ~/k2"], &[]),
            (HostField::Role, "control-plane,worker", ["pi1 control-plane", "pi2 worker"], &[]),
            (HostField::Cluster, "a,a", ["pi1 a", "pi2 a"], &[]),
            (HostField::Label, "gpu=no,rack", ["pi1 gpu=no rack=", "pi2 gpu=no rack="], &[]),
            (HostField::User, "", ["pi1", "pi2"], &[]),
            (HostField::Address, "x", ["pi1 x", "pi2 x"], &["2 hosts have the same address now"]),
            (
                HostField::Label,
                "master",
                ["pi1 control-plane", "pi2 control-plane"],
                &["`master` is understood as role=control-plane"],
            ),
            (
                HostField::Role,
                "master",
                ["pi1 control-plane", "pi2 control-plane"],
                &["`master` is understood as role=control-plane"],
            ),
            (
                HostField::Service,
                "pi_kubernetes",
                ["pi1 service=pi_kubernetes", "pi2 service=pi_kubernetes"],
                &["a service is kept as the label service=pi_kubernetes"],
            ),
        ];
        for (field, text, expected, said) in table {
            let mut hosts = hosts("pi[1-2]");
            let hints = assign(&mut hosts, *field, text).unwrap();
            assert_eq!([shown(&hosts[0]), shown(&hosts[1])], *expected, "{text}");
            let hints: Vec<_> = hints.iter().map(ToString::to_string).collect();
            assert_eq!(hints, *said, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let table = [
            (HostField::Address, "10.0.0.[1-3]", "3 values cannot be paired with 2 hosts"),
            (HostField::Address, "10.0.0.[3-1]", "column 9: `3-1` counts down; write `1-3`"),
            (HostField::Address, "10.0.0.1,10.0.0.300", "`10.0.0.300` is not an address"),
            (HostField::Port, "0", "`0` is not a port between 1 and 65535"),
            (HostField::Role, "boss", "`boss` is not a role: control-plane or worker"),
            (HostField::Label, "gpu=no,-", "`` is not the name of a label"),
        ];
        for (field, text, said) in table {
            let mut changed = hosts("pi[1-2]");
            let error = assign(&mut changed, field, text).unwrap_err();
            assert!(error.to_string().starts_with(said), "{text}: {error}");
            assert_eq!(changed, hosts("pi[1-2]"), "{text}");
        }
    }

    #[test]
    fn a_label_is_taken_away() {
        let mut hosts = hosts("pi1");
        assign(&mut hosts, HostField::Label, "a=1,b=2,c=3").unwrap();
        assign(&mut hosts, HostField::Label, "b-").unwrap();
        assert_eq!(shown(&hosts[0]), "pi1 a=1 c=3");
        assign(&mut hosts, HostField::Label, "").unwrap();
        assert_eq!(shown(&hosts[0]), "pi1");
    }
}
