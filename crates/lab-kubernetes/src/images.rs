//! The images that a node has before anybody asks for them: there is no registry in a lab.

use std::fs;

use pontoon_lab::process;
use pontoon_lab::scenario::NodeRole;

use crate::BUILT;

/// What every node runs.
const EVERY: [&str; 4] = ["pause", "kube-proxy", "coredns", "web"];
/// What a control plane runs beside that.
const CONTROL_PLANE: [&str; 4] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// Imports the images of a role into this node's containerd, which answers already.
///
/// # Errors
///
/// What `ctr` said.
pub(crate) fn import(role: NodeRole) -> Result<(), String> {
    let more: &[&str] = if role == NodeRole::ControlPlane { &CONTROL_PLANE } else { &[] };
    EVERY.iter().chain(more).try_for_each(|name| {
        let output = process::program("ctr")
            .args(["--namespace", "k8s.io", "images", "import", "--snapshotter", snapshotter()])
            .arg(format!("{BUILT}/images/{name}.tar"))
            .output()
            .map_err(|error| format!("cannot start ctr (Debian: containerd): {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(format!("image {name}: {said}")) }
    })
}

/// How images become file systems: without copying where the kernel can.
pub(crate) fn snapshotter() -> &'static str {
    let known = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if known.lines().any(|line| line.ends_with("\toverlay")) { "overlayfs" } else { "native" }
}
