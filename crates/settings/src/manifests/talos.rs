//! Talos: which networks its kubelet may take an address of.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Where the fields were read.
pub const SOURCE: &str =
    "siderolabs/talos v1.13.9, internal/app/machined/pkg/controllers/k8s/nodeip.go";

/// A patch of the machine's configuration.
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
