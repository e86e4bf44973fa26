//! Pod and Service CIDRs that overlap with no network of the hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_diagnosis::Remedy;
use pontoon_diagnosis::evidence::{NetworkUsage, SettingsEvidence, UsedNetwork};
use pontoon_model::code;
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::snapshot::RouteKind;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::networking::{
    SERVICE_ADDRESSES_MIN, node_mask, validate_pod_subnets, validate_service_subnets,
    validate_subnets,
};

use super::{DecidedValue, SettingsInputs, SettingsOverrides, is_of_containers};
use crate::refusal::SettingsRefusal;

const fn v4(a: u8, b: u8, length: u8) -> Prefix {
    Prefix { address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), length }
}

/// Unique local networks, as in the dual-stack documentation of kubeadm.
const fn v6(group: u16, length: u8) -> Prefix {
    Prefix { address: IpAddr::V6(Ipv6Addr::new(0xfd00, 0x10, group, 0, 0, 0, 0, 0)), length }
}

/// Decides the network of Services.
pub(super) fn services(
    known: SettingsInputs<'_>,
    family: IpFamily,
    wishes: &SettingsOverrides,
) -> Result<DecidedValue<Prefix>, SettingsRefusal> {
    let taken = taken(known);
    if let Some(told) = wishes.services {
        let checked = validate_subnets(&told.to_string(), SERVICE_ADDRESSES_MIN)
            .and_then(|_| validate_service_subnets(&told.to_string()));
        return named(&taken, (told, family), "--service-cidr", checked.map(|_| ()), wishes.pods);
    }
    let usual = match family {
        IpFamily::V4 => v4(10, 96, 12),
        IpFamily::V6 => v6(0x96, 112),
    };
    let others = || match family {
        IpFamily::V4 => scan().chain([v4(10, 96, 16)]).collect(),
        IpFamily::V6 => (0x97..0xa0).map(|group| v6(group, 112)).collect::<Vec<_>>(),
    };
    choose(&taken, usual, "kubeadm", others(), wishes.pods, "the Services")
}

/// Decides the pod CIDR, which must not overlap with the Service CIDR.
pub(super) fn pods(
    known: SettingsInputs<'_>,
    family: IpFamily,
    wishes: &SettingsOverrides,
    services: Prefix,
) -> Result<DecidedValue<Prefix>, SettingsRefusal> {
    let taken = taken(known);
    if let Some(told) = wishes.pods {
        let checked = validate_pod_subnets(&told.to_string(), |of| node_mask(|_| None, of));
        return named(&taken, (told, family), "--pod-cidr", checked.map(|_| ()), Some(services));
    }
    let usual = match family {
        IpFamily::V4 => v4(10, 244, 16),
        IpFamily::V6 => v6(0x244, 56),
    };
    let others = match family {
        IpFamily::V4 => scan().collect(),
        IpFamily::V6 => (0x245..0x250).map(|group| v6(group, 56)).collect(),
    };
    choose(&taken, usual, "flannel", others, Some(services), "the pods")
}

/// Candidates if the default is in use: private networks (RFC 1918), then networks for
/// carrier-grade NAT (RFC 6598) and benchmarks (RFC 2544), which campus networks do not route.
fn scan() -> impl Iterator<Item = Prefix> {
    let ten = (200..=255).chain(128..200).map(|b| v4(10, b, 16));
    let one_seven_two = (16..=31).rev().map(|b| v4(172, b, 16));
    let shared = (64..=127).map(|b| v4(100, b, 16));
    ten.chain(one_seven_two).chain([v4(192, 168, 16)]).chain(shared).chain([v4(198, 18, 16)])
}

