//! Causes that kubeadm's preflight checks report.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::IP_FORWARD_OFF,
        weight: CauseSeverity::Fault,
        summary: "this host does not forward IP packets, and pods need that",
        distinguished_by: "the file holds 0",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /proc/sys/net/ipv4/ip_forward",
            patterns: &[
                (OutputPattern::Says("0"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "echo net.ipv4.ip_forward=1 | sudo tee -a /etc/sysctl.d/k8s.conf && sudo sysctl \
               --system",
        source: "k/k cmd/kubeadm/app/preflight/checks.go; kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::IPV6_FORWARD_OFF,
        weight: CauseSeverity::Fault,
        summary: "this host does not forward IPv6 packets, and an IPv6 cluster needs that",
        distinguished_by: "the file holds 0",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /proc/sys/net/ipv6/conf/default/forwarding",
            patterns: &[
                (OutputPattern::Says("0"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "echo net.ipv6.conf.default.forwarding=1 | sudo tee -a /etc/sysctl.d/k8s.conf && \
               sudo sysctl --system",
        source: "k/k cmd/kubeadm/app/preflight/checks.go",
    },
    Cause {
        code: code::BRIDGE_NETFILTER_OFF,
        weight: CauseSeverity::Fault,
        summary: "br_netfilter is not loaded: packets of a bridge pass kube-proxy's rules by",
        distinguished_by: "/proc/sys/net/bridge is missing",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
            patterns: &[
                (OutputPattern::Says("1"), CauseImplication::Excludes),
                (OutputPattern::Says("no such file"), CauseImplication::Proves),
                (OutputPattern::Says("0"), CauseImplication::Proves),
            ],
        },
        remedy: "echo br_netfilter | sudo tee /etc/modules-load.d/k8s.conf; sudo modprobe \
               br_netfilter; net.bridge.bridge-nf-call-iptables=1 in /etc/sysctl.d/k8s.conf",
        source: "kubernetes.io: Container Runtimes; kubeadm no longer checks it since 1.30",
    },
    Cause {
        code: code::SWAP_ON,
        weight: CauseSeverity::Fault,
        summary: "swap is on, and kubelet does not start with it unless told to",
        distinguished_by: "/proc/swaps has more than its heading",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /proc/swaps",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["partition", "file\t", " file "]),
                    CauseImplication::Proves,
                ),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "sudo swapoff -a, and for good: the line in /etc/fstab; Raspberry Pi OS: sudo \
               systemctl disable --now dphys-swapfile; or failSwapOn: false",
        source: "kubernetes.io: Swap memory management; k/k preflight SwapCheck",
    },
    Cause {
        code: code::SWAP_NOTED,
        weight: CauseSeverity::Harmless,
        summary: "kubeadm only notes that swap is on; kubelet decides (failSwapOn)",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck { on: CheckLocation::Here, command: "cat /proc/swaps", patterns: &[] },
        remedy: "nothing, or swapoff -a",
        source: "k/k cmd/kubeadm/app/preflight/checks.go SwapCheck",
    },
    Cause {
        code: code::CGROUP_MEMORY_OFF,
        weight: CauseSeverity::Fault,
        summary: "the kernel was started without the memory cgroup, as Raspberry Pi OS does",
        distinguished_by: "cgroup.controllers does not name memory",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /sys/fs/cgroup/cgroup.controllers",
            patterns: &[
                (OutputPattern::Says("memory"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "append to the one line of /boot/firmware/cmdline.txt: cgroup_memory=1 \
               cgroup_enable=memory; reboot",
        source: "kubernetes/system-validators; k3s docs: Raspberry Pi",
    },
    Cause {
        code: code::CGROUP_V1,
        weight: CauseSeverity::Fault,
        summary: "the host uses cgroup v1, which kubelet 1.35 and later refuse unless told otherwise",
        distinguished_by: "/sys/fs/cgroup has no cgroup.controllers",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls /sys/fs/cgroup",
            patterns: &[
                (OutputPattern::Says("cgroup.controllers"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "start with systemd.unified_cgroup_hierarchy=1 (a newer system has v2 anyway), or \
               failCgroupV1: false in kubelet's configuration",
        source: "kubernetes.io: About cgroup v2",
    },
    Cause {
        code: code::CGROUP_CONTROLLER_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the kernel lacks a cgroup controller that kubelet needs",
        distinguished_by: "cgroup.controllers does not name it",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /sys/fs/cgroup/cgroup.controllers",
            patterns: &[],
        },
        remedy: "start another kernel; on a Pi: cgroup_memory=1 cgroup_enable=memory in \
               /boot/firmware/cmdline.txt",
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::OPTIONAL_CGROUP_MISSING,
        weight: CauseSeverity::Harmless,
        summary: "the kernel lacks an optional cgroup controller: nothing here needs it",
        distinguished_by: "the text says optional",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "cat /sys/fs/cgroup/cgroup.controllers",
            patterns: &[],
        },
        remedy: "nothing",
        source: "kubernetes/system-validators",
    },
    Cause {
        code: code::HOST_TOO_SMALL,
        weight: CauseSeverity::Fault,
        summary: "a control plane wants 2 processors and 1700 MB, and this host has less",
        distinguished_by: "nproc and free say so",
        check: CauseCheck { on: CheckLocation::Here, command: "nproc; free -m", patterns: &[] },
        remedy: "take a larger host as control plane; at your own risk: \
               --ignore-preflight-errors=NumCPU,Mem",
        source: "k/k cmd/kubeadm/app/preflight/checks.go NumCPUCheck, MemCheck",
    },
    Cause {
        code: code::NOT_ROOT,
        weight: CauseSeverity::Fault,
        summary: "kubeadm was not run as root",
        distinguished_by: "the text says so",
        check: CauseCheck { on: CheckLocation::Here, command: "id -u", patterns: &[] },
        remedy: "the same command with sudo in front",
        source: "k/k cmd/kubeadm/app/preflight/checks.go IsPrivilegedUserCheck",
    },
    Cause {
        code: code::PROGRAM_MISSING,
        weight: CauseSeverity::Fault,
        summary: "a program that Kubernetes calls is not installed, or not in root's PATH",
        distinguished_by: "the text names it",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "sudo sh -c 'echo $PATH'",
            patterns: &[],
        },
        remedy: "Debian: apt-get install conntrack socat ethtool iptables ebtables util-linux mount",
        source: "k/k cmd/kubeadm/app/preflight/checks.go InPathCheck",
    },
    Cause {
        code: code::KERNEL_NOT_ACCEPTED,
        weight: CauseSeverity::Fault,
        summary: "the kernel, or its configuration, is not one that kubeadm accepts",
        distinguished_by: "the text names what is missing",
        check: CauseCheck { on: CheckLocation::Here, command: "uname -r", patterns: &[] },
        remedy: "update it (5.15 or 6 and later); --ignore-preflight-errors=SystemVerification where \
               you know that it is there",
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::HOST_NAME_UNRESOLVED,
        weight: CauseSeverity::Harmless,
        summary: "the node's own name is in neither /etc/hosts nor DNS; kubeadm goes on without",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "getent hosts $(hostname)",
            patterns: &[],
        },
        remedy: "one line ADDRESS NAME in /etc/hosts (it also decides kubelet's address: take the \
               one that the others reach)",
        source: "k/k cmd/kubeadm/app/preflight/checks.go HostnameCheck",
    },
    Cause {
        code: code::FIREWALLD_ACTIVE,
        weight: CauseSeverity::Fault,
        summary: "firewalld is active: it refuses 6443, 10250 and the CNI's port until told otherwise",
        distinguished_by: "systemctl says active",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "systemctl is-active firewalld",
            patterns: &[
                (OutputPattern::Says("inactive"), CauseImplication::Excludes),
                (OutputPattern::Says("active"), CauseImplication::Proves),
            ],
        },
        remedy: "firewall-cmd --permanent --add-port=6443/tcp --add-port=10250/tcp \
               --add-port=8472/udp && firewall-cmd --reload; its zone for pods must be trusted",
        source: "k/k cmd/kubeadm/app/preflight/checks.go FirewalldCheck",
    },
    Cause {
        code: code::BIND_ADDRESS_ADVICE,
        weight: CauseSeverity::Harmless,
        summary: "a worker without a default route cannot compare kube-proxy's bindAddress: kubeadm \
             1.36.1 and later say so and go on",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip route show default",
            patterns: &[],
        },
        remedy: "nothing",
        source: "measured: kubeadm v1.36.2; k/k PR 138802",
    },
    Cause {
        code: code::VERSION_NOT_LOOKED_UP,
        weight: CauseSeverity::Harmless,
        summary: "kubeadm could not ask the internet for the newest version, and takes its own",
        distinguished_by: "\"falling back to the local client version\" follows",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "kubeadm version -o short",
            patterns: &[],
        },
        remedy: "nothing; --kubernetes-version=VERSION spares the 10 s. What does matter: images \
               come from the internet, too",
        source: "k/k cmd/kubeadm/app/util/version.go; measured",
    },
    Cause {
        code: code::CONNTRACK_NOT_WRITABLE,
        weight: CauseSeverity::Fault,
        summary: "kube-proxy may not set nf_conntrack_max: it runs in a container or VM that keeps it",
        distinguished_by: "conntrack in its ConfigMap is null or has a minimum",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get configmap -n kube-system kube-proxy -o yaml",
            patterns: &[],
        },
        remedy: "in ConfigMap kube-proxy: conntrack: {maxPerCore: 0, min: 0}; delete its pods",
        source: "measured: proxy-conntrack (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_SOCKET_IN_USE,
        weight: CauseSeverity::Fault,
        summary: "another wireguard-go of this mount namespace has the socket of that name",
        distinguished_by: "ls shows it, and a wireguard-go runs",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls /run/wireguard",
            patterns: &[
                (OutputPattern::Says(".sock"), CauseImplication::Fits),
                (OutputPattern::Silent, CauseImplication::Excludes),
            ],
        },
        remedy: "end that one, or give this one another interface name or a mount namespace",
        source: "measured: wg-socket (tests/kubernetes/cases/symptoms.json)",
    },
];
