//! What a host itself must have, as its own list: each is shown, none of them is on the network.

use std::collections::BTreeSet;
use std::fmt;

use pontoon_model::net::IpFamily;
use pontoon_predict::kubeadm::preflight::{forwarding_check, join_forwarding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::request::JoinRequest;
use crate::verdict::{JoinStage, StageResult};

/// What was looked at.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PreflightFacts {
    /// Whether we are root, as kubeadm must be.
    pub is_root: bool,
    /// Which of [`PORTS`] somebody listens on.
    pub taken_ports: BTreeSet<u16>,
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
    /// And so are all the others that control planes share.
    pub has_shared_certificates: bool,
    /// Container runtimes whose socket is there.
    pub runtimes: BTreeSet<ContainerRuntime>,
}

/// A container runtime that kubeadm knows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum ContainerRuntime {
    /// containerd.
    Containerd,
    /// CRI-O.
    CriO,
    /// Docker, behind cri-dockerd.
    CriDockerd,
}

impl fmt::Display for ContainerRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Containerd => "containerd",
            Self::CriO => "CRI-O",
            Self::CriDockerd => "cri-dockerd",
        })
    }
}

/// The ports that kubeadm wants free (`RunJoinNodeChecks`, `RunInitNodeChecks`): kubelet's, and on
/// a control plane those of the controller manager (10257) and the scheduler (10259).
const KUBELET: u16 = 10250;
/// And those that may be elsewhere there: the API server's (`--apiserver-bind-port`), etcd's (an
/// external one).
const MOVABLE: [u16; 3] = [6443, 2379, 2380];

/// All of them.
pub const PORTS: [u16; 6] = [KUBELET, 10257, 10259, 6443, 2379, 2380];

/// Something that the host lacks.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PreflightFailure {
    /// kubeadm's name for the check; none: it does not look any more, and the node fails later.
    pub check: Option<String>,
    /// What is the matter.
    pub seen: String,
    /// What to do.
    pub advice: String,
    /// Whether kubeadm stops; otherwise it warns, or says nothing.
    pub is_fatal: bool,
}

