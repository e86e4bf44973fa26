//! Networks of the hosts that overlap with those of the cluster.

use std::net::{IpAddr, Ipv4Addr};

use super::row::RuleMatch;
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::net::Prefix;
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
    let mut wanted = vec![(pods, intent.pod_cidr.is_some(), "the pods", "--pod-network-cidr")];
    wanted.extend(intent.service_cidr.map(|cidr| (cidr, true, "the Services", "--service-cidr")));
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for (cidr, is_named, whose, option) in &wanted {
            let Some((network, what)) = overlapping(host, *cidr) else { continue };
            let level = if *is_named { Level::Confirmed } else { Level::Possible };
            let origin = if *is_named { "as you named it" } else { "which is flannel's default" };
            let because = vec![
                format!("{name} has {network} ({what})"),
                format!("{whose} would get {cidr}, {origin}: the two overlap"),
            ];
            found.push(
                RuleMatch::new(DiagnosisScope::host(name), level, because)
                    .advise([format!(
                        "choose another network: kubeadm init {option}=..., for example {}",
                        free(facts)
                    )])
                    .or_decide("name the network of your pods: --pod-cidr"),
            );
        }
    }
    found
}

/// The network of the host is within what kubeadm gives to Services unless told otherwise.
pub(super) fn default_service_cidr_overlap(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    if facts.intent.service_cidr.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        if let Some((network, what)) = overlapping(host, KUBEADM_SERVICES) {
            let because = vec![
                format!("{name} has {network} ({what})"),
                format!(
                    "kubeadm gives {KUBEADM_SERVICES} to Services unless --service-cidr says otherwise"
                ),
            ];
            found.push(
                RuleMatch::new(DiagnosisScope::host(name), Level::Possible, because)
                    .advise([format!("kubeadm init --service-cidr={}", free(facts))])
                    .or_decide("name the network of your Services: --service-cidr"),
            );
        }
    }
    found
}

/// A network of the host's own links or routes that overlaps.
fn overlapping(host: &HostFacts, cidr: Prefix) -> Option<(Prefix, String)> {
    let snapshot = &host.snapshot;
    let links = snapshot.links.iter().filter(|link| link.reaches_hosts());
    let mut own = links.clone().flat_map(|link| {
        let networks = link.addresses.iter().map(|address| address.prefix.network());
        networks.map(move |network| (network, format!("on {}", link.name)))
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
        .map(|route| (route.destination.network(), "a route".to_owned()));
    own.find(|(network, _)| network.overlaps(cidr))
        .or_else(|| routes.find(|(network, _)| network.overlaps(cidr)))
}

/// A private network that no host uses.
fn free(facts: &Facts) -> Prefix {
    let candidates = [(10, 42), (10, 200), (172, 30), (192, 168)]
        .map(|(a, b)| Prefix { address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), length: 16 });
    let is_free =
        |cidr: &Prefix| facts.hosts.values().all(|host| overlapping(host, *cidr).is_none());
    candidates.into_iter().find(is_free).unwrap_or(candidates[0])
}
