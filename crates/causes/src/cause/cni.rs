//! Causes in network plug-ins: not installed, not ready, on the wrong link.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

/// Name prefixes of the pods of network plug-ins.
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
        weight: CauseSeverity::Fault,
        summary: "no network plug-in has been applied: kubeadm brings none",
        distinguished_by: "no pod of flannel, calico or cilium is listed",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: PODS,
            patterns: &[
                (OutputPattern::SaysAny(CNI_NAMES), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "apply one whose network is the cluster's podSubnet; flannel wants 10.244.0.0/16, \
               and with two networks --iface=LINK",
        source: "kubernetes.io: Creating a cluster with kubeadm, Installing a Pod network add-on",
    },
    Cause {
        code: code::CNI_NOT_READY,
        weight: CauseSeverity::Fault,
        summary: "the network plug-in's pod on this node does not run, so it writes no configuration",
        distinguished_by: "its pod is listed on this node, and is not Running",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: PODS,
            patterns: &[
                (OutputPattern::SaysAny(CNI_NAMES), CauseImplication::Fits),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "kubectl logs of that pod (on a node that cannot be asked: crictl logs), into \
               pontoon explain -",
        source: "kubernetes.io: Network Plugins",
    },
    Cause {
        code: code::CNI_CONFIG_REMOVED,
        weight: CauseSeverity::Fault,
        summary: "the network plug-in runs on this node, and its configuration is gone (kubeadm reset, or \
             somebody cleaned up)",
        distinguished_by: "the plug-in's process runs, and /etc/cni/net.d is empty",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ls /etc/cni/net.d",
            patterns: &[
                (OutputPattern::Says(".conf"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "delete the plug-in's pod of that node: the new one writes it (kubectl delete pod -n \
               kube-flannel POD)",
        source: "measured: an empty /etc/cni/net.d under a running flannel",
    },
    Cause {
        code: code::CNI_CONFIG_NOT_READ,
        weight: CauseSeverity::Fault,
        summary: "the plug-in has written its configuration, and containerd does not see it: another \
             conf_dir, or started before and stuck",
        distinguished_by: "/etc/cni/net.d holds a file, and the node stays NotReady",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ls /etc/cni/net.d",
            patterns: &[
                (OutputPattern::Says(".conf"), CauseImplication::Fits),
                (OutputPattern::Silent, CauseImplication::Excludes),
                (OutputPattern::Says("no such file"), CauseImplication::Excludes),
            ],
        },
        remedy: "sudo systemctl restart containerd; conf_dir in /etc/containerd/config.toml must be \
               /etc/cni/net.d",
        source: "containerd docs/cri/config.md: cni.conf_dir",
    },
    Cause {
        code: code::CNI_BINARIES_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the plug-in's programs are not in /opt/cni/bin",
        distinguished_by: "ls does not show the one that the text names",
        check: CauseCheck { on: CheckLocation::Node, command: "ls /opt/cni/bin", patterns: &[] },
        remedy: "install them: apt-get install kubernetes-cni or containernetworking-plugins (Debian: \
               /usr/lib/cni; set bin_dir in containerd's config), and restart containerd",
        source: "containernetworking/plugins; containerd docs/cri/config.md: cni.bin_dir",
    },
    Cause {
        code: code::FLANNEL_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "flannel does not run on this node: it writes /run/flannel/subnet.env when it starts, \
             and a reboot empties /run",
        distinguished_by: "its pod on this node is not Running",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -n kube-flannel -o wide",
            patterns: &[
                (OutputPattern::Line("{node} ", " running"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "kubectl logs -n kube-flannel POD, into pontoon explain -",
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::POD_CIDR_NOT_ASSIGNED,
        weight: CauseSeverity::Fault,
        summary: "the node has no pod network of its own: kubeadm init ran without --pod-network-cidr",
        distinguished_by: "spec.podCIDR of the Node is empty",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes -o custom-columns=NAME:.metadata.name,POD:.spec.podCIDR",
            patterns: &[
                (OutputPattern::Says("<none>"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "kubeadm reset, then init with --pod-network-cidr=10.244.0.0/16 (the quickest on a \
               new cluster); else --allocate-node-cidrs and --cluster-cidr of the controller \
               manager",
        source: "flannel-io/flannel Documentation/troubleshooting.md",
    },
    Cause {
        code: code::FLANNEL_NETWORK_DIFFERS,
        weight: CauseSeverity::Fault,
        summary: "Network in flannel's net-conf.json is not the cluster's podSubnet",
        distinguished_by: "the node's pod network lies outside of it",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get configmap -n kube-flannel kube-flannel-cfg -o yaml",
            patterns: &[],
        },
        remedy: "set Network there to the podSubnet of the cluster (ConfigMap kubeadm-config), delete \
               flannel's pods",
        source: "flannel-io/flannel pkg/subnet/kube: the PodCIDR must lie in Network",
    },
    Cause {
        code: code::POD_ADDRESSES_USED_UP,
        weight: CauseSeverity::Fault,
        summary: "every address of this node's pod network counts as taken, by pods or by what they left",
        distinguished_by: "there are as many files as addresses, and fewer pods",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ls /var/lib/cni/networks/cbr0 | wc -l",
            patterns: &[],
        },
        remedy: "on that node: drain it, remove the files of /var/lib/cni/networks/cbr0, restart \
               containerd; a /24 has room for 254",
        source: "containernetworking/plugins plugins/ipam/host-local",
    },
    Cause {
        code: code::FLANNEL_STARTS,
        weight: CauseSeverity::Passing,
        summary: "flannel on this node is starting, and its file is not there yet",
        distinguished_by: "the text stops within a minute",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "cat /run/flannel/subnet.env",
            patterns: &[
                (OutputPattern::Says("flannel_subnet="), CauseImplication::Proves),
                (OutputPattern::Says("no such file"), CauseImplication::Excludes),
            ],
        },
        remedy: "wait a minute",
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::CNI0_STALE_ADDRESS,
        weight: CauseSeverity::Fault,
        summary: "the bridge cni0 has an address of an earlier cluster or CNI, which kubeadm reset \
             leaves behind",
        distinguished_by: "its address is not in the node's spec.podCIDR",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip -br address show dev cni0",
            patterns: &[],
        },
        remedy: "on that node: sudo ip link delete cni0; sudo ip link delete flannel.1; restart \
               flannel there (pods of the node are made anew)",
        source: "containernetworking/plugins plugins/main/bridge: ensureAddr",
    },
    Cause {
        code: code::FLANNEL_ON_UNREACHABLE_LINK,
        weight: CauseSeverity::Fault,
        summary: "flannel took the interface of the default route, over which the nodes do not reach \
             each other",
        distinguished_by: "its public-ip is not an address by which the other nodes reach the node; pods of \
                one node reach each other",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl describe nodes | grep -E '^Name|InternalIP|public-ip'",
            patterns: &[],
        },
        remedy: "flannel's arguments: --iface=LINK (the switch); restart its pods (3 s)",
        source: "measured: flannel-wifi-curl (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::FLANNEL_WITHOUT_ROUTES,
        weight: CauseSeverity::Fault,
        summary: "flannel.1 was made anew under a running flannel, and has lost its routes",
        distinguished_by: "ip route shows no line with flannel.1 although the link is up",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip route show dev flannel.1",
            patterns: &[
                (OutputPattern::Says("via"), CauseImplication::Excludes),
                (OutputPattern::Silent, CauseImplication::Proves),
                (OutputPattern::Says("cannot find device"), CauseImplication::Proves),
            ],
        },
        remedy: "restart flannel on that node: kubectl delete pod -n kube-flannel POD",
        source: "measured: after a tunnel's restart, flannel v0.28.10",
    },
    Cause {
        code: code::VXLAN_PORT_BLOCKED,
        weight: CauseSeverity::Fault,
        summary: "the packets in which the network plug-in wraps those of pods (VXLAN, UDP {port}) do not \
             get from node to node: a packet filter drops them",
        distinguished_by: "pods reach other nodes' own addresses, and no pods there; routes and links are as \
                they should be",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "pontoon mesh HOSTS --ports worker",
            patterns: &[],
        },
        remedy: "on every node let UDP {port} in from the other nodes (ufw allow 8472/udp; \
               firewall-cmd --permanent --add-port=8472/udp && firewall-cmd --reload)",
        source: "flannel-io/flannel Documentation/backends.md; RFC 7348 section 8",
    },
    Cause {
        code: code::FLANNEL_INTERFACE_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the interface or address that flannel was told to use is not there",
        distinguished_by: "ip address does not show it",
        check: CauseCheck { on: CheckLocation::Node, command: "ip -br address", patterns: &[] },
        remedy: "bring it up (a tunnel, a USB stick), or correct --iface / --public-ip",
        source: "flannel-io/flannel pkg/ipmatch/match.go; measured: wg-down",
    },
    Cause {
        code: code::CNI_PICKED_OTHER_ADDRESS,
        weight: CauseSeverity::Fault,
        summary: "Calico picked an address of another network on one of the nodes",
        distinguished_by: "the addresses in calicoctl node status, or the annotation, are not the nodes' \
                InternalIPs",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl describe nodes | grep -E '^Name|InternalIP|IPv4Address'",
            patterns: &[],
        },
        remedy: "IP_AUTODETECTION_METHOD=kubernetes-internal-ip in the DaemonSet calico-node",
        source: "projectcalico/calico node/pkg/lifecycle/startup/autodetection",
    },
    Cause {
        code: code::BGP_PORT_BLOCKED,
        weight: CauseSeverity::Fault,
        summary: "port 179 does not pass between the nodes",
        distinguished_by: "the addresses are right, and a connection to 179 fails",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "pontoon mesh HOSTS --ports 179/tcp",
            patterns: &[],
        },
        remedy: "let 179/tcp and IP protocol 4 pass, or use VXLAN",
        source: "docs.tigera.io: Network requirements",
    },
];
