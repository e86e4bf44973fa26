//! K3s and RKE2: `config.yaml` of a server or an agent.

use crate::node_settings::NodeSettings;

use super::{CommentedText, DERIVED, quoted};

/// Source of the fields.
pub const SOURCE: &str = "k3s-io/k3s pkg/cli/cmds/server.go and pkg/cli/server/server.go";

/// The two distributions; they differ in the folder and in the CNI that they include.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum K3sDistribution {
    /// K3s, which includes flannel.
    K3s,
    /// RKE2, which installs Canal.
    Rke2,
}

/// The `config.yaml` of the first server.
#[must_use]
pub fn configuration(settings: &NodeSettings, which: K3sDistribution) -> String {
    let mut page = CommentedText::default();
    let folder = match which {
        K3sDistribution::K3s => "k3s",
        K3sDistribution::Rke2 => "rke2",
    };
    page.comment(0, &format!("{DERIVED} {SOURCE}"));
    page.comment(0, &format!("/etc/rancher/{folder}/config.yaml of a server on {}", settings.host));
    page.first(settings, false);
    page.comment(0, &settings.address.evidence_text());
    page.line(&format!("node-ip: {}", quoted(settings.address.value)));
    page.line(&format!("advertise-address: {}", quoted(settings.address.value)));
    if which == K3sDistribution::K3s {
        page.line(&format!("flannel-iface: {}", quoted(&settings.link)));
    }
    page.comment(0, &settings.pods.evidence_text());
    page.line(&format!("cluster-cidr: {}", quoted(settings.pods.value)));
    page.comment(0, &settings.services.evidence_text());
    page.line(&format!("service-cidr: {}", quoted(settings.services.value)));
    page.line("tls-san:");
    page.comment(2, &settings.names.evidence_text());
    for name in &settings.names.value {
        page.line(&format!("  - {}", quoted(name)));
    }
    page.comment(0, "An agent: node-ip and flannel-iface of its own, and server: https://HOST:PORT \
                     with the address above (6443; RKE2: 9345). Its token belongs in a file of mode \
                     0600, token-file.");
    page.0
}
