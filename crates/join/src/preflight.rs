//! What a host itself must have, as its own list: each is shown, none of them is on the network.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pontoon_diagnosis::evidence::JoiningHostEvidence;
use pontoon_diagnosis::{CommandPlace, Evidence, Remedy};
use pontoon_model::net::IpFamily;
use pontoon_model::shell_command;
use pontoon_predict::kubeadm::preflight::{forwarding_check, join_forwarding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::request::JoinRequest;

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

impl ContainerRuntime {
    /// Its name as its project writes it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Containerd => "containerd",
            Self::CriO => "CRI-O",
            Self::CriDockerd => "cri-dockerd",
        }
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
    pub check: Option<Cow<'static, str>>,
    /// What was observed on the host.
    pub evidence: Evidence,
    /// What to do, the most useful first.
    pub remedies: Vec<Remedy>,
    /// Whether kubeadm stops; otherwise it warns, or says nothing.
    pub is_fatal: bool,
}

impl PreflightFailure {
    /// A check of kubeadm's that stops it.
    fn error(
        check: impl Into<Cow<'static, str>>,
        evidence: JoiningHostEvidence,
        remedy: Remedy,
    ) -> Self {
        let (check, evidence) = (Some(check.into()), evidence.into());
        Self { check, evidence, remedies: vec![remedy], is_fatal: true }
    }

    /// A check of kubeadm's that it only warns of, or none of its.
    fn warning(
        check: Option<&'static str>,
        evidence: JoiningHostEvidence,
        remedies: Vec<Remedy>,
    ) -> Self {
        let check = check.map(Cow::Borrowed);
        Self { check, evidence: evidence.into(), remedies, is_fatal: false }
    }
}

impl PreflightFacts {
    /// What is lacking for this join.
    #[must_use]
    pub fn lacks(&self, request: &JoinRequest) -> Vec<PreflightFailure> {
        let mut lacks = self.taken(request.is_control_plane);
        lacks.extend(self.earlier_files(request));
        lacks.extend(self.forwarding(request));
        lacks.extend(self.runtime());
        if self.has_swap {
            let off = Remedy::command("swapoff -a");
            let keep_off = Remedy::command("systemctl disable dphys-swapfile")
                .to("keep it off over a reboot, on Raspberry Pi OS");
            let evidence = JoiningHostEvidence::SwapOn;
            lacks.push(PreflightFailure::warning(Some("Swap"), evidence, vec![off, keep_off]));
        }
        if self.bridge_netfilter != Some(true) {
            let on = Remedy::command(
                "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1",
            );
            let keep_on =
                Remedy::command("echo br_netfilter > /etc/modules-load.d/kubernetes.conf")
                    .to("keep it over a reboot");
            let evidence = JoiningHostEvidence::BridgeNetfilterOff;
            lacks.push(PreflightFailure::warning(None, evidence, vec![on, keep_on]));
        }
        if !self.is_root {
            let remedy = Remedy::action("run it with sudo");
            let evidence = JoiningHostEvidence::NotRoot;
            lacks.push(PreflightFailure::warning(Some("IsPrivilegedUser"), evidence, vec![remedy]));
        }
        lacks
    }

    /// Files below `/etc/kubernetes` that are there, or are not.
    fn earlier_files(&self, request: &JoinRequest) -> Vec<PreflightFailure> {
        let mut lacks = Vec::new();
        // A control plane may bring its CA with it.
        if self.has_kubelet_conf || self.has_ca && !request.is_control_plane {
            let check = if self.has_kubelet_conf {
                "FileAvailable--etc-kubernetes-kubelet.conf"
            } else {
                "FileAvailable--etc-kubernetes-pki-ca.crt"
            };
            let remedy =
                Remedy::command("pontoon kubeadm reset-advice").to("see how to make it as new");
            lacks.push(PreflightFailure::error(check, JoiningHostEvidence::JoinedBefore, remedy));
        }
        let has_key = request.certificate_key.is_some();
        if request.is_control_plane && !has_key && !self.has_shared_certificates {
            let upload = Remedy::command("kubeadm init phase upload-certs --upload-certs")
                .at(CommandPlace::ControlPlane)
                .to("upload them; it prints a --certificate-key");
            let copy = Remedy::action("copy them to /etc/kubernetes/pki");
            lacks.push(PreflightFailure {
                check: None,
                evidence: JoiningHostEvidence::SharedCertificatesAbsent.into(),
                remedies: vec![upload, copy],
                is_fatal: true,
            });
        }
        lacks
    }

