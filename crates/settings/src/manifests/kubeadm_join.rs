//! `kubeadm join`: a configuration file, or a script to run before the printed command line.

use crate::node_settings::NodeSettings;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::kubeadm::version::ConfigApi;

use super::kubeadm_init::{kubelet_default, node_registration};
use super::{CommentedText, quoted};

/// The arguments of the command line that `kubeadm init` prints. Token and key are secrets.
#[derive(Clone, Copy, Debug)]
pub struct JoinDiscovery<'a> {
    /// The endpoint of the API server.
    pub endpoint: &'a HostPort,
    /// The bootstrap token.
    pub token: &'a str,
    /// Hashes of the cluster's CA certificate.
    pub pins: &'a [String],
    /// The key for the certificates of a control-plane join; absent for a worker.
    pub certificate_key: Option<&'a str>,
    /// Whether the host joins as a control plane.
    pub is_control_plane: bool,
}

/// The configuration file for `kubeadm join --config`.
#[must_use]
pub fn configuration(
    settings: &NodeSettings,
    api: ConfigApi,
    discovery: &JoinDiscovery<'_>,
) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!(
        "Settings for kubeadm join on {}. They hold the token: save them as join.yaml, mode 0600, \
         then",
        settings.host
    ));
    page.line("#     kubeadm join --config join.yaml");
    page.first(settings, false);
    page.line(&format!("apiVersion: {api}"));
    page.line("kind: JoinConfiguration");
    page.line("discovery:");
    page.line("  bootstrapToken:");
    page.line(&format!("    apiServerEndpoint: {}", quoted(discovery.endpoint.authority())));
    page.line(&format!("    token: {}", quoted(discovery.token)));
    if discovery.pins.is_empty() {
        page.comment(4, "the line had no pin: any server that answers is trusted");
        page.line("    unsafeSkipCAVerification: true");
    } else {
        page.line("    caCertHashes:");
        for pin in discovery.pins {
            page.line(&format!("      - {}", quoted(pin)));
        }
    }
    page.comment(0, &settings.address.evidence_text());
    node_registration(&mut page, settings, api);
    if discovery.is_control_plane {
        page.line("controlPlane:");
        page.line("  localAPIEndpoint:");
        page.line(&format!("    advertiseAddress: {}", quoted(settings.address.value)));
        if let Some(key) = discovery.certificate_key {
            page.line(&format!("  certificateKey: {}", quoted(key)));
        }
    }
    page.0
}

/// The script to run as root before the printed command line.
#[must_use]
pub fn preparation(settings: &NodeSettings) -> String {
    let mut page = CommentedText::default();
    page.comment(0, &format!("Before kubeadm join on {}, as root", settings.host));
    page.first(settings, true);
    page.comment(0, &settings.address.evidence_text());
    kubelet_default(&mut page, settings, "");
    page.comment(
        0,
        "Then the line that kubeadm init printed, unchanged. pontoon join-check - \
                     rehearses it.",
    );
    page.0
}
