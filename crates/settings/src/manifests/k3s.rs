//! K3s and RKE2: `config.yaml` of a server or an agent.

use crate::node_settings::NodeSettings;
use crate::node_settings::flannel_interface::{FlannelInterface, alternation};

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
        if let FlannelInterface::Addresses(_) = settings.flannel {
            page.comment(
                0,
                &format!(
                    "WARNING: {} has several addresses, and K3s's flannel takes another one than \
                     {}: leave the link that one alone",
                    settings.link, settings.address.value
                ),
            );
        }
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
    if which == K3sDistribution::Rke2 {
        canal(&mut page, settings);
    }
    let own = match which {
        K3sDistribution::K3s => "node-ip and flannel-iface of its own",
        K3sDistribution::Rke2 => "node-ip of its own",
    };
    page.comment(0, &format!("An agent: {own}, and server: https://HOST:PORT \
                     with the address above (6443; RKE2: 9345). Its token belongs in a file of mode \
                     0600, token-file."));
    page.0
}

/// The values of Canal's chart, which are a file of their own (RKE2, "Network Options"). Canal's
/// flannel takes the link of the default route otherwise.
fn canal(page: &mut CommentedText, settings: &NodeSettings) {
    let value = match &settings.flannel {
        FlannelInterface::Link(link) => format!("iface: {}", quoted(link)),
        FlannelInterface::Addresses(addresses) => {
            format!("regexIface: {}", quoted(alternation(addresses)))
        }
    };
    page.comment(
        0,
        "Canal is told its link by a second file, on every server before it starts; without the \
         \"# \" before each line: /var/lib/rancher/rke2/server/manifests/rke2-canal-config.yaml",
    );
    for line in [
        "apiVersion: helm.cattle.io/v1",
        "kind: HelmChartConfig",
        "metadata: {name: rke2-canal, namespace: kube-system}",
        "spec:",
        "  valuesContent: |-",
        "    flannel:",
        &format!("      {value}"),
    ] {
        page.line(&format!("# {line}"));
    }
}
