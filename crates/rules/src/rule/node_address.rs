//! The address that Kubernetes will take, and whether the other nodes reach it.

use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FrameEvidence, NodeAddressEvidence};
use pontoon_diagnosis::{
    Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Evidence, HostSample, Remedy,
};
use pontoon_model::facts::HostFacts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::shared_links::{LinkEndpoint, usable_address};
use pontoon_model::shell_command;
use pontoon_model::snapshot::{Route, Snapshot};
use pontoon_predict::apimachinery;

use super::directed_path::{DirectedPath, PairProbe};
use super::link_pair::{LinkPair, blocked_direction};
use super::route_lookup::{RouteLookup, is_dead, lookup, owns};
use super::rule_context::RuleContext;

/// Nothing to follow: kubeadm finds no address (`ChooseHostInterface` in
/// k8s.io/apimachinery/pkg/util/net/interface.go), and no image can be pulled.
pub(super) fn no_default_route(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let without =
        facts.hosts.iter().filter(|(_, host)| alive_defaults(&host.snapshot).next().is_none());
    without
        .map(|(name, host)| {
            let has_dead_route = host.snapshot.default_routes().next().is_some();
            let evidence = [if has_dead_route {
                NodeAddressEvidence::DefaultRouteDown { host: name.clone() }
            } else {
                NodeAddressEvidence::NoDefaultRoute { host: name.clone() }
            }];
            let uplinked = facts.hosts.iter().find(|(other, host)| {
                *other != name && alive_defaults(&host.snapshot).next().is_some()
            });
            let address = own_address(&host.snapshot).map(|address| {
                Remedy::action(format!(
                    "kubeadm takes the address of the link of the first default route, so name \
                     one: --apiserver-advertise-address={address}, and kubelet \
                     --node-ip={address}"
                ))
            });
            let uplink = Remedy::action(match uplinked {
                Some((other, _)) => {
                    format!("let {other} share its uplink, and make it {name}'s default gateway")
                }
                None => "connect one node to the internet: images must be pulled".to_owned(),
            });
            let scope = DiagnosisScope::host(name);
            RuleMatch::new(scope, Certainty::Confirmed, evidence)
                .with_remedies(address.into_iter().chain([uplink]))
        })
        .collect()
}

fn alive_defaults(host: &Snapshot) -> impl Iterator<Item = &Route> {
    host.default_routes().filter(|route| !is_dead(host, route))
}

fn own_address(host: &Snapshot) -> Option<IpAddr> {
    let mut links = host.links.iter().filter(|link| link.is_usable() && link.reaches_hosts());
    links.find_map(|link| usable_address(link, IpFamily::V4)).map(|address| address.prefix.address)
}

/// The predicted node address of a host.
pub(super) struct NodeAddressChoice {
    pub(super) link: IfName,
    pub(super) address: IpAddr,
    /// Remaining lifetime of the address in seconds; `None` if it is permanent.
    valid_s: Option<u32>,
}

/// The address that kubeadm takes by default, chosen as [`apimachinery`] does.
pub(super) fn choice(host: &Snapshot) -> Option<NodeAddressChoice> {
    let chosen = apimachinery::choose_host_interface(host, IpFamily::V4).ok()?;
    let link = host.links.iter().find(|link| link.name.as_str() == chosen.link)?;
    let mut own = link.addresses.iter();
    let taken = own.find(|own| own.prefix.address.to_canonical() == chosen.address)?;
    Some(NodeAddressChoice {
        link: link.name.clone(),
        address: chosen.address,
        valid_s: taken.valid_s,
    })
}

/// The address that Kubernetes takes is a DHCP lease: certificates and etcd members keep naming it
/// when it changes.
///
/// IPv4 only: IPv6 addresses from router advertisements always have a lifetime.
pub(super) fn node_address_by_dhcp(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for (name, host) in &case.facts.hosts {
        let Some(NodeAddressChoice { link, address, valid_s: Some(remaining_s) }) =
            choice(&host.snapshot)
        else {
            continue;
        };
        if IpFamily::of(address) != IpFamily::V4 {
            continue;
        }
        let evidence = [NodeAddressEvidence::AddressLease {
            host: name.clone(),
            link: link.clone(),
            address,
            remaining_s,
        }];
        let scope = DiagnosisScope::link(name, &link);
        found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
            Remedy::action(format!(
                "reserve {address} for {name} on the DHCP server, or configure it statically: a \
                 control plane's certificates and etcd members keep naming the address they began \
                 with"
            )),
            Remedy::action("give kubelet a lasting address of another link: --node-ip=ADDRESS"),
        ]));
    }
    found
}

/// The default route points to a link on which the other nodes do not reach this one, and another
/// link would do.
pub(super) fn dual_homed_selection(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    facts.hosts.iter().filter_map(|(name, host)| wrong_default_link(case, name, host)).collect()
}

