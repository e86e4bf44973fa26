//! Pods and Services that do not reach each other.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::FORWARD_POLICY_DROP,
        weight: Weight::Fault,
        is: "a chain at the forward hook drops by default and has no accept for pods (Docker, ufw, \
             firewalld, /etc/nftables.conf)",
        apart: "also pods of the same node do not reach each other, while the node reaches its own",
        look: Look {
            on: On::Node,
            command: "nft list chains",
            // A node without such a chain says nothing of the other node.
            signs: &[(Sign::Line("hook forward", "policy drop"), Means::Fits)],
        },
        cure: "on every node: iptables -I FORWARD -s POD_CIDR -j ACCEPT; iptables -I FORWARD -d \
               POD_CIDR -j ACCEPT; a chain of another table needs its own accept",
        source: "measured: forward-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_NOT_THERE,
        weight: Weight::Fault,
        is: "no pod has the address (any more), or its program does not listen on that port",
        apart: "kubectl get pods does not list the address as Running",
        look: Look { on: On::Kubectl, command: "kubectl get pods -A -o wide", signs: &[] },
        cure: "take the address from there; from the pod's own node it must answer",
        source: "kubernetes.io: Debug Services",
    },
    Cause {
        code: code::POD_NETWORK_OVERLAPS,
        weight: Weight::Fault,
        is: "podSubnet covers a network that hosts use, so the way to them leads into the cluster",
        apart: "the node reaches the address, its pods do not; ip route get names flannel.1, cni0 \
                or lo",
        look: Look {
            on: On::Node,
            command: "ip route get {host}",
            signs: &[
                (Sign::SaysAny(&["dev flannel", "dev cni0", "dev lo"]), Means::Fits),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "init again with a podSubnet that no network of yours uses",
        source: "measured: pod-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_NETWORK_OVERLAPS,
        weight: Weight::Fault,
        is: "serviceSubnet covers a network that hosts use: kube-proxy drops what is no Service",
        apart: "nft shows a drop for a range that holds the address",
        look: Look { on: On::Node, command: "nft list table ip kube-proxy", signs: &[] },
        cure: "init again with a serviceSubnet that no network of yours uses",
        source: "measured: svc-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_MTU_HOLE,
        weight: Weight::Fault,
        is: "large packets between the nodes vanish: the sender's MTU is above what the way carries",
        apart: "small answers come at once, large ones never",
        look: Look { on: On::Node, command: "ping -M do -c 2 -W 2 -s 1472 OTHER_NODE", signs: &[] },
        cure: "ip link set LINK mtu 1400 on every node, at once and in its network configuration; \
               then: ip link delete flannel.1 and restart flannel",
        source: "measured: mtu-body (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_STALLS,
        weight: Weight::Fault,
        is: "the program at the other end stopped in the middle of its answer",
        apart: "asked on its own node it stalls alike",
        look: Look { on: On::Node, command: "curl -m 10 -o /dev/null URL", signs: &[] },
        cure: "look into its log",
        source: "curl(1): exit code 28",
    },
    Cause {
        code: code::NETWORK_POLICY,
        weight: Weight::Fault,
        is: "a NetworkPolicy does not let it pass",
        apart: "one that selects the pod is listed",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get networkpolicies -A",
            signs: &[
                (Sign::Says("no resources found"), Means::Excludes),
                (Sign::Succeeds, Means::Fits),
            ],
        },
        cure: "kubectl describe networkpolicy; allow the port there",
        source: "kubernetes.io: Network Policies",
    },
    Cause {
        code: code::SERVICE_WITHOUT_ENDPOINTS,
        weight: Weight::Fault,
        is: "the Service has no ready pod behind it",
        apart: "its line of endpoints is empty",
        look: Look { on: On::Kubectl, command: "kubectl get endpointslices -A", signs: &[] },
        cure: "start its pods (kubectl get pods -A), or correct the Service's selector",
        source: "measured: dns-refused; kubernetes.io: Debug Services",
    },
    Cause {
        code: code::COREDNS_NOT_READY,
        weight: Weight::Fault,
        is: "CoreDNS has no ready pod",
        apart: "its endpoints are empty",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide",
            signs: &[(Sign::Says(" 1/1 "), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "kubectl logs -n kube-system -l k8s-app=kube-dns, into pontoon explain -",
        source: "kubernetes.io: Debugging DNS Resolution",
    },
    Cause {
        code: code::KUBE_PROXY_WITHOUT_RULES,
        weight: Weight::Fault,
        is: "kube-proxy on this node has written no rules: it does not run, or waits for the API \
             server",
        apart: "its pod's log ends with \"Waiting for caches to sync\"",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get pods -n kube-system -l k8s-app=kube-proxy -o wide",
            signs: &[],
        },
        cure: "kubectl logs of its pod on that node, into pontoon explain -",
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBE_PROXY_SERVER_UNREACHABLE,
        weight: Weight::Fault,
        is: "the server in ConfigMap kube-proxy is not reached from this node",
        apart: "nothing follows that line, and the pod is Running 1/1 nonetheless",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get configmap -n kube-system kube-proxy -o yaml",
            signs: &[],
        },
        cure: "try its server: from the node; then correct the line in the ConfigMap and delete \
               kube-proxy's pods (not: init phase addon kube-proxy, which resets all the rest)",
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_ADDRESS_UNASSIGNED,
        weight: Weight::Fault,
        is: "no Service has that address: kube-proxy (nftables) drops what is unassigned",
        apart: "kubectl get services does not list it",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get services -A",
            signs: &[(Sign::Says(" {host} "), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "take the address from there",
        source: "measured: kube-proxy v1.36.2, nftables mode",
    },
    Cause {
        code: code::SERVICE_PORT_UNASSIGNED,
        weight: Weight::Fault,
        is: "the Service is there, and has no such port",
        apart: "kubectl get services lists the address with other ports",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get services -A",
            signs: &[
                (Sign::Line(" {host} ", "{port}/"), Means::Excludes),
                (Sign::Line(" {host} ", "{port}:"), Means::Excludes),
                (Sign::Says(" {host} "), Means::Proves),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "take the port from there",
        source: "measured: kube-proxy v1.36.2: refused at once",
    },
    Cause {
        code: code::NO_ROUTE_TO_SERVICE_RANGE,
        weight: Weight::Fault,
        is: "this host has no route to the service range: without a default route the kernel gives \
             up before kube-proxy's rules are asked",
        apart: "ip route get says unreachable; pods of the same node get through",
        look: Look {
            on: On::Node,
            command: "ip route get {host}",
            signs: &[(Sign::Says("unreachable"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "ip route add 10.96.0.0/12 dev LINK (the service range, over the network of the \
               nodes), and keep it over a reboot",
        source: "measured: clusterip-unreach (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::REPLY_INTO_OTHER_NETWORK,
        weight: Weight::Fault,
        is: "the packet to the Service leaves with the address of the default route's network, and \
             the answer gets lost there",
        apart: "ip route get shows a src that the control plane does not reach",
        look: Look { on: On::Node, command: "ip route get {host}", signs: &[] },
        cure: "ip route add 10.96.0.0/12 dev LINK (the network of the nodes), and init with a \
               podSubnet so that kube-proxy masquerades",
        source: "measured: kubernetes services on hosts with two networks; k/k#41549",
    },
    Cause {
        code: code::API_SERVICE_LEADS_NOWHERE,
        weight: Weight::Fault,
        is: "{host} leads to the API server's advertise address, which this node does not reach \
             (the WiFi's, after an init that took the default route)",
        apart: "the address behind the Service kubernetes gets no answer from this node",
        look: Look { on: On::Kubectl, command: "kubectl get endpoints kubernetes", signs: &[] },
        cure: "kubeadm init again with --apiserver-advertise-address=ADDRESS (8 s), or repair it \
               in place",
        source: "k/k: the kubernetes Service's endpoint is --advertise-address; measured",
    },
    Cause {
        code: code::WEBHOOK_WITHOUT_ANSWER,
        weight: Weight::Fault,
        is: "the API server does not reach the webhook's pod",
        apart: "its pod runs, and the control plane gets no answer from its address",
        look: Look { on: On::Kubectl, command: "kubectl get pods -A -o wide", signs: &[] },
        cure: "cure the way to pods from the control plane (pontoon explain -, on a curl from \
               there); a webhook whose program is gone: delete its configuration",
        source: "kubernetes.io: Dynamic Admission Control",
    },
];
