//! Causes in kubelet, the Node object, and the path from the API server to kubelet.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

const NODES: &str = "kubectl get nodes -o wide";
const KUBELET_LOG: &str = "journalctl -u kubelet -n 50 --no-pager";

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::INTERNAL_IP_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "the node registered {host} (its InternalIP), which lies on a network over which the \
             API server does not reach it",
        distinguished_by: "the node is Ready all the time, so it is on and its kubelet runs",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: NODES,
            patterns: &[
                (OutputPattern::Line(" notready", " {host} "), CauseImplication::Excludes),
                (OutputPattern::Line(" ready", " {host} "), CauseImplication::Fits),
            ],
        },
        remedy: "on the node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, an \
               address that the control plane reaches; systemctl restart kubelet",
        source: "measured: logs-noarp, logs-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::INTERNAL_IP_OF_ANOTHER_HOST,
        weight: CauseSeverity::Fault,
        summary: "{host} is another machine's as well: two nodes registered the same address (every \
             VirtualBox guest has 10.0.2.15)",
        distinguished_by: "kubectl get nodes shows the address twice",
        check: CauseCheck { on: CheckLocation::Kubectl, command: NODES, patterns: &[] },
        remedy: "on each node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, one \
               that no other has; systemctl restart kubelet",
        source: "k/k#33618, k/k#44702",
    },
    Cause {
        code: code::NODE_OFF,
        weight: CauseSeverity::Fault,
        summary: "the node is off, hangs, or has lost its network",
        distinguished_by: "it is NotReady (within a minute)",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: NODES,
            patterns: &[
                (OutputPattern::Line(" notready", " {host} "), CauseImplication::Fits),
                (OutputPattern::Line(" ready", " {host} "), CauseImplication::Excludes),
            ],
        },
        remedy: "switch it on; look at its screen, power supply and SD card",
        source: "k/k pkg/controller/nodelifecycle: 50 s without a lease is NotReady",
    },
    Cause {
        code: code::KUBELET_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "kubelet does not run on the node",
        distinguished_by: "systemctl says so",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "systemctl is-active kubelet",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["inactive", "activating", "failed\n"]),
                    CauseImplication::Proves,
                ),
                (OutputPattern::Says("active"), CauseImplication::Excludes),
            ],
        },
        remedy: "on the node: journalctl -u kubelet -n 50 says why; systemctl enable --now kubelet",
        source: "k/k cmd/kubeadm/app/phases/kubelet",
    },
    Cause {
        code: code::KUBELET_CRASH_LOOP,
        weight: CauseSeverity::Fault,
        summary: "kubelet starts and ends again for a reason of its own (a wrong flag, no \
             /var/lib/kubelet/config.yaml before kubeadm has run)",
        distinguished_by: "its last lines name the reason",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: KUBELET_LOG,
            patterns: &[
                (
                    OutputPattern::Says("failed to load kubelet config file"),
                    CauseImplication::Proves,
                ),
                (
                    OutputPattern::SaysAny(&["unknown flag", "failed to parse kubelet flag"]),
                    CauseImplication::Proves,
                ),
            ],
        },
        remedy: "read them: journalctl -u kubelet -n 50 --no-pager. Before kubeadm init or join it \
               is normal that it ends every few seconds",
        source: "kubernetes.io: Installing kubeadm: the kubelet restarts every few seconds",
    },
    Cause {
        code: code::NO_INTERNAL_IP,
        weight: CauseSeverity::Fault,
        summary: "the node has no InternalIP: it has no default route, and no --node-ip",
        distinguished_by: "its list of addresses is empty, and the node is Ready nonetheless",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes -o \
                      custom-columns=N:.metadata.name,A:.status.addresses[*].address",
            patterns: &[
                (OutputPattern::Says("<none>"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "on the node: KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet; \
               systemctl restart kubelet (2 s)",
        source: "measured: no-addresses (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBELET_SERVING_CSR_PENDING,
        weight: CauseSeverity::Fault,
        summary: "kubelet has no serving certificate yet: with serverTLSBootstrap somebody has to approve \
             its request",
        distinguished_by: "kubectl get csr shows requests of kubelet-serving that are Pending",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get csr",
            patterns: &[
                (OutputPattern::Line("kubelet-serving", "pending"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "kubectl certificate approve NAME, for each",
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::KUBELET_JUST_RESTARTED,
        weight: CauseSeverity::Passing,
        summary: "kubelet was restarted a moment ago and does not know its pods yet",
        distinguished_by: "the same command works some seconds later",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -A -o wide",
            patterns: &[],
        },
        remedy: "wait some seconds, try again",
        source: "measured: after-restart-notfound (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_DOWN,
        weight: CauseSeverity::Fault,
        summary: "{address} is a tunnel's (WireGuard, Tailscale), and the tunnel is down",
        distinguished_by: "its interface is missing",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip -br address",
            patterns: &[
                (OutputPattern::Says(" {address}/"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "start the tunnel (wg-quick up wg0, and systemctl enable wg-quick@wg0): Ready after \
               some 9 s; then restart flannel on this node",
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NODE_IP_NOT_ON_HOST,
        weight: CauseSeverity::Fault,
        summary: "--node-ip names {address}, which this host does not have (any more): a cable out, \
             another DHCP lease, a slip of the finger",
        distinguished_by: "the interface is there, with another address or without one",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip -br address",
            patterns: &[
                (OutputPattern::Says(" {address}/"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "give the address back, or correct --node-ip in /var/lib/kubelet/kubeadm-flags.env \
               or /etc/default/kubelet; systemctl restart kubelet",
        source: "k/k pkg/kubelet/kubelet_node_status.go validateNodeIP",
    },
    Cause {
        code: code::NODE_NAME_WITHOUT_ADDRESS,
        weight: CauseSeverity::Fault,
        summary: "kubelet finds no address for its own name: none in /etc/hosts or DNS that this host \
             has, and no default route",
        distinguished_by: "getent hosts NODE gives none of this host's addresses, ip route no default",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "pontoon predict --component kubelet",
            patterns: &[],
        },
        remedy: "--node-ip=ADDRESS in /etc/default/kubelet, or one line ADDRESS NAME in /etc/hosts",
        source: "k/k pkg/kubelet/nodestatus/setters.go NodeAddress",
    },
    Cause {
        code: code::NODE_NOT_REGISTERED,
        weight: CauseSeverity::Fault,
        summary: "the API server has no Node of this name: it was deleted, the host was renamed, or \
             kubelet could not register it",
        distinguished_by: "kubectl get nodes does not list it",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes",
            patterns: &[
                (OutputPattern::Says("{node} "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "systemctl restart kubelet registers it again; after a new host name: kubeadm reset \
               and join",
        source: "k/k pkg/kubelet/kubelet_node_status.go registerWithAPIServer",
    },
    Cause {
        code: code::KUBELET_LOST_API_SERVER,
        weight: CauseSeverity::Fault,
        summary: "kubelet runs, and does not get through to the API server",
        distinguished_by: "its log repeats a line about the lease or the node's status",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: KUBELET_LOG,
            patterns: &[
                (
                    OutputPattern::SaysAny(&[
                        "failed to update lease",
                        "error updating node status",
                    ]),
                    CauseImplication::Proves,
                ),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "paste that line into pontoon explain -",
        source: "measured: mtu-kubelet, wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::CSINODE_RACE,
        weight: CauseSeverity::Passing,
        summary: "kubelet was faster than its own registration",
        distinguished_by: "it went by itself within 3 minutes",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes",
            patterns: &[],
        },
        remedy: "wait 3 minutes; restart kubelet if it stays",
        source: "measured: a join that was NotReady for 2.5 minutes",
    },
    Cause {
        code: code::TLS_BOOTSTRAP_BLOCKED,
        weight: CauseSeverity::Fault,
        summary: "kubelet got no certificate in 5 minutes: it does not reach the server that \
             cluster-info names, or its request was not approved",
        distinguished_by: "kubectl get csr shows a request that is pending, or none at all",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get csr",
            patterns: &[(OutputPattern::Says("pending"), CauseImplication::Proves)],
        },
        remedy: "none: journalctl -u kubelet says which address fails (pontoon explain -); pending: \
               kubectl certificate approve NAME, and see that the controller manager runs",
        source: "k/k pkg/kubelet/certificate/bootstrap/bootstrap.go",
    },
    Cause {
        code: code::WORKERS_MISSING,
        weight: CauseSeverity::Fault,
        summary: "only control plane nodes are there, and they take no ordinary pods",
        distinguished_by: "kubectl get nodes shows no node without the role control-plane",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes",
            patterns: &[],
        },
        remedy: "join a worker; or let this one work: kubectl taint nodes --all \
               node-role.kubernetes.io/control-plane-",
        source: "kubernetes.io: Creating a cluster with kubeadm, Control plane node isolation",
    },
    Cause {
        code: code::NO_NODE_READY,
        weight: CauseSeverity::Fault,
        summary: "the nodes are NotReady or unreachable, so nothing can be placed on them",
        distinguished_by: "kubectl describe node shows the reason in its line Ready",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl describe nodes",
            patterns: &[],
        },
        remedy: "paste the line Ready of kubectl describe node into pontoon explain -: most often \
               no network plug-in has been applied",
        source: "kubernetes.io: Taints and Tolerations, node conditions",
    },
    Cause {
        code: code::NODE_WITHOUT_ROOM,
        weight: CauseSeverity::Fault,
        summary: "no node has the processor or memory left that the pod asks for",
        distinguished_by: "kubectl describe node: Allocated resources",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl describe nodes",
            patterns: &[],
        },
        remedy: "ask for less in resources.requests, or add a node",
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::DISK_FULL,
        weight: CauseSeverity::Fault,
        summary: "the disk is full, or nearly: kubelet throws images and pods out",
        distinguished_by: "df shows less than 15 % free",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "df -h / /var/lib/kubelet /var/lib/containerd",
            patterns: &[],
        },
        remedy: "crictl rmi --prune; journalctl --vacuum-size=200M; a larger card",
        source: "kubernetes.io: Node-pressure Eviction",
    },
];
