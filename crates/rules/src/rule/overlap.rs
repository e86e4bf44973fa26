//! Networks of the hosts that overlap with those that the cluster would use.

use std::net::{IpAddr, Ipv4Addr};

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{NetworkOrigin, NetworkPurpose, NodeAddressEvidence};
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_model::shell_command;
use pontoon_model::snapshot::{Route, RouteKind};

use super::rule_context::RuleContext;

/// The pod CIDR of flannel's manifest (`net-conf.json` in kube-flannel.yml).
const FLANNEL_PODS: Prefix =
    Prefix { address: IpAddr::V4(Ipv4Addr::new(10, 244, 0, 0)), length: 16 };
/// The default Service CIDR of kubeadm (`DefaultServicesSubnet` in kubeadm's constants).
const KUBEADM_SERVICES: Prefix =
    Prefix { address: IpAddr::V4(Ipv4Addr::new(10, 96, 0, 0)), length: 12 };

/// A network that is in use has addresses which pods or Services would get.
pub(super) fn cidr_overlap(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let intent = &facts.intent;
    let pods = intent.pod_cidr.unwrap_or(FLANNEL_PODS);
    let origin = |named: Option<Prefix>| match named {
        Some(_) => NetworkOrigin::Named,
        None => NetworkOrigin::FlannelDefault,
    };
    let mut wanted = vec![(pods, origin(intent.pod_cidr), NetworkPurpose::Pods)];
    wanted.extend(
        intent.service_cidr.map(|cidr| (cidr, NetworkOrigin::Named, NetworkPurpose::Services)),
    );
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for (cidr, origin, purpose) in &wanted {
            let Some(in_use) = overlapping(host, *cidr) else { continue };
            let certainty = match origin {
                NetworkOrigin::Named => Certainty::Confirmed,
                _ => Certainty::Possible,
            };
            let option = match purpose {
                NetworkPurpose::Pods => "--pod-network-cidr",
                NetworkPurpose::Services => "--service-cidr",
            };
            let evidence = [
                in_use.by(name),
                NodeAddressEvidence::ClusterNetwork {
                    purpose: *purpose,
                    cidr: *cidr,
                    origin: *origin,
                },
            ];
            found.push(
                RuleMatch::new(DiagnosisScope::host(name), certainty, evidence)
                    .with_remedies([choose(option, facts)])
                    .distinguished_by(DistinguishingCheck::by_fact(
                        "name the network of your pods: --pod-cidr",
                    )),
            );
        }
    }
    found
}

fn choose(option: &str, facts: &Facts) -> Remedy {
    Remedy::command(shell_command!("kubeadm init {}={}", option, free(facts)))
        .to("choose a network that no host uses")
}

/// The network of the host is within what kubeadm gives to Services by default.
pub(super) fn default_service_cidr_overlap(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    if facts.intent.service_cidr.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        if let Some(in_use) = overlapping(host, KUBEADM_SERVICES) {
            let evidence = [
                in_use.by(name),
                NodeAddressEvidence::ClusterNetwork {
                    purpose: NetworkPurpose::Services,
                    cidr: KUBEADM_SERVICES,
                    origin: NetworkOrigin::KubeadmDefault,
                },
            ];
            found.push(
                RuleMatch::new(DiagnosisScope::host(name), Certainty::Possible, evidence)
                    .with_remedies([choose("--service-cidr", facts)])
                    .distinguished_by(DistinguishingCheck::by_fact(
                        "name the network of your Services: --service-cidr",
                    )),
            );
        }
    }
    found
}

/// A network that a host uses already.
struct NetworkInUse<'a> {
    network: Prefix,
    /// The link that has an address in it; none: a route leads to it.
    link: Option<&'a IfName>,
}

impl NetworkInUse<'_> {
    fn by(&self, host: &HostName) -> NodeAddressEvidence {
        NodeAddressEvidence::NetworkInUse {
            host: host.clone(),
            network: self.network,
            link: self.link.cloned(),
        }
    }
}

/// A network of the host's own links or routes that overlaps.
fn overlapping(host: &HostFacts, cidr: Prefix) -> Option<NetworkInUse<'_>> {
    let snapshot = &host.snapshot;
    let links = snapshot.links.iter().filter(|link| link.reaches_hosts());
    let mut own = links.clone().flat_map(|link| {
        let networks = link.addresses.iter().map(|address| address.prefix.network());
        networks.map(move |network| NetworkInUse { network, link: Some(&link.name) })
    });
    let routed = |route: &&Route| {
        route.table == Route::MAIN
            && route.kind == RouteKind::Unicast
            && route.destination.length > 0
            && links.clone().any(|link| route.link.as_ref() == Some(&link.name))
    };
    let mut routes = snapshot
        .routes
        .iter()
        .filter(routed)
        .map(|route| NetworkInUse { network: route.destination.network(), link: None });
    own.find(|one| one.network.overlaps(cidr))
        .or_else(|| routes.find(|one| one.network.overlaps(cidr)))
}

/// A private network that no host uses.
fn free(facts: &Facts) -> Prefix {
    let candidates = [(10, 42), (10, 200), (172, 30), (192, 168)]
        .map(|(a, b)| Prefix { address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), length: 16 });
    let is_free =
        |cidr: &Prefix| facts.hosts.values().all(|host| overlapping(host, *cidr).is_none());
    candidates.into_iter().find(is_free).unwrap_or(candidates[0])
}