fn wrong_default_link(
    case: &RuleContext<'_>,
    name: &HostName,
    host: &HostFacts,
) -> Option<RuleMatch> {
    let choice = choice(&host.snapshot)?;
    let mut cut_off = Vec::new();
    let mut better: Option<&LinkEndpoint> = None;
    let mut certainty = Certainty::Undecided;
    for peer in case.facts.hosts.keys().filter(|peer| *peer != name) {
        let Some(sure) = is_cut_off(case, peer, name, &choice) else { continue };
        let Some(end) = other_end(case.between(name, peer), name, peer, &choice.link) else {
            continue;
        };
        cut_off.push(peer.clone());
        better.get_or_insert(end);
        certainty = certainty.max(sure);
    }
    let better = better?;
    let (link, address) = (&choice.link, choice.address);
    let (good, good_address) = (&better.link, better.prefix.address);
    let evidence: [Evidence; 3] = [
        NodeAddressEvidence::AdvertisedAddress { host: name.clone(), link: link.clone(), address }
            .into(),
        NodeAddressEvidence::AddressUnreached { host: name.clone(), by: few(cut_off) }.into(),
        FrameEvidence::LinkWorks { link: good.clone(), address: good_address }.into(),
    ];
    Some(
        RuleMatch::new(DiagnosisScope::link(name, link), certainty, evidence)
            .with_remedies([
                Remedy::command(shell_command!(
                    "kubeadm init --apiserver-advertise-address={}",
                    good_address
                ))
                .to(format!("where {name} is the control plane")),
                Remedy::action(format!(
                    "set KUBELET_EXTRA_ARGS=--node-ip={good_address} in /etc/default/kubelet"
                ))
                .at(CommandPlace::Host(name.clone())),
                Remedy::action(format!("flannel: --iface={good}")),
            ])
            .distinguished_by(DistinguishingCheck::by_fact(
                "a longer run: ten rounds in which both ends reach their gateways",
            )),
    )
}

/// All of a few hosts, the first of many: a fleet's names fill a screen.
fn few(hosts: Vec<HostName>) -> HostSample {
    HostSample::of(hosts.into_iter(), 6, 3)
}

/// Whether `peer` cannot reach the address that `host` would advertise, and how sure that is.
fn is_cut_off(
    case: &RuleContext<'_>,
    peer: &HostName,
    host: &HostName,
    choice: &NodeAddressChoice,
) -> Option<Certainty> {
    let family = IpFamily::of(choice.address);
    let is_toward = |way: &DirectedPath| {
        way.from.host == *peer
            && way.to.host == *host
            && way.to.link == choice.link
            && way.family == family
    };
    let mut pairs = case.between(peer, host).iter();
    let both = pairs.find_map(|LinkPair { a_to_b: there, b_to_a: back, .. }| {
        [(there, back), (back, there)].into_iter().find(|(toward, _)| is_toward(toward))
    });
    if let Some((toward, against)) = both {
        let routed = toward.rounds(PairProbe::Routed);
        let shut = if toward.arrived().is_empty() {
            blocked_direction(toward, &case.controls).filter(|_| routed.arrived.is_empty())
        } else {
            // What arrives is of no use where no answer comes back.
            let is_answered = !toward.answered().is_empty() || !routed.answered.is_empty();
            blocked_direction(against, &case.controls).filter(|_| !is_answered)
        };
        return Some(shut?.certainty).filter(|certainty| *certainty >= Certainty::Likely);
    }
    let routed = super::routed_path::rounds(case, peer, host, family);
    if !routed.arrived.is_empty() {
        return None;
    }
    if routed.is_blocked() {
        return Some(Certainty::Likely);
    }
    let snapshot = |name: &HostName| case.facts.hosts.get(name).map(|host| &host.snapshot);
    match lookup(snapshot(peer)?, choice.address) {
        RouteLookup::NoRoute => Some(Certainty::Confirmed),
        // Linux takes what is for any of its addresses by any link.
        RouteLookup::By { gateway: Some(gateway), .. } if owns(snapshot(host)?, gateway) => None,
        RouteLookup::By { .. } | RouteLookup::Policy => None,
    }
}

/// The end of `host` on another link over which the two reach each other, IPv4 first.
fn other_end<'a>(
    pairs: &'a [LinkPair],
    host: &HostName,
    peer: &HostName,
    but: &IfName,
) -> Option<&'a LinkEndpoint> {
    pairs.iter().filter(|pair| pair.is_open()).find_map(|pair| {
        let (a, b) = (&pair.shared.a, &pair.shared.b);
        let (own, other) = if a.host == *host { (a, b) } else { (b, a) };
        (own.host == *host && other.host == *peer && own.link != *but).then_some(own)
    })
}
