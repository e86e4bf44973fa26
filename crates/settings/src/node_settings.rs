//! The settings of a cluster node, with the evidence for each value.
//!
//! They are decided from the facts of all hosts. If the facts do not suffice, the value is refused
//! with the missing fact: a default would be a guess that costs days of debugging.

pub mod address;
pub mod networks;

use pontoon_diagnosis::Diagnosis;
use pontoon_model::code;
use std::fmt;
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::record::Record;
use pontoon_model::shared_links::usable_address;
use pontoon_model::snapshot::{Snapshot, is_container_link};
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::pairs::PairRow;

use pontoon_predict::kubeadm::certificates::lower_case;
use pontoon_predict::kubeadm::endpoint::{API_PORT, EndpointHost, HostPort, is_dns_subdomain};
use pontoon_predict::node_name::node_name;
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_rules::report::reach::reach;

/// Values that the user sets, where the facts leave a choice or the user knows better.
#[derive(Clone, Debug, Default)]
pub struct SettingsOverrides {
    /// The address of the node.
    pub address: Option<IpAddr>,
    /// The link whose address is taken.
    pub link: Option<IfName>,
    /// The pod CIDR.
    pub pods: Option<Prefix>,
    /// The Service CIDR.
    pub services: Option<Prefix>,
    /// `controlPlaneEndpoint` of the cluster.
    pub endpoint: Option<HostPort>,
    /// Further names for the API server's certificate.
    pub names: Vec<String>,
}

/// A value with its evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecidedValue<T> {
    /// The decided value.
    pub value: T,
    /// The evidence, in one line.
    pub because: String,
}

impl<T> DecidedValue<T> {
    pub(crate) fn new(value: T, because: impl Into<String>) -> Self {
        Self { value, because: because.into() }
    }
}

/// A change to the host that is necessary before kubeadm starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPreparation {
    /// The reason for the change.
    pub because: String,
    /// The command, to be run as root; absent if the user has to decide.
    pub command: Option<String>,
}

/// All settings of one node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeSettings {
    /// The host of the node.
    pub host: HostName,
    /// The name of the Node object.
    pub node_name: String,
    /// The address at which the other hosts reach it.
    pub address: DecidedValue<IpAddr>,
    /// The link with that address.
    pub link: IfName,
    /// The network of the address.
    pub network: Prefix,
    /// The MTU in bytes: the smallest of all hosts on that network.
    pub mtu: u32,
    /// The pod CIDR of the cluster.
    pub pods: DecidedValue<Prefix>,
    /// The Service CIDR of the cluster.
    pub services: DecidedValue<Prefix>,
    /// The endpoint of the API server.
    pub endpoint: DecidedValue<HostPort>,
    /// Names and addresses for the API server's certificate.
    pub names: DecidedValue<Vec<String>>,
    /// Changes to the host that are necessary first.
    pub preparations: Vec<HostPreparation>,
    /// Problems that do not prevent the settings.
    pub warnings: Vec<String>,
}

/// Why a value was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalKind {
    /// The user's value is not possible.
    Wish,
    /// The facts do not suffice for a decision.
    Undecided,
    /// The facts show that no value works.
    Impossible,
}

/// A value that was not decided.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct SettingsRefusal {
    /// The kind of refusal.
    pub kind: RefusalKind,
    /// The name of the value.
    pub what: String,
    /// The facts that led to the refusal.
    pub why: String,
    /// The missing fact, with the command that shows it.
    pub ask: String,
}

/// The facts about all hosts, with what was derived from them.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInputs<'a> {
    /// The merged facts of the run.
    pub record: &'a Record,
    /// For each pair of hosts, whether one reaches the other.
    pub pairs: &'a [PairRow],
    /// What is wrong.
    pub findings: &'a [Diagnosis],
}

