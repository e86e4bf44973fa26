//! kubelet: the addresses of the Node object.

use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;

use super::apimachinery::{link_with_address, resolve_bind_address};
use super::go_net::parse_ip_sloppy;
use super::node_name::{GoResolver, NameLookup, look_up, node_name};
use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was compared with a running kubelet.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, pkg/kubelet/nodestatus/setters.go and \
                          pkg/kubelet/kubelet_node_status.go";

/// The parsed value of `--node-ip`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NodeIpFlag {
    /// The addresses; two are of different families.
    pub addresses: Vec<IpAddr>,
    /// Words that are no address: kubelet logs and ignores them.
    pub invalid: Vec<String>,
}

/// `ParseNodeIPArgument` (kubernetes/component-helpers, `node/util/ips.go`).
///
/// # Errors
///
/// The message of kubelet: two addresses of one family, `0.0.0.0` in a pair, or a pair with an
/// in-tree cloud provider.
pub fn parse_node_ip(
    text: &str,
    cloud_provider: &str,
) -> Result<NodeIpFlag, (&'static str, NodeIpFlag)> {
    let mut found = NodeIpFlag::default();
    if text.is_empty() {
        return Ok(found);
    }
    for word in text.split(',').map(str::trim) {
        match parse_ip_sloppy(word) {
            Some(address) => found.addresses.push(address),
            None => found.invalid.push(word.to_owned()),
        }
    }
    let fault = match found.addresses.as_slice() {
        [] | [_] => None,
        [a, b] if IpFamily::of(*a) != IpFamily::of(*b) => {
            if !matches!(cloud_provider, "" | "external") {
                Some("dual-stack not supported in this configuration")
            } else if a.is_unspecified() || b.is_unspecified() {
                Some("dual-stack node IP cannot include '0.0.0.0' or '::'")
            } else {
                None
            }
        }
        _ => Some("must contain either a single IP or a dual-stack pair of IPs"),
    };
    match fault {
        None => Ok(found),
        Some(words) => {
            // kubelet does not start with such a value, so no address may be used.
            found.addresses.clear();
            Err((words, found))
        }
    }
}

/// `validateNodeIP`: whether an address may be a Node address.
///
/// # Errors
///
/// The message of kubelet.
pub fn validate_node_ip(node: &Snapshot, address: IpAddr) -> Result<(), String> {
    let address = address.to_canonical();
    let fault = if address.is_loopback() {
        "nodeIP can't be loopback address"
    } else if address.is_multicast() {
        "nodeIP can't be a multicast address"
    } else if is_link_local(address) {
        "nodeIP can't be a link-local unicast address"
    } else if address.is_unspecified() {
        "nodeIP can't be an all zeros address"
    } else if link_with_address(node, address).is_none() {
        return Err(format!("node IP: \"{address}\" not found in the host's network interfaces"));
    } else {
        return Ok(());
    };
    Err(fault.to_owned())
}

const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// The `InternalIP`s of the Node, for a kubelet as released.
#[must_use]
pub fn node_addresses(node: &Snapshot) -> PredictedChoice {
    node_addresses_of(node, GoResolver::Cgo)
}

/// `NodeAddress`: the `InternalIP`s of the Node, for a kubelet with this resolver.
#[must_use]
pub fn node_addresses_of(node: &Snapshot, linkage: GoResolver) -> PredictedChoice {
    let flags = &node.node.kubelet;
    let text = |flag: &Option<pontoon_model::untrusted::Untrusted>| {
        flag.as_ref().map(|flag| flag.raw().to_owned()).unwrap_or_default()
    };
    let told = match parse_node_ip(&text(&flags.node_ip), &text(&flags.cloud_provider)) {
        Ok(told) => told,
        Err((words, _)) => {
            return PredictedChoice::refusal(
                format!("failed to parse --node-ip: {words}"),
                "--node-ip",
            );
        }
    };
    let name = match node_name(node.host_name.as_str(), Some(&text(&flags.hostname_override))) {
        Ok(name) => name,
        Err(words) => return PredictedChoice::refusal(words, "--hostname-override"),
    };
    let mut choice = by_told(node, &told.addresses, &name, linkage);
    if let PredictedChoice::Pick(pick) = &mut choice {
        let ignored = told
            .invalid
            .iter()
            .map(|word| format!("--node-ip: `{}` is no address and is ignored", escaped(word)));
        pick.notes.extend(ignored);
    }
    choice
}

