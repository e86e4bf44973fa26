//! Moves a cluster whose `kubeadm init` chose the wrong address to the right one, in place.

use std::net::IpAddr;

use pontoon_diagnosis::evidence::SettingsEvidence;

use crate::node_settings::NodeSettings;
use pontoon_predict::kubeadm::version::ConfigApi;

use super::CommentedText;

/// Source of the files that contain the address; the lab runs the script on a real cluster.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/phases";

/// The script for a single control plane. It keeps CA, tokens, etcd's data and all objects.
///
/// Nothing on the host changes before the cluster's configuration was read and the certificates
/// were generated from it. A step that fails afterwards puts all files back; once the control plane
/// is at its new address, a second run completes the rest.
#[must_use]
pub fn control_plane(settings: &NodeSettings, old: IpAddr, api: ConfigApi) -> String {
    let new = settings.address.value;
    let node_ip = match api {
        ConfigApi::V1Beta3 => format!("{{node-ip: \"{new}\"}}"),
        ConfigApi::V1Beta4 => format!("[{{name: node-ip, value: \"{new}\"}}]"),
    };
    let title = format!(
        "Moves the control plane on {} from {old} to {new}, as root. For one control plane with its \
         own etcd. The API is away for about half a minute; CA, tokens, pods and all objects stay.",
        settings.host
    );
    let body = CONTROL_PLANE
        .replace("@OLD@", &old.to_string())
        .replace("@NEW@", &new.to_string())
        .replace("@NODE@", &settings.node_name)
        .replace("@API@", &api.to_string())
        .replace("@NODE_IP@", &node_ip);
    let mut page = script(settings, &title, (old, new), &body);
    page.comment(0, &format!(
        "Workers that joined: pontoon kubeadm repair-advice --for WORKER --from {old} --to {new}. \
         Copies of admin.conf (~/.kube/config) still name the old address. flannel: pontoon settings flannel \
         --for {}.",
        settings.host
    ));
    page.0
}

/// The script for a worker that has joined already. A step that fails puts its files back.
#[must_use]
pub fn worker(settings: &NodeSettings, old: IpAddr, new: IpAddr) -> String {
    let title = format!("Leads the worker {} to {new} instead of {old}, as root.", settings.host);
    let body = WORKER.replace("@NEW@", &new.to_string());
    script(settings, &title, (old, new), &body).0
}

/// A script that replaces one address of the API server by another.
fn script(
    settings: &NodeSettings,
    title: &str,
    (old, new): (IpAddr, IpAddr),
    body: &str,
) -> CommentedText {
    let mut page = CommentedText::default();
    page.line(SHELL);
    page.comment(0, title);
    page.comment(0, &settings.address.evidence_text());
    page.warnings(settings);
    page.line("set -euo pipefail");
    page.line(&format!("old='{}' new='{}'", in_url(old), in_url(new)));
    page.line(&format!("node_ip='{}'", settings.address.value));
    // The proxy is an environment variable; everything else changes the host, so it comes last.
    let (environment, changes): (Vec<_>, Vec<_>) = settings
        .preparations
        .iter()
        .partition(|one| one.evidence == SettingsEvidence::HttpsProxySet.into());
    page.preparations(&environment, true);
    page.0.push_str(BOTH);
    page.line("");
    page.0.push_str(body);
    page.preparations(&changes, true);
    page
}

/// An address as URLs contain it: IPv6 in brackets.
fn in_url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// The scripts use `/dev/tcp` and `pipefail`, which only bash has.
const SHELL: &str = "#!/usr/bin/env bash";

const BOTH: &str = include_str!("kubeadm_repair/both.sh");
const CONTROL_PLANE: &str = include_str!("kubeadm_repair/control_plane.sh");
const WORKER: &str = include_str!("kubeadm_repair/worker.sh");
