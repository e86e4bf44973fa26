//! Hosts of a lab that are Kubernetes nodes: the real containerd and kubelet, with namespaces for
//! everything, so that `kubeadm init` and `kubeadm join` do there what they do on a Pi.
//!
//! ```text
//! pontoon-lab-kubernetes ── cgroup_cleanup: control groups, which end with no namespace
//! └─ sandbox
//!    └─ host pi1        cgroups + provision: its own control groups, /var/lib, /etc, /opt, programs
//!       └─ unit_supervisor   what systemd is on a Pi: containerd, kubelet, flanneld
//!          └─ containers, in PID namespaces below the host's
//! ```
//!
//! Only tests have such labs, so this is no part of `pontoon`: the program of this crate raises
//! them, and puts the real `pontoon` on their hosts.
//!
//! Nothing of the lab stands in a configuration that kubeadm is given. What only the lab needs is
//! in the flags with which `unit_supervisor` starts the kubelet, and in the image of kube-proxy.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::unistd::geteuid;
use pontoon_lab::cleanup::CleanupProcess;
use pontoon_lab::helper_commands;
use pontoon_lab::kubernetes_node::{KubernetesNodeMaker, KubernetesNodeSetup};
use pontoon_lab::sandbox::{SandboxError, bind, make_dir};
use pontoon_lab::scenario::Scenario;

mod cgroups;
mod provision;
mod images;
mod journalctl;
mod cgroup_cleanup;
mod systemctl;
mod systemd_unit;
mod unit_supervisor;

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
    /// The process is not run by root.
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
        /// The whole path of the program.
        path: &'static str,
        /// What brings it.
        package: &'static str,
    },
    /// The process that makes and removes control groups could not be started.
    #[error("the control groups of the lab could not be made")]
    Cleanup(#[source] std::io::Error),
    /// A node was to be made in a lab that has no control groups of its own.
    #[error("a Kubernetes node needs pontoon_lab_kubernetes::prepare before the sandbox")]
    NoRunGroups,
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

/// Held while a lab with nodes lives; dropped, its control groups are removed.
#[derive(Debug, Default)]
pub struct CgroupGuard {
    _cleanup: Option<CleanupProcess>,
}

/// Makes sure that the nodes of a scenario can be had, and readies the machine for them; nothing
/// is done where it has none. Call it before the sandbox is entered, and before any thread.
///
/// # Errors
///
/// [`KubernetesError`]: what is missing, and how to get it.
pub fn prepare(scenario: &Scenario) -> Result<CgroupGuard, KubernetesError> {
    if !scenario.has_kubernetes_nodes() {
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
    Ok(CgroupGuard { _cleanup: Some(cgroup_cleanup::start()?) })
}

fn built() -> Option<PathBuf> {
    std::env::var_os(PROGRAMS).map(PathBuf::from).filter(|folder| folder.is_absolute())
}

/// In the sandbox, before hosts are made: shows the programs where every host will find them.
///
/// # Errors
///
/// [`KubernetesError`]: they are not built, or the kernel refused a mount.
pub fn show_programs(scenario: &Scenario) -> Result<(), KubernetesError> {
    if !scenario.has_kubernetes_nodes() {
        return Ok(());
    }
    let folder = built().ok_or(KubernetesError::NotBuilt)?;
    make_dir(BUILT)?;
    bind(&folder.display().to_string(), BUILT)?;
    Ok(())
}

/// Runs the helper subcommand of that name, if it is one of the lab or of its Kubernetes nodes;
/// call it first in `main`, before any thread.
#[must_use]
pub fn run_helper(name: &str, args: &[OsString]) -> Option<ExitCode> {
    let result = match name {
        cgroup_cleanup::KEEP => helper_commands::say(cgroup_cleanup::keep(args)),
        unit_supervisor::UNITS => helper_commands::say(unit_supervisor::run(args)),
        systemctl::NAME => helper_commands::say(systemctl::run(args)),
        journalctl::NAME => helper_commands::say(journalctl::run(args)),
        _ => return helper_commands::run(name, args, Some(&RealKubernetes)),
    };
    Some(result)
}

/// Nodes with the programs that `tests/kubernetes/build` makes.
#[derive(Clone, Copy, Debug)]
struct RealKubernetes;

impl KubernetesNodeMaker for RealKubernetes {
    fn prepare_host(&self, setup: &KubernetesNodeSetup) -> Result<(), String> {
        provision::provision(setup).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })
    }

    fn supervisor(&self) -> &'static str {
        unit_supervisor::UNITS
    }
}