fn escaped(text: &str) -> pontoon_model::untrusted::Untrusted {
    pontoon_model::untrusted::Untrusted::new(text)
}

fn by_told(node: &Snapshot, told: &[IpAddr], name: &str, linkage: GoResolver) -> PredictedChoice {
    let is_specified = |address: &&IpAddr| !address.is_unspecified();
    let first = told.first().filter(is_specified);
    let second = told.get(1).filter(is_specified);
    for (what, address) in [("nodeIP", first), ("secondaryNodeIP", second)] {
        if let Some(Err(words)) = address.map(|address| validate_node_ip(node, *address)) {
            return PredictedChoice::refusal(
                format!("failed to validate {what}: {words}"),
                "--node-ip; the Node gets no address at all, and becomes Ready all the same",
            );
        }
    }
    // The cloud controller manager sets the addresses later, so nothing on the host decides.
    if node.node.kubelet.is_cloud_external() && told.is_empty() {
        return PredictedChoice::unknown(
            "which address the cloud provider gives the Node (--cloud-provider=external)",
        );
    }
    match (first, second) {
        (Some(first), second) => {
            let addresses: Vec<IpAddr> = [first].into_iter().chain(second).copied().collect();
            let links = addresses.iter().filter_map(|address| link_with_address(node, *address));
            let mut links: Vec<String> = links.map(|link| link.name.to_string()).collect();
            links.dedup();
            let rule = "--node-ip".to_owned();
            PredictedChoice::Pick(PredictedAddresses {
                addresses,
                links,
                rule,
                mtu: None,
                notes: Vec::new(),
            })
        }
        (None, _) => by_name(node, told.first().copied(), name, linkage),
    }
}

/// By the node's name: it is an address itself, or resolves to one of this host; else by the
/// routes.
fn by_name(
    node: &Snapshot,
    told: Option<IpAddr>,
    name: &str,
    linkage: GoResolver,
) -> PredictedChoice {
    if let Some(address) = parse_ip_sloppy(name) {
        let link = link_with_address(node, address).map(|link| link.name.as_str());
        return PredictedChoice::Pick(PredictedAddresses::new(
            address,
            link,
            "the node's name is an address",
        ));
    }
    let (addresses, by) = match look_up(node, name, linkage) {
        NameLookup::Known { addresses, by } => (addresses, by),
        NameLookup::Unknown { missing } => return PredictedChoice::Unknown { missing },
    };
    // `--node-ip=::` selects IPv6, `0.0.0.0` IPv4, without naming an address.
    let preferred = told.map_or(IpFamily::V4, IpFamily::of);
    let valid: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| validate_node_ip(node, *address).is_ok())
        .collect();
    let of_family = valid.iter().find(|address| IpFamily::of(**address) == preferred);
    if let Some(address) = of_family.or(valid.first()) {
        let link = link_with_address(node, *address).map(|link| link.name.as_str());
        let rule = format!("{by}: {name} is {address}");
        return PredictedChoice::Pick(PredictedAddresses::new(*address, link, rule));
    }
    match resolve_bind_address(node, told) {
        Ok(chosen) => {
            let mut pick = PredictedAddresses::new(chosen.address, Some(&chosen.link), chosen.rule);
            if let Some(other) = addresses.first() {
                pick.notes.push(format!("{by}: {name} is {other}, which no node may have"));
            }
            PredictedChoice::Pick(pick)
        }
        Err(error) => PredictedChoice::refusal(
            format!("can't get ip address of node {name}. error: {error}"),
            "neither --node-ip, the node's name nor a default route gives one; the Node becomes Ready \
             without",
        ),
    }
}
