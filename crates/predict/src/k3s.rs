//! K3s and RKE2: the node address.

use pontoon_model::snapshot::Snapshot;

use super::apimachinery::choose_host_interface;
use super::{PredictedAddresses, PredictedChoice};
use pontoon_model::net::IpFamily;

/// Source of the rule; the prediction was not compared with a running K3s.
pub const SOURCE: &str = "k3s-io/k3s, pkg/util/net.go and pkg/cli/server/server.go";
/// Source for RKE2, which uses the code of K3s.
pub const RKE2_SOURCE: &str =
    "rancher/rke2-docs, docs/install/airgap.md; k3s-io/k3s, pkg/util/net.go";

/// Without `--node-ip` and `--flannel-iface`: the choice of apimachinery. Without a default route
/// it does not start.
#[must_use]
pub fn node_ip(node: &Snapshot) -> PredictedChoice {
    match choose_host_interface(node, IpFamily::V4) {
        Ok(chosen) => PredictedChoice::Pick(PredictedAddresses::new(
            chosen.address,
            Some(&chosen.link),
            chosen.rule,
        )),
        Err(error) => {
            PredictedChoice::refusal(error.to_string(), "it does not start without --node-ip")
        }
    }
}
