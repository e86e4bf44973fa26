//! The cluster's networks beside those of the host that joins.

use pontoon_model::net::{IfName, Prefix};
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
    let known: Vec<(&str, Prefix)> =
        [("serviceSubnet", &ahead.services), ("podSubnet", &ahead.pods)]
            .into_iter()
            .flat_map(|(name, all)| {
                let all = all.iter().flat_map(|all| all.split(','));
                all.filter_map(move |one| Some((name, one.trim().parse().ok()?)))
            })
            .collect();
    if known.is_empty() {
        return None;
    }
    let (mut lost, mut is_way) = (Vec::new(), false);
    for (name, range) in &known {
        for (link, own) in node.overlapping(*range) {
            lost.push(format!("{name} {range} overlaps {} on {}", own.network(), link.name));
            is_way |= way == Some(&link.name);
        }
    }
    let (is_passed, seen) = if lost.is_empty() {
        let known: Vec<_> = known.iter().map(|(name, range)| format!("{name} {range}")).collect();
        (Some(true), format!("no link of this host is in {}", known.join(" or ")))
    } else if is_way {
        let seen = format!(
            "{}: the other nodes are there, and would not be reached; pontoon kubeadm init \
             chooses networks that are free",
            lost.join("; ")
        );
        (Some(false), seen)
    } else {
        let seen = format!(
            "{}: the hosts there would not be reached, from pods or at all",
            lost.join("; ")
        );
        (None, seen)
    };
    Some(StageResult { stage: JoinStage::Networks, is_passed, seen })
}

#[cfg(test)]
mod tests {
    use pontoon_predict::captured::CapturedHost;

    use super::*;

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
        let table = [
            (
                "10.96.0.0/12",
                "10.244.0.0/16",
                Some(Some(true)),
                "no link of this host is in serviceSubnet",
            ),
            ("10.0.0.0/16", "10.244.0.0/16", Some(Some(false)), "overlaps 10.0.0.0/24 on eth0"),
            ("10.96.0.0/12", "10.0.0.0/8", Some(Some(false)), "podSubnet 10.0.0.0/8 overlaps"),
            ("10.96.0.0/12", "172.16.0.0/12", Some(None), "from pods or at all"),
            ("fd00::/112,10.96.0.0/12", "172.21.0.0/24", Some(Some(true)), "fd00::/112"),
            ("", "", None, ""),
        ];
        for (services, pods, is_passed, said) in table {
            let ahead = ClusterSettings {
                services: Some(services.to_owned()),
                pods: Some(pods.to_owned()),
                endpoint: None,
            };
            let step = networks(&node, &ahead, Some(&"eth0".parse().unwrap()));
            assert_eq!(step.as_ref().map(|step| step.is_passed), is_passed, "{step:?}");
            assert!(step.is_none_or(|step| step.seen.contains(said)), "{said}");
        }
    }
}
