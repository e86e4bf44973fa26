//! Causes that kubeadm's preflight checks report.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{Here, Kubectl};
use super::OutputPattern::{Says, SaysAny, Silent, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::IP_FORWARD_OFF,
        severity: Severity::Error,
        summary: "this host does not forward IP packets, and pods need that",
        distinguished_by: "the file contains 0",
        check: CauseCheck::new(Here, "cat /proc/sys/net/ipv4/ip_forward")
            .judged_by(&[(Says("0"), Proves), (Succeeds, Excludes)]),
        remedies: &[run(
            "echo net.ipv4.ip_forward=1 | sudo tee -a /etc/sysctl.d/k8s.conf && sudo sysctl \
                    --system",
        )
        .on(Here)
        .to("switch it on, now and at boot")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go; kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::IPV6_FORWARD_OFF,
        severity: Severity::Error,
        summary: "this host does not forward IPv6 packets, and an IPv6 cluster needs that",
        distinguished_by: "the file contains 0",
        check: CauseCheck::new(Here, "cat /proc/sys/net/ipv6/conf/default/forwarding")
            .judged_by(&[(Says("0"), Proves), (Succeeds, Excludes)]),
        remedies: &[run(
            "echo net.ipv6.conf.default.forwarding=1 | sudo tee -a /etc/sysctl.d/k8s.conf && \
                    sudo sysctl --system",
        )
        .on(Here)
        .to("switch it on, now and at boot")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go",
    },
    Cause {
        code: code::BRIDGE_NETFILTER_OFF,
        severity: Severity::Error,
        summary: "br_netfilter is not loaded, so that bridged packets bypass kube-proxy's rules",
        distinguished_by: "/proc/sys/net/bridge is missing",
        check: CauseCheck::new(Here, "cat /proc/sys/net/bridge/bridge-nf-call-iptables").judged_by(
            &[(Says("1"), Excludes), (Says("no such file"), Proves), (Says("0"), Proves)],
        ),
        remedies: &[
            run("echo br_netfilter | sudo tee /etc/modules-load.d/k8s.conf")
                .on(Here)
                .to("load it at boot"),
            run("sudo modprobe br_netfilter")
                .on(Here)
                .to("load it now, and set net.bridge.bridge-nf-call-iptables=1 in \
                    /etc/sysctl.d/k8s.conf"),
        ],
        source: "kubernetes.io: Container Runtimes; kubeadm no longer checks it since 1.30",
    },
    Cause {
        code: code::SWAP_ON,
        severity: Severity::Error,
        summary: "swap is on, and kubelet does not start with it unless configured to",
        distinguished_by: "/proc/swaps has more than its heading",
        check: CauseCheck::new(Here, "cat /proc/swaps").judged_by(&[
            (SaysAny(&["partition", "file\t", " file "]), Proves),
            (Succeeds, Excludes),
        ]),
        remedies: &[
            run("sudo swapoff -a").on(Here).to("switch it off, and for good in /etc/fstab"),
            run("sudo systemctl disable --now dphys-swapfile")
                .on(Here)
                .to("for good on Raspberry Pi OS"),
            action("let kubelet start with it: failSwapOn: false"),
        ],
        source: "kubernetes.io: Swap memory management; k/k preflight SwapCheck",
    },
    Cause {
        code: code::SWAP_NOTED,
        severity: Severity::Info,
        summary: "kubeadm only notes that swap is on; kubelet decides (failSwapOn)",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck::new(Here, "cat /proc/swaps"),
        remedies: &[run("swapoff -a").to("do nothing, or switch it off")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go SwapCheck",
    },
    Cause {
        code: code::CGROUP_MEMORY_OFF,
        severity: Severity::Error,
        summary: "the kernel was started without the memory cgroup, as on Raspberry Pi OS",
        distinguished_by: "cgroup.controllers does not list memory",
        check: CauseCheck::new(Here, "cat /sys/fs/cgroup/cgroup.controllers")
            .judged_by(&[(Says("memory"), Excludes), (Succeeds, Proves)]),
        remedies: &[action(
            "append cgroup_memory=1 cgroup_enable=memory to the one line of \
                    /boot/firmware/cmdline.txt, then reboot",
        )
        .on(Here)],
        source: "kubernetes/system-validators; k3s docs: Raspberry Pi",
    },
    Cause {
        code: code::CGROUP_V1,
        severity: Severity::Error,
        summary: "the host uses cgroup v1, which kubelet 1.35 and later reject unless configured \
                  otherwise",
        distinguished_by: "/sys/fs/cgroup has no cgroup.controllers",
        check: CauseCheck::new(Here, "ls /sys/fs/cgroup")
            .judged_by(&[(Says("cgroup.controllers"), Excludes), (Succeeds, Proves)]),
        remedies: &[
            action("boot with systemd.unified_cgroup_hierarchy=1 (a newer system has v2 anyway)")
                .on(Here),
            action("set failCgroupV1: false in kubelet's configuration"),
        ],
        source: "kubernetes.io: About cgroup v2",
    },
    Cause {
        code: code::CGROUP_CONTROLLER_MISSING,
        severity: Severity::Error,
        summary: "the kernel lacks a cgroup controller that kubelet needs",
        distinguished_by: "cgroup.controllers does not list it",
        check: CauseCheck::new(Here, "cat /sys/fs/cgroup/cgroup.controllers"),
        remedies: &[action(
            "boot another kernel; on a Pi add cgroup_memory=1 cgroup_enable=memory to \
                    /boot/firmware/cmdline.txt",
        )
        .on(Here)],
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::OPTIONAL_CGROUP_MISSING,
        severity: Severity::Info,
        summary: "the kernel lacks an optional cgroup controller; nothing here needs it",
        distinguished_by: "the text says optional",
        check: CauseCheck::new(Here, "cat /sys/fs/cgroup/cgroup.controllers"),
        remedies: &[action("nothing has to be done")],
        source: "kubernetes/system-validators",
    },
    Cause {
        code: code::HOST_TOO_SMALL,
        severity: Severity::Error,
        summary: "a control plane needs 2 CPUs and 1700 MB, and this host has less",
        distinguished_by: "nproc and free show it",
        check: CauseCheck::new(Here, "nproc; free -m"),
        remedies: &[
            action("use a larger host as control plane"),
            action("at your own risk: --ignore-preflight-errors=NumCPU,Mem"),
        ],
        source: "k/k cmd/kubeadm/app/preflight/checks.go NumCPUCheck, MemCheck",
    },
    Cause {
        code: code::NOT_ROOT,
        severity: Severity::Error,
        summary: "kubeadm was not run as root",
        distinguished_by: "the text says so",
        check: CauseCheck::new(Here, "id -u"),
        remedies: &[action("run the same command with sudo")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go IsPrivilegedUserCheck",
    },
    Cause {
        code: code::PROGRAM_MISSING,
        severity: Severity::Error,
        summary: "a program that Kubernetes calls is not installed, or not in root's PATH",
        distinguished_by: "the text names it",
        check: CauseCheck::new(Here, "sudo sh -c 'echo $PATH'"),
        remedies: &[run(
            "apt-get install conntrack socat ethtool iptables ebtables util-linux mount",
        )
        .on(Here)
        .to("on Debian")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go InPathCheck",
    },
    Cause {
        code: code::KERNEL_NOT_ACCEPTED,
        severity: Severity::Error,
        summary: "the kernel, or its configuration, is not one that kubeadm accepts",
        distinguished_by: "the text names what is missing",
        check: CauseCheck::new(Here, "uname -r"),
        remedies: &[
            action("update the kernel (5.15, or 6 and later)").on(Here),
            action(
                "if you know that the feature is there: \
                    --ignore-preflight-errors=SystemVerification",
            ),
        ],
        source: "kubernetes/system-validators v1.12.1",
    },
    Cause {
        code: code::HOST_NAME_UNRESOLVED,
        severity: Severity::Info,
        summary: "the node's own name is in neither /etc/hosts nor DNS; kubeadm continues without \
                  it",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck::new(Here, "getent hosts $(hostname)"),
        remedies: &[action(
            "add a line ADDRESS NAME to /etc/hosts; it also decides kubelet's address, so \
                    use the one that the other hosts reach",
        )
        .on(Here)],
        source: "k/k cmd/kubeadm/app/preflight/checks.go HostnameCheck",
    },
    Cause {
        code: code::FIREWALLD_ACTIVE,
        severity: Severity::Error,
        summary: "firewalld is active: it rejects 6443, 10250 and the CNI's port unless configured \
                  otherwise",
        distinguished_by: "systemctl says active",
        check: CauseCheck::new(Here, "systemctl is-active firewalld")
            .judged_by(&[(Says("inactive"), Excludes), (Says("active"), Proves)]),
        remedies: &[run("firewall-cmd --permanent --add-port=6443/tcp --add-port=10250/tcp \
                    --add-port=8472/udp && firewall-cmd --reload")
        .on(Here)
        .to("allow the ports; the zone of the pods must be trusted")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go FirewalldCheck",
    },
    Cause {
        code: code::BIND_ADDRESS_ADVICE,
        severity: Severity::Info,
        summary: "on a worker without a default route kubeadm 1.36.1 and later cannot compare \
                  kube-proxy's bindAddress; it says so and continues",
        distinguished_by: "it is a warning, not an error",
        check: CauseCheck::new(Here, "ip route show default"),
        remedies: &[action("nothing has to be done")],
        source: "measured: kubeadm v1.36.2; k/k PR 138802",
    },
    Cause {
        code: code::VERSION_NOT_LOOKED_UP,
        severity: Severity::Info,
        summary: "kubeadm could not read the newest version from the internet, and uses its own",
        distinguished_by: "\"falling back to the local client version\" follows",
        check: CauseCheck::new(Here, "kubeadm version -o short"),
        remedies: &[
            action("nothing has to be done; --kubernetes-version=VERSION saves the 10 s"),
            action("see that images can be pulled: they come from the internet, too"),
        ],
        source: "k/k cmd/kubeadm/app/util/version.go; measured",
    },
    Cause {
        code: code::CONNTRACK_NOT_WRITABLE,
        severity: Severity::Error,
        summary: "kube-proxy is not allowed to set nf_conntrack_max: it runs in a container or VM \
                  that forbids it",
        distinguished_by: "conntrack in its ConfigMap is null or has a minimum",
        check: CauseCheck::new(Kubectl, "kubectl get configmap -n kube-system kube-proxy -o yaml"),
        remedies: &[action(
            "set conntrack: {maxPerCore: 0, min: 0} in ConfigMap kube-proxy, then delete \
                    its pods",
        )
        .on(Kubectl)],
        source: "measured: proxy-conntrack (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_SOCKET_IN_USE,
        severity: Severity::Error,
        summary: "another wireguard-go of this mount namespace uses the socket of that name",
        distinguished_by: "ls shows it, and a wireguard-go runs",
        check: CauseCheck::new(Here, "ls /run/wireguard")
            .judged_by(&[(Says(".sock"), Fits), (Silent, Excludes)]),
        remedies: &[action(
            "stop that one, or give this one another interface name or its own mount \
                    namespace",
        )],
        source: "measured: wg-socket (tests/kubernetes/cases/symptoms.json)",
    },
];
