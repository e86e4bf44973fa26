//! Causes on the way to a server: local balancers, proxies, Services, resolvers, tokens of K3s.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CheckLocation::{ControlPlane, Here, Kubectl, Node};
use super::remedy::action;
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CLUSTER_INFO_NAMES_LOOPBACK,
        severity: Severity::Error,
        summary: "cluster-info names a loopback address as the server, which is each host \
                  itself",
        distinguished_by: "the server in cluster-info is localhost or 127.0.0.1",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get configmap cluster-info -n kube-public -o yaml",
        ),
        remedies: &[
            action(
                "write the address of the control plane into cluster-info (kubectl edit \
                     configmap -n kube-public cluster-info) and into kubeadm-config",
            ),
            action("a cluster of minikube or kind is not made for nodes of other hosts"),
        ],
        source: "kubernetes.io: Creating a cluster with kubeadm",
    },
    Cause {
        code: code::LOCAL_BALANCER_WITHOUT_SERVER,
        severity: Severity::Error,
        summary: "127.0.0.1 is the local load balancer of K3s or RKE2; it reaches no server \
                  behind it",
        distinguished_by: "the address in server: of config.yaml, or K3S_URL, does not \
                           answer from this host",
        check: CauseCheck::new(Here, "cat /etc/rancher/rke2/config.yaml"),
        remedies: &[
            action(
                "check that the server runs, and that this host reaches it on 9345 \
                     (RKE2) or 6443 (K3s)",
            ),
            action("the token and the address in server: have to be those of the cluster"),
        ],
        source: "docs.rke2.io: High Availability; k3s: pkg/agent/loadbalancer",
    },
    Cause {
        code: code::NODE_PASSWORD_REJECTED,
        severity: Severity::Error,
        summary: "another host has joined under this name, or this host was installed anew",
        distinguished_by: "two hosts have the same host name, or the secret \
                           NAME.node-password-k3s is older than this host",
        check: CauseCheck::new(Kubectl, "kubectl get nodes -o wide"),
        remedies: &[
            action("give each host its own name (--with-node-id, or another host name)"),
            action(
                "if the host was installed anew: delete its Node, and its secret \
                     NAME.node-password-k3s or .node-password-rke2 in kube-system",
            ),
        ],
        source: "docs.k3s.io: How Agent Node Registration Works",
    },
    Cause {
        code: code::SERVER_TOKEN_WRONG,
        severity: Severity::Error,
        summary: "the token is not that of the server, or of an earlier installation",
        distinguished_by: "the token differs from /var/lib/rancher/k3s/server/token (or \
                           rke2) on the server",
        check: CauseCheck::new(ControlPlane, "ls -l /var/lib/rancher/k3s/server/token"),
        remedies: &[action("copy the token from the server to this host and restart the service")],
        source: "docs.k3s.io: k3s token",
    },
    Cause {
        code: code::PROXY_UNREACHABLE,
        severity: Severity::Error,
        summary: "the HTTP proxy that the program was told to use does not answer",
        distinguished_by: "the environment of the service names the proxy",
        check: CauseCheck::new(Node, "systemctl show containerd --property=Environment"),
        remedies: &[action(
            "correct or remove HTTP_PROXY and HTTPS_PROXY in the service's drop-in, \
                     then daemon-reload and restart",
        )],
        source: "golang.org/x/net/http/httpproxy; kubernetes.io: Container Runtimes",
    },
    Cause {
        code: code::SERVICE_PATH_REJECTED,
        severity: Severity::Error,
        summary: "a firewall rule rejects the packets (INPUT or FORWARD of a node, \
                  firewalld, a cloud image's own rules): a missing rule would time out",
        distinguished_by: "a REJECT rule with icmp-host-prohibited counts up",
        check: CauseCheck::new(Node, "nft list ruleset"),
        remedies: &[
            action(
                "allow the ports of the cluster and the pod and Service networks, or \
                     stop firewalld",
            ),
            action("Oracle's and CentOS' images end INPUT and FORWARD with REJECT"),
        ],
        source: "iptables-extensions(8), REJECT; kubernetes.io: Ports and Protocols",
    },
    Cause {
        code: code::ENDPOINT_UNREACHABLE,
        severity: Severity::Error,
        summary: "the pod or host behind the Service is off or does not answer ARP or NDP",
        distinguished_by: "the address in the EndpointSlice does not answer from this node",
        check: CauseCheck::new(Kubectl, "kubectl get endpointslices -A"),
        remedies: &[action("the endpoint's address has to be one that this node reaches")],
        source: "kubernetes.io: Debug Services",
    },
    Cause {
        code: code::RESOLVER_ANSWERS_WITH_ERROR,
        severity: Severity::Error,
        summary: "the resolver answers with an error (SERVFAIL or REFUSED): its own \
                  upstream does not answer, or it does not serve this client or name",
        distinguished_by: "the resolver answers other names, or its upstream fails when \
                           asked directly",
        check: CauseCheck::new(Here, "resolvectl status"),
        remedies: &[
            action(
                "ask the upstream resolver directly, and correct it in /etc/resolv.conf \
                     or systemd-resolved",
            ),
            action("or use an address, or an entry in /etc/hosts"),
        ],
        source: "RFC 1035, 4.1.1; Go: net/dnsclient_unix.go",
    },
    Cause {
        code: code::SEARCH_LIST_TRIED,
        severity: Severity::Info,
        summary: "nslookup tried the names of the search list; without more this is no \
                  failure",
        distinguished_by: "nslookup of the full name, NAME.NAMESPACE.svc.cluster.local, \
                           answers",
        check: CauseCheck::new(Kubectl, "kubectl get services -A"),
        remedies: &[action("ask for the full name with its final dot")],
        source: "docker-library/busybox issue 48",
    },
];
