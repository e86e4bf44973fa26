//! Causes in the container runtime and its sandboxes.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{Here, Kubectl, Node};
use super::OutputPattern::{Line, Says, SaysAny, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CONTAINERD_NOT_RUNNING,
        severity: Severity::Error,
        summary: "the container runtime is not running",
        distinguished_by: "systemctl does not show it as active",
        check: CauseCheck::new(Here, "systemctl is-active containerd").judged_by(&[
            (SaysAny(&["inactive", "activating", "failed\n"]), Fits),
            (Says("active"), Excludes),
        ]),
        remedies: &[
            run("sudo systemctl enable --now containerd").on(Here).to("start it, now and at boot"),
            run("journalctl -u containerd -n 30").on(Here).to("if it exits again, read why"),
        ],
        source: "kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::CRI_PLUGIN_DISABLED,
        severity: Severity::Error,
        summary: "containerd runs with its CRI plug-in disabled, as Docker's package configures it",
        distinguished_by: "config.toml says disabled_plugins = [\"cri\"]",
        check: CauseCheck::new(Here, "cat /etc/containerd/config.toml")
            .judged_by(&[(Line("disabled_plugins", "cri"), Proves), (Succeeds, Excludes)]),
        remedies: &[
            run("containerd config default | sudo tee /etc/containerd/config.toml")
                .on(Here)
                .to("write the default configuration, and set SystemdCgroup = true in it"),
            run("sudo systemctl restart containerd").on(Here).to("then restart containerd"),
        ],
        source: "kubernetes.io: Container Runtimes, containerd",
    },
    Cause {
        code: code::CRI_TOO_OLD,
        severity: Severity::Error,
        summary: "the container runtime speaks only CRI v1alpha2: it is older than containerd 1.6",
        distinguished_by: "containerd --version shows it",
        check: CauseCheck::new(Here, "containerd --version"),
        remedies: &[action(
            "install containerd 1.6 or newer (1.7 or 2 for Kubernetes 1.36), and restart it",
        )
        .on(Here)],
        source: "kubernetes.io: dockershim removal; CRI v1 since Kubernetes 1.26",
    },
    Cause {
        code: code::CRI_SOCKET_MISSING,
        severity: Severity::Error,
        summary: "no container runtime is installed, or its socket is elsewhere",
        distinguished_by: "neither containerd.sock nor crio.sock is below /run",
        check: CauseCheck::new(Here, "ls /run/containerd /run/crio").judged_by(&[
            (SaysAny(&["containerd.sock\n", "crio.sock"]), Excludes),
            (Says("no such file"), Fits),
        ]),
        remedies: &[
            run("sudo apt-get install containerd").on(Here).to("install one"),
            action("name the socket: kubeadm --cri-socket unix:///run/containerd/containerd.sock"),
        ],
        source: "kubernetes.io: Installing kubeadm, Installing a container runtime",
    },
    Cause {
        code: code::SEVERAL_RUNTIMES,
        severity: Severity::Error,
        summary: "two container runtimes are installed, and kubeadm has to be told which one to \
                  use",
        distinguished_by: "the text names both sockets",
        check: CauseCheck::new(Here, "ls /run/containerd /run/crio"),
        remedies: &[action(
            "give every kubeadm command --cri-socket unix:///run/containerd/containerd.sock",
        )],
        source: "k/k cmd/kubeadm/app/util/runtime/runtime.go",
    },
    Cause {
        code: code::CGROUP_DRIVER_MISMATCH,
        severity: Severity::Error,
        summary: "kubelet and the container runtime use different cgroup drivers (kubeadm sets \
                  systemd)",
        distinguished_by: "containerd's configuration has SystemdCgroup = false, or no such line",
        check: CauseCheck::new(Here, "cat /etc/containerd/config.toml")
            .judged_by(&[(Line("systemdcgroup", "true"), Excludes), (Succeeds, Fits)]),
        remedies: &[run("sudo systemctl restart containerd kubelet")
            .on(Here)
            .to("set SystemdCgroup = true in /etc/containerd/config.toml (section \
                    runc.options), then restart both")],
        source: "kubernetes.io: Configuring a cgroup driver",
    },
    Cause {
        code: code::SANDBOX_IMAGE_MISSING,
        severity: Severity::Error,
        summary: "no pod can start here: the pause image cannot be pulled",
        distinguished_by: "crictl images does not list it",
        check: CauseCheck::new(Node, "crictl images"),
        remedies: &[
            action("give the node access to the registry (the same text says why it failed)")
                .on(Node),
            run("ctr -n k8s.io images import FILE")
                .on(Node)
                .to("import the image that sandbox_image in containerd's configuration names"),
        ],
        source: "containerd docs/cri/config.md: sandbox_image",
    },
    Cause {
        code: code::CONTAINER_ENDS_BY_ITSELF,
        severity: Severity::Error,
        summary: "the program in the container exits again and again",
        distinguished_by: "its last lines say why",
        check: CauseCheck::new(Kubectl, "kubectl logs --previous -n NAMESPACE POD"),
        remedies: &[run("pontoon explain -").to("explain them")],
        source: "kubernetes.io: Debug Pods",
    },
    Cause {
        code: code::PROBE_FAILS,
        severity: Severity::Error,
        summary: "kubelet's probe of the container fails, and kubelet restarts the container",
        distinguished_by: "kubectl describe pod shows Unhealthy",
        check: CauseCheck::new(Kubectl, "kubectl get events -A"),
        remedies: &[run("kubectl describe pod POD")
            .on(Kubectl)
            .to("read why; a slow Pi needs a longer initialDelaySeconds")],
        source: "kubernetes.io: Configure Liveness, Readiness and Startup Probes",
    },
    Cause {
        code: code::OUT_OF_MEMORY,
        severity: Severity::Error,
        summary: "the kernel killed the container for lack of memory",
        distinguished_by: "kubectl describe pod shows OOMKilled, dmesg the process",
        check: CauseCheck::new(Node, "dmesg --level err,warn"),
        remedies: &[action(
            "raise its limit in resources.limits.memory, or give the node more memory",
        )],
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::IMAGE_FOR_OTHER_PROCESSOR,
        severity: Severity::Error,
        summary: "the image was built for another CPU architecture than this node's",
        distinguished_by: "uname -m here is not the image's",
        check: CauseCheck::new(Node, "uname -m"),
        remedies: &[action(
            "use an image for arm64 (and a 64-bit system on the Pi), or a nodeSelector \
                    kubernetes.io/arch",
        )],
        source: "OCI image spec: platform; execve(2): ENOEXEC",
    },
];
