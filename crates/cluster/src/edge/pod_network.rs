//! The network of a pod, entered by a thread of this process.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use nix::sched::{CloneFlags, setns};

/// A pod's network cannot be entered.
#[derive(Debug, thiserror::Error)]
pub(super) enum PodNetworkError {
    /// No process of the pod is here.
    #[error("no process of the pod runs on this node")]
    NoProcess,
    /// The kernel says no.
    #[error("the pod's network cannot be entered ({0}): that takes root, try --sudo")]
    Refused(#[source] io::Error),
}

/// Enters the network of a pod; from then on this thread is there.
pub(super) fn enter(pod: &str) -> Result<(), PodNetworkError> {
    let process = process_of(pod).ok_or(PodNetworkError::NoProcess)?;
    let network = File::open(process.join("ns/net")).map_err(PodNetworkError::Refused)?;
    setns(network, CloneFlags::CLONE_NEWNET).map_err(|error| PodNetworkError::Refused(error.into()))
}

/// Starts a thread in the network of a pod, and waits until it is there.
pub(super) fn spawn(pod: &str, then: fn() -> io::Result<()>) -> Result<(), PodNetworkError> {
    let (say, entered) = sync_channel(1);
    let pod = pod.to_owned();
    thread::spawn(move || {
        let is_in = enter(&pod);
        let goes_on = is_in.is_ok();
        // Whoever asked waits for this.
        let _ = say.send(is_in);
        if goes_on {
            // It ends with the process; that it could not listen shows when it is asked.
            let _ = then();
        }
    });
    entered.recv().unwrap_or(Err(PodNetworkError::NoProcess))
}

/// A process of a pod, by its control group: kubelet puts the pod's uid into the name, with `_`
/// for `-` where systemd makes the group (k/k pkg/kubelet/cm, `cgroup_manager_linux.go`).
fn process_of(pod: &str) -> Option<PathBuf> {
    let of_systemd = format!("pod{}", pod.replace('-', "_"));
    let plain = format!("pod{pod}");
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let is_its = |process: &PathBuf| {
        let groups = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
        groups.contains(&plain) || groups.contains(&of_systemd)
    };
    let is_process = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
    };
    processes.filter(is_process).find(is_its)
}
