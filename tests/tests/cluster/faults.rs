//! What is done to the real cluster, and the cause that has to be found for it.

use crate::cluster::{MASTER, WORKER};

/// A cluster broken in one way.
pub(crate) struct Broken {
    /// How, on which host.
    pub(crate) by: &'static [(&'static str, &'static str)],
    /// What has to be found, several candidates one after another, and on which nodes; none: that
    /// depends on where pods were put.
    pub(crate) cause: &'static str,
    pub(crate) nodes: &'static [&'static str],
    /// How it is undone.
    pub(crate) undo: &'static [(&'static str, &'static str)],
}

/// Packets that are longer than 1400 bytes are lost without a word, as before a tunnel.
const HOLE: &str = "nft add table netdev hole; \
     nft add chain netdev hole in '{ type filter hook ingress device eth0 priority 0; }'; \
     nft add rule netdev hole in ip length gt 1400 drop";

/// flannel's tunnel goes over this link on both sides: its own, and the other node's by its
/// forwarding table.
const TUNNEL_OVER_WLAN0: &str = "timeout 300 sh -c 'until ip -d link show flannel.1 | grep -q \"dev wlan0\" && bridge fdb show dev flannel.1 | grep -qF \"dst 172.20.5.\"; do sleep 0.2; done'";
const TUNNEL_OVER_ETH0: &str = "timeout 300 sh -c 'until ip -d link show flannel.1 | grep -q \"dev eth0\" && bridge fdb show dev flannel.1 | grep -qF \"dst 10.0.0.\" && ip route show dev flannel.1 | grep -q via; do sleep 0.2; done'";

/// The API server that was begun anew knows the rights of whoever asks, and so do the kubelets, which
/// ask it and remember a refusal for half a minute.
const API_SERVER_KNOWS_RIGHTS: &str = "timeout 300 sh -c 'until kubectl get --raw /readyz && kubectl get --raw /api/v1/nodes/pi1/proxy/healthz && kubectl get --raw /api/v1/nodes/pi2/proxy/healthz; do sleep 0.5; done' >/dev/null 2>&1";

/// kube-proxy (iptables) has carried into the kernel where the API server's Service leads.
const API_SERVICE_ON_WIFI: &str =
    "timeout 300 sh -c 'until iptables-save -t nat | grep -qF 172.20.5.1:6443; do sleep 0.2; done'";
const API_SERVICE_ON_SWITCH: &str =
    "timeout 300 sh -c 'until iptables-save -t nat | grep -qF 10.0.0.1:6443; do sleep 0.2; done'";

