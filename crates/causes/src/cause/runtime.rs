//! The container runtime and the images' sandbox.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CONTAINERD_NOT_RUNNING,
        weight: Weight::Fault,
        is: "the container runtime does not run",
        apart: "systemctl says so",
        look: Look {
            on: On::Here,
            command: "systemctl is-active containerd",
            signs: &[
                (Sign::SaysAny(&["inactive", "activating", "failed\n"]), Means::Fits),
                (Sign::Says("active"), Means::Excludes),
            ],
        },
        cure: "sudo systemctl enable --now containerd; journalctl -u containerd -n 30 where it \
               ends again",
        source: "kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::CRI_PLUGIN_DISABLED,
        weight: Weight::Fault,
        is: "containerd runs with its CRI part switched off, as Docker's package configures it",
        apart: "config.toml says disabled_plugins = [\"cri\"]",
        look: Look {
            on: On::Here,
            command: "cat /etc/containerd/config.toml",
            signs: &[
                (Sign::Line("disabled_plugins", "cri"), Means::Proves),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "containerd config default | sudo tee /etc/containerd/config.toml; SystemdCgroup = \
               true in it; sudo systemctl restart containerd",
        source: "kubernetes.io: Container Runtimes, containerd",
    },
    Cause {
        code: code::CRI_TOO_OLD,
        weight: Weight::Fault,
        is: "the container runtime speaks only CRI v1alpha2: it is older than containerd 1.6",
        apart: "containerd --version says so",
        look: Look { on: On::Here, command: "containerd --version", signs: &[] },
        cure: "install containerd 1.6 or newer (1.7 or 2 for Kubernetes 1.36), and restart it",
        source: "kubernetes.io: dockershim removal; CRI v1 since Kubernetes 1.26",
    },
    Cause {
        code: code::CRI_SOCKET_MISSING,
        weight: Weight::Fault,
        is: "no container runtime is installed, or it has its socket elsewhere",
        apart: "neither containerd.sock nor crio.sock is below /run",
        look: Look {
            on: On::Here,
            command: "ls /run/containerd /run/crio",
            signs: &[
                (Sign::SaysAny(&["containerd.sock\n", "crio.sock"]), Means::Excludes),
                (Sign::Says("no such file"), Means::Fits),
            ],
        },
        cure: "sudo apt-get install containerd, or name the socket: kubeadm --cri-socket \
               unix:///run/containerd/containerd.sock",
        source: "kubernetes.io: Installing kubeadm, Installing a container runtime",
    },
    Cause {
        code: code::SEVERAL_RUNTIMES,
        weight: Weight::Fault,
        is: "two container runtimes are there, and kubeadm wants to be told which",
        apart: "the text names both sockets",
        look: Look { on: On::Here, command: "ls /run/containerd /run/crio", signs: &[] },
        cure: "--cri-socket unix:///run/containerd/containerd.sock (with every kubeadm command)",
        source: "k/k cmd/kubeadm/app/util/runtime/runtime.go",
    },
    Cause {
        code: code::CGROUP_DRIVER_MISMATCH,
        weight: Weight::Fault,
        is: "kubelet and the container runtime use different cgroup drivers (kubeadm sets systemd)",
        apart: "containerd's config has SystemdCgroup = false, or no such line",
        look: Look {
            on: On::Here,
            command: "cat /etc/containerd/config.toml",
            signs: &[
                (Sign::Line("systemdcgroup", "true"), Means::Excludes),
                (Sign::Succeeds, Means::Fits),
            ],
        },
        cure: "SystemdCgroup = true in /etc/containerd/config.toml (section runc.options); sudo \
               systemctl restart containerd kubelet",
        source: "kubernetes.io: Configuring a cgroup driver",
    },
    Cause {
        code: code::SANDBOX_IMAGE_MISSING,
        weight: Weight::Fault,
        is: "no pod can start here: the pause image cannot be pulled",
        apart: "crictl images does not list it",
        look: Look { on: On::Node, command: "crictl images", signs: &[] },
        cure: "give the node a way to the registry (the same text says why it failed), or import \
               it: ctr -n k8s.io images import FILE; sandbox_image in containerd's config names it",
        source: "containerd docs/cri/config.md: sandbox_image",
    },
    Cause {
        code: code::CONTAINER_ENDS_BY_ITSELF,
        weight: Weight::Fault,
        is: "the program in the container ends again and again",
        apart: "its last words say why",
        look: Look {
            on: On::Kubectl,
            command: "kubectl logs --previous -n NAMESPACE POD",
            signs: &[],
        },
        cure: "paste them into pontoon explain -",
        source: "kubernetes.io: Debug Pods",
    },
    Cause {
        code: code::PROBE_FAILS,
        weight: Weight::Fault,
        is: "kubelet's probe of the container got no good answer, and kubelet restarts it",
        apart: "kubectl describe pod shows Unhealthy",
        look: Look { on: On::Kubectl, command: "kubectl get events -A", signs: &[] },
        cure: "kubectl describe pod POD; a slow Pi needs a longer initialDelaySeconds",
        source: "kubernetes.io: Configure Liveness, Readiness and Startup Probes",
    },
    Cause {
        code: code::OUT_OF_MEMORY,
        weight: Weight::Fault,
        is: "the kernel ended the container for memory",
        apart: "kubectl describe pod shows OOMKilled, dmesg the process",
        look: Look { on: On::Node, command: "dmesg --level err,warn", signs: &[] },
        cure: "raise its limit in resources.limits.memory, or give the node more",
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::IMAGE_FOR_OTHER_PROCESSOR,
        weight: Weight::Fault,
        is: "the image was built for another processor than this node's",
        apart: "uname -m here is not the image's",
        look: Look { on: On::Node, command: "uname -m", signs: &[] },
        cure: "take an image for arm64 (a 64-bit system on the Pi), or a nodeSelector \
               kubernetes.io/arch",
        source: "OCI image spec: platform; execve(2): ENOEXEC",
    },
];
