//! A lab with a running cluster that is killed leaves nothing behind.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::cluster::{Cluster, scenario};

/// The folder of a run, as the kernel names it for the process that raised the lab.
fn run_of(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("it runs");
    let mut names = text.lines().filter_map(|line| line.rsplit('/').next());
    let name = names.find(|name| name.starts_with("pontoon-lab-"));
    name.unwrap_or_else(|| panic!("no control group of its own in\n{text}")).to_owned()
}

/// Processes in the control groups of a run.
fn processes_in(run: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("it is mounted").flatten() {
        let path = entry.path();
        // Entries that are not processes have no such file; a process may end at any time.
        if fs::read_to_string(path.join("cgroup")).is_ok_and(|text| text.contains(run)) {
            found.push(fs::read_to_string(path.join("comm")).unwrap_or_default());
        }
    }
    found
}

/// Process numbers whose command line has these two words.
fn pids_with(words: [&str; 2]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("it is mounted").flatten() {
        let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let has = |word: &str| line.split('\0').any(|it| it == word);
        if words.into_iter().all(has) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

/// Folders of a run, in the hierarchies that the kernel has. One that is removed meanwhile is no
/// failure.
fn folders_of(run: &str) -> String {
    in_hierarchies(&format!("find . -name '{run}' 2>/dev/null || true"))
}

/// Process numbers in those folders, 0 for those of another PID namespace. A process that is
/// exiting is listed until it has released everything.
fn held_in(run: &str) -> String {
    in_hierarchies(&format!(
        "find . -path '*/{run}/*' -name cgroup.procs -exec cat {{}} + 2>/dev/null || true"
    ))
}

/// Runs a command with all hierarchies mounted, wherever the machine mounts them.
fn in_hierarchies(command: &str) -> String {
    bash(&format!(
        "mount -t tmpfs none /mnt; IFS=:; while read -r _ names _; do \
         [ -n \"$names\" ] || continue; mkdir \"/mnt/$names\"; case $names in \
         name=*) mount -t cgroup -o \"none,$names\" none \"/mnt/$names\" ;; \
         *) mount -t cgroup -o \"$names\" none \"/mnt/$names\" ;; esac; \
         done </proc/self/cgroup; cd /mnt; {command}"
    ))
}

#[expect(clippy::disallowed_methods, reason = "inspecting mounts needs a mount namespace")]
fn bash(script: &str) -> String {
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "bash", "-c", script])
        .output()
        .expect("unshare is part of util-linux");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("paths are text")
}

fn kill(pid: &str) {
    bash(&format!("kill -KILL {pid}"));
}

pub(crate) fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").expect("it is mounted")
}

#[expect(clippy::disallowed_methods, reason = "a killed process takes a moment to end")]
fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("after a minute still not: {what}");
}

/// A lab whose cluster runs. `before` are the mounts that were there before it.
pub(crate) fn leaves_nothing(cluster: &Cluster, before: &str) {
    let run = run_of(cluster.lab.pid());
    let alive = processes_in(&run);
    for program in ["kube-apiserver", "etcd", "kubelet", "containerd"] {
        assert!(alive.iter().any(|name| name.trim() == program), "no {program} in {alive:?}");
    }
    assert!(!folders_of(&run).is_empty());

    kill(&cluster.lab.pid().to_string());
    eventually("no process", || held_in(&run).is_empty());
    eventually("no control group", || folders_of(&run).is_empty());
    assert_eq!(mounts(), before);
}

#[test]
#[ignore = "takes the real Kubernetes: ./check --kubernetes"]
fn what_nobody_could_remove_the_next_lab_removes() {
    let cluster = Cluster::raise(&scenario("campus"));
    let pid = cluster.lab.pid().to_string();
    let run = run_of(cluster.lab.pid());
    let keeper = pids_with(["lab-cgroups-keep", &pid]);
    assert_eq!(keeper.len(), 1, "{keeper:?}");
    kill(&keeper[0]);
    kill(&pid);
    eventually("no process", || held_in(&run).is_empty());
    assert!(!folders_of(&run).is_empty(), "who removed it?");

    let next = Cluster::raise(&scenario("campus"));
    assert_eq!(folders_of(&run), "");
    drop(next);
}
