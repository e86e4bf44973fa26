//! The settings of a cluster node, with the evidence for each value.
//!
//! They are decided from the facts of all hosts. If the facts do not suffice, the value is refused
//! with the missing fact: a default would be a guess that costs days of debugging.

pub mod address;
pub mod networks;
mod preparations;

use std::fmt;
use std::net::IpAddr;

use pontoon_diagnosis::evidence::{HostMtu, JoiningHostEvidence, SettingsEvidence};
use pontoon_diagnosis::{Diagnosis, Evidence, Remedy};
use pontoon_model::code;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::record::Record;
use pontoon_model::shared_links::usable_address;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{LinkKind, Snapshot, is_container_link};
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::pairs::PairRow;

use crate::refusal::SettingsRefusal;
use pontoon_predict::kubeadm::certificates::lower_case;
use pontoon_predict::kubeadm::endpoint::{API_PORT, EndpointHost, HostPort, is_dns_subdomain};
use pontoon_predict::node_name::node_name;
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
    /// The value to write.
    pub value: T,
    /// What led to it, the most telling first.
    pub evidence: Vec<SettingsEvidence>,
}

impl<T> DecidedValue<T> {
    pub(crate) fn new(value: T, evidence: impl IntoIterator<Item = SettingsEvidence>) -> Self {
        Self { value, evidence: evidence.into_iter().collect() }
    }

    /// What led to it, in one line for a comment.
    #[must_use]
    pub fn evidence_text(&self) -> String {
        let all: Vec<_> = self.evidence.iter().map(ToString::to_string).collect();
        all.join("; ")
    }
}

/// Something that has to be known or done beside the settings, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingsNotice {
    /// What was seen on the host, or on the hosts.
    pub evidence: Evidence,
    /// What to do, as root where it is a command.
    pub remedies: Vec<Remedy>,
}

impl SettingsNotice {
    fn new(evidence: impl Into<Evidence>, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        Self { evidence: evidence.into(), remedies: remedies.into_iter().collect() }
    }
}

/// "cni0 is left from an earlier cluster: pontoon kubeadm reset-advice".
impl fmt::Display for SettingsNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.evidence)?;
        for (at, remedy) in self.remedies.iter().enumerate() {
            write!(f, "{} {remedy}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
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
    /// Whether the link is a tunnel that carries no Ethernet frames, such as `WireGuard`.
    pub is_tunnel: bool,
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
    /// What has to be done on the host before kubeadm is started.
    pub preparations: Vec<SettingsNotice>,
    /// What the reader should know.
    pub warnings: Vec<SettingsNotice>,
}

/// The facts about all hosts, with what was derived from them.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInputs<'a> {
    /// The merged facts of the run.
    pub record: &'a Record,
    /// For each pair of hosts, whether one reaches the other.
    pub pairs: &'a [PairRow],
    /// What is wrong.
    pub diagnoses: &'a [Diagnosis],
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
        let invalid = SettingsEvidence::InvalidNodeName { name: Untrusted::new(&name) };
        let summary = format!("{host} has no name that a Node can have");
        return Err(SettingsRefusal::new(code::NODE_NAME_INVALID, summary, [invalid])
            .of_host(host)
            .remedy(
                Remedy::on(host, "hostnamectl set-hostname NAME")
                    .to("give it a name of small letters, digits, - and ."),
            ));
    }
    let place = address::decide(known, host, node, wishes)?;
    refuse_unwritable_link(host, &place.link)?;
    let address = place.address.value;
    let family = IpFamily::of(address);
    let services = networks::services(known, family, wishes)?;
    let pods = networks::pods(known, family, wishes, services.value)?;
    let endpoint = wishes.endpoint.clone().map_or_else(
        || {
            let own = HostPort { host: EndpointHost::Address(address), port: Some(API_PORT) };
            DecidedValue::new(own, [SettingsEvidence::OwnEndpoint])
        },
        |told| DecidedValue::new(told, [SettingsEvidence::GivenByUser]),
    );
    let names = names(node, &name, &endpoint.value, &wishes.names);
    let mtu = least_mtu(known, place.prefix);
    let mut warnings = place.warnings;
    warnings.extend(mtu_warnings(known, host, &place.link, place.prefix));
    warnings.extend(preparations::leftovers(node, host));
    let mut before = Vec::new();
    before.extend(preparations::forwarding(node, family));
    before.extend(preparations::service_route(node, &place.link, services.value));
    before.extend(preparations::own_node_ip(node, address));
    before.extend(preparations::proxy(
        node,
        &endpoint.value,
        pods.value,
        services.value,
        place.prefix,
    ));
    Ok(NodeSettings {
        host: host.clone(),
        node_name: name,
        address: place.address,
        is_tunnel: node.link(&place.link).is_some_and(|link| link.kind == LinkKind::Tunnel),
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

/// A link's name stands in scripts and in files of many programs, and one that a foreign host gives
/// its link may be made to mean something there.
fn refuse_unwritable_link(host: &HostName, link: &IfName) -> Result<(), SettingsRefusal> {
    if link.is_plain() {
        return Ok(());
    }
    let invalid = SettingsEvidence::InvalidLinkName { link: link.clone() };
    let summary = format!("{host}'s link has a name that no file or script can hold");
    let rename = shell_command!("ip link set {} down; ip link set {} name NAME", link, link);
    Err(SettingsRefusal::new(code::LINK_NAME_INVALID, summary, [invalid])
        .of_host(host)
        .remedy(Remedy::on(host, rename).to("give it another name, as root")))
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
        let hosts = || known.record.facts.hosts.keys().cloned().collect();
        let why = known.record.unreached.get(host).map_or_else(
            || SettingsEvidence::KnownHosts { hosts: hosts() },
            |why| SettingsEvidence::HostUnreached { reason: why.clone() },
        );
        let summary = format!("there can be no settings for {host}");
        SettingsRefusal::new(code::SETTINGS_HOST_UNKNOWN, summary, [why])
            .of_host(host)
            .remedy(Remedy::action("name a host of which there are facts, as the facts name it"))
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
    DecidedValue::new(names, [SettingsEvidence::CertificateNames])
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
) -> Vec<SettingsNotice> {
    let mtus: Vec<_> =
        mtus(known, network).map(|(host, mtu)| HostMtu { host: host.clone(), mtu }).collect();
    let mut warnings = Vec::new();
    if mtus.iter().any(|one| one.mtu != mtus[0].mtu) {
        let same = Remedy::action("set one on every host before anything else");
        warnings.push(SettingsNotice::new(SettingsEvidence::MtusDiffer { network, mtus }, [same]));
    }
    for finding in known.diagnoses.iter().filter(|one| one.code == code::MTU_BLACK_HOLE) {
        let scope = &finding.scope;
        let is_here = scope.link.as_ref().is_none_or(|other| other == link)
            && scope.hosts().any(|it| it == host);
        if is_here {
            let dropped = JoiningHostEvidence::LargePacketsDropped {
                from: scope.from.clone(),
                to: scope.to.clone(),
                link: Some(link.clone()),
            };
            let explain = Remedy::command(shell_command!("pontoon explain {}", finding.code));
            warnings.push(SettingsNotice::new(dropped, [explain]));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
