//! Causes in network plug-ins: not installed, not ready, on the wrong link.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Kubectl, Node};
use super::OutputPattern::{Line, Says, SaysAny, Silent, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

/// What the pods of network plug-ins are called.
const CNI_NAMES: &[&str] = &[
    "flannel",
    "calico",
    "cilium",
    "weave",
    "kube-router",
    "antrea",
    "canal",
    "ovn",
    "kindnet",
    "cni",
];
const PODS: &str = "kubectl get pods -A -o wide";

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CNI_NOT_INSTALLED,
        severity: Severity::Error,
        summary: "no network plug-in has been applied: kubeadm does not install one",
        distinguished_by: "no pod of flannel, calico or cilium is listed",
        check: CauseCheck::new(Kubectl, PODS)
            .judged_by(&[(SaysAny(CNI_NAMES), Excludes), (Succeeds, Fits)]),
        remedies: &[action(
            "apply one whose network is the cluster's podSubnet; flannel expects \
                    10.244.0.0/16, and with two networks --iface=LINK",
        )
        .on(Kubectl)],
        source: "kubernetes.io: Creating a cluster with kubeadm, Installing a Pod network add-on",
    },
    Cause {
        code: code::CNI_NOT_READY,
        severity: Severity::Error,
        summary: "the network plug-in's pod is not running on this node, so that it writes no \
                  configuration",
        distinguished_by: "its pod is listed on this node, and is not Running",
        check: CauseCheck::new(Kubectl, PODS)
            .judged_by(&[(SaysAny(CNI_NAMES), Fits), (Succeeds, Excludes)]),
        remedies: &[
            run("kubectl logs -n NAMESPACE POD | pontoon explain -")
                .on(Kubectl)
                .to("explain the log of that pod"),
            run("crictl logs ID 2>&1 | pontoon explain -")
                .on(Node)
                .to("the same where kubectl cannot reach the node"),
        ],
        source: "kubernetes.io: Network Plugins",
    },
    Cause {
        code: code::CNI_CONFIG_REMOVED,
        severity: Severity::Error,
        summary: "the network plug-in runs on this node, but its configuration is gone (kubeadm \
                  reset, or a manual cleanup)",
        distinguished_by: "the plug-in's process runs, and /etc/cni/net.d is empty",
        check: CauseCheck::new(Node, "ls /etc/cni/net.d")
            .judged_by(&[(Says(".conf"), Excludes), (Succeeds, Fits)]),
        remedies: &[run("kubectl delete pod -n kube-flannel POD")
            .on(Kubectl)
            .to("delete the plug-in's pod of that node: the new one writes the configuration")],
        source: "measured: an empty /etc/cni/net.d under a running flannel",
    },
    Cause {
        code: code::CNI_CONFIG_NOT_READ,
        severity: Severity::Error,
        summary: "the plug-in has written its configuration, but containerd does not see it: \
                  another conf_dir, or it was started before and is stuck",
        distinguished_by: "/etc/cni/net.d contains a file, and the node stays NotReady",
        check: CauseCheck::new(Node, "ls /etc/cni/net.d").judged_by(&[
            (Says(".conf"), Fits),
            (Silent, Excludes),
            (Says("no such file"), Excludes),
        ]),
        remedies: &[
            run("sudo systemctl restart containerd").on(Node).to("restart containerd"),
            action("set conf_dir in /etc/containerd/config.toml to /etc/cni/net.d").on(Node),
        ],
        source: "containerd docs/cri/config.md: cni.conf_dir",
    },
    Cause {
        code: code::CNI_BINARIES_MISSING,
        severity: Severity::Error,
        summary: "the plug-in's programs are not in /opt/cni/bin",
        distinguished_by: "ls does not show the one that the text names",
        check: CauseCheck::new(Node, "ls /opt/cni/bin"),
        remedies: &[
            run("apt-get install kubernetes-cni")
                .on(Node)
                .to("install them, then restart containerd"),
            run("apt-get install containernetworking-plugins")
                .on(Node)
                .to("install Debian's (they are in /usr/lib/cni: set bin_dir in containerd's \
                    configuration), then restart containerd"),
        ],
        source: "containernetworking/plugins; containerd docs/cri/config.md: cni.bin_dir",
    },
    Cause {
        code: code::FLANNEL_NOT_RUNNING,
        severity: Severity::Error,
        summary: "flannel is not running on this node; it writes /run/flannel/subnet.env when it \
                  starts, and a reboot empties /run",
        distinguished_by: "its pod on this node is not Running",
        check: CauseCheck::new(Kubectl, "kubectl get pods -n kube-flannel -o wide")
            .judged_by(&[(Line("{node} ", " running"), Excludes), (Succeeds, Fits)]),
        remedies: &[run("kubectl logs -n kube-flannel POD | pontoon explain -")
            .on(Kubectl)
            .to("explain its log")],
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::POD_CIDR_NOT_ASSIGNED,
        severity: Severity::Error,
        summary: "the node has no pod network of its own: kubeadm init was run without \
                  --pod-network-cidr",
        distinguished_by: "spec.podCIDR of the Node is empty",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get nodes -o custom-columns=NAME:.metadata.name,POD:.spec.podCIDR",
        )
        .judged_by(&[(Says("<none>"), Proves), (Succeeds, Excludes)]),
        remedies: &[
            run("kubeadm init --pod-network-cidr=10.244.0.0/16")
                .on(ControlPlane)
                .to("reset, then initialise with one (the quickest on a new cluster)"),
            action(
                "otherwise set --allocate-node-cidrs and --cluster-cidr of the controller \
                    manager",
            )
            .on(ControlPlane),
        ],
        source: "flannel-io/flannel Documentation/troubleshooting.md",
    },
    Cause {
        code: code::FLANNEL_NETWORK_DIFFERS,
        severity: Severity::Error,
        summary: "Network in flannel's net-conf.json is not the cluster's podSubnet",
        distinguished_by: "the node's pod network is outside of it",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get configmap -n kube-flannel kube-flannel-cfg -o yaml",
        ),
        remedies: &[action(
            "set Network there to the cluster's podSubnet (ConfigMap kubeadm-config), then \
                    delete flannel's pods",
        )
        .on(Kubectl)],
        source: "flannel-io/flannel pkg/subnet/kube: the PodCIDR must lie in Network",
    },
    Cause {
        code: code::FLANNEL_SUBNET_DIFFERS,
        severity: Severity::Error,
        summary: "/run/flannel/subnet.env of the node holds another network than the Node's \
                  podCIDR, so that new pods get addresses that are routed to another node",
        distinguished_by: "FLANNEL_SUBNET there is not in the Node's spec.podCIDR",
        check: CauseCheck::new(Node, "cat /run/flannel/subnet.env"),
        remedies: &[action(
            "delete flannel's pod of this node: it writes the file anew; then delete the pods \
                    of the node that have an address outside its podCIDR",
        )
        .on(Kubectl)],
        source: "flannel-io/flannel pkg/subnet/kube; its CNI plug-in reads subnet.env",
    },
    Cause {
        code: code::POD_ADDRESSES_USED_UP,
        severity: Severity::Error,
        summary: "every address of this node's pod network counts as used, by pods or by what they \
                  left behind",
        distinguished_by: "there are as many files as addresses, and fewer pods",
        check: CauseCheck::new(Node, "ls /var/lib/cni/networks/cbr0 | wc -l"),
        remedies: &[action(
            "drain the node, delete the files of /var/lib/cni/networks/cbr0, then restart \
                    containerd; a /24 has room for 254",
        )
        .on(Node)],
        source: "containernetworking/plugins plugins/ipam/host-local",
    },
    Cause {
        code: code::FLANNEL_STARTS,
        severity: Severity::Warning,
        summary: "flannel is starting on this node and has not written its file yet",
        distinguished_by: "the text stops within a minute",
        check: CauseCheck::new(Node, "cat /run/flannel/subnet.env")
            .judged_by(&[(Says("flannel_subnet="), Proves), (Says("no such file"), Excludes)]),
        remedies: &[action("wait a minute")],
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::CNI0_STALE_ADDRESS,
        severity: Severity::Error,
        summary: "the bridge cni0 has an address of an earlier cluster or CNI, which kubeadm reset \
                  leaves behind",
        distinguished_by: "its address is not in the node's spec.podCIDR",
        check: CauseCheck::new(Node, "ip -br address show dev cni0"),
        remedies: &[
            run("sudo ip link delete cni0").on(Node).to("delete the bridge"),
            run("sudo ip link delete flannel.1")
                .on(Node)
                .to("delete flannel's link, then restart flannel on that node (its pods are \
                    recreated)"),
        ],
        source: "containernetworking/plugins plugins/main/bridge: ensureAddr",
    },
    Cause {
        code: code::FLANNEL_ON_UNREACHABLE_LINK,
        severity: Severity::Error,
        summary: "flannel uses the interface of the default route, over which the nodes do not \
                  reach each other",
        distinguished_by: "its public-ip is not an address by which the other nodes reach the \
                           node; pods of one node reach each other",
        check: CauseCheck::new(
            Kubectl,
            "kubectl describe nodes | grep -E '^Name|InternalIP|public-ip'",
        ),
        remedies: &[action(
            "set --iface=LINK (the switch) in flannel's arguments, then restart its pods (3 \
                    s)",
        )],
        source: "measured: flannel-wifi-curl (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::FLANNEL_WITHOUT_ROUTES,
        severity: Severity::Error,
        summary: "flannel.1 was recreated while flannel was running, and has lost its routes",
        distinguished_by: "ip route shows no line with flannel.1 although the link is up",
        check: CauseCheck::new(Node, "ip route show dev flannel.1").judged_by(&[
            (Says("via"), Excludes),
            (Silent, Proves),
            (Says("cannot find device"), Proves),
        ]),
        remedies: &[run("kubectl delete pod -n kube-flannel POD")
            .on(Kubectl)
            .to("restart flannel on that node")],
        source: "measured: after a tunnel's restart, flannel v0.28.10",
    },
    Cause {
        code: code::VXLAN_PORT_BLOCKED,
        severity: Severity::Error,
        summary: "the network plug-in's VXLAN packets (UDP {port}) do not get from node to node: a \
                  packet filter drops them",
        distinguished_by: "pods reach other nodes' own addresses, but no pods there; routes and \
                           links are as they should be",
        check: CauseCheck::new(Node, "pontoon mesh HOSTS --ports worker"),
        remedies: &[
            run("ufw allow 8472/udp")
                .on(Node)
                .to("on every node allow UDP {port} from the other nodes, with ufw"),
            run("firewall-cmd --permanent --add-port=8472/udp && firewall-cmd --reload")
                .on(Node)
                .to("the same with firewalld"),
        ],
        source: "flannel-io/flannel Documentation/backends.md; RFC 7348 section 8",
    },
    Cause {
        code: code::FLANNEL_INTERFACE_MISSING,
        severity: Severity::Error,
        summary: "the interface or address that flannel is configured to use does not exist",
        distinguished_by: "ip address does not show it",
        check: CauseCheck::new(Node, "ip -br address"),
        remedies: &[action(
            "bring it up (a tunnel, a USB stick), or correct --iface / --public-ip",
        )
        .on(Node)],
        source: "flannel-io/flannel pkg/ipmatch/match.go; measured: wg-down",
    },
    Cause {
        code: code::CNI_PICKED_OTHER_ADDRESS,
        severity: Severity::Error,
        summary: "Calico chose an address of another network on one of the nodes",
        distinguished_by: "the addresses in calicoctl node status, or in the annotation, are not \
                           the nodes' InternalIPs",
        check: CauseCheck::new(
            Kubectl,
            "kubectl describe nodes | grep -E '^Name|InternalIP|IPv4Address'",
        ),
        remedies: &[action(
            "set IP_AUTODETECTION_METHOD=kubernetes-internal-ip in the DaemonSet \
                    calico-node",
        )
        .on(Kubectl)],
        source: "projectcalico/calico node/pkg/lifecycle/startup/autodetection",
    },
    Cause {
        code: code::BGP_PORT_BLOCKED,
        severity: Severity::Error,
        summary: "port 179 is blocked between the nodes",
        distinguished_by: "the addresses are right, and a connection to 179 fails",
        check: CauseCheck::new(Node, "pontoon mesh HOSTS --ports 179/tcp"),
        remedies: &[action("allow 179/tcp and IP protocol 4, or use VXLAN")],
        source: "docs.tigera.io: Network requirements",
    },
];