/// Decides the settings of a host.
///
/// # Errors
///
/// The first value that was not decided.
pub fn decide_settings(
    known: SettingsInputs<'_>,
    host: &HostName,
    wishes: &SettingsOverrides,
) -> Result<NodeSettings, SettingsRefusal> {
    let node = snapshot(known, host)?;
    let told = node.node.kubelet.hostname_override.as_ref().map(Untrusted::raw);
    let name = node_name(node.host_name.as_str(), told).unwrap_or_default();
    if !is_dns_subdomain(&name) {
        return Err(SettingsRefusal {
            kind: RefusalKind::Impossible,
            what: format!("the name of the node on {host}"),
            why: format!("`{}` is no name that Kubernetes takes", Untrusted::new(&name)),
            ask: "give the host a name of small letters, digits, - and .: hostnamectl set-hostname"
                .to_owned(),
        });
    }
    let place = address::decide(known, host, node, wishes)?;
    let address = place.address.value;
    let family = IpFamily::of(address);
    let services = networks::services(known, family, wishes)?;
    let pods = networks::pods(known, family, wishes, services.value)?;
    let endpoint = wishes.endpoint.clone().map_or_else(
        || {
            let own = HostPort { host: EndpointHost::Address(address), port: Some(API_PORT) };
            DecidedValue::new(own, "kubeconfigs, cluster-info and the join line will name this")
        },
        |told| DecidedValue::new(told, "as you said"),
    );
    let names = names(node, &name, &endpoint.value, &wishes.names);
    let mtu = least_mtu(known, place.prefix);
    let mut warnings = place.warnings;
    warnings.extend(mtu_warnings(known, host, &place.link, place.prefix));
    warnings.extend(leftovers(node, host));
    let mut before = Vec::new();
    before.extend(forwarding(node, family));
    before.extend(service_route(node, &place.link, services.value));
    before.extend(own_node_ip(node, address));
    before.extend(proxy(node, &endpoint.value, pods.value, services.value, place.prefix));
    Ok(NodeSettings {
        host: host.clone(),
        node_name: name,
        address: place.address,
        link: place.link,
        network: place.prefix,
        mtu,
        pods,
        services,
        endpoint,
        names,
        preparations: before,
        warnings,
    })
}

/// Whether a host reaches an address of another host; `None` if it was not observed, or none of the
/// hosts has the address.
#[must_use]
pub fn reaches(known: SettingsInputs<'_>, from: &HostName, address: IpAddr) -> Option<bool> {
    let facts = &known.record.facts;
    let (owner, _) = facts.hosts.iter().find(|(_, host)| {
        let own = host.snapshot.links.iter().flat_map(|link| &link.addresses);
        own.into_iter().any(|own| own.prefix.address == address)
    })?;
    if owner == from {
        return Some(true);
    }
    let reach = reach(owner, address, facts, known.pairs);
    let is_in = |hosts: &[HostName]| hosts.contains(from);
    if is_in(&reach.reached_by) { Some(true) } else { is_in(&reach.unreached_by).then_some(false) }
}

/// The snapshot of a host.
fn snapshot<'a>(
    known: SettingsInputs<'a>,
    host: &HostName,
) -> Result<&'a Snapshot, SettingsRefusal> {
    known.record.facts.hosts.get(host).map(|facts| &facts.snapshot).ok_or_else(|| {
        let names: Vec<_> = known.record.facts.hosts.keys().map(HostName::as_str).collect();
        let why = known.record.unreached.get(host).map_or_else(
            || format!("the facts are of {}", CommaList(&names)),
            |why| format!("it could not be asked: {why}"),
        );
        SettingsRefusal {
            kind: RefusalKind::Wish,
            what: format!("settings for {host}"),
            why,
            ask: "name a host of which there are facts, as they call it".to_owned(),
        }
    })
}

/// All names and addresses at which clients may connect to the API server of this host.
fn names(
    node: &Snapshot,
    node_name: &str,
    endpoint: &HostPort,
    others: &[String],
) -> DecidedValue<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for link in node.links.iter().filter(|link| link.is_up && !is_of_containers(&link.name)) {
        for family in [IpFamily::V4, IpFamily::V6] {
            let own = usable_address(link, family).map(|own| own.prefix.address.to_string());
            names.extend(own);
        }
    }
    names.extend([node_name.to_owned(), format!("{node_name}.local"), endpoint.host.to_string()]);
    names.extend(lower_case(others));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    DecidedValue::new(names, "whoever dials another address or name than these is refused")
}

/// Whether it is loopback, or a link made by a container tool or an earlier cluster.
pub(super) fn is_of_containers(name: &IfName) -> bool {
    name.as_str() == "lo" || is_container_link(name.as_str())
}

/// The smallest MTU of all hosts on a network.
fn least_mtu(known: SettingsInputs<'_>, network: Prefix) -> u32 {
    // 1500 is Ethernet's, for the case that no host has a link on the network.
    mtus(known, network).map(|(_, mtu)| mtu).min().unwrap_or(1500)
}

