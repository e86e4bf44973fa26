//! Network plug-ins: not there, not ready, on the wrong link.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

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
        weight: Weight::Fault,
        is: "no network plug-in has been applied: kubeadm brings none",
        apart: "no pod of flannel, calico or cilium is listed",
        look: Look {
            on: On::Kubectl,
            command: PODS,
            signs: &[(Sign::SaysAny(CNI_NAMES), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "apply one whose network is the cluster's podSubnet; flannel wants 10.244.0.0/16, \
               and with two networks --iface=LINK",
        source: "kubernetes.io: Creating a cluster with kubeadm, Installing a Pod network add-on",
    },
    Cause {
        code: code::CNI_NOT_READY,
        weight: Weight::Fault,
        is: "the network plug-in's pod on this node does not run, so it writes no configuration",
        apart: "its pod is listed on this node, and is not Running",
        look: Look {
            on: On::Kubectl,
            command: PODS,
            signs: &[(Sign::SaysAny(CNI_NAMES), Means::Fits), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "kubectl logs of that pod (on a node that cannot be asked: crictl logs), into \
               pontoon explain -",
        source: "kubernetes.io: Network Plugins",
    },
    Cause {
        code: code::CNI_CONFIG_REMOVED,
        weight: Weight::Fault,
        is: "the network plug-in runs on this node, and its configuration is gone (kubeadm reset, or \
             somebody cleaned up)",
        apart: "the plug-in's process runs, and /etc/cni/net.d is empty",
        look: Look {
            on: On::Node,
            command: "ls /etc/cni/net.d",
            signs: &[(Sign::Says(".conf"), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "delete the plug-in's pod of that node: the new one writes it (kubectl delete pod -n \
               kube-flannel POD)",
        source: "measured: an empty /etc/cni/net.d under a running flannel",
    },
    Cause {
        code: code::CNI_CONFIG_NOT_READ,
        weight: Weight::Fault,
        is: "the plug-in has written its configuration, and containerd does not see it: another \
             conf_dir, or started before and stuck",
        apart: "/etc/cni/net.d holds a file, and the node stays NotReady",
        look: Look {
            on: On::Node,
            command: "ls /etc/cni/net.d",
            signs: &[
                (Sign::Says(".conf"), Means::Fits),
                (Sign::Silent, Means::Excludes),
                (Sign::Says("no such file"), Means::Excludes),
            ],
        },
        cure: "sudo systemctl restart containerd; conf_dir in /etc/containerd/config.toml must be \
               /etc/cni/net.d",
        source: "containerd docs/cri/config.md: cni.conf_dir",
    },
    Cause {
        code: code::CNI_BINARIES_MISSING,
        weight: Weight::Fault,
        is: "the plug-in's programs are not in /opt/cni/bin",
        apart: "ls does not show the one that the text names",
        look: Look { on: On::Node, command: "ls /opt/cni/bin", signs: &[] },
        cure: "install them: apt-get install kubernetes-cni or containernetworking-plugins (Debian: \
               /usr/lib/cni; set bin_dir in containerd's config), and restart containerd",
        source: "containernetworking/plugins; containerd docs/cri/config.md: cni.bin_dir",
    },
    Cause {
        code: code::FLANNEL_NOT_RUNNING,
        weight: Weight::Fault,
        is: "flannel does not run on this node: it writes /run/flannel/subnet.env when it starts, \
             and a reboot empties /run",
        apart: "its pod on this node is not Running",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get pods -n kube-flannel -o wide",
            signs: &[
                (Sign::Line("{node} ", " running"), Means::Excludes),
                (Sign::Succeeds, Means::Fits),
            ],
        },
        cure: "kubectl logs -n kube-flannel POD, into pontoon explain -",
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::POD_CIDR_NOT_ASSIGNED,
        weight: Weight::Fault,
        is: "the node has no pod network of its own: kubeadm init ran without --pod-network-cidr",
        apart: "spec.podCIDR of the Node is empty",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get nodes -o custom-columns=NAME:.metadata.name,POD:.spec.podCIDR",
            signs: &[(Sign::Says("<none>"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "kubeadm reset, then init with --pod-network-cidr=10.244.0.0/16 (the quickest on a \
               new cluster); else --allocate-node-cidrs and --cluster-cidr of the controller \
               manager",
        source: "flannel-io/flannel Documentation/troubleshooting.md",
    },
    Cause {
        code: code::FLANNEL_NETWORK_DIFFERS,
        weight: Weight::Fault,
        is: "Network in flannel's net-conf.json is not the cluster's podSubnet",
        apart: "the node's pod network lies outside of it",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get configmap -n kube-flannel kube-flannel-cfg -o yaml",
            signs: &[],
        },
        cure: "set Network there to the podSubnet of the cluster (ConfigMap kubeadm-config), delete \
               flannel's pods",
        source: "flannel-io/flannel pkg/subnet/kube: the PodCIDR must lie in Network",
    },
    Cause {
        code: code::POD_ADDRESSES_USED_UP,
        weight: Weight::Fault,
        is: "every address of this node's pod network counts as taken, by pods or by what they left",
        apart: "there are as many files as addresses, and fewer pods",
        look: Look { on: On::Node, command: "ls /var/lib/cni/networks/cbr0 | wc -l", signs: &[] },
        cure: "on that node: drain it, remove the files of /var/lib/cni/networks/cbr0, restart \
               containerd; a /24 has room for 254",
        source: "containernetworking/plugins plugins/ipam/host-local",
    },
    Cause {
        code: code::FLANNEL_STARTS,
        weight: Weight::Passing,
        is: "flannel on this node is starting, and its file is not there yet",
        apart: "the text stops within a minute",
        look: Look {
            on: On::Node,
            command: "cat /run/flannel/subnet.env",
            signs: &[
                (Sign::Says("flannel_subnet="), Means::Proves),
                (Sign::Says("no such file"), Means::Excludes),
            ],
        },
        cure: "wait a minute",
        source: "flannel-io/flannel main.go WriteSubnetFile",
    },
    Cause {
        code: code::CNI0_STALE_ADDRESS,
        weight: Weight::Fault,
        is: "the bridge cni0 has an address of an earlier cluster or CNI, which kubeadm reset \
             leaves behind",
        apart: "its address is not in the node's spec.podCIDR",
        look: Look { on: On::Node, command: "ip -br address show dev cni0", signs: &[] },
        cure: "on that node: sudo ip link delete cni0; sudo ip link delete flannel.1; restart \
               flannel there (pods of the node are made anew)",
        source: "containernetworking/plugins plugins/main/bridge: ensureAddr",
    },
    Cause {
        code: code::FLANNEL_ON_UNREACHABLE_LINK,
        weight: Weight::Fault,
        is: "flannel took the interface of the default route, over which the nodes do not reach \
             each other",
        apart: "its public-ip is not an address by which the other nodes reach the node; pods of \
                one node reach each other",
        look: Look {
            on: On::Kubectl,
            command: "kubectl describe nodes | grep -E '^Name|InternalIP|public-ip'",
            signs: &[],
        },
        cure: "flannel's arguments: --iface=LINK (the switch); restart its pods (3 s)",
        source: "measured: flannel-wifi-curl (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::FLANNEL_WITHOUT_ROUTES,
        weight: Weight::Fault,
        is: "flannel.1 was made anew under a running flannel, and has lost its routes",
        apart: "ip route shows no line with flannel.1 although the link is up",
        look: Look {
            on: On::Node,
            command: "ip route show dev flannel.1",
            signs: &[
                (Sign::Says("via"), Means::Excludes),
                (Sign::Silent, Means::Proves),
                (Sign::Says("cannot find device"), Means::Proves),
            ],
        },
        cure: "restart flannel on that node: kubectl delete pod -n kube-flannel POD",
        source: "measured: after a tunnel's restart, flannel v0.28.10",
    },
    Cause {
        code: code::VXLAN_PORT_BLOCKED,
        weight: Weight::Fault,
        is: "the packets in which the network plug-in wraps those of pods (VXLAN, UDP {port}) do not \
             get from node to node: a packet filter drops them",
        apart: "pods reach other nodes' own addresses, and no pods there; routes and links are as \
                they should be",
        look: Look { on: On::Node, command: "pontoon mesh HOSTS --ports worker", signs: &[] },
        cure: "on every node let UDP {port} in from the other nodes (ufw allow 8472/udp; \
               firewall-cmd --permanent --add-port=8472/udp && firewall-cmd --reload)",
        source: "flannel-io/flannel Documentation/backends.md; RFC 7348 section 8",
    },
    Cause {
        code: code::FLANNEL_INTERFACE_MISSING,
        weight: Weight::Fault,
        is: "the interface or address that flannel was told to use is not there",
        apart: "ip address does not show it",
        look: Look { on: On::Node, command: "ip -br address", signs: &[] },
        cure: "bring it up (a tunnel, a USB stick), or correct --iface / --public-ip",
        source: "flannel-io/flannel pkg/ipmatch/match.go; measured: wg-down",
    },
    Cause {
        code: code::CNI_PICKED_OTHER_ADDRESS,
        weight: Weight::Fault,
        is: "Calico picked an address of another network on one of the nodes",
        apart: "the addresses in calicoctl node status, or the annotation, are not the nodes' \
                InternalIPs",
        look: Look {
            on: On::Kubectl,
            command: "kubectl describe nodes | grep -E '^Name|InternalIP|IPv4Address'",
            signs: &[],
        },
        cure: "IP_AUTODETECTION_METHOD=kubernetes-internal-ip in the DaemonSet calico-node",
        source: "projectcalico/calico node/pkg/lifecycle/startup/autodetection",
    },
    Cause {
        code: code::BGP_PORT_BLOCKED,
        weight: Weight::Fault,
        is: "port 179 does not pass between the nodes",
        apart: "the addresses are right, and a connection to 179 fails",
        look: Look { on: On::Node, command: "pontoon mesh HOSTS --ports 179/tcp", signs: &[] },
        cure: "let 179/tcp and IP protocol 4 pass, or use VXLAN",
        source: "docs.tigera.io: Network requirements",
    },
];
