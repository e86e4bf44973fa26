//! The cluster's networks beside those of the host that joins.

use pontoon_diagnosis::Remedy;
use pontoon_diagnosis::evidence::{ClusterNetwork, JoiningHostEvidence};
use pontoon_model::net::IfName;
use pontoon_model::snapshot::Snapshot;

use crate::verdict::{ClusterSettings, JoinStage, StageResult};

/// Whether pods' or Services' networks are networks of this host as well: hosts there are not
/// reached any more. `way` is the link by which the API server is asked: the other nodes are
/// behind it, so that there it is a failure. `None`: nothing is known of the cluster's networks.
#[must_use]
pub fn networks(
    node: &Snapshot,
    ahead: &ClusterSettings,
    way: Option<&IfName>,
) -> Option<StageResult> {
    let known: Vec<ClusterNetwork> =
        [("serviceSubnet", &ahead.services), ("podSubnet", &ahead.pods)]
            .into_iter()
            .flat_map(|(setting, all)| {
                let all = all.iter().flat_map(|all| all.split(','));
                all.filter_map(move |one| {
                    Some(ClusterNetwork { setting, network: one.trim().parse().ok()? })
                })
            })
            .collect();
    if known.is_empty() {
        return None;
    }
    let mut lost = Vec::new();
    let mut is_way_lost = false;
    for cluster in &known {
        for (link, own) in node.overlapping(cluster.network) {
            let is_path_to_server = way == Some(&link.name);
            is_way_lost |= is_path_to_server;
            let (cluster, own, link) = (cluster.clone(), own.network(), link.name.clone());
            let overlap =
                JoiningHostEvidence::NetworkOverlap { cluster, own, link, is_path_to_server };
            lost.push(overlap.into());
        }
    }
    if lost.is_empty() {
        let free = JoiningHostEvidence::NetworksFree { networks: known };
        return Some(StageResult::passed(JoinStage::Networks, free));
    }
    let choose = Remedy::command("pontoon kubeadm init")
        .to("make the cluster anew with networks that are free");
    Some(StageResult {
        stage: JoinStage::Networks,
        is_passed: is_way_lost.then_some(false),
        evidence: lost,
        remedies: is_way_lost.then_some(choose).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use pontoon_diagnosis::Evidence;
    use pontoon_predict::captured::CapturedHost;

    use super::*;

    /// What overlaps: the cluster's network, the host's own, and whether the server is there.
    type Overlap<'a> = (&'a str, &'a str, bool);

    /// Of evidence that networks overlap, and of nothing else.
    fn overlaps(evidence: &[Evidence]) -> Vec<(String, String, bool)> {
        let overlap = |evidence: &Evidence| match evidence {
            Evidence::JoiningHost(JoiningHostEvidence::NetworkOverlap {
                cluster,
                own,
                is_path_to_server,
                ..
            }) => (cluster.to_string(), own.to_string(), *is_path_to_server),
            other => panic!("{other:?}"),
        };
        evidence.iter().map(overlap).collect()
    }

    #[test]
    fn a_network_that_is_the_clusters_as_well_is_lost_to_the_host() {
        let captured: CapturedHost = serde_json::from_value(serde_json::json!({
            "hostname": "pi2",
            "interfaces": [
                { "name": "eth0", "index": 2, "flags": ["up", "running"], "addrs": ["10.0.0.2/24"] },
                { "name": "wlan0", "index": 3, "flags": ["up", "running"],
                  "addrs": ["172.20.5.2/16"] },
            ],
        }))
        .unwrap();
        let mut node = captured.snapshot().unwrap();
        for link in &mut node.links {
            link.has_carrier = true;
            link.mac = Some(pontoon_model::net::Mac([2, 0, 0, 0, 0, 1]));
        }
        let table: [(&str, &str, Option<Option<bool>>, &[Overlap<'_>]); 6] = [
            ("10.96.0.0/12", "10.244.0.0/16", Some(Some(true)), &[]),
            (
                "10.0.0.0/16",
                "10.244.0.0/16",
                Some(Some(false)),
                &[("serviceSubnet 10.0.0.0/16", "10.0.0.0/24", true)],
            ),
            (
                "10.96.0.0/12",
                "10.0.0.0/8",
                Some(Some(false)),
                &[("podSubnet 10.0.0.0/8", "10.0.0.0/24", true)],
            ),
            (
                "10.96.0.0/12",
                "172.16.0.0/12",
                Some(None),
                &[("podSubnet 172.16.0.0/12", "172.20.0.0/16", false)],
            ),
            ("fd00::/112,10.96.0.0/12", "172.21.0.0/24", Some(Some(true)), &[]),
            ("", "", None, &[]),
        ];
        for (services, pods, is_passed, expected) in table {
            let ahead = ClusterSettings {
                services: Some(services.to_owned()),
                pods: Some(pods.to_owned()),
                endpoint: None,
            };
            let stage = networks(&node, &ahead, Some(&"eth0".parse().unwrap()));
            assert_eq!(stage.as_ref().map(|stage| stage.is_passed), is_passed, "{stage:?}");
            let evidence = stage.map(|stage| stage.evidence).unwrap_or_default();
            if let [Evidence::JoiningHost(JoiningHostEvidence::NetworksFree { networks })] =
                &evidence[..]
            {
                let known: Vec<_> = services.split(',').chain(pods.split(',')).collect();
                let found: Vec<_> = networks.iter().map(|one| one.network.to_string()).collect();
                assert_eq!(
                    (is_passed, found),
                    (Some(Some(true)), known.iter().map(ToString::to_string).collect())
                );
            } else {
                let owned = |(cluster, own, is_path): &Overlap<'_>| {
                    ((*cluster).to_owned(), (*own).to_owned(), *is_path)
                };
                assert_eq!(overlaps(&evidence), expected.iter().map(owned).collect::<Vec<_>>());
            }
        }
    }
}
