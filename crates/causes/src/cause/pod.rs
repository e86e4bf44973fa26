//! Causes in the network of pods and Services.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::FORWARD_POLICY_DROP,
        weight: CauseSeverity::Fault,
        summary: "a chain at the forward hook drops by default and has no accept for pods (Docker, ufw, \
             firewalld, /etc/nftables.conf)",
        distinguished_by: "also pods of the same node do not reach each other, while the node reaches its own",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "nft list chains",
            // A missing chain on this node implies nothing for the other node.
            patterns: &[(
                OutputPattern::Line("hook forward", "policy drop"),
                CauseImplication::Fits,
            )],
        },
        remedy: "on every node: iptables -I FORWARD -s POD_CIDR -j ACCEPT; iptables -I FORWARD -d \
               POD_CIDR -j ACCEPT; a chain of another table needs its own accept",
        source: "measured: forward-drop (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_NOT_THERE,
        weight: CauseSeverity::Fault,
        summary: "no pod has the address (any more), or its program does not listen on that port",
        distinguished_by: "kubectl get pods does not list the address as Running",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -A -o wide",
            patterns: &[],
        },
        remedy: "take the address from there; from the pod's own node it must answer",
        source: "kubernetes.io: Debug Services",
    },
    Cause {
        code: code::POD_NETWORK_OVERLAPS,
        weight: CauseSeverity::Fault,
        summary: "podSubnet covers a network that hosts use, so the way to them leads into the cluster",
        distinguished_by: "the node reaches the address, its pods do not; ip route get names flannel.1, cni0 \
                or lo",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip route get {host}",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["dev flannel", "dev cni0", "dev lo"]),
                    CauseImplication::Fits,
                ),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "init again with a podSubnet that no network of yours uses",
        source: "measured: pod-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_NETWORK_OVERLAPS,
        weight: CauseSeverity::Fault,
        summary: "serviceSubnet covers a network that hosts use: kube-proxy drops what is no Service",
        distinguished_by: "nft shows a drop for a range that holds the address",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "nft list table ip kube-proxy",
            patterns: &[],
        },
        remedy: "init again with a serviceSubnet that no network of yours uses",
        source: "measured: svc-overlaps-wifi (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::POD_MTU_HOLE,
        weight: CauseSeverity::Fault,
        summary: "large packets between the nodes vanish: the sender's MTU is above what the way carries",
        distinguished_by: "small answers come at once, large ones never",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ping -M do -c 2 -W 2 -s 1472 OTHER_NODE",
            patterns: &[],
        },
        remedy: "ip link set LINK mtu 1400 on every node, at once and in its network configuration; \
               then: ip link delete flannel.1 and restart flannel",
        source: "measured: mtu-body (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_STALLS,
        weight: CauseSeverity::Fault,
        summary: "the program at the other end stopped in the middle of its answer",
        distinguished_by: "asked on its own node it stalls alike",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "curl -m 10 -o /dev/null URL",
            patterns: &[],
        },
        remedy: "look into its log",
        source: "curl(1): exit code 28",
    },
    Cause {
        code: code::NETWORK_POLICY,
        weight: CauseSeverity::Fault,
        summary: "a NetworkPolicy does not let it pass",
        distinguished_by: "one that selects the pod is listed",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get networkpolicies -A",
            patterns: &[
                (OutputPattern::Says("no resources found"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "kubectl describe networkpolicy; allow the port there",
        source: "kubernetes.io: Network Policies",
    },
    Cause {
        code: code::SERVICE_WITHOUT_ENDPOINTS,
        weight: CauseSeverity::Fault,
        summary: "the Service has no ready pod behind it",
        distinguished_by: "its line of endpoints is empty",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get endpointslices -A",
            patterns: &[],
        },
        remedy: "start its pods (kubectl get pods -A), or correct the Service's selector",
        source: "measured: dns-refused; kubernetes.io: Debug Services",
    },
    Cause {
        code: code::COREDNS_NOT_READY,
        weight: CauseSeverity::Fault,
        summary: "CoreDNS has no ready pod",
        distinguished_by: "its endpoints are empty",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide",
            patterns: &[
                (OutputPattern::Says(" 1/1 "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "kubectl logs -n kube-system -l k8s-app=kube-dns, into pontoon explain -",
        source: "kubernetes.io: Debugging DNS Resolution",
    },
    Cause {
        code: code::KUBE_PROXY_WITHOUT_RULES,
        weight: CauseSeverity::Fault,
        summary: "kube-proxy on this node has written no rules: it does not run, or waits for the API \
             server",
        distinguished_by: "its pod's log ends with \"Waiting for caches to sync\"",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -n kube-system -l k8s-app=kube-proxy -o wide",
            patterns: &[],
        },
        remedy: "kubectl logs of its pod on that node, into pontoon explain -",
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::KUBE_PROXY_SERVER_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "the server in ConfigMap kube-proxy is not reached from this node",
        distinguished_by: "nothing follows that line, and the pod is Running 1/1 nonetheless",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get configmap -n kube-system kube-proxy -o yaml",
            patterns: &[],
        },
        remedy: "try its server: from the node; then correct the line in the ConfigMap and delete \
               kube-proxy's pods (not: init phase addon kube-proxy, which resets all the rest)",
        source: "measured: proxy-hang (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVICE_ADDRESS_UNASSIGNED,
        weight: CauseSeverity::Fault,
        summary: "no Service has that address: kube-proxy (nftables) drops what is unassigned",
        distinguished_by: "kubectl get services does not list it",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get services -A",
            patterns: &[
                (OutputPattern::Says(" {host} "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "take the address from there",
        source: "measured: kube-proxy v1.36.2, nftables mode",
    },
    Cause {
        code: code::SERVICE_PORT_UNASSIGNED,
        weight: CauseSeverity::Fault,
        summary: "the Service is there, and has no such port",
        distinguished_by: "kubectl get services lists the address with other ports",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get services -A",
            patterns: &[
                (OutputPattern::Line(" {host} ", "{port}/"), CauseImplication::Excludes),
                (OutputPattern::Line(" {host} ", "{port}:"), CauseImplication::Excludes),
                (OutputPattern::Says(" {host} "), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "take the port from there",
        source: "measured: kube-proxy v1.36.2: refused at once",
    },
    Cause {
        code: code::NO_ROUTE_TO_SERVICE_RANGE,
        weight: CauseSeverity::Fault,
        summary: "this host has no route to the service range: without a default route the kernel gives \
             up before kube-proxy's rules are asked",
        distinguished_by: "ip route get says unreachable; pods of the same node get through",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip route get {host}",
            patterns: &[
                (OutputPattern::Says("unreachable"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "ip route add 10.96.0.0/12 dev LINK (the service range, over the network of the \
               nodes), and keep it over a reboot",
        source: "measured: clusterip-unreach (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::REPLY_INTO_OTHER_NETWORK,
        weight: CauseSeverity::Fault,
        summary: "the packet to the Service leaves with the address of the default route's network, and \
             the answer gets lost there",
        distinguished_by: "ip route get shows a src that the control plane does not reach",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip route get {host}",
            patterns: &[],
        },
        remedy: "ip route add 10.96.0.0/12 dev LINK (the network of the nodes), and init with a \
               podSubnet so that kube-proxy masquerades",
        source: "measured: kubernetes services on hosts with two networks; k/k#41549",
    },
    Cause {
        code: code::API_SERVICE_LEADS_NOWHERE,
        weight: CauseSeverity::Fault,
        summary: "{host} leads to the API server's advertise address, which this node does not reach \
             (the WiFi's, after an init that took the default route)",
        distinguished_by: "the address behind the Service kubernetes gets no answer from this node",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get endpoints kubernetes",
            patterns: &[],
        },
        remedy: "kubeadm init again with --apiserver-advertise-address=ADDRESS (8 s), or repair it \
               in place",
        source: "k/k: the kubernetes Service's endpoint is --advertise-address; measured",
    },
    Cause {
        code: code::WEBHOOK_WITHOUT_ANSWER,
        weight: CauseSeverity::Fault,
        summary: "the API server does not reach the webhook's pod",
        distinguished_by: "its pod runs, and the control plane gets no answer from its address",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get pods -A -o wide",
            patterns: &[],
        },
        remedy: "cure the way to pods from the control plane (pontoon explain -, on a curl from \
               there); a webhook whose program is gone: delete its configuration",
        source: "kubernetes.io: Dynamic Admission Control",
    },
];
