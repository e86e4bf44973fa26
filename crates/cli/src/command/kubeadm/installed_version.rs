//! The kubeadm that is installed here.

use std::process::{Command, Stdio};

use pontoon_predict::kubeadm::version::KubernetesVersion;

/// What `kubeadm version` says; none where there is none.
#[expect(clippy::disallowed_methods, reason = "this is where the user's kubeadm is asked")]
pub(super) fn version() -> Option<KubernetesVersion> {
    // It waits for nothing by itself, but a script of that name may.
    let output = Command::new("timeout")
        .args(["--kill-after=1", "5", "kubeadm", "version", "-o", "short"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