fn choose(
    taken: &[UsedNetwork],
    usual: Prefix,
    of: &'static str,
    others: Vec<Prefix>,
    beside: Option<Prefix>,
    what: &str,
) -> Result<DecidedValue<Prefix>, SettingsRefusal> {
    let clash = |network: Prefix| taken.iter().find(|taken| taken.network.overlaps(network));
    let is_free = |network: &Prefix| {
        clash(*network).is_none() && !beside.is_some_and(|beside| beside.overlaps(*network))
    };
    let free = SettingsEvidence::NetworkFree { compared: taken.len() };
    if is_free(&usual) {
        return Ok(DecidedValue::new(usual, [SettingsEvidence::DefaultNetwork { of }, free]));
    }
    let found = others.into_iter().find(is_free).ok_or_else(|| {
        let summary = format!("no network for {what} is free");
        SettingsRefusal::new(code::NO_FREE_NETWORK, summary, [SettingsEvidence::NoFreeNetwork])
            .remedy(Remedy::action("say --pod-cidr and --service-cidr"))
    })?;
    let used = clash(usual).cloned();
    let usual = SettingsEvidence::DefaultNetworkTaken { network: usual, of, used };
    Ok(DecidedValue::new(found, [usual, free]))
}

/// The CIDR that the user set: it must be of the node's family, kubeadm must accept it, and no host
/// may use it.
fn named(
    taken: &[UsedNetwork],
    (told, family): (Prefix, IpFamily),
    option: &str,
    checked: Result<(), String>,
    beside: Option<Prefix>,
) -> Result<DecidedValue<Prefix>, SettingsRefusal> {
    let refuse = |why| {
        let summary = format!("{option} {told} cannot be used");
        SettingsRefusal::new(code::CHOSEN_NETWORK_REFUSED, summary, [why])
            .remedy(Remedy::action("name another, or leave it to pontoon"))
    };
    if told.family() != family {
        return Err(refuse(SettingsEvidence::NodeFamily { family }));
    }
    checked.map_err(|response| {
        refuse(SettingsEvidence::RefusedByKubeadm { response: Untrusted::new(&response) })
    })?;
    if let Some(clash) = taken.iter().find(|taken| taken.network.overlaps(told)) {
        return Err(refuse(SettingsEvidence::NetworkInUse(clash.clone())));
    }
    if let Some(other) = beside.filter(|other| other.overlaps(told)) {
        return Err(refuse(SettingsEvidence::OverlapsOtherNetwork { other }));
    }
    let free = SettingsEvidence::NetworkFree { compared: taken.len() };
    Ok(DecidedValue::new(told.network(), [SettingsEvidence::GivenByUser, free]))
}

/// Every network that a host has or routes, but those of containers and of an earlier cluster.
fn taken(known: SettingsInputs<'_>) -> Vec<UsedNetwork> {
    let mut all: Vec<UsedNetwork> = Vec::new();
    let mut take = |network: Prefix, host: &HostName, usage| {
        if !all.iter().any(|taken| taken.network == network) {
            all.push(UsedNetwork { network, host: host.clone(), usage });
        }
    };
    for (host, facts) in &known.record.facts.hosts {
        let node = &facts.snapshot;
        for link in node.links.iter().filter(|link| !is_cluster_own(&link.name)) {
            for own in link.addresses.iter().filter(|own| is_counted(own.prefix.address)) {
                take(own.prefix.network(), host, NetworkUsage::OnLink(link.name.clone()));
            }
        }
        let routes = node.routes.iter().filter(|route| {
            matches!(route.kind, RouteKind::Unicast)
                && route.destination.length > 0
                // VPNs add 0.0.0.0/1 and 128.0.0.0/1 as a default route; they are no networks.
                && route.destination.length > 1
                && is_counted(route.destination.address)
                && !route.link.as_ref().is_some_and(is_cluster_own)
        });
        for route in routes {
            let usage = route.link.clone().map_or(NetworkUsage::Routed, NetworkUsage::RoutedBy);
            take(route.destination.network(), host, usage);
        }
        for server in node.resolver.servers.iter().filter(|server| is_counted(**server)) {
            let length = if server.is_ipv4() { 32 } else { 128 };
            take(Prefix { address: *server, length }, host, NetworkUsage::NameServer);
        }
    }
    all
}

/// Whether a CNI made the link. Networks of container tools, such as docker0, count as in use.
fn is_cluster_own(name: &pontoon_model::net::IfName) -> bool {
    is_of_containers(name)
        && !["docker", "br-", "virbr", "podman"]
            .iter()
            .any(|start| name.as_str().starts_with(start))
}

fn is_counted(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local() && !v4.is_multicast(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local() && !v6.is_multicast(),
    }
}