fn mtus(known: SettingsInputs<'_>, network: Prefix) -> impl Iterator<Item = (&HostName, u32)> {
    known.record.facts.hosts.iter().filter_map(move |(name, host)| {
        let mut links = host.snapshot.links.iter();
        let link = links
            .find(|link| link.addresses.iter().any(|own| network.contains(own.prefix.address)))?;
        Some((name, link.mtu))
    })
}

fn mtu_warnings(
    known: SettingsInputs<'_>,
    host: &HostName,
    link: &IfName,
    network: Prefix,
) -> Vec<String> {
    let all: Vec<_> = mtus(known, network).collect();
    let mut warnings = Vec::new();
    if all.iter().any(|(_, mtu)| *mtu != all[0].1) {
        let each: Vec<_> = all.iter().map(|(name, mtu)| format!("{name} {mtu}")).collect();
        warnings.push(format!(
            "the MTU of {network} differs ({}): set one on every host before anything else",
            each.join(", ")
        ));
    }
    for finding in known.findings.iter().filter(|finding| finding.code == code::MTU_BLACK_HOLE) {
        let is_here = finding.scope.link.as_ref().is_none_or(|other| other == link)
            && [&finding.scope.from, &finding.scope.to].into_iter().flatten().any(|it| it == host);
        if is_here {
            let why: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
            let why = why.join("; ");
            warnings.push(format!("large packets vanish on {link} ({why}): see mtu-black-hole"));
        }
    }
    warnings
}

/// Links of an earlier cluster that still exist.
fn leftovers(node: &Snapshot, host: &HostName) -> Option<String> {
    let left: Vec<_> = node
        .links
        .iter()
        .map(|link| link.name.as_str())
        .filter(|name| *name == "cni0" || name.starts_with("flannel."))
        .collect();
    (!left.is_empty()).then(|| {
        format!(
            "{} of an earlier cluster is still there: pontoon kubeadm reset-advice --for {host}",
            left.join(" and ")
        )
    })
}

fn forwarding(node: &Snapshot, family: IpFamily) -> Option<HostPreparation> {
    let (is_on, key) = match family {
        IpFamily::V4 => (node.forwarding.ipv4, "net.ipv4.ip_forward"),
        IpFamily::V6 => (node.forwarding.ipv6, "net.ipv6.conf.default.forwarding"),
    };
    (is_on == Some(false)).then(|| HostPreparation {
        because: format!("{key} is 0: kubeadm refuses, and pods would reach nothing"),
        command: Some(format!(
            "echo '{key} = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw {key}=1"
        )),
    })
}

/// Without a default route, the host itself has no route to a Service, and kube-proxy's NAT never
/// sees the packet.
fn service_route(node: &Snapshot, link: &IfName, services: Prefix) -> Option<HostPreparation> {
    let six = if services.family() == IpFamily::V6 { "-6 " } else { "" };
    node.route_to(services).is_none().then(|| HostPreparation {
        because: format!(
            "no route leads to the Services: the host could not ask them (make it last: {})",
            "a line `up` in /etc/network/interfaces, or nmcli connection modify +ipv4.routes"
        ),
        command: Some(format!("ip {six}route replace {services} dev {link}")),
    })
}

/// An existing `--node-ip` of kubelet, which would take precedence.
fn own_node_ip(node: &Snapshot, address: IpAddr) -> Option<HostPreparation> {
    let told = node.node.kubelet.node_ip.as_ref()?;
    (told.raw() != address.to_string()).then(|| HostPreparation {
        because: format!(
            "kubelet is told --node-ip={told} in /etc/default/kubelet or \
             /var/lib/kubelet/kubeadm-flags.env, and the former wins: take it out there"
        ),
        command: None,
    })
}

/// Addresses for which no proxy must be used.
fn proxy(
    node: &Snapshot,
    endpoint: &HostPort,
    pods: Prefix,
    services: Prefix,
    network: Prefix,
) -> Option<HostPreparation> {
    let proxies = ProxyEnvironment::of(&node.proxies);
    proxies.of_https(&endpoint.host.to_string())?;
    Some(HostPreparation {
        because: "HTTPS_PROXY is set, and the API server would be asked through it".to_owned(),
        command: Some(format!(
            "export NO_PROXY=\"${{NO_PROXY:+$NO_PROXY,}}{},{network},{pods},{services},.svc,.cluster.local\"",
            endpoint.host
        )),
    })
}

/// Formats items with commas and an "and" before the last.
pub(super) struct CommaList<'a, T>(pub(super) &'a [T]);

impl<T: fmt::Display> fmt::Display for CommaList<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            match at {
                0 => {}
                _ if at + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
