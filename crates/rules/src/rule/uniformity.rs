//! What links of one network should have in common: the MTU and the name.

use std::collections::{BTreeMap, BTreeSet};

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::LinkEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, HostSample, Remedy};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::shared_links::{LinkEndpoint, usable_address};
use pontoon_model::shell_command;
use pontoon_model::snapshot::Link;

use super::rule_context::RuleContext;

/// More hosts than this are counted, not listed: there is a diagnosis for each host.
const NAMES_MAX: usize = 4;

/// A link by its owner and its name.
type HostLink<'a> = (&'a HostName, &'a IfName);

/// Links of one network with different MTUs.
pub(super) fn mtu_differs(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for network in networks(case) {
        for odd in odd_ones(&network, |port| link(case, port).map(|link| link.mtu)) {
            let ((host, name), own, usual) = (odd.port, odd.own, odd.usual);
            let evidence = [
                LinkEvidence::LinkMtu { host: host.clone(), link: name.clone(), mtu: own },
                LinkEvidence::UsualMtu { hosts: odd.others(), mtu: usual },
            ];
            let set = shell_command!("sudo ip link set dev {} mtu {}", name, usual);
            let scope = DiagnosisScope::link(host, name);
            found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                Remedy::on(host, set).to("set the same in its network configuration, too"),
                Remedy::action("give all of them, and the switch, the larger MTU instead"),
                Remedy::action(
                    "until then set the pod network's MTU by the smallest: flannel, Calico and \
                     Cilium derive it from the link of each node",
                ),
            ]));
        }
    }
    found
}

/// Links of one network that have different names: what is configured by name does not fit all.
pub(super) fn link_names_differ(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for network in networks(case) {
        for odd in odd_ones(&network, |(_, name)| Some(*name)) {
            let ((host, name), usual) = (odd.port, odd.usual);
            let evidence = [LinkEvidence::LinkName {
                host: host.clone(),
                link: name.clone(),
                usual: usual.clone(),
                hosts: odd.others(),
            }];
            let near = odd.neighbour.and_then(|port| network_of(link(case, &port)?));
            let near = near.map_or_else(|| "CIDR".to_owned(), |near| near.to_string());
            let scope = DiagnosisScope::link(host, name);
            found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                Remedy::action(format!(
                    "flannel: --iface-can-reach=ADDRESS instead of --iface={usual}, with an \
                     address of {near} that no node has (or --iface-regex, or --iface twice)"
                )),
                Remedy::action(format!("Calico: IP_AUTODETECTION_METHOD=cidr={near}")),
                Remedy::action(format!(
                    "rename the link on {host} to {usual}: systemd.link(5), Name="
                )),
            ]));
        }
    }
    found
}

/// A link that differs from most links of its network.
struct LinkOutlier<'a, T> {
    port: HostLink<'a>,
    own: T,
    usual: T,
    /// Hosts whose links are as most are.
    most: BTreeSet<&'a HostName>,
    /// The link of one of them.
    neighbour: Option<HostLink<'a>>,
}

impl<T> LinkOutlier<'_, T> {
    fn others(&self) -> HostSample {
        HostSample::of(self.most.iter().copied().cloned(), NAMES_MAX, NAMES_MAX)
    }
}

/// Finds the value that most have (of two equally frequent ones, the smaller), and the links that
/// have another.
fn odd_ones<'a, T: Clone + Ord>(
    network: &BTreeSet<HostLink<'a>>,
    value: impl Fn(&HostLink<'a>) -> Option<T>,
) -> Vec<LinkOutlier<'a, T>> {
    let mut holders: BTreeMap<T, Vec<HostLink<'a>>> = BTreeMap::new();
    for port in network {
        if let Some(value) = value(port) {
            holders.entry(value).or_default().push(*port);
        }
    }
    let Some(most) = holders.values().map(Vec::len).max() else { return Vec::new() };
    let Some((usual, common)) = holders.iter().find(|(_, ports)| ports.len() == most) else {
        return Vec::new();
    };
    let hosts: BTreeSet<_> = common.iter().map(|(host, _)| *host).collect();
    let odd = holders.iter().filter(|(value, _)| *value != usual);
    odd.flat_map(|(own, ports)| ports.iter().map(move |port| (own, *port)))
        // A second link of one of them, by mistake in the same network, is another matter.
        .filter(|(_, (host, _))| !hosts.contains(host))
        .map(|(own, port)| LinkOutlier {
            port,
            own: own.clone(),
            usual: usual.clone(),
            most: hosts.clone(),
            neighbour: common.first().copied(),
        })
        .collect()
}

fn network_of(link: &Link) -> Option<Prefix> {
    let address = [IpFamily::V4, IpFamily::V6].into_iter().find_map(|f| usable_address(link, f))?;
    Some(address.prefix.network())
}

fn link<'a>(case: &'a RuleContext<'_>, (host, name): &HostLink<'_>) -> Option<&'a Link> {
    case.facts.hosts.get(*host)?.snapshot.link(name)
}

/// The links between which frames were seen to pass, put together. That addresses fit is not
/// enough: many homes are 192.168.1.0/24.
fn networks<'a>(case: &'a RuleContext<'_>) -> Vec<BTreeSet<HostLink<'a>>> {
    let mut networks: Vec<BTreeSet<HostLink<'a>>> = Vec::new();
    let mut place: BTreeMap<HostLink<'a>, usize> = BTreeMap::new();
    let passes = case
        .pairs
        .iter()
        .filter(|pair| pair.directions().iter().any(|way| !way.arrived().is_empty()));
    for pair in passes {
        let port = |end: &'a LinkEndpoint| (&end.host, &end.link);
        let (a, b) = (port(&pair.shared.a), port(&pair.shared.b));
        let (at_a, at_b) = (place.get(&a).copied(), place.get(&b).copied());
        let at = at_a.or(at_b).unwrap_or_else(|| {
            networks.push(BTreeSet::new());
            networks.len() - 1
        });
        let mut members = BTreeSet::from([a, b]);
        if let Some(other) = at_b.filter(|other| *other != at) {
            members.append(&mut networks[other]);
        }
        for member in &members {
            place.insert(*member, at);
        }
        networks[at].append(&mut members);
    }
    networks
}
