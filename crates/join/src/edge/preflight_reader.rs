//! What kubeadm looks at on the host itself before it asks anybody, and what it looks at no more.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use crate::preflight::{ContainerRuntime, PORTS, PreflightFacts};
use crate::shared_certificates::NAMES;

/// Reads what kubeadm's preflight checks look at on this host.
#[must_use]
pub fn read_host() -> PreflightFacts {
    PreflightFacts {
        is_root: nix::unistd::geteuid().is_root(),
        taken_ports: PORTS.into_iter().filter(|port| !is_free(*port)).collect(),
        ..read_files(Path::new("/"))
    }
}

/// What files below a root say.
fn read_files(root: &Path) -> PreflightFacts {
    let exists = |path: &str| root.join(path).exists();
    let has_shared = |name: &str| root.join("etc/kubernetes/pki").join(name).exists();
    let begins_with_one =
        |path: &str| Some(fs::read_to_string(root.join(path)).ok()?.starts_with('1'));
    let swaps = fs::read_to_string(root.join("proc/swaps")).unwrap_or_default();
    PreflightFacts {
        ipv4_forward: begins_with_one("proc/sys/net/ipv4/ip_forward"),
        ipv6_forward: begins_with_one("proc/sys/net/ipv6/conf/default/forwarding"),
        bridge_netfilter: begins_with_one("proc/sys/net/bridge/bridge-nf-call-iptables"),
        // Its first line is a head.
        has_swap: swaps.lines().count() > 1,
        has_cgroup_memory: has_cgroup_memory(root),
        has_kubelet_conf: exists("etc/kubernetes/kubelet.conf"),
        has_ca: has_shared("ca.crt"),
        has_shared_certificates: NAMES.into_iter().all(has_shared),
        runtimes: RUNTIMES
            .iter()
            .filter(|(path, _)| exists(path))
            .map(|(_, runtime)| *runtime)
            .collect(),
        ..PreflightFacts::default()
    }
}

/// `DefaultCRISocket` and the others that kubeadm knows (k/k
/// `cmd/kubeadm/app/constants/constants_unix.go`).
const RUNTIMES: [(&str, ContainerRuntime); 3] = [
    ("run/containerd/containerd.sock", ContainerRuntime::Containerd),
    ("run/crio/crio.sock", ContainerRuntime::CriO),
    ("run/cri-dockerd.sock", ContainerRuntime::CriDockerd),
];

/// `PortOpenCheck`: whether one can listen on it. The listener is gone at once.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
        .is_ok()
}

/// Version 2 lists it in cgroup.controllers, version 1 in /proc/cgroups as enabled.
fn has_cgroup_memory(root: &Path) -> Option<bool> {
    if let Ok(controllers) = fs::read_to_string(root.join("sys/fs/cgroup/cgroup.controllers")) {
        return Some(controllers.split_ascii_whitespace().any(|name| name == "memory"));
    }
    let table = fs::read_to_string(root.join("proc/cgroups")).ok()?;
    table.lines().find_map(|line| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        match words[..] {
            ["memory", _, _, enabled] => Some(enabled == "1"),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> PreflightFacts {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        read_files(root.path())
    }

    #[test]
    fn a_host_without_anything_says_nothing() {
        assert_eq!(read(&[]), PreflightFacts::default());
    }

    #[test]
    fn a_host_that_is_ready_says_so() {
        let facts = read(&[
            ("proc/sys/net/ipv4/ip_forward", "1\n"),
            ("proc/sys/net/ipv6/conf/default/forwarding", "0\n"),
            ("proc/sys/net/bridge/bridge-nf-call-iptables", "1\n"),
            ("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"),
            ("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n"),
            ("run/containerd/containerd.sock", ""),
        ]);
        let expected = PreflightFacts {
            ipv4_forward: Some(true),
            ipv6_forward: Some(false),
            bridge_netfilter: Some(true),
            has_cgroup_memory: Some(true),
            runtimes: [ContainerRuntime::Containerd].into(),
            ..PreflightFacts::default()
        };
        assert_eq!(facts, expected);
    }

    /// Raspberry Pi OS turns the memory controller off by default.
    #[test]
    fn the_memory_controller_is_read_from_either_version_of_cgroups() {
        let head = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";
        let memory = |files: &[(&str, &str)]| read(files).has_cgroup_memory;
        assert_eq!(
            memory(&[("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n")]),
            Some(false)
        );
        for (enabled, expected) in [("1", true), ("0", false)] {
            let table = format!("{head}cpu\t0\t1\t1\nmemory\t0\t1\t{enabled}\n");
            assert_eq!(memory(&[("proc/cgroups", &table)]), Some(expected));
        }
        assert_eq!(memory(&[("proc/cgroups", head)]), None);
    }

    #[test]
    fn an_earlier_join_leaves_files() {
        let facts = read(&[
            ("etc/kubernetes/kubelet.conf", ""),
            ("etc/kubernetes/pki/ca.crt", ""),
            ("proc/swaps", "Filename\n/swapfile file 1 0 -2\n"),
        ]);
        assert!(facts.has_kubelet_conf && facts.has_ca && facts.has_swap);
        assert!(!facts.has_shared_certificates, "one of several is there");
        let names = NAMES.map(|name| format!("etc/kubernetes/pki/{name}"));
        let all: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(read(&all).has_shared_certificates);
    }

    #[test]
    fn a_port_is_taken_while_somebody_listens() {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }
}