impl PreflightFacts {
    /// What is lacking for this join.
    #[must_use]
    pub fn lacks(&self, request: &JoinRequest) -> Vec<PreflightFailure> {
        let endpoint = request.discovery.endpoint();
        let mut lacks = self.taken(request.is_control_plane);
        let mut lack = |check: Option<&str>, seen: &str, advice: &str, is_fatal| {
            let check = check.map(str::to_owned);
            lacks.push(PreflightFailure {
                check,
                seen: seen.to_owned(),
                advice: advice.to_owned(),
                is_fatal,
            });
        };
        // A control plane may bring its CA with it.
        if self.has_kubelet_conf || self.has_ca && !request.is_control_plane {
            let check = if self.has_kubelet_conf {
                "FileAvailable--etc-kubernetes-kubelet.conf"
            } else {
                "FileAvailable--etc-kubernetes-pki-ca.crt"
            };
            let advice = "pontoon kubeadm reset-advice says how to make it as new";
            lack(Some(check), "the host joined a cluster before", advice, true);
        }
        let has_key = request.certificate_key.is_some();
        if request.is_control_plane && !has_key && !self.has_shared_certificates {
            let seen = "the certificates that control planes share are not here, and no \
                        --certificate-key is given to fetch them";
            let advice = "on the control plane: kubeadm init phase upload-certs --upload-certs \
                          prints a --certificate-key; or copy them to /etc/kubernetes/pki";
            lack(None, seen, advice, true);
        }
        let (forward, key) = match join_forwarding(endpoint) {
            Some(IpFamily::V6) => (self.ipv6_forward, "net.ipv6.conf.default.forwarding"),
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

    /// The ports that somebody else listens on.
    fn taken(&self, is_control_plane: bool) -> Vec<PreflightFailure> {
        let is_wanted =
            |port: &&u16| **port == KUBELET || is_control_plane && PORTS.contains(*port);
        let taken = self.taken_ports.iter().filter(is_wanted);
        let lacks = taken.map(|port| {
            let who = format!(
                "ss -ltnp 'sport = :{port}' shows who; what an earlier join left: kubeadm reset"
            );
            let (check, advice) = if MOVABLE.contains(port) {
                (None, format!("{who}; nothing to do if yours is to be elsewhere"))
            } else {
                (Some(format!("Port-{port}")), who)
            };
            let is_fatal = check.is_some();
            PreflightFailure {
                check,
                seen: format!("somebody listens on port {port}"),
                advice,
                is_fatal,
            }
        });
        lacks.collect()
    }

    /// All of it in a step.
    #[must_use]
    pub fn step(lacks: &[PreflightFailure]) -> StageResult {
        let fatal: Vec<_> = lacks.iter().filter(|lack| lack.is_fatal).collect();
        let seen = match fatal.first() {
            None => "nothing on the host itself keeps it from joining".to_owned(),
            Some(_) => fatal.iter().map(|lack| lack.seen.as_str()).collect::<Vec<_>>().join("; "),
        };
        StageResult { stage: JoinStage::Host, is_passed: Some(fatal.is_empty()), seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
                        --discovery-token-unsafe-skip-ca-verification";
    const KEY: &str = "0f0e0d0c0b0a09080706050403020100ffeeddccbbaa99887766554433221100";

    fn ready() -> PreflightFacts {
        PreflightFacts {
            is_root: true,
            ipv4_forward: Some(true),
            bridge_netfilter: Some(true),
            has_cgroup_memory: Some(true),
            runtimes: [ContainerRuntime::Containerd].into(),
            ..PreflightFacts::default()
        }
    }

    /// k/k cmd/kubeadm/app/preflight/checks.go, `RunJoinNodeChecks` and `RunInitNodeChecks`.
    #[test]
    fn a_worker_and_a_control_plane_want_different_things() {
        let by_key = format!(" --control-plane --certificate-key {KEY}");
        let worker = "";
        let bare = " --control-plane";
        let ca = PreflightFacts { has_ca: true, ..ready() };
        let shared = PreflightFacts { has_shared_certificates: true, ..ca.clone() };
        let serves = PreflightFacts { taken_ports: [6443, 10257, 80].into(), ..ready() };
        let joined =
            PreflightFacts { has_kubelet_conf: true, taken_ports: [10250].into(), ..ready() };
        let kubelet_conf = "FileAvailable--etc-kubernetes-kubelet.conf";
        let table: [(&str, &PreflightFacts, &str, &[Option<&str>]); 11] = [
            ("ready", &ready(), worker, &[]),
            ("ready, with the key", &ready(), &by_key, &[]),
            ("without the key", &ready(), bare, &[None]),
            ("half of them copied", &ca, bare, &[None]),
            ("all of them copied", &shared, bare, &[]),
            ("a CA", &ca, worker, &[Some("FileAvailable--etc-kubernetes-pki-ca.crt")]),
            ("a CA, with the key", &ca, &by_key, &[]),
            ("an API server", &serves, worker, &[]),
            ("one more", &serves, &by_key, &[None, Some("Port-10257")]),
            ("joined", &joined, worker, &[Some("Port-10250"), Some(kubelet_conf)]),
            ("joined, too", &joined, &by_key, &[Some("Port-10250"), Some(kubelet_conf)]),
        ];
        for (name, host, more, expected) in table {
            let told = crate::join_line::parse(&format!("{LINE}{more}")).unwrap();
            let lacks = host.lacks(&told.complete(None).unwrap());
            let checks: Vec<_> = lacks.iter().map(|lack| lack.check.as_deref()).collect();
            assert_eq!(checks, expected, "{name}");
            let is_fatal =
                |lack: &PreflightFailure| lack.is_fatal || lack.seen.ends_with("port 6443");
            assert!(lacks.iter().all(is_fatal), "{name}");
        }
    }
}
