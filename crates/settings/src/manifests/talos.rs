//! Talos: the networks in which its kubelet may choose an address.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str =
    "siderolabs/talos v1.13.9, internal/app/machined/pkg/controllers/k8s/nodeip.go";

/// A patch of the machine configuration.
#[must_use]
pub fn patch(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("{DERIVED} {SOURCE}"));
    page.first(settings, false);
    page.line("machine:");
    page.line("  kubelet:");
    page.line("    nodeIP:");
    page.comment(6, &settings.address.evidence_text());
    page.line(&format!("      validSubnets: [{}]", quoted(settings.network)));
    page.line("cluster:");
    page.line("  etcd:");
    page.comment(4, "left alone, etcd advertises the host's first address, whatever kubelet's is");
    page.line(&format!("    advertisedSubnets: [{}]", quoted(settings.network)));
    page.line("  network:");
    page.line(&format!("    podSubnets: [{}]", quoted(settings.pods.value)));
    page.line(&format!("    serviceSubnets: [{}]", quoted(settings.services.value)));
    page.line("  apiServer:");
    page.line("    certSANs:");
    for name in &settings.names.value {
        page.line(&format!("      - {}", quoted(name)));
    }
    page.0
}
