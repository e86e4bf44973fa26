//! The network of a pod, entered by a thread of this process.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
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
    let process = process_of(Path::new("/proc"), pod).ok_or(PodNetworkError::NoProcess)?;
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
        // The caller waits for this.
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
fn process_of(proc: &Path, pod: &str) -> Option<PathBuf> {
    // Anything shorter would be a part of the name of many groups.
    let is_uid = pod.len() == 36 && pod.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if !is_uid {
        return None;
    }
    let of_systemd = format!("pod{}", pod.replace('-', "_"));
    let plain = format!("pod{pod}");
    let processes = fs::read_dir(proc).ok()?.filter_map(Result::ok).map(|entry| entry.path());
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

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "5f3a1c2e-0d5b-4f5c-9a43-7d1f4c1f9b11";

    #[test]
    fn a_process_of_a_pod_is_found_by_its_control_group() {
        let of_systemd = "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-\
                          pod5f3a1c2e_0d5b_4f5c_9a43_7d1f4c1f9b11.slice/cri-containerd-1.scope\n";
        let of_cgroupfs = format!("0::/kubepods/besteffort/pod{POD}/4d2c\n");
        let other = of_cgroupfs.replace("5f3a", "6f3a");
        for (groups, expected) in [(of_systemd, true), (&of_cgroupfs, true), (&other, false)] {
            let proc = tempfile::tempdir().unwrap();
            for (name, groups) in [("1", "0::/init.scope\n"), ("self", of_systemd), ("812", groups)]
            {
                fs::create_dir(proc.path().join(name)).unwrap();
                fs::write(proc.path().join(name).join("cgroup"), groups).unwrap();
            }
            // Processes end while one looks.
            fs::create_dir(proc.path().join("813")).unwrap();
            let found = process_of(proc.path(), POD);
            assert_eq!(found, expected.then(|| proc.path().join("812")), "{groups}");
        }
    }

    #[test]
    fn a_pod_that_is_not_here_cannot_be_entered() {
        assert!(matches!(enter("no-such-pod"), Err(PodNetworkError::NoProcess)));
        let spawned = spawn("no-such-pod", || panic!("it is not entered"));
        assert!(matches!(spawned, Err(PodNetworkError::NoProcess)));
    }
}
