//! Causes in the container runtime and its sandboxes.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CONTAINERD_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "the container runtime does not run",
        distinguished_by: "systemctl says so",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "systemctl is-active containerd",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["inactive", "activating", "failed\n"]),
                    CauseImplication::Fits,
                ),
                (OutputPattern::Says("active"), CauseImplication::Excludes),
            ],
        },
        remedy: "sudo systemctl enable --now containerd; journalctl -u containerd -n 30 where it \
               ends again",
        source: "kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::CRI_PLUGIN_DISABLED,
        weight: CauseSeverity::Fault,
        summary: "containerd runs with its CRI part switched off, as Docker's package configures it",
        distinguished_by: "config.toml says disabled_plugins = [\"cri\"]",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /etc/containerd/config.toml",
            patterns: &[
                (OutputPattern::Line("disabled_plugins", "cri"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "containerd config default | sudo tee /etc/containerd/config.toml; SystemdCgroup = \
               true in it; sudo systemctl restart containerd",
        source: "kubernetes.io: Container Runtimes, containerd",
    },
    Cause {
        code: code::CRI_TOO_OLD,
        weight: CauseSeverity::Fault,
        summary: "the container runtime speaks only CRI v1alpha2: it is older than containerd 1.6",
        distinguished_by: "containerd --version says so",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "containerd --version",
            patterns: &[],
        },
        remedy: "install containerd 1.6 or newer (1.7 or 2 for Kubernetes 1.36), and restart it",
        source: "kubernetes.io: dockershim removal; CRI v1 since Kubernetes 1.26",
    },
    Cause {
        code: code::CRI_SOCKET_MISSING,
        weight: CauseSeverity::Fault,
        summary: "no container runtime is installed, or it has its socket elsewhere",
        distinguished_by: "neither containerd.sock nor crio.sock is below /run",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls /run/containerd /run/crio",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["containerd.sock\n", "crio.sock"]),
                    CauseImplication::Excludes,
                ),
                (OutputPattern::Says("no such file"), CauseImplication::Fits),
            ],
        },
        remedy: "sudo apt-get install containerd, or name the socket: kubeadm --cri-socket \
               unix:///run/containerd/containerd.sock",
        source: "kubernetes.io: Installing kubeadm, Installing a container runtime",
    },
    Cause {
        code: code::SEVERAL_RUNTIMES,
        weight: CauseSeverity::Fault,
        summary: "two container runtimes are there, and kubeadm wants to be told which",
        distinguished_by: "the text names both sockets",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls /run/containerd /run/crio",
            patterns: &[],
        },
        remedy: "--cri-socket unix:///run/containerd/containerd.sock (with every kubeadm command)",
        source: "k/k cmd/kubeadm/app/util/runtime/runtime.go",
    },
    Cause {
        code: code::CGROUP_DRIVER_MISMATCH,
        weight: CauseSeverity::Fault,
        summary: "kubelet and the container runtime use different cgroup drivers (kubeadm sets systemd)",
        distinguished_by: "containerd's config has SystemdCgroup = false, or no such line",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /etc/containerd/config.toml",
            patterns: &[
                (OutputPattern::Line("systemdcgroup", "true"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "SystemdCgroup = true in /etc/containerd/config.toml (section runc.options); sudo \
               systemctl restart containerd kubelet",
        source: "kubernetes.io: Configuring a cgroup driver",
    },
    Cause {
        code: code::SANDBOX_IMAGE_MISSING,
        weight: CauseSeverity::Fault,
        summary: "no pod can start here: the pause image cannot be pulled",
        distinguished_by: "crictl images does not list it",
        check: CauseCheck { on: CheckLocation::Node, command: "crictl images", patterns: &[] },
        remedy: "give the node a way to the registry (the same text says why it failed), or import \
               it: ctr -n k8s.io images import FILE; sandbox_image in containerd's config names it",
        source: "containerd docs/cri/config.md: sandbox_image",
    },
    Cause {
        code: code::CONTAINER_ENDS_BY_ITSELF,
        weight: CauseSeverity::Fault,
        summary: "the program in the container ends again and again",
        distinguished_by: "its last words say why",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl logs --previous -n NAMESPACE POD",
            patterns: &[],
        },
        remedy: "paste them into pontoon explain -",
        source: "kubernetes.io: Debug Pods",
    },
    Cause {
        code: code::PROBE_FAILS,
        weight: CauseSeverity::Fault,
        summary: "kubelet's probe of the container got no good answer, and kubelet restarts it",
        distinguished_by: "kubectl describe pod shows Unhealthy",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get events -A",
            patterns: &[],
        },
        remedy: "kubectl describe pod POD; a slow Pi needs a longer initialDelaySeconds",
        source: "kubernetes.io: Configure Liveness, Readiness and Startup Probes",
    },
    Cause {
        code: code::OUT_OF_MEMORY,
        weight: CauseSeverity::Fault,
        summary: "the kernel ended the container for memory",
        distinguished_by: "kubectl describe pod shows OOMKilled, dmesg the process",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "dmesg --level err,warn",
            patterns: &[],
        },
        remedy: "raise its limit in resources.limits.memory, or give the node more",
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::IMAGE_FOR_OTHER_PROCESSOR,
        weight: CauseSeverity::Fault,
        summary: "the image was built for another processor than this node's",
        distinguished_by: "uname -m here is not the image's",
        check: CauseCheck { on: CheckLocation::Node, command: "uname -m", patterns: &[] },
        remedy: "take an image for arm64 (a 64-bit system on the Pi), or a nodeSelector \
               kubernetes.io/arch",
        source: "OCI image spec: platform; execve(2): ENOEXEC",
    },
];
