//! Causes in the network of pods and Services.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Kubectl, Node};
use super::OutputPattern::{Line, Says, SaysAny, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::FORWARD_POLICY_DROP,
        severity: Severity::Error,
        summary: "a chain at the forward hook drops by default and accepts no packets of pods \
                  (Docker, ufw, firewalld, /etc/nftables.conf)",
        distinguished_by: "pods of the same node do not reach each other either, while the node \
                           reaches its own",
        // A node without such a chain says nothing of the other node.
        check: CauseCheck::new(Node, "nft list chains")
            .judged_by(&[(Line("hook forward", "policy drop"), Fits)]),
        remedies: &[
            run("iptables -I FORWARD -s POD_CIDR -j ACCEPT")
                .on(Node)
                .to("on every node accept packets from pods; a chain of another table needs its \
                    own accept"),
            run("iptables -I FORWARD -d POD_CIDR -j ACCEPT")
                .on(Node)
                .to("on every node accept packets to pods"),
        ],
        source: "measured: forward-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_NOT_THERE,
        severity: Severity::Error,
        summary: "no pod has the address, or no longer has it, or its program does not listen on \
                  that port",
        distinguished_by: "kubectl get pods does not list the address as Running",
        check: CauseCheck::new(Kubectl, "kubectl get pods -A -o wide"),
        remedies: &[action(
            "use an address from that list; it must answer from the pod's own node",
        )],
        source: "kubernetes.io: Debug Services",
    },
    Cause {
        code: code::POD_NETWORK_OVERLAPS,
        severity: Severity::Error,
        summary: "podSubnet covers a network that hosts use, so that packets to them are routed \
                  into the cluster",
        distinguished_by: "the node reaches the address, its pods do not; ip route get names \
                           flannel.1, cni0 or lo",
        check: CauseCheck::new(Node, "ip route get {host}").judged_by(&[
            (SaysAny(&["dev flannel", "dev cni0", "dev lo"]), Fits),
            (Succeeds, Excludes),
        ]),
        remedies: &[action(
            "give the hosts' network another range; a new cluster is best initialised with \
                    another podSubnet",
        )],
        source: "measured: pod-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_NETWORK_OVERLAPS,
        severity: Severity::Error,
        summary: "serviceSubnet covers a network that hosts use: kube-proxy drops packets to \
                  addresses of no Service",
        distinguished_by: "nft shows a drop for a range that contains the address",
        check: CauseCheck::new(Node, "nft list table ip kube-proxy"),
        remedies: &[action(
            "give the hosts' network another range; a new cluster is best initialised with \
                    another serviceSubnet",
        )],
        source: "measured: svc-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_MTU_HOLE,
        severity: Severity::Error,
        summary: "large packets between the nodes are dropped silently: the sender's MTU is larger \
                  than what the path carries",
        distinguished_by: "small responses come at once, large ones never",
        check: CauseCheck::new(Node, "ping -M do -c 2 -W 2 -s 1472 OTHER_NODE"),
        remedies: &[
            run("ip link set LINK mtu 1400")
                .on(Node)
                .to("on every node, at once and in its network configuration"),
            run("ip link delete flannel.1")
                .on(Node)
                .to("then recreate flannel's link: delete it and restart flannel"),
        ],
        source: "measured: mtu-body (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_STALLS,
        severity: Severity::Error,
        summary: "the program at the other end stopped in the middle of its response",
        distinguished_by: "it stalls on its own node, too",
        check: CauseCheck::new(Node, "curl -m 10 -o /dev/null URL"),
        remedies: &[action("read its log")],
        source: "curl(1): exit code 28",
    },
    Cause {
        code: code::NETWORK_POLICY,
        severity: Severity::Error,
        summary: "a NetworkPolicy blocks the traffic",
        distinguished_by: "one that selects the pod is listed",
        check: CauseCheck::new(Kubectl, "kubectl get networkpolicies -A")
            .judged_by(&[(Says("no resources found"), Excludes), (Succeeds, Fits)]),
        remedies: &[run("kubectl describe networkpolicy")
            .on(Kubectl)
            .to("find it, and allow the port there")],
        source: "kubernetes.io: Network Policies",
    },
    Cause {
        code: code::SERVICE_WITHOUT_ENDPOINTS,
        severity: Severity::Error,
        summary: "the Service has no ready pod behind it",
        distinguished_by: "its list of endpoints is empty",
        check: CauseCheck::new(Kubectl, "kubectl get endpointslices -A"),
        remedies: &[run("kubectl get pods -A")
            .on(Kubectl)
            .to("start its pods, or correct the Service's selector")],
        source: "measured: dns-refused; kubernetes.io: Debug Services",
    },
    Cause {
        code: code::COREDNS_NOT_READY,
        severity: Severity::Error,
        summary: "CoreDNS has no ready pod",
        distinguished_by: "its endpoints are empty",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide",
        )
        .judged_by(&[(Says(" 1/1 "), Excludes), (Succeeds, Proves)]),
        remedies: &[run("kubectl logs -n kube-system -l k8s-app=kube-dns | pontoon explain -")
            .on(Kubectl)
            .to("explain its log")],
        source: "kubernetes.io: Debugging DNS Resolution",
    },
    Cause {
        code: code::COREFILE_REJECTED,
        severity: Severity::Error,
        summary: "CoreDNS rejects its Corefile and does not start with it",
        distinguished_by: "its log names the line of the Corefile",
        check: CauseCheck::new(Kubectl, "kubectl logs -n kube-system -l k8s-app=kube-dns"),
        remedies: &[run("kubectl edit configmap -n kube-system coredns")
            .on(Kubectl)
            .to("correct the line that the log names, then delete CoreDNS's pods")],
        source: "coredns/caddy caddyfile/parse.go, caddyfile/dispenser.go",
    },
    Cause {
        code: code::KUBE_PROXY_WITHOUT_RULES,
        severity: Severity::Error,
        summary: "kube-proxy does not keep the rules of Services on this node up to date: it is \
                  not running there, or waits for the API server",
        distinguished_by: "its pod's log ends with \"Waiting for caches to sync\"",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get pods -n kube-system -l k8s-app=kube-proxy -o wide",
        ),
        remedies: &[run("kubectl logs -n kube-system POD | pontoon explain -")
            .on(Kubectl)
            .to("explain the log of its pod on that node")],
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBE_PROXY_SERVER_UNREACHABLE,
        severity: Severity::Error,
        summary: "this node does not reach the server in ConfigMap kube-proxy",
        distinguished_by: "nothing follows that line, although the pod is Running 1/1",
        check: CauseCheck::new(Kubectl, "kubectl get configmap -n kube-system kube-proxy -o yaml"),
        remedies: &[action(
            "correct the line server: in the ConfigMap to one that answers from the node, \
                    then delete kube-proxy's pods (not: init phase addon kube-proxy, which resets \
                    all the rest)",
        )
        .on(Kubectl)],
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_ADDRESS_UNASSIGNED,
        severity: Severity::Error,
        summary: "no Service has that address; kube-proxy (nftables) drops packets to unassigned \
                  ones",
        distinguished_by: "kubectl get services does not list it",
        check: CauseCheck::new(Kubectl, "kubectl get services -A")
            .judged_by(&[(Says(" {host} "), Excludes), (Succeeds, Fits)]),
        remedies: &[action("use an address from that list")],
        source: "measured: kube-proxy v1.36.2, nftables mode",
    },
    Cause {
        code: code::SERVICE_PORT_UNASSIGNED,
        severity: Severity::Error,
        summary: "the Service exists, but has no such port",
        distinguished_by: "kubectl get services lists the address with other ports",
        check: CauseCheck::new(Kubectl, "kubectl get services -A").judged_by(&[
            (Line(" {host} ", "{port}/"), Excludes),
            (Line(" {host} ", "{port}:"), Excludes),
            (Says(" {host} "), Proves),
            (Succeeds, Excludes),
        ]),
        remedies: &[action("use a port from that list")],
        source: "measured: kube-proxy v1.36.2: refused at once",
    },
    Cause {
        code: code::NO_ROUTE_TO_SERVICE_RANGE,
        severity: Severity::Error,
        summary: "this host has no route to the service range: without a default route the kernel \
                  gives up before kube-proxy's rules apply",
        distinguished_by: "ip route get says unreachable; pods of the same node get through",
        check: CauseCheck::new(Node, "ip route get {host}")
            .judged_by(&[(Says("unreachable"), Proves), (Succeeds, Excludes)]),
        remedies: &[run("ip route add 10.96.0.0/12 dev LINK")
            .on(Node)
            .to("add one over the nodes' network (here for the default service range), and \
                    keep it over a reboot")],
        source: "measured: clusterip-unreach (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::REPLY_INTO_OTHER_NETWORK,
        severity: Severity::Error,
        summary: "packets to the Service leave with the address of the default route's network, \
                  where the replies get lost",
        distinguished_by: "ip route get shows a src that the control plane does not reach",
        check: CauseCheck::new(Node, "ip route get {host}"),
        remedies: &[
            run("ip route add 10.96.0.0/12 dev LINK")
                .on(Node)
                .to("route the service range over the nodes' network"),
            action("initialise with a podSubnet, so that kube-proxy masquerades").on(ControlPlane),
        ],
        source: "measured: kubernetes services on hosts with two networks; k/k#41549",
    },
    Cause {
        code: code::API_SERVICE_LEADS_NOWHERE,
        severity: Severity::Error,
        summary: "{host} leads to the API server's advertise address, which this node does not \
                  reach (the WiFi's, after an init that used the default route)",
        distinguished_by: "the address behind the Service kubernetes does not answer from this \
                           node",
        check: CauseCheck::new(Kubectl, "kubectl get endpoints kubernetes"),
        remedies: &[run("kubeadm init --apiserver-advertise-address=ADDRESS")
            .on(ControlPlane)
            .to("initialise again with an address that all nodes reach (8 s), or repair it \
                    in place")],
        source: "k/k: the kubernetes Service's endpoint is --advertise-address; measured",
    },
    Cause {
        code: code::WEBHOOK_WITHOUT_ANSWER,
        severity: Severity::Error,
        summary: "the API server does not reach the webhook's pod",
        distinguished_by: "its pod runs, but its address does not answer from the control plane",
        check: CauseCheck::new(Kubectl, "kubectl get pods -A -o wide"),
        remedies: &[
            run("pontoon explain -")
                .on(ControlPlane)
                .to("repair the path from the control plane to pods: explain what a curl from \
                    there says"),
            action("if the webhook's program is gone, delete its configuration").on(Kubectl),
        ],
        source: "kubernetes.io: Dynamic Admission Control",
    },
];
