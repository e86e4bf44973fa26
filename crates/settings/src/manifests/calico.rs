//! Calico: the autodetection of node addresses, and the IP pool.

use crate::node_settings::NodeSettings;

use super::flannel::overhead;
use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str =
    "tigera/operator api/v1/installation_types.go; projectcalico/calico node/pkg/lifecycle/startup";

/// The Installation resource of the Tigera operator.
#[must_use]
pub fn installation(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("{DERIVED} {SOURCE}"));
    page.line("apiVersion: operator.tigera.io/v1");
    page.line("kind: Installation");
    page.line("metadata: {name: default}");
    page.line("spec:");
    page.line("  calicoNetwork:");
    page.comment(
        4,
        "left alone, Calico takes the link with the highest index, whatever it leads to; \
                     kubelet's node-ip is the one that was chosen",
    );
    let family = if settings.address.value.is_ipv4() { "V4" } else { "V6" };
    page.line(&format!("    nodeAddressAutodetection{family}: {{kubernetes: NodeInternalIP}}"));
    let overhead = overhead(settings.address.value.is_ipv6());
    page.comment(4, &format!("{} of {} less {overhead} for VXLAN", settings.mtu, settings.link));
    page.line(&format!("    mtu: {}", settings.mtu.saturating_sub(overhead)));
    page.line("    ipPools:");
    page.comment(6, "kubeadm's podSubnet");
    page.line(&format!("      - cidr: {}", quoted(settings.pods.value)));
    if settings.is_tunnel {
        page.comment(
            8,
            "a layer-3 tunnel such as WireGuard drops packets between addresses of pods",
        );
        page.line("        encapsulation: VXLAN");
    } else {
        page.line("        encapsulation: VXLANCrossSubnet");
    }
    page.0
}
