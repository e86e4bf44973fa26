//! Causes in kubelet, the Node object, and the path from the API server to kubelet.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{Here, Kubectl, Node};
use super::OutputPattern::{Line, Says, SaysAny, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

const NODES: &str = "kubectl get nodes -o wide";
const KUBELET_LOG: &str = "journalctl -u kubelet -n 50 --no-pager";

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::INTERNAL_IP_UNREACHABLE,
        severity: Severity::Error,
        summary: "the node registered {host} as its InternalIP, which is on a network over which \
                  the API server cannot reach it",
        distinguished_by: "the node is Ready all the time, so it is on and its kubelet runs",
        check: CauseCheck::new(Kubectl, NODES).judged_by(&[
            (Line(" notready", " {host} "), Excludes),
            (Line(" ready", " {host} "), Fits),
        ]),
        remedies: &[run("systemctl restart kubelet")
            .on(Node)
            .to("set KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, an \
                    address that the control plane reaches, then restart kubelet")],
        source: "measured: logs-noarp, logs-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::INTERNAL_IP_OF_ANOTHER_HOST,
        severity: Severity::Error,
        summary: "another machine has this address, too: two nodes registered the same address (every \
                  VirtualBox guest has 10.0.2.15)",
        distinguished_by: "kubectl get nodes shows the address twice",
        check: CauseCheck::new(Kubectl, NODES),
        remedies: &[
            run("systemctl restart kubelet")
                .on(Node)
                .to("on each node set KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in \
                    /etc/default/kubelet, an address that no other node has, then restart kubelet"),
        ],
        source: "k/k#33618, k/k#44702",
    },
    Cause {
        code: code::NODE_OFF,
        severity: Severity::Error,
        summary: "the node is off, hangs, or has lost its network",
        distinguished_by: "it is NotReady (within a minute)",
        check: CauseCheck::new(Kubectl, NODES).judged_by(&[
            (Line(" notready", " {host} "), Fits),
            (Line(" ready", " {host} "), Excludes),
        ]),
        remedies: &[action("switch it on; look at its screen, power supply and SD card")],
        source: "k/k pkg/controller/nodelifecycle: 50 s without a lease is NotReady",
    },
    Cause {
        code: code::NODE_LINK_DOWN,
        severity: Severity::Error,
        summary: "link {link} of the node is down or has no carrier, and the node's address is on \
                  it",
        distinguished_by: "ip -br link shows it as DOWN or NO-CARRIER",
        check: CauseCheck::new(Node, "ip -br link show {link}"),
        remedies: &[
            action("plug the cable in, or check the port of the switch or the access point"),
            run("ip link set {link} up").on(Node).to("switch the link on, if it was switched off"),
        ],
        source: "ip-link(8); Documentation/networking/operstates.rst",
    },
    Cause {
        code: code::KUBELET_NOT_RUNNING,
        severity: Severity::Error,
        summary: "kubelet is not running on the node",
        distinguished_by: "systemctl does not show it as active",
        check: CauseCheck::new(Node, "systemctl is-active kubelet").judged_by(&[
            (SaysAny(&["inactive", "activating", "failed\n"]), Proves),
            (Says("active"), Excludes),
        ]),
        remedies: &[
            run("journalctl -u kubelet -n 50").on(Node).to("read why"),
            run("systemctl enable --now kubelet").on(Node).to("start it, now and at boot"),
        ],
        source: "k/k cmd/kubeadm/app/phases/kubelet",
    },
    Cause {
        code: code::KUBELET_CRASH_LOOP,
        severity: Severity::Error,
        summary: "kubelet starts and exits again for a reason of its own (a wrong flag, no \
                  /var/lib/kubelet/config.yaml before kubeadm has run)",
        distinguished_by: "its last lines name the reason",
        check: CauseCheck::new(Here, KUBELET_LOG).judged_by(&[
            (Says("failed to load kubelet config file"), Proves),
            (SaysAny(&["unknown flag", "failed to parse kubelet flag"]), Proves),
        ]),
        remedies: &[run("journalctl -u kubelet -n 50 --no-pager")
            .on(Node)
            .to("read them; before kubeadm init or join it is normal that kubelet exits \
                    every few seconds")],
        source: "kubernetes.io: Installing kubeadm: the kubelet restarts every few seconds",
    },
    Cause {
        code: code::NO_INTERNAL_IP,
        severity: Severity::Error,
        summary: "the node has no InternalIP: it has no default route, and no --node-ip",
        distinguished_by: "its list of addresses is empty, although the node is Ready",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get nodes -o \
                      custom-columns=N:.metadata.name,A:.status.addresses[*].address",
        )
        .judged_by(&[(Says("<none>"), Proves), (Succeeds, Excludes)]),
        remedies: &[run("systemctl restart kubelet")
            .on(Node)
            .to("set KUBELET_EXTRA_ARGS=--node-ip=ADDRESS in /etc/default/kubelet, then \
                    restart kubelet (2 s)")],
        source: "measured: no-addresses (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBELET_SERVING_CSR_PENDING,
        severity: Severity::Error,
        summary: "kubelet has no serving certificate yet: with serverTLSBootstrap somebody has to \
                  approve its request",
        distinguished_by: "kubectl get csr shows requests of kubelet-serving that are Pending",
        check: CauseCheck::new(Kubectl, "kubectl get csr")
            .judged_by(&[(Line("kubelet-serving", "pending"), Proves), (Succeeds, Fits)]),
        remedies: &[run("kubectl certificate approve NAME").on(Kubectl).to("approve each")],
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::KUBELET_JUST_RESTARTED,
        severity: Severity::Warning,
        summary: "kubelet was restarted a moment ago and does not know its pods yet",
        distinguished_by: "the same command works some seconds later",
        check: CauseCheck::new(Kubectl, "kubectl get pods -A -o wide"),
        remedies: &[action("wait some seconds, then try again")],
        source: "measured: after-restart-notfound (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::TUNNEL_DOWN,
        severity: Severity::Error,
        summary: "{address} belongs to a tunnel (WireGuard, Tailscale), and the tunnel is down",
        distinguished_by: "its interface is missing",
        check: CauseCheck::new(Here, "ip -br address")
            .judged_by(&[(Says(" {address}/"), Excludes), (Succeeds, Fits)]),
        remedies: &[
            run("wg-quick up wg0")
                .to("start the tunnel (the node is Ready after some 9 s), then restart flannel \
                    on this node"),
            run("systemctl enable wg-quick@wg0").to("start it at boot"),
        ],
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NODE_IP_NOT_ON_HOST,
        severity: Severity::Error,
        summary: "--node-ip is {address}, which this host does not have, or no longer has: a cable \
                  is out, another DHCP lease, a typing error",
        distinguished_by: "the interface exists, with another address or without one",
        check: CauseCheck::new(Here, "ip -br address")
            .judged_by(&[(Says(" {address}/"), Excludes), (Succeeds, Fits)]),
        remedies: &[
            action("restore the address"),
            run("systemctl restart kubelet")
                .on(Node)
                .to("correct --node-ip in /var/lib/kubelet/kubeadm-flags.env or \
                    /etc/default/kubelet, then restart kubelet"),
        ],
        source: "k/k pkg/kubelet/kubelet_node_status.go validateNodeIP",
    },
    Cause {
        code: code::NODE_NAME_WITHOUT_ADDRESS,
        severity: Severity::Error,
        summary: "kubelet finds no address for its own name: neither /etc/hosts nor DNS gives one \
                  that this host has, and there is no default route",
        distinguished_by: "getent hosts NODE gives none of this host's addresses, ip route no \
                           default",
        check: CauseCheck::new(Here, "pontoon predict --component kubelet"),
        remedies: &[
            action("set --node-ip=ADDRESS in /etc/default/kubelet"),
            action("add a line ADDRESS NAME to /etc/hosts"),
        ],
        source: "k/k pkg/kubelet/nodestatus/setters.go NodeAddress",
    },
    Cause {
        code: code::NODE_NOT_REGISTERED,
        severity: Severity::Error,
        summary: "the API server has no Node of this name: it was deleted, the host was renamed, \
                  or kubelet could not register it",
        distinguished_by: "kubectl get nodes does not list it",
        check: CauseCheck::new(Kubectl, "kubectl get nodes")
            .judged_by(&[(Says("{node} "), Excludes), (Succeeds, Fits)]),
        remedies: &[
            run("systemctl restart kubelet").on(Node).to("register it again"),
            run("kubeadm reset")
                .on(Node)
                .to("after a change of the host name, reset and join again"),
        ],
        source: "k/k pkg/kubelet/kubelet_node_status.go registerWithAPIServer",
    },
    Cause {
        code: code::KUBELET_LOST_API_SERVER,
        severity: Severity::Error,
        summary: "kubelet runs, but does not reach the API server",
        distinguished_by: "its log repeats a line about the lease or the node's status",
        check: CauseCheck::new(Node, KUBELET_LOG).judged_by(&[
            (SaysAny(&["failed to update lease", "error updating node status"]), Proves),
            (Succeeds, Excludes),
        ]),
        remedies: &[run("pontoon explain -").to("explain that line")],
        source: "measured: mtu-kubelet, wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::CSINODE_RACE,
        severity: Severity::Warning,
        summary: "kubelet was faster than its own registration",
        distinguished_by: "it resolves by itself within 3 minutes",
        check: CauseCheck::new(Kubectl, "kubectl get nodes"),
        remedies: &[
            action("wait 3 minutes"),
            run("systemctl restart kubelet").on(Node).to("if it stays, restart kubelet"),
        ],
        source: "measured: a join that was NotReady for 2.5 minutes",
    },
    Cause {
        code: code::TLS_BOOTSTRAP_BLOCKED,
        severity: Severity::Error,
        summary: "kubelet got no certificate within 5 minutes: it does not reach the server that \
                  cluster-info names, or its request was not approved",
        distinguished_by: "kubectl get csr shows a request that is pending, or none at all",
        check: CauseCheck::new(Kubectl, "kubectl get csr").judged_by(&[(Says("pending"), Proves)]),
        remedies: &[
            run("journalctl -u kubelet")
                .on(Node)
                .to("if there is none, find out which address fails (paste the line into pontoon \
                    explain -)"),
            run("kubectl certificate approve NAME")
                .on(Kubectl)
                .to("if one is pending, approve it, and see that the controller manager runs"),
        ],
        source: "k/k pkg/kubelet/certificate/bootstrap/bootstrap.go",
    },
    Cause {
        code: code::WORKERS_MISSING,
        severity: Severity::Error,
        summary: "there are only control plane nodes, which accept no ordinary pods",
        distinguished_by: "kubectl get nodes shows no node without the role control-plane",
        check: CauseCheck::new(Kubectl, "kubectl get nodes"),
        remedies: &[
            action("join a worker"),
            run("kubectl taint nodes --all node-role.kubernetes.io/control-plane-")
                .on(Kubectl)
                .to("let the control plane run ordinary pods"),
        ],
        source: "kubernetes.io: Creating a cluster with kubeadm, Control plane node isolation",
    },
    Cause {
        code: code::NO_NODE_READY,
        severity: Severity::Error,
        summary: "the nodes are NotReady or unreachable, so that no pod can be placed on them",
        distinguished_by: "kubectl describe node shows the reason in its line Ready",
        check: CauseCheck::new(Kubectl, "kubectl describe nodes"),
        remedies: &[run("pontoon explain -")
            .to("explain the line Ready of kubectl describe node; most often no network \
                    plug-in has been applied")],
        source: "kubernetes.io: Taints and Tolerations, node conditions",
    },
    Cause {
        code: code::NODE_WITHOUT_ROOM,
        severity: Severity::Error,
        summary: "no node has the CPU or memory left that the pod requests",
        distinguished_by: "kubectl describe node shows it under Allocated resources",
        check: CauseCheck::new(Kubectl, "kubectl describe nodes"),
        remedies: &[action("request less in resources.requests, or add a node")],
        source: "kubernetes.io: Resource Management for Pods",
    },
    Cause {
        code: code::DISK_FULL,
        severity: Severity::Error,
        summary: "the disk is full, or nearly: kubelet deletes images and evicts pods",
        distinguished_by: "df shows less than 15 % free",
        check: CauseCheck::new(Node, "df -h / /var/lib/kubelet /var/lib/containerd"),
        remedies: &[
            run("crictl rmi --prune").on(Node).to("delete unused images"),
            run("journalctl --vacuum-size=200M").on(Node).to("shorten the journal"),
            action("use a larger card"),
        ],
        source: "kubernetes.io: Node-pressure Eviction",
    },
    Cause {
        code: code::NODE_SHORT_OF_RESOURCES,
        severity: Severity::Error,
        summary: "the node is short of memory or of process IDs: kubelet evicts pods and rejects \
                  new ones",
        distinguished_by: "the Node's condition MemoryPressure or PIDPressure is True",
        check: CauseCheck::new(Kubectl, "kubectl describe nodes"),
        remedies: &[run("kubectl top pods -A --sort-by=memory")
            .on(Kubectl)
            .to("find what uses it (needs metrics-server), and set limits")],
        source: "kubernetes.io: Node-pressure Eviction",
    },
];
