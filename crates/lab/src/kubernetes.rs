//! Hosts of a lab that are Kubernetes nodes: the real containerd and kubelet, with namespaces for
//! everything, so that `kubeadm init` and `kubeadm join` do there what they do on a Pi.
//!
//! ```text
//! the user's process ── keeper: folders of control groups, which no namespace takes along
//! └─ sandbox
//!    └─ host pi1        cgroups + furnish: its own control groups, /var/lib, /etc, /opt, programs
//!       └─ units        what systemd is on a Pi: containerd, kubelet, flanneld
//!          └─ containers, in PID namespaces below the host's
//! ```
//!
//! Nothing of the lab stands in a configuration that kubeadm is given. What only the lab needs is
//! in the flags with which its `units` start the kubelet, and in the image of kube-proxy.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use crate::cleanup::CleanupProcess;
use crate::sandbox::{SandboxError, bind, make_dir};
use crate::scenario::{NodeRole, Scenario};

mod cgroups;
mod provision;
mod images;
mod journalctl;
mod cgroup_cleanup;
mod systemctl;
mod systemd_unit;
mod unit_supervisor;

pub(crate) use cgroup_cleanup::{KEEP, keep};
pub(crate) use journalctl::run as journalctl;
pub(crate) use provision::furnish;
pub(crate) use systemctl::run as systemctl;
pub(crate) use unit_supervisor::{UNITS, run as units};

/// The variable that names the folder of the built programs.
pub const PROGRAMS: &str = "PONTOON_KUBERNETES";

/// Where every host finds that folder.
const BUILT: &str = "/run/pontoon/kubernetes";

/// What else a node runs, and the package that brings it.
const NEEDED: [(&str, &str); 4] = [
    ("/usr/bin/containerd", "containerd"),
    ("/usr/lib/cni/bridge", "containernetworking-plugins"),
    ("/usr/sbin/runc", "runc"),
    ("/usr/sbin/iptables", "iptables"),
];

/// There can be no Kubernetes nodes here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KubernetesError {
    /// Not root.
    #[error("a Kubernetes node mounts and owns control groups, which takes root: try sudo")]
    NotRoot,
    /// Version 2 of control groups, or no useful version 1.
    #[error(
        "Kubernetes nodes of the lab need version 1 of control groups, and this machine has no \
         `{missing}` there (kernel command line: systemd.unified_cgroup_hierarchy=0)"
    )]
    CgroupVersion {
        /// A controller that is not there.
        missing: &'static str,
    },
    /// The programs are not built.
    #[error(
        "no programs of Kubernetes: build them in a checkout of pontoon, once, by \
         `export {PROGRAMS}=$(tests/kubernetes/build)`"
    )]
    NotBuilt,
    /// A program of the machine is missing.
    #[error("there is no {path} (Debian: apt-get install {package})")]
    Missing {
        /// The program.
        path: &'static str,
        /// What brings it.
        package: &'static str,
    },
    /// The keeper of control groups could not be started.
    #[error("the control groups of the lab could not be made")]
    Keeper(#[source] std::io::Error),
    /// A node was to be made in a lab without a keeper.
    #[error("a Kubernetes node needs pontoon_lab::kubernetes::prepare before the sandbox")]
    NoKeeper,
    /// Folders of control groups could not be removed.
    #[error("control groups of a lab that is gone could not be removed in {folders} tries")]
    Left {
        /// How often it was tried.
        folders: usize,
    },
    /// A mount, a file or a system call failed.
    #[error(transparent)]
    System(#[from] SandboxError),
}

/// What a node is told of itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct NodeSetup {
    /// The host's name.
    pub(crate) name: String,
    /// Which images it has.
    pub(crate) role: NodeRole,
}

/// Held while a lab with nodes lives; dropped, its control groups are removed.
#[derive(Debug, Default)]
pub struct CgroupGuard {
    _keeper: Option<CleanupProcess>,
}

/// Makes sure that the nodes of a scenario can be had, and readies the machine for them; nothing
/// is done where it has none. Call it before the sandbox is entered, and before any thread.
///
/// # Errors
///
/// [`KubernetesError`]: what is missing, and how to get it.
pub fn prepare(scenario: &Scenario) -> Result<CgroupGuard, KubernetesError> {
    if scenario.host.values().all(|host| host.kubernetes.is_none()) {
        return Ok(CgroupGuard::default());
    }
    if !geteuid().is_root() {
        return Err(KubernetesError::NotRoot);
    }
    cgroups::hierarchies()?;
    if !built().is_some_and(|folder| folder.join("complete").exists()) {
        return Err(KubernetesError::NotBuilt);
    }
    if let Some((path, package)) = NEEDED.into_iter().find(|(path, _)| !Path::new(path).exists()) {
        return Err(KubernetesError::Missing { path, package });
    }
    Ok(CgroupGuard { _keeper: Some(cgroup_cleanup::start()?) })
}

fn built() -> Option<PathBuf> {
    std::env::var_os(PROGRAMS).map(PathBuf::from).filter(|folder| folder.is_absolute())
}

/// In the sandbox, before hosts are made: shows the programs where every host will find them.
pub(crate) fn show_programs(scenario: &Scenario) -> Result<(), KubernetesError> {
    if scenario.host.values().all(|host| host.kubernetes.is_none()) {
        return Ok(());
    }
    let folder = built().ok_or(KubernetesError::NotBuilt)?;
    make_dir(BUILT)?;
    bind(&folder.display().to_string(), BUILT)?;
    Ok(())
}

/// Renders a helper's error as its exit code.
pub(crate) type HelperResult = Result<ExitCode, KubernetesError>;
