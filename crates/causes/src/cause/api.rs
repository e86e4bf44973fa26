//! The way to an API server, or to any other address that was dialled.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

const PING: &str = "ping -c 2 -W 2 {host}";

/// `ping` to the address: whether a host answers for it at all.
const NOBODY_ANSWERS: &[(Sign, Means)] = &[
    (Sign::Says("bytes from {host}"), Means::Excludes),
    (Sign::Says("100% packet loss"), Means::Fits),
    (Sign::Says("destination host unreachable"), Means::Fits),
];

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_ADDRESS_UNREACHABLE,
        weight: Weight::Fault,
        is: "{host} lies on a network over which this host is not reached: a WiFi that keeps its \
             clients apart, another segment",
        apart: "the server runs and has the address, and yet nobody answers for it here",
        look: Look { on: On::Dialler, command: PING, signs: NOBODY_ANSWERS },
        cure: "use an address that both reach (`pontoon mesh` shows which): kubeadm init \
               --apiserver-advertise-address=ADDRESS, then a new join line",
        source: "measured: kubeadm v1.36.2, campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::ADDRESS_UNREACHABLE,
        weight: Weight::Fault,
        is: "{host} lies on a network over which this host is not reached: a WiFi that keeps its \
             clients apart, another segment",
        apart: "the other host runs and has the address, and yet nobody answers for it here",
        look: Look { on: On::Dialler, command: PING, signs: NOBODY_ANSWERS },
        cure: "use an address that both reach: `pontoon mesh` shows which",
        source: "measured: campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::WAY_LOST,
        weight: Weight::Fault,
        is: "the way to {host} was there and is gone: a cable, the WiFi, a tunnel that ended",
        apart: "not even a small ping gets through now",
        look: Look { on: On::Dialler, command: PING, signs: NOBODY_ANSWERS },
        cure: "bring it back (ip -br address shows what is missing); `pontoon check --peer {host}` \
               tells the network from the host",
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HOST_OFF,
        weight: Weight::Fault,
        is: "the host of {host} is off, unplugged, or has another address now",
        apart: "that host itself does not show the address",
        look: Look { on: On::Peer, command: "ip -br address", signs: &[] },
        cure: "switch it on, or give it its old address back (a fixed one, not DHCP's)",
        source: "kubeadm#338; kernel: EHOSTUNREACH after three unanswered ARP requests",
    },
    Cause {
        code: code::FIREWALL_REJECT,
        weight: Weight::Fault,
        is: "a packet filter refuses port {port} of {host} (firewalld and ufw say \"prohibited\", \
             which reads like a missing route)",
        apart: "the host answers a ping, and refuses the port",
        look: Look {
            on: On::Dialler,
            command: PING,
            signs: &[
                (Sign::Says("bytes from {host}"), Means::Fits),
                (Sign::SaysAny(&["prohibited", "packet filtered"]), Means::Fits),
                (Sign::Says("destination host unreachable"), Means::Excludes),
            ],
        },
        cure: "there: firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload, \
               or ufw allow {port}/tcp",
        source: "ip(7): ICMP host prohibited is EHOSTUNREACH; firewalld REJECTs by default",
    },
    Cause {
        code: code::FIREWALL_DROP,
        weight: Weight::Fault,
        is: "a packet filter drops port {port}, at {host} or on the way",
        apart: "the host answers a ping, and keeps silent on the port",
        look: Look {
            on: On::Dialler,
            command: PING,
            signs: &[
                (Sign::Says("bytes from {host}"), Means::Fits),
                (Sign::Says("destination host unreachable"), Means::Excludes),
            ],
        },
        cure: "let {port}/tcp pass: nft list ruleset on {host} shows who drops it; `pontoon mesh \
               --ports` shows whether it is the host or the network",
        source: "kubernetes.io: Ports and Protocols",
    },
    Cause {
        code: code::API_SERVER_NOT_RUNNING,
        weight: Weight::Fault,
        is: "the API server does not run on {host}",
        apart: "its container is not among those that run",
        look: Look {
            on: On::ControlPlane,
            command: "crictl ps --name kube-apiserver",
            signs: &[(Sign::Says("running"), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "on the control plane: crictl ps -a | grep -E 'apiserver|etcd', crictl logs ID, \
               journalctl -u kubelet: etcd or an expired certificate are the usual reasons",
        source: "k/k cmd/kubeadm/app/phases/controlplane: a static pod of kubelet",
    },
    Cause {
        code: code::WRONG_ENDPOINT,
        weight: Weight::Fault,
        is: "the API server listens elsewhere: another port, or {host} is not it",
        apart: "nothing listens on port {port} of that host, and the server runs",
        look: Look {
            on: On::ControlPlane,
            command: "ss -Hltn",
            signs: &[(Sign::Says(":{port} "), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "take address and port from: grep server: /etc/kubernetes/admin.conf",
        source: "k/k cmd/kubeadm: bindPort is 6443 unless said otherwise",
    },
    Cause {
        code: code::NOTHING_LISTENS,
        weight: Weight::Fault,
        is: "no program listens on port {port} of {host}",
        apart: "ss on that host does not show the port",
        look: Look { on: On::Peer, command: "ss -Hltn", signs: &[] },
        cure: "start the program, or correct address and port",
        source: "tcp(7): ECONNREFUSED",
    },
    Cause {
        code: code::KUBECONFIG_STALE_ADDRESS,
        weight: Weight::Fault,
        is: "the kubeconfig names an address that the server does not have any more",
        apart: "the server's own admin.conf names another one",
        look: Look {
            on: On::ControlPlane,
            command: "kubectl config view --kubeconfig /etc/kubernetes/admin.conf",
            signs: &[
                (Sign::Says("server: https://{endpoint}"), Means::Excludes),
                (Sign::Says("server: https://"), Means::Proves),
            ],
        },
        cure: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; where the address itself \
               changed: give the old one back, certificates and etcd know it",
        source: "kubeadm#338",
    },
    Cause {
        code: code::NO_KUBECONFIG,
        weight: Weight::Fault,
        is: "kubectl found no kubeconfig, and asked its default, localhost:8080, where no API \
             server has listened for years",
        apart: "kubectl config view names no server",
        look: Look {
            on: On::Here,
            command: "kubectl config view",
            signs: &[(Sign::Says("server: "), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "export KUBECONFIG=/etc/kubernetes/admin.conf (root), or: mkdir -p ~/.kube && sudo cp \
               /etc/kubernetes/admin.conf ~/.kube/config && sudo chown $(id -u) ~/.kube/config; \
               sudo kubectl has root's",
        source: "kubernetes.io: Creating a cluster with kubeadm; client-go's default cluster",
    },
    Cause {
        code: code::KUBECONFIG_NOT_READABLE,
        weight: Weight::Fault,
        is: "the kubeconfig is root's, and kubectl was run as somebody else",
        apart: "ls -l shows whose it is",
        look: Look { on: On::Here, command: "ls -l /etc/kubernetes/admin.conf", signs: &[] },
        cure: "mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config && sudo chown \
               $(id -u) ~/.kube/config; unset KUBECONFIG",
        source: "kubernetes.io: Creating a cluster with kubeadm",
    },
    Cause {
        code: code::STILL_STARTING,
        weight: Weight::Passing,
        is: "the other side is just starting: every start says this for some seconds",
        apart: "the text stops coming within a minute",
        look: Look {
            on: On::Dialler,
            command: "curl -sk -m 10 https://{endpoint}/readyz",
            signs: &[(Sign::Says("ok"), Means::Proves)],
        },
        cure: "wait a minute and look again",
        source: "measured: the API server is there 4 to 6 s after kubelet starts",
    },
    Cause {
        code: code::NO_ROUTE_FROM_HERE,
        weight: Weight::Fault,
        is: "this host has no route to {host}: no default route, and no network of its own there",
        apart: "the kernel says so when it is asked for the way",
        look: Look {
            on: On::Dialler,
            command: "ip route get {host}",
            signs: &[(Sign::Says("unreachable"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "plug in or join the network of {host}, or: ip route add {host} via ROUTER dev LINK",
        source: "ip(7): ENETUNREACH",
    },
    Cause {
        code: code::PATH_MTU_HOLE,
        weight: Weight::Fault,
        is: "large packets vanish on the way to {host}, and nobody says so (a tunnel or an access \
             point that carries less than 1500)",
        apart: "a small ping passes, one of 1500 bytes is lost without \"message too long\"",
        look: Look {
            on: On::Dialler,
            command: "ping -M do -c 2 -W 2 -s 1472 {host}",
            signs: &[
                (Sign::SaysAny(&["message too long", "frag needed"]), Means::Excludes),
                (Sign::Says("bytes from {host}"), Means::Excludes),
                (Sign::Says("100% packet loss"), Means::Fits),
            ],
        },
        cure: "on every node: ip link set LINK mtu 1400 (and in its network configuration); the \
               CNI's MTU follows after a restart",
        source: "measured: mtu-api, mtu-join (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_OVERLOADED,
        weight: Weight::Fault,
        is: "{host} is too busy to answer in time (a Pi on its SD card, out of memory, etcd slow)",
        apart: "it answers, if one waits long enough",
        look: Look {
            on: On::Dialler,
            command: "curl -sk -m 20 -o /dev/null -w time:%{time_total} https://{endpoint}/readyz",
            signs: &[(Sign::Succeeds, Means::Fits)],
        },
        cure: "there: uptime; vmstat 1 (swap, wa); etcd belongs on an SSD, two cores and 2 GB are \
               the least for a control plane",
        source: "kubernetes.io: Creating a cluster with kubeadm, Before you begin",
    },
    Cause {
        code: code::NODE_NETWORK_IN_SERVICE_RANGE,
        weight: Weight::Fault,
        is: "{host} lies inside the cluster's service range, where kube-proxy drops what is no \
             Service",
        apart: "on the control plane 127.0.0.1:6443 says ok, and {endpoint} keeps silent",
        look: Look {
            on: On::ControlPlane,
            command: "curl -sk -m 5 https://127.0.0.1:6443/readyz",
            signs: &[(Sign::Says("ok"), Means::Fits), (Sign::Fails, Means::Excludes)],
        },
        cure: "init again with a range that no network uses, such as \
               --service-cidr=172.31.240.0/20, or move the nodes' network out of the range",
        source: "measured: node-in-service-range (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HTTP_PROXY_APPLIES,
        weight: Weight::Fault,
        is: "HTTPS_PROXY sends the cluster's own traffic to a proxy",
        apart: "a proxy is set, and NO_PROXY does not name the nodes, pods and services",
        look: Look {
            on: On::Here,
            command: "env | grep -i _proxy; systemctl show -p Environment kubelet containerd",
            signs: &[],
        },
        cure: "add node, pod and service networks to NO_PROXY (10.96.0.0/12,10.244.0.0/16, the \
               nodes' network, .svc, .cluster.local), also for containerd and kubelet",
        source: "k/k cmd/kubeadm/app/preflight/checks.go HTTPProxyCheck",
    },
    Cause {
        code: code::NOT_A_TLS_PORT,
        weight: Weight::Fault,
        is: "something else answers on {endpoint}: it does not speak TLS",
        apart: "plain HTTP gets an answer there",
        look: Look {
            on: On::Dialler,
            command: "curl -sk -m 5 -D - -o /dev/null http://{endpoint}/",
            signs: &[
                (Sign::Says("client sent an http request to an https server"), Means::Excludes),
                (Sign::Says("http/1"), Means::Proves),
            ],
        },
        cure: "take the right port (6443 unless said otherwise); for a registry without TLS tell \
               containerd so (hosts.toml)",
        source: "go crypto/tls: the first bytes are no TLS record",
    },
    Cause {
        code: code::CONNECTION_CUT,
        weight: Weight::Fault,
        is: "the other side, or a box on the way, cut the connection",
        apart: "its own log names the reason: a restart, a kill for memory, a refused client",
        look: Look {
            on: On::ControlPlane,
            command: "crictl ps -a --name kube-apiserver",
            signs: &[(Sign::Says("exited"), Means::Fits)],
        },
        cure: "on the other side: crictl logs ID, journalctl -u kubelet, dmesg | grep -i oom",
        source: "tcp(7): ECONNRESET",
    },
    Cause {
        code: code::ETCD_SLOW_OR_ALONE,
        weight: Weight::Fault,
        is: "etcd does not answer in time: its disk is slow (SD card), or it has lost its majority",
        apart: "its log says \"took too long\" or \"slow fdatasync\"; with a lost majority it says \
                \"lost leader\"",
        look: Look {
            on: On::ControlPlane,
            command: "crictl logs --tail 50 $(crictl ps -aq --name etcd | head -n 1)",
            signs: &[],
        },
        cure: "move /var/lib/etcd to an SSD; with several control planes: start the missing ones, \
               2379 and 2380 must pass between them",
        source: "etcd.io: Hardware recommendations; etcd FAQ",
    },
    Cause {
        code: code::ETCD_NOT_RUNNING,
        weight: Weight::Fault,
        is: "etcd does not run on {host}",
        apart: "its container is not among those that run",
        look: Look {
            on: On::ControlPlane,
            command: "crictl ps --name etcd",
            signs: &[(Sign::Says("running"), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "crictl ps -a --name etcd, crictl logs ID: a full disk, or an address that the host \
               does not have any more",
        source: "k/k cmd/kubeadm/app/phases/etcd: a static pod of kubelet",
    },
    Cause {
        code: code::PORT_TAKEN,
        weight: Weight::Fault,
        is: "another program listens on port {port}",
        apart: "ss names it",
        look: Look { on: On::Here, command: "ss -ltnp", signs: &[] },
        cure: "end it, or choose another port for one of them",
        source: "k/k cmd/kubeadm/app/preflight/checks.go PortOpenCheck",
    },
    Cause {
        code: code::OLD_POD_STILL_RUNS,
        weight: Weight::Passing,
        is: "the static pod was changed, and the one from before still runs beside it",
        apart: "there are two kube-apiserver processes",
        look: Look {
            on: On::ControlPlane,
            command: "ps -C kube-apiserver -o pid,lstart",
            signs: &[],
        },
        cure: "wait (3.5 minutes were seen); next time move the manifests away, wait until the \
               ports are closed, then move them back",
        source: "measured: apiserver-bind (tests/kubernetes/cases/symptoms.json)",
    },
];
