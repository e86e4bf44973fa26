//! kubelet, the Node, and the way from the API server to it.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

const NODES: &str = "kubectl get nodes -o wide";
const KUBELET_LOG: &str = "journalctl -u kubelet -n 50 --no-pager";

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::INTERNAL_IP_UNREACHABLE,
        weight: Weight::Fault,
        is: "the node registered {host} (its InternalIP), which lies on a network over which the \
             API server does not reach it",
        apart: "the node is Ready all the time, so it is on and its kubelet runs",
        look: Look {
            on: On::Kubectl,
            command: NODES,
            signs: &[
                (Sign::Line(" notready", " {host} "), Means::Excludes),
                (Sign::Line(" ready", " {host} "), Means::Fits),
            ],
        },
        cure: "on the node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, an \
               address that the control plane reaches; systemctl restart kubelet",
        source: "measured: logs-noarp, logs-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::INTERNAL_IP_OF_ANOTHER_HOST,
        weight: Weight::Fault,
        is: "{host} is another machine's as well: two nodes registered the same address (every \
             VirtualBox guest has 10.0.2.15)",
        apart: "kubectl get nodes shows the address twice",
        look: Look { on: On::Kubectl, command: NODES, signs: &[] },
        cure: "on each node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, one \
               that no other has; systemctl restart kubelet",
        source: "k/k#33618, k/k#44702",
    },
    Cause {
        code: code::NODE_OFF,
        weight: Weight::Fault,
        is: "the node is off, hangs, or has lost its network",
        apart: "it is NotReady (within a minute)",
        look: Look {
            on: On::Kubectl,
            command: NODES,
            signs: &[
                (Sign::Line(" notready", " {host} "), Means::Fits),
                (Sign::Line(" ready", " {host} "), Means::Excludes),
            ],
        },
        cure: "switch it on; look at its screen, power supply and SD card",
        source: "k/k pkg/controller/nodelifecycle: 50 s without a lease is NotReady",
    },
    Cause {
        code: code::KUBELET_NOT_RUNNING,
        weight: Weight::Fault,
        is: "kubelet does not run on the node",
        apart: "systemctl says so",
        look: Look {
            on: On::Node,
            command: "systemctl is-active kubelet",
            signs: &[
                (Sign::SaysAny(&["inactive", "activating", "failed\n"]), Means::Proves),
                (Sign::Says("active"), Means::Excludes),
            ],
        },
        cure: "on the node: journalctl -u kubelet -n 50 says why; systemctl enable --now kubelet",
        source: "k/k cmd/kubeadm/app/phases/kubelet",
    },
    Cause {
        code: code::KUBELET_CRASH_LOOP,
        weight: Weight::Fault,
        is: "kubelet starts and ends again for a reason of its own (a wrong flag, no \
             /var/lib/kubelet/config.yaml before kubeadm has run)",
        apart: "its last lines name the reason",
        look: Look {
            on: On::Here,
            command: KUBELET_LOG,
            signs: &[
                (Sign::Says("failed to load kubelet config file"), Means::Proves),
                (Sign::SaysAny(&["unknown flag", "failed to parse kubelet flag"]), Means::Proves),
            ],
        },
        cure: "read them: journalctl -u kubelet -n 50 --no-pager. Before kubeadm init or join it \
               is normal that it ends every few seconds",
        source: "kubernetes.io: Installing kubeadm: the kubelet restarts every few seconds",
    },
    Cause {
        code: code::NO_INTERNAL_IP,
        weight: Weight::Fault,
        is: "the node has no InternalIP: it has no default route, and no --node-ip",
        apart: "its list of addresses is empty, and the node is Ready nonetheless",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get nodes -o \
                      custom-columns=N:.metadata.name,A:.status.addresses[*].address",
            signs: &[(Sign::Says("<none>"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "on the node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet; \
               systemctl restart kubelet (2 s)",
        source: "measured: no-addresses (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBELET_SERVING_CSR_PENDING,
        weight: Weight::Fault,
        is: "kubelet has no serving certificate yet: with serverTLSBootstrap somebody has to approve \
             its request",
        apart: "kubectl get csr shows requests of kubelet-serving that are Pending",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get csr",
            signs: &[
                (Sign::Line("kubelet-serving", "pending"), Means::Proves),
                (Sign::Succeeds, Means::Fits),
            ],
        },
        cure: "kubectl certificate approve NAME, for each",
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::KUBELET_JUST_RESTARTED,
        weight: Weight::Passing,
        is: "kubelet was restarted a moment ago and does not know its pods yet",
        apart: "the same command works some seconds later",
        look: Look { on: On::Kubectl, command: "kubectl get pods -A -o wide", signs: &[] },
        cure: "wait some seconds, try again",
        source: "measured: after-restart-notfound (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_DOWN,
        weight: Weight::Fault,
        is: "{address} is a tunnel's (WireGuard, Tailscale), and the tunnel is down",
        apart: "its interface is missing",
        look: Look {
            on: On::Here,
            command: "ip -br address",
            signs: &[(Sign::Says(" {address}/"), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "start the tunnel (wg-quick up wg0, and systemctl enable wg-quick@wg0): Ready after \
               some 9 s; then restart flannel on this node",
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NODE_IP_NOT_ON_HOST,
        weight: Weight::Fault,
        is: "--node-ip names {address}, which this host does not have (any more): a cable out, \
             another DHCP lease, a slip of the finger",
        apart: "the interface is there, with another address or without one",
        look: Look {
            on: On::Here,
            command: "ip -br address",
            signs: &[(Sign::Says(" {address}/"), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "give the address back, or correct --node-ip in /var/lib/kubelet/kubeadm-flags.env \
               or /etc/default/kubelet; systemctl restart kubelet",
        source: "k/k pkg/kubelet/kubelet_node_status.go validateNodeIP",
    },
    Cause {
        code: code::NODE_NAME_WITHOUT_ADDRESS,
        weight: Weight::Fault,
        is: "kubelet finds no address for its own name: none in /etc/hosts or DNS that this host \
             has, and no default route",
        apart: "getent hosts NODE gives none of this host's addresses, ip route no default",
        look: Look { on: On::Here, command: "pontoon predict --component kubelet", signs: &[] },
        cure: "--node-ip=ADDRESS in /etc/default/kubelet, or one line ADDRESS NAME in /etc/hosts",
        source: "k/k pkg/kubelet/nodestatus/setters.go NodeAddress",
    },
    Cause {
        code: code::NODE_NOT_REGISTERED,
        weight: Weight::Fault,
        is: "the API server has no Node of this name: it was deleted, the host was renamed, or \
             kubelet could not register it",
        apart: "kubectl get nodes does not list it",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get nodes",
            signs: &[(Sign::Says("{node} "), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "systemctl restart kubelet registers it again; after a new host name: kubeadm reset \
               and join",
        source: "k/k pkg/kubelet/kubelet_node_status.go registerWithAPIServer",
    },
    Cause {
        code: code::KUBELET_LOST_API_SERVER,
        weight: Weight::Fault,
        is: "kubelet runs, and does not get through to the API server",
        apart: "its log repeats a line about the lease or the node's status",
        look: Look {
            on: On::Node,
            command: KUBELET_LOG,
            signs: &[
                (
                    Sign::SaysAny(&["failed to update lease", "error updating node status"]),
                    Means::Proves,
                ),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "paste that line into pontoon explain -",
        source: "measured: mtu-kubelet, wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::CSINODE_RACE,
        weight: Weight::Passing,
        is: "kubelet was faster than its own registration",
        apart: "it went by itself within 3 minutes",
        look: Look { on: On::Kubectl, command: "kubectl get nodes", signs: &[] },
        cure: "wait 3 minutes; restart kubelet if it stays",
        source: "measured: a join that was NotReady for 2.5 minutes",
    },
    Cause {
        code: code::TLS_BOOTSTRAP_BLOCKED,
        weight: Weight::Fault,
        is: "kubelet got no certificate in 5 minutes: it does not reach the server that \
             cluster-info names, or its request was not approved",
        apart: "kubectl get csr shows a request that is pending, or none at all",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get csr",
            signs: &[(Sign::Says("pending"), Means::Proves)],
        },
        cure: "none: journalctl -u kubelet says which address fails (pontoon explain -); pending: \
               kubectl certificate approve NAME, and see that the controller manager runs",
        source: "k/k pkg/kubelet/certificate/bootstrap/bootstrap.go",
    },
    Cause {
        code: code::WORKERS_MISSING,
        weight: Weight::Fault,
        is: "only control plane nodes are there, and they take no ordinary pods",
        apart: "kubectl get nodes shows no node without the role control-plane",
        look: Look { on: On::Kubectl, command: "kubectl get nodes", signs: &[] },
        cure: "join a worker; or let this one work: kubectl taint nodes --all \
               node-role.kubernetes.io/control-plane-",
        source: "kubernetes.io: Creating a cluster with kubeadm, Control plane node isolation",
    },
    Cause {
        code: code::NO_NODE_READY,
        weight: Weight::Fault,
        is: "the nodes are NotReady or unreachable, so nothing can be placed on them",
        apart: "kubectl describe node shows the reason in its line Ready",
        look: Look { on: On::Kubectl, command: "kubectl describe nodes", signs: &[] },
        cure: "paste the line Ready of kubectl describe node into pontoon explain -: most often \
               no network plug-in has been applied",
        source: "kubernetes.io: Taints and Tolerations, node conditions",
    },
    Cause {
        code: code::NODE_WITHOUT_ROOM,
        weight: Weight::Fault,
        is: "no node has the processor or memory left that the pod asks for",
        apart: "kubectl describe node: Allocated resources",
        look: Look { on: On::Kubectl, command: "kubectl describe nodes", signs: &[] },
        cure: "ask for less in resources.requests, or add a node",
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::DISK_FULL,
        weight: Weight::Fault,
        is: "the disk is full, or nearly: kubelet throws images and pods out",
        apart: "df shows less than 15 % free",
        look: Look {
            on: On::Node,
            command: "df -h / /var/lib/kubelet /var/lib/containerd",
            signs: &[],
        },
        cure: "crictl rmi --prune; journalctl --vacuum-size=200M; a larger card",
        source: "kubernetes.io: Node-pressure Eviction",
    },
];
