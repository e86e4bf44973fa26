//! k0s: the address of its API.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str = "k0sproject/k0s v1.36.3, pkg/apis/k0s/v1beta1/api.go";

/// The configuration file `k0s.yaml`.
#[must_use]
pub fn configuration(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("{DERIVED} {SOURCE}"));
    page.first(settings, false);
    page.line("apiVersion: k0s.k0sproject.io/v1beta1");
    page.line("kind: ClusterConfig");
    page.line("spec:");
    page.line("  api:");
    page.comment(4, &settings.address.evidence_text());
    page.line(&format!("    address: {}", quoted(settings.address.value)));
    page.line("    sans:");
    for name in &settings.names.value {
        page.line(&format!("      - {}", quoted(name)));
    }
    page.line("  network:");
    page.line(&format!("    podCIDR: {}", quoted(settings.pods.value)));
    page.line(&format!("    serviceCIDR: {}", quoted(settings.services.value)));
    page.comment(
        0,
        &format!(
            "k0s worker: --kubelet-extra-args=--node-ip={}, each with its own address",
            settings.address.value
        ),
    );
    page.0
}