pub(crate) const FAULTS: &[Broken] = &[
    // The worker registers the WiFi's address.
    Broken {
        by: &[
            (
                WORKER,
                "echo 'KUBELET_EXTRA_ARGS=--node-ip=172.20.5.2' >/etc/default/kubelet; systemctl restart kubelet",
            ),
            (
                MASTER,
                "timeout 300 sh -c 'until kubectl get node pi2 -o wide | grep -qF 172.20.5.2; do sleep 1; done'",
            ),
        ],
        cause: "internal-ip-unreachable",
        nodes: &["pi2"],
        undo: &[
            (WORKER, "rm /etc/default/kubelet; systemctl restart kubelet"),
            (
                MASTER,
                "timeout 300 sh -c 'until kubectl get node pi2 -o wide | grep -qF 10.0.0.2; do sleep 0.5; done'",
            ),
        ],
    },
    // flannel follows the default route.
    Broken {
        by: &[
            (
                MASTER,
                "sed -i.good s/--iface=eth0/--iface=wlan0/ /etc/default/flanneld; systemctl restart flanneld",
            ),
            (
                WORKER,
                "sed -i.good s/--iface=eth0/--iface=wlan0/ /etc/default/flanneld; systemctl restart flanneld",
            ),
            (
                MASTER,
                "timeout 300 sh -c 'until [ $(kubectl get node -o yaml | grep -c \"public-ip: 172.20.5\") = 2 ]; do sleep 1; done'",
            ),
            (MASTER, TUNNEL_OVER_WLAN0),
            (WORKER, TUNNEL_OVER_WLAN0),
        ],
        cause: "flannel-on-unreachable-link",
        nodes: &["pi1", "pi2"],
        undo: &[
            (
                MASTER,
                "mv /etc/default/flanneld.good /etc/default/flanneld; systemctl restart flanneld",
            ),
            (
                WORKER,
                "mv /etc/default/flanneld.good /etc/default/flanneld; systemctl restart flanneld",
            ),
            (MASTER, TUNNEL_OVER_ETH0),
            (WORKER, TUNNEL_OVER_ETH0),
        ],
    },
    // A firewall of its own beside flannel's accepts.
    Broken {
        by: &[(
            WORKER,
            "nft add table inet hostfw; nft add chain inet hostfw forward '{ type filter hook forward priority 10; policy drop; }'; nft add rule inet hostfw forward ct state established,related accept",
        )],
        cause: "forward-policy-drop",
        nodes: &["pi2"],
        undo: &[(WORKER, "nft delete table inet hostfw")],
    },
    // A switch that carries 1400 bytes, seen from both ends.
    Broken {
        by: &[(MASTER, HOLE), (WORKER, HOLE)],
        cause: "path-mtu-hole",
        nodes: &["pi1", "pi2"],
        undo: &[(MASTER, "nft delete table netdev hole"), (WORKER, "nft delete table netdev hole")],
    },
    // What a tunnel or a cable leaves behind when it comes back.
    Broken {
        by: &[(WORKER, "ip route show dev flannel.1 >/run/routes; ip route flush dev flannel.1")],
        cause: "flannel-without-routes",
        nodes: &["pi2"],
        undo: &[(WORKER, "systemctl restart flanneld"), (WORKER, TUNNEL_OVER_ETH0)],
    },
    Broken {
        by: &[(
            WORKER,
            "nft add table inet hostfw; nft add chain inet hostfw in '{ type filter hook input priority 0; }'; nft add rule inet hostfw in udp dport 8472 drop",
        )],
        cause: "vxlan-port-blocked",
        nodes: &["pi1", "pi2"],
        undo: &[(WORKER, "nft delete table inet hostfw")],
    },
    Broken {
        by: &[(
            WORKER,
            "nft add table inet hostfw; nft add chain inet hostfw in '{ type filter hook input priority 0; }'; nft add rule inet hostfw in iifname eth0 tcp dport 10250 drop",
        )],
        cause: "firewall-drop",
        nodes: &["pi2"],
        undo: &[(WORKER, "nft delete table inet hostfw")],
    },
    Broken {
        by: &[(
            MASTER,
            "kubectl -n kube-system scale deployment coredns --replicas=0; kubectl -n kube-system wait pod -l k8s-app=kube-dns --for=delete --timeout=300s",
        )],
        cause: "coredns-not-ready",
        nodes: &[],
        undo: &[(
            MASTER,
            "kubectl -n kube-system scale deployment coredns --replicas=2; kubectl -n kube-system rollout status deployment coredns --timeout=300s",
        )],
    },
    // Its rules are gone, and nobody writes new ones.
    Broken {
        by: &[
            (
                MASTER,
                "kubectl -n kube-system patch daemonset kube-proxy -p '{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"kubernetes.io/hostname\":\"pi1\"}}}}}'; kubectl -n kube-system rollout status daemonset kube-proxy --timeout=300s",
            ),
            (
                WORKER,
                "timeout 300 sh -c 'while pgrep kube-proxy >/dev/null; do sleep 1; done' && nft delete table ip nat",
            ),
        ],
        cause: "kube-proxy-without-rules",
        nodes: &["pi2"],
        undo: &[
            (
                MASTER,
                "kubectl -n kube-system patch daemonset kube-proxy --type json -p '[{\"op\":\"remove\",\"path\":\"/spec/template/spec/nodeSelector/kubernetes.io~1hostname\"}]'; kubectl -n kube-system rollout status daemonset kube-proxy --timeout=300s",
            ),
            (WORKER, API_SERVICE_ON_SWITCH),
        ],
    },
    // The API server advertises the WiFi's address, and the kubeconfigs still name the switch's.
    Broken {
        by: &[
            (
                MASTER,
                "cp /etc/kubernetes/manifests/kube-apiserver.yaml /root/apiserver.good; sed -i s/--advertise-address=10.0.0.1/--advertise-address=172.20.5.1/ /etc/kubernetes/manifests/kube-apiserver.yaml; timeout 300 sh -c 'until [ \"$(kubectl get endpoints kubernetes -o jsonpath={.subsets[*].addresses[*].ip} 2>/dev/null)\" = 172.20.5.1 ]; do sleep 1; done'",
            ),
            (MASTER, API_SERVER_KNOWS_RIGHTS),
            (MASTER, API_SERVICE_ON_WIFI),
            (WORKER, API_SERVICE_ON_WIFI),
        ],
        cause: "api-service-leads-nowhere",
        nodes: &["pi2"],
        undo: &[
            (
                MASTER,
                "cp /root/apiserver.good /etc/kubernetes/manifests/kube-apiserver.yaml; timeout 300 sh -c 'until [ \"$(kubectl get endpoints kubernetes -o jsonpath={.subsets[*].addresses[*].ip} 2>/dev/null)\" = 10.0.0.1 ]; do sleep 1; done'",
            ),
            (MASTER, API_SERVER_KNOWS_RIGHTS),
            (MASTER, API_SERVICE_ON_SWITCH),
            (WORKER, API_SERVICE_ON_SWITCH),
        ],
    },
    // kube-proxy is told to ask the WiFi's address, and its rules are gone.
    Broken {
        by: &[
            (
                MASTER,
                "kubectl get configmap -n kube-system kube-proxy -o yaml >/root/proxy.good; sed s/10.0.0.1:6443/172.20.5.1:6443/ /root/proxy.good | kubectl apply -f -; kubectl -n kube-system delete pod -l k8s-app=kube-proxy",
            ),
            // Deleting waits until the old ones are gone.
            (
                WORKER,
                "timeout 300 sh -c 'until pgrep kube-proxy >/dev/null; do sleep 0.2; done' && nft delete table ip nat",
            ),
        ],
        cause: "kube-proxy-server-unreachable",
        nodes: &["pi2"],
        undo: &[
            (
                MASTER,
                "kubectl replace --force -f /root/proxy.good; kubectl -n kube-system delete pod -l k8s-app=kube-proxy",
            ),
            (WORKER, API_SERVICE_ON_SWITCH),
        ],
    },
    // A node's resolv.conf names nobody.
    Broken {
        by: &[
            (
                MASTER,
                "cp /etc/resolv.conf /root/resolv.good; umount /etc/resolv.conf 2>/dev/null; echo >/etc/resolv.conf",
            ),
            (
                WORKER,
                "cp /etc/resolv.conf /root/resolv.good; umount /etc/resolv.conf 2>/dev/null; echo >/etc/resolv.conf",
            ),
            // CoreDNS ends for want of a nameserver, and is started again ever later.
            (
                MASTER,
                "kubectl -n kube-system delete pod -l k8s-app=kube-dns; timeout 300 sh -c 'until [ $(kubectl -n kube-system get pod -l k8s-app=kube-dns -o yaml | grep -c \"reason: CrashLoopBackOff\") = 2 ]; do sleep 0.5; done'",
            ),
        ],
        cause: "no-nameserver",
        nodes: &[],
        undo: &[
            (MASTER, "cat /root/resolv.good >/etc/resolv.conf"),
            (WORKER, "cat /root/resolv.good >/etc/resolv.conf"),
            (
                MASTER,
                "kubectl -n kube-system delete pod -l k8s-app=kube-dns; kubectl -n kube-system rollout status deployment coredns --timeout=300s",
            ),
        ],
    },
    Broken {
        by: &[(WORKER, "systemctl stop flanneld; ip link delete flannel.1")],
        cause: "flannel-not-running",
        nodes: &["pi2"],
        undo: &[(WORKER, "systemctl start flanneld"), (WORKER, TUNNEL_OVER_ETH0)],
    },
    Broken {
        by: &[(WORKER, "systemctl stop containerd")],
        cause: "containerd-not-running",
        nodes: &["pi2"],
        undo: &[(WORKER, "systemctl start containerd")],
    },
    Broken {
        by: &[(WORKER, "systemctl stop kubelet")],
        cause: "kubelet-not-running",
        nodes: &["pi2"],
        undo: &[(WORKER, "systemctl start kubelet")],
    },
    // The last: nothing works after it.
    Broken {
        by: &[(
            MASTER,
            "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/; for i in $(seq 60); do pgrep -x kube-apiserver >/dev/null || break; sleep 1; done",
        )],
        cause: "api-server-not-running",
        nodes: &["pi1"],
        undo: &[],
    },
];
