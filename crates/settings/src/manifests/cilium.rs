//! Cilium: devices and pod CIDRs, as values of its Helm chart.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str =
    "cilium/cilium install/kubernetes/cilium/values.yaml, pkg/datapath/linux/devices_controller.go";

/// The values file for `helm install cilium --values`.
#[must_use]
pub fn values(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("{DERIVED} {SOURCE}"));
    page.comment(0, "left alone, every link with a route is a device, the WiFi, too");
    page.line(&format!("devices: {}", quoted(&settings.link)));
    page.line(&format!("MTU: {}", settings.mtu));
    let is_v4 = settings.pods.value.address.is_ipv4();
    page.line(&format!("ipv4: {{enabled: {is_v4}}}"));
    page.line(&format!("ipv6: {{enabled: {}}}", !is_v4));
    page.line("ipam:");
    page.line("  mode: cluster-pool");
    page.line("  operator:");
    let list = if is_v4 {
        page.comment(4, "the chart's own 10.0.0.0/8 holds the Services of kubeadm");
        "clusterPoolIPv4PodCIDRList"
    } else {
        page.comment(4, "kubeadm's podSubnet");
        "clusterPoolIPv6PodCIDRList"
    };
    page.line(&format!("    {list}: [{}]", quoted(settings.pods.value)));
    page.0
}
