//! What kubeadm wants of a host before it starts.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::IP_FORWARD_OFF,
        weight: Weight::Fault,
        is: "this host does not forward IP packets, and pods need that",
        apart: "the file holds 0",
        look: Look {
            on: On::Here,
            command: "cat /proc/sys/net/ipv4/ip_forward",
            signs: &[(Sign::Says("0"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "echo net.ipv4.ip_forward=1 | sudo tee -a /etc/sysctl.d/k8s.conf && sudo sysctl \
               --system",
        source: "k/k cmd/kubeadm/app/preflight/checks.go; kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::IPV6_FORWARD_OFF,
        weight: Weight::Fault,
        is: "this host does not forward IPv6 packets, and an IPv6 cluster needs that",
        apart: "the file holds 0",
        look: Look {
            on: On::Here,
            command: "cat /proc/sys/net/ipv6/conf/default/forwarding",
            signs: &[(Sign::Says("0"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "echo net.ipv6.conf.default.forwarding=1 | sudo tee -a /etc/sysctl.d/k8s.conf && \
               sudo sysctl --system",
        source: "k/k cmd/kubeadm/app/preflight/checks.go",
    },
    Cause {
        code: code::BRIDGE_NETFILTER_OFF,
        weight: Weight::Fault,
        is: "br_netfilter is not loaded: packets of a bridge pass kube-proxy's rules by",
        apart: "/proc/sys/net/bridge is missing",
        look: Look {
            on: On::Here,
            command: "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
            signs: &[
                (Sign::Says("1"), Means::Excludes),
                (Sign::Says("no such file"), Means::Proves),
                (Sign::Says("0"), Means::Proves),
            ],
        },
        cure: "echo br_netfilter | sudo tee /etc/modules-load.d/k8s.conf; sudo modprobe \
               br_netfilter; net.bridge.bridge-nf-call-iptables=1 in /etc/sysctl.d/k8s.conf",
        source: "kubernetes.io: Container Runtimes; kubeadm no longer checks it since 1.30",
    },
    Cause {
        code: code::SWAP_ON,
        weight: Weight::Fault,
        is: "swap is on, and kubelet does not start with it unless told to",
        apart: "/proc/swaps has more than its heading",
        look: Look {
            on: On::Here,
            command: "cat /proc/swaps",
            signs: &[
                (Sign::SaysAny(&["partition", "file\t", " file "]), Means::Proves),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "sudo swapoff -a, and for good: the line in /etc/fstab; Raspberry Pi OS: sudo \
               systemctl disable --now dphys-swapfile; or failSwapOn: false",
        source: "kubernetes.io: Swap memory management; k/k preflight SwapCheck",
    },
    Cause {
        code: code::SWAP_NOTED,
        weight: Weight::Harmless,
        is: "kubeadm only notes that swap is on; kubelet decides (failSwapOn)",
        apart: "it is a warning, not an error",
        look: Look { on: On::Here, command: "cat /proc/swaps", signs: &[] },
        cure: "nothing, or swapoff -a",
        source: "k/k cmd/kubeadm/app/preflight/checks.go SwapCheck",
    },
    Cause {
        code: code::CGROUP_MEMORY_OFF,
        weight: Weight::Fault,
        is: "the kernel was started without the memory cgroup, as Raspberry Pi OS does",
        apart: "cgroup.controllers does not name memory",
        look: Look {
            on: On::Here,
            command: "cat /sys/fs/cgroup/cgroup.controllers",
            signs: &[(Sign::Says("memory"), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "append to the one line of /boot/firmware/cmdline.txt: cgroup_memory=1 \
               cgroup_enable=memory; reboot",
        source: "kubernetes/system-validators; k3s docs: Raspberry Pi",
    },
    Cause {
        code: code::CGROUP_V1,
        weight: Weight::Fault,
        is: "the host uses cgroup v1, which kubelet 1.35 and later refuse unless told otherwise",
        apart: "/sys/fs/cgroup has no cgroup.controllers",
        look: Look {
            on: On::Here,
            command: "ls /sys/fs/cgroup",
            signs: &[
                (Sign::Says("cgroup.controllers"), Means::Excludes),
                (Sign::Succeeds, Means::Proves),
            ],
        },
        cure: "start with systemd.unified_cgroup_hierarchy=1 (a newer system has v2 anyway), or \
               failCgroupV1: false in kubelet's configuration",
        source: "kubernetes.io: About cgroup v2",
    },
    Cause {
        code: code::CGROUP_CONTROLLER_MISSING,
        weight: Weight::Fault,
        is: "the kernel lacks a cgroup controller that kubelet needs",
        apart: "cgroup.controllers does not name it",
        look: Look { on: On::Here, command: "cat /sys/fs/cgroup/cgroup.controllers", signs: &[] },
        cure: "start another kernel; on a Pi: cgroup_memory=1 cgroup_enable=memory in \
               /boot/firmware/cmdline.txt",
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::OPTIONAL_CGROUP_MISSING,
        weight: Weight::Harmless,
        is: "the kernel lacks an optional cgroup controller: nothing here needs it",
        apart: "the text says optional",
        look: Look { on: On::Here, command: "cat /sys/fs/cgroup/cgroup.controllers", signs: &[] },
        cure: "nothing",
        source: "kubernetes/system-validators",
    },
    Cause {
        code: code::HOST_TOO_SMALL,
        weight: Weight::Fault,
        is: "a control plane wants 2 processors and 1700 MB, and this host has less",
        apart: "nproc and free say so",
        look: Look { on: On::Here, command: "nproc; free -m", signs: &[] },
        cure: "take a larger host as control plane; at your own risk: \
               --ignore-preflight-errors=NumCPU,Mem",
        source: "k/k cmd/kubeadm/app/preflight/checks.go NumCPUCheck, MemCheck",
    },
    Cause {
        code: code::NOT_ROOT,
        weight: Weight::Fault,
        is: "kubeadm was not run as root",
        apart: "the text says so",
        look: Look { on: On::Here, command: "id -u", signs: &[] },
        cure: "the same command with sudo in front",
        source: "k/k cmd/kubeadm/app/preflight/checks.go IsPrivilegedUserCheck",
    },
    Cause {
        code: code::PROGRAM_MISSING,
        weight: Weight::Fault,
        is: "a program that Kubernetes calls is not installed, or not in root's PATH",
        apart: "the text names it",
        look: Look { on: On::Here, command: "sudo sh -c 'echo $PATH'", signs: &[] },
        cure: "Debian: apt-get install conntrack socat ethtool iptables ebtables util-linux mount",
        source: "k/k cmd/kubeadm/app/preflight/checks.go InPathCheck",
    },
    Cause {
        code: code::KERNEL_NOT_ACCEPTED,
        weight: Weight::Fault,
        is: "the kernel, or its configuration, is not one that kubeadm accepts",
        apart: "the text names what is missing",
        look: Look { on: On::Here, command: "uname -r", signs: &[] },
        cure: "update it (5.15 or 6 and later); --ignore-preflight-errors=SystemVerification where \
               you know that it is there",
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::HOST_NAME_UNRESOLVED,
        weight: Weight::Harmless,
        is: "the node's own name is in neither /etc/hosts nor DNS; kubeadm goes on without",
        apart: "it is a warning, not an error",
        look: Look { on: On::Here, command: "getent hosts $(hostname)", signs: &[] },
        cure: "one line ADDRESS NAME in /etc/hosts (it also decides kubelet's address: take the \
               one that the others reach)",
        source: "k/k cmd/kubeadm/app/preflight/checks.go HostnameCheck",
    },
    Cause {
        code: code::FIREWALLD_ACTIVE,
        weight: Weight::Fault,
        is: "firewalld is active: it refuses 6443, 10250 and the CNI's port until told otherwise",
        apart: "systemctl says active",
        look: Look {
            on: On::Here,
            command: "systemctl is-active firewalld",
            signs: &[
                (Sign::Says("inactive"), Means::Excludes),
                (Sign::Says("active"), Means::Proves),
            ],
        },
        cure: "firewall-cmd --permanent --add-port=6443/tcp --add-port=10250/tcp \
               --add-port=8472/udp && firewall-cmd --reload; its zone for pods must be trusted",
        source: "k/k cmd/kubeadm/app/preflight/checks.go FirewalldCheck",
    },
    Cause {
        code: code::BIND_ADDRESS_ADVICE,
        weight: Weight::Harmless,
        is: "a worker without a default route cannot compare kube-proxy's bindAddress: kubeadm \
             1.36.1 and later say so and go on",
        apart: "it is a warning, not an error",
        look: Look { on: On::Here, command: "ip route show default", signs: &[] },
        cure: "nothing",
        source: "measured: kubeadm v1.36.2; k/k PR 138802",
    },
    Cause {
        code: code::VERSION_NOT_LOOKED_UP,
        weight: Weight::Harmless,
        is: "kubeadm could not ask the internet for the newest version, and takes its own",
        apart: "\"falling back to the local client version\" follows",
        look: Look { on: On::Here, command: "kubeadm version -o short", signs: &[] },
        cure: "nothing; --kubernetes-version=VERSION spares the 10 s. What does matter: images \
               come from the internet, too",
        source: "k/k cmd/kubeadm/app/util/version.go; measured",
    },
    Cause {
        code: code::CONNTRACK_NOT_WRITABLE,
        weight: Weight::Fault,
        is: "kube-proxy may not set nf_conntrack_max: it runs in a container or VM that keeps it",
        apart: "conntrack in its ConfigMap is null or has a minimum",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get configmap -n kube-system kube-proxy -o yaml",
            signs: &[],
        },
        cure: "in ConfigMap kube-proxy: conntrack: {maxPerCore: 0, min: 0}; delete its pods",
        source: "measured: proxy-conntrack (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_SOCKET_IN_USE,
        weight: Weight::Fault,
        is: "another wireguard-go of this mount namespace has the socket of that name",
        apart: "ls shows it, and a wireguard-go runs",
        look: Look {
            on: On::Here,
            command: "ls /run/wireguard",
            signs: &[(Sign::Says(".sock"), Means::Fits), (Sign::Silent, Means::Excludes)],
        },
        cure: "end that one, or give this one another interface name or a mount namespace",
        source: "measured: wg-socket (tests/kubernetes/cases/symptoms.json)",
    },
];