    fn forwarding(&self, request: &JoinRequest) -> Option<PreflightFailure> {
        let family = join_forwarding(request.discovery.endpoint());
        let (is_on, sysctl) = match family {
            Some(IpFamily::V6) => (self.ipv6_forward, "net.ipv6.conf.default.forwarding"),
            _ => (self.ipv4_forward, "net.ipv4.ip_forward"),
        };
        (is_on == Some(false)).then(|| PreflightFailure {
            // By a name the check is left out, and pods reach nothing all the same.
            check: family.map(|family| forwarding_check(family).into()),
            evidence: JoiningHostEvidence::ForwardingOff { sysctl }.into(),
            remedies: vec![Remedy::command(shell_command!("sysctl -w {}=1", sysctl))],
            is_fatal: family.is_some(),
        })
    }

    /// The memory cgroup and the container runtime.
    fn runtime(&self) -> Vec<PreflightFailure> {
        let mut lacks = Vec::new();
        if self.has_cgroup_memory == Some(false) {
            let remedy = Remedy::action(
                "add cgroup_enable=memory to /boot/firmware/cmdline.txt, and reboot",
            );
            let evidence = JoiningHostEvidence::MemoryCgroupOff;
            lacks.push(PreflightFailure::error("SystemVerification", evidence, remedy));
        }
        if self.runtimes.is_empty() {
            let remedy =
                Remedy::command("apt-get install containerd").to("install it, or start it");
            let evidence = JoiningHostEvidence::NoContainerRuntime;
            lacks.push(PreflightFailure::error("CRI", evidence, remedy));
        }
        if self.runtimes.len() > 1 {
            let runtimes = self.runtimes.iter().map(|runtime| runtime.as_str()).collect();
            let remedy = Remedy::command("kubeadm join --cri-socket SOCKET").to("say which");
            let evidence = JoiningHostEvidence::SeveralRuntimes { runtimes };
            lacks.push(PreflightFailure::error("CRI", evidence, remedy));
        }
        lacks
    }

    /// The ports that another program listens on.
    fn taken(&self, is_control_plane: bool) -> Vec<PreflightFailure> {
        let is_wanted =
            |port: &&u16| **port == KUBELET || is_control_plane && PORTS.contains(*port);
        let taken = self.taken_ports.iter().filter(is_wanted);
        let lacks = taken.map(|port| {
            let evidence = JoiningHostEvidence::PortTaken { port: *port };
            let who = Remedy::command(shell_command!("ss -ltnp {}", format!("sport = :{port}")))
                .to("see which program it is");
            if MOVABLE.contains(port) {
                let nothing = Remedy::action("nothing to do if yours is to be elsewhere");
                return PreflightFailure::warning(None, evidence, vec![who, nothing]);
            }
            let mut lack = PreflightFailure::error(format!("Port-{port}"), evidence, who);
            lack.remedies.push(Remedy::command("kubeadm reset").to("remove an earlier join"));
            lack
        });
        lacks.collect()
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
            let movable: Evidence = JoiningHostEvidence::PortTaken { port: 6443 }.into();
            let is_fatal = |lack: &PreflightFailure| lack.is_fatal || lack.evidence == movable;
            assert!(lacks.iter().all(is_fatal), "{name}");
        }
    }
}
