//! What a host itself must have, as its own list: each is shown, none of them is on the network.

use std::collections::BTreeSet;
use std::fmt;

use pontoon_model::kubernetes::kubeadm::endpoint::HostPort;
use pontoon_model::kubernetes::kubeadm::preflight::{forwarding_check, join_forwarding};
use pontoon_model::net::Family;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{Stage, Step};

/// What was looked at.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Host {
    /// Whether we are root, as kubeadm must be.
    pub is_root: bool,
    /// Nobody listens on kubelet's port.
    pub is_kubelet_port_free: bool,
    /// `net.ipv4.ip_forward`.
    pub ipv4_forward: Option<bool>,
    /// `net.ipv6.conf.default.forwarding`.
    pub ipv6_forward: Option<bool>,
    /// `net.bridge.bridge-nf-call-iptables`; none: the module is not there.
    pub bridge_netfilter: Option<bool>,
    /// There is swap.
    pub has_swap: bool,
    /// The memory controller is on.
    pub has_cgroup_memory: Option<bool>,
    /// `/etc/kubernetes/kubelet.conf` is there: the host joined before.
    pub has_kubelet_conf: bool,
    /// `/etc/kubernetes/pki/ca.crt` is there.
    pub has_ca: bool,
    /// Container runtimes whose socket is there.
    pub runtimes: BTreeSet<Runtime>,
}

/// A container runtime that kubeadm knows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Runtime {
    /// containerd.
    Containerd,
    /// CRI-O.
    CriO,
    /// Docker, behind cri-dockerd.
    CriDockerd,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Containerd => "containerd",
            Self::CriO => "CRI-O",
            Self::CriDockerd => "cri-dockerd",
        })
    }
}

/// Something that the host lacks.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Lack {
    /// kubeadm's name for the check; none: it does not look any more, and the node fails later.
    pub check: Option<&'static str>,
    /// What is the matter.
    pub seen: String,
    /// What to do.
    pub advice: String,
    /// Whether kubeadm stops; otherwise it warns, or says nothing.
    pub is_fatal: bool,
}

impl Host {
    /// What is lacking for a join to this server.
    #[must_use]
    pub fn lacks(&self, endpoint: &HostPort) -> Vec<Lack> {
        let mut lacks = Vec::new();
        let mut lack = |check, seen: &str, advice: &str, is_fatal| {
            lacks.push(Lack { check, seen: seen.to_owned(), advice: advice.to_owned(), is_fatal });
        };
        if self.has_kubelet_conf || self.has_ca {
            let check = if self.has_kubelet_conf {
                "FileAvailable--etc-kubernetes-kubelet.conf"
            } else {
                "FileAvailable--etc-kubernetes-pki-ca.crt"
            };
            let advice = "pontoon kubeadm reset-advice says how to make it as new";
            lack(Some(check), "the host joined a cluster before", advice, true);
        }
        if !self.is_kubelet_port_free {
            let advice = "ss -ltnp 'sport = :10250' shows who; a kubelet of an earlier join: \
                          kubeadm reset";
            lack(Some("Port-10250"), "somebody listens on kubelet's port 10250", advice, true);
        }
        let (forward, key) = match join_forwarding(endpoint) {
            Some(Family::V6) => (self.ipv6_forward, "net.ipv6.conf.default.forwarding"),
            _ => (self.ipv4_forward, "net.ipv4.ip_forward"),
        };
        if forward == Some(false) {
            // By a name the check is left out, and pods reach nothing all the same.
            let family = join_forwarding(endpoint);
            let check = family.map(forwarding_check);
            lack(check, &format!("{key} is 0"), &format!("sysctl -w {key}=1"), family.is_some());
        }
        if self.has_cgroup_memory == Some(false) {
            let advice = "add cgroup_enable=memory to /boot/firmware/cmdline.txt, and reboot";
            lack(Some("SystemVerification"), "the memory cgroup is off", advice, true);
        }
        if self.runtimes.is_empty() {
            let advice = "apt-get install containerd, or start it";
            lack(Some("CRI"), "no container runtime is there", advice, true);
        }
        if self.runtimes.len() > 1 {
            let names: Vec<_> = self.runtimes.iter().map(ToString::to_string).collect();
            let seen = format!("there are several runtimes: {}", names.join(", "));
            lack(Some("CRI"), &seen, "say which: kubeadm join --cri-socket", true);
        }
        if self.has_swap {
            let advice = "swapoff -a, and keep it off (Raspberry Pi OS: systemctl disable \
                          dphys-swapfile)";
            lack(Some("Swap"), "swap is on: kubelet does not start by default", advice, false);
        }
        if self.bridge_netfilter != Some(true) {
            let advice = "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1; \
                          echo br_netfilter > /etc/modules-load.d/kubernetes.conf";
            let seen = "br_netfilter is off, and kubeadm does not look any more: Services fail \
                        between pods of one node";
            lack(None, seen, advice, false);
        }
        if !self.is_root {
            lack(Some("IsPrivilegedUser"), "kubeadm wants to be run as root", "sudo", false);
        }
        lacks
    }

    /// All of it in a step.
    #[must_use]
    pub fn step(lacks: &[Lack]) -> Step {
        let fatal: Vec<_> = lacks.iter().filter(|lack| lack.is_fatal).collect();
        let seen = match fatal.first() {
            None => "nothing on the host itself keeps it from joining".to_owned(),
            Some(_) => fatal.iter().map(|lack| lack.seen.as_str()).collect::<Vec<_>>().join("; "),
        };
        Step { stage: Stage::Host, is_passed: Some(fatal.is_empty()), seen }
    }
}
