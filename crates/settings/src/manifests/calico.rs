//! Calico: the autodetection of node addresses, and the IP pool.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str =
    "tigera/operator api/v1/installation_types.go; projectcalico/calico node/pkg/lifecycle/startup";

/// Bytes that VXLAN adds to a packet over IPv4.
const OVERHEAD: u32 = 50;

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
    page.comment(4, &format!("{} of {} less {OVERHEAD} for VXLAN", settings.mtu, settings.link));
    page.line(&format!("    mtu: {}", settings.mtu.saturating_sub(OVERHEAD)));
    page.line("    ipPools:");
    page.comment(6, "kubeadm's podSubnet");
    page.line(&format!("      - cidr: {}", quoted(settings.pods.value)));
    page.line("        encapsulation: VXLANCrossSubnet");
    page.0
}
