//! What a host of a cluster has to be told, and the evidence for each value.
//!
//! Decided from the facts of all hosts that were asked. What they do not decide is refused with
//! the fact that is missing: a default here would be a guess that somebody debugs for days.

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

/// What the user wants, where the facts leave a choice or the user knows better.
#[derive(Clone, Debug, Default)]
pub struct SettingsOverrides {
    /// The address of the node.
    pub address: Option<IpAddr>,
    /// Or the link that has it.
    pub link: Option<IfName>,
    /// The pod network.
    pub pods: Option<Prefix>,
    /// The Service network.
    pub services: Option<Prefix>,
    /// `controlPlaneEndpoint`.
    pub endpoint: Option<HostPort>,
    /// Other names by which the API server is to be known.
    pub names: Vec<String>,
}

/// A value and what led to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecidedValue<T> {
    /// The value.
    pub value: T,
    /// What led to it, in one line.
    pub because: String,
}

impl<T> DecidedValue<T> {
    pub(crate) fn new(value: T, because: impl Into<String>) -> Self {
        Self { value, because: because.into() }
    }
}

/// What has to be done on the host before kubeadm is started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPreparation {
    /// Why.
    pub because: String,
    /// The command, as root; none where a person has to look.
    pub command: Option<String>,
}

/// All that a host is to be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeSettings {
    /// The host.
    pub host: HostName,
    /// The name of its node.
    pub node_name: String,
    /// The address by which the others reach it.
    pub address: DecidedValue<IpAddr>,
    /// The link that has it.
    pub link: IfName,
    /// Its network.
    pub network: Prefix,
    /// The MTU of that link on all hosts, in bytes: the least.
    pub mtu: u32,
    /// The pod network.
    pub pods: DecidedValue<Prefix>,
    /// The Service network.
    pub services: DecidedValue<Prefix>,
    /// Where the API server is to be found.
    pub endpoint: DecidedValue<HostPort>,
    /// The names and addresses by which anyone may dial it.
    pub names: DecidedValue<Vec<String>>,
    /// What has to be done first.
    pub preparations: Vec<HostPreparation>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalKind {
    /// What the user asks for cannot be.
    Wish,
    /// The facts do not suffice.
    Undecided,
    /// The facts suffice: it cannot work.
    Impossible,
}

/// What keeps a value from being decided.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct SettingsRefusal {
    /// Why.
    pub kind: RefusalKind,
    /// What could not be decided.
    pub what: String,
    /// Because of what.
    pub why: String,
    /// What would decide it.
    pub ask: String,
}

/// Everything known of the hosts.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInputs<'a> {
    /// Their facts.
    pub record: &'a Record,
    /// Who reaches whom.
    pub pairs: &'a [PairRow],
    /// What is wrong.
    pub findings: &'a [Diagnosis],
}

/// Decides what a host is told.
///
/// # Errors
///
/// What could not be decided, and what would decide it.
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

/// Whether a host reaches an address that another of them has; none: it was not seen, or nobody of
/// them has it.
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

/// The account of a host.
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

/// Every address and name by which anyone may dial the API server of this host.
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

/// Loopback, or a link that a container tool or an earlier cluster made.
pub(super) fn is_of_containers(name: &IfName) -> bool {
    name.as_str() == "lo" || is_container_link(name.as_str())
}

/// The least MTU on a network, whichever host has it.
fn least_mtu(known: SettingsInputs<'_>, network: Prefix) -> u32 {
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

/// What an earlier cluster left.
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

/// Without a default route the host itself has no way to a Service.
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

/// What kubelet is told already, and would win.
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

/// What must not go through a proxy.
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

/// Words with commas and an "and".
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
