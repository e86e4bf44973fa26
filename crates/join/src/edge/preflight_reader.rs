//! What kubeadm looks at on the host itself before it asks anybody, and what it looks at no more.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use crate::preflight::{ContainerRuntime, PORTS, PreflightFacts};
use crate::shared_certificates::NAMES;

/// Looks.
#[must_use]
pub fn read_host() -> PreflightFacts {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let begins_with_one = |path: &str| {
        let text = fs::read_to_string(path).ok()?;
        Some(text.starts_with('1'))
    };
    PreflightFacts {
        is_root: nix::unistd::geteuid().is_root(),
        taken_ports: PORTS.into_iter().filter(|port| !is_free(*port)).collect(),
        ipv4_forward: begins_with_one("/proc/sys/net/ipv4/ip_forward"),
        ipv6_forward: begins_with_one("/proc/sys/net/ipv6/conf/default/forwarding"),
        bridge_netfilter: begins_with_one("/proc/sys/net/bridge/bridge-nf-call-iptables"),
        has_swap: text("/proc/swaps").lines().count() > 1,
        has_cgroup_memory: has_cgroup_memory(),
        has_kubelet_conf: Path::new("/etc/kubernetes/kubelet.conf").exists(),
        has_ca: has_shared("ca.crt"),
        has_shared_certificates: NAMES.into_iter().all(has_shared),
        runtimes: RUNTIMES
            .iter()
            .filter(|(path, _)| Path::new(path).exists())
            .map(|(_, runtime)| *runtime)
            .collect(),
    }
}

/// `DefaultCRISocket` and the others that kubeadm knows (k/k
/// `cmd/kubeadm/app/constants/constants_unix.go`).
const RUNTIMES: [(&str, ContainerRuntime); 3] = [
    ("/run/containerd/containerd.sock", ContainerRuntime::Containerd),
    ("/run/crio/crio.sock", ContainerRuntime::CriO),
    ("/run/cri-dockerd.sock", ContainerRuntime::CriDockerd),
];

fn has_shared(name: &str) -> bool {
    Path::new("/etc/kubernetes/pki").join(name).exists()
}

/// `PortOpenCheck`: whether one can listen on it. The listener is gone at once.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
        .is_ok()
}

/// Version 2 lists it in cgroup.controllers, version 1 in /proc/cgroups as enabled.
fn has_cgroup_memory() -> Option<bool> {
    if let Ok(controllers) = fs::read_to_string("/sys/fs/cgroup/cgroup.controllers") {
        return Some(controllers.split_ascii_whitespace().any(|name| name == "memory"));
    }
    let table = fs::read_to_string("/proc/cgroups").ok()?;
    table.lines().find_map(|line| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        match words[..] {
            ["memory", _, _, enabled] => Some(enabled == "1"),
            _ => None,
        }
    })
}
