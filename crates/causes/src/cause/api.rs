//! Causes on the path to an API server or to any other dialled address.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

const PING: &str = "ping -c 2 -W 2 {host}";

/// Patterns for `ping` to an address: whether any host responds for it.
const NOBODY_ANSWERS: &[(OutputPattern, CauseImplication)] = &[
    (OutputPattern::Says("bytes from {host}"), CauseImplication::Excludes),
    (OutputPattern::Says("100% packet loss"), CauseImplication::Fits),
    (OutputPattern::Says("destination host unreachable"), CauseImplication::Fits),
];

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_ADDRESS_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "{host} lies on a network over which this host is not reached: a WiFi that keeps its \
             clients apart, another segment",
        distinguished_by: "the server runs and has the address, and yet nobody answers for it here",
        check: CauseCheck { on: CheckLocation::Dialler, command: PING, patterns: NOBODY_ANSWERS },
        remedy: "use an address that both reach (`pontoon mesh` shows which): kubeadm init \
               --apiserver-advertise-address=ADDRESS, then a new join line",
        source: "measured: kubeadm v1.36.2, campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::ADDRESS_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "{host} lies on a network over which this host is not reached: a WiFi that keeps its \
             clients apart, another segment",
        distinguished_by: "the other host runs and has the address, and yet nobody answers for it here",
        check: CauseCheck { on: CheckLocation::Dialler, command: PING, patterns: NOBODY_ANSWERS },
        remedy: "use an address that both reach: `pontoon mesh` shows which",
        source: "measured: campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::WAY_LOST,
        weight: CauseSeverity::Fault,
        summary: "the way to {host} was there and is gone: a cable, the WiFi, a tunnel that ended",
        distinguished_by: "not even a small ping gets through now",
        check: CauseCheck { on: CheckLocation::Dialler, command: PING, patterns: NOBODY_ANSWERS },
        remedy: "bring it back (ip -br address shows what is missing); `pontoon check --peer {host}` \
               tells the network from the host",
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HOST_OFF,
        weight: CauseSeverity::Fault,
        summary: "the host of {host} is off, unplugged, or has another address now",
        distinguished_by: "that host itself does not show the address",
        check: CauseCheck { on: CheckLocation::Peer, command: "ip -br address", patterns: &[] },
        remedy: "switch it on, or give it its old address back (a fixed one, not DHCP's)",
        source: "kubeadm#338; kernel: EHOSTUNREACH after three unanswered ARP requests",
    },
    Cause {
        code: code::FIREWALL_REJECT,
        weight: CauseSeverity::Fault,
        summary: "a packet filter refuses port {port} of {host} (firewalld and ufw say \"prohibited\", \
             which reads like a missing route)",
        distinguished_by: "the host answers a ping, and refuses the port",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: PING,
            patterns: &[
                (OutputPattern::Says("bytes from {host}"), CauseImplication::Fits),
                (
                    OutputPattern::SaysAny(&["prohibited", "packet filtered"]),
                    CauseImplication::Fits,
                ),
                (OutputPattern::Says("destination host unreachable"), CauseImplication::Excludes),
            ],
        },
        remedy: "there: firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload, \
               or ufw allow {port}/tcp",
        source: "ip(7): ICMP host prohibited is EHOSTUNREACH; firewalld REJECTs by default",
    },
    Cause {
        code: code::FIREWALL_DROP,
        weight: CauseSeverity::Fault,
        summary: "a packet filter drops port {port}, at {host} or on the way",
        distinguished_by: "the host answers a ping, and keeps silent on the port",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: PING,
            patterns: &[
                (OutputPattern::Says("bytes from {host}"), CauseImplication::Fits),
                (OutputPattern::Says("destination host unreachable"), CauseImplication::Excludes),
            ],
        },
        remedy: "let {port}/tcp pass: nft list ruleset on {host} shows who drops it; `pontoon mesh \
               --ports` shows whether it is the host or the network",
        source: "kubernetes.io: Ports and Protocols",
    },
    Cause {
        code: code::API_SERVER_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "the API server does not run on {host}",
        distinguished_by: "its container is not among those that run",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "crictl ps --name kube-apiserver",
            patterns: &[
                (OutputPattern::Says("running"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "on the control plane: crictl ps -a | grep -E 'apiserver|etcd', crictl logs ID, \
               journalctl -u kubelet: etcd or an expired certificate are the usual reasons",
        source: "k/k cmd/kubeadm/app/phases/controlplane: a static pod of kubelet",
    },
    Cause {
        code: code::WRONG_ENDPOINT,
        weight: CauseSeverity::Fault,
        summary: "the API server listens elsewhere: another port, or {host} is not it",
        distinguished_by: "nothing listens on port {port} of that host, and the server runs",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "ss -Hltn",
            patterns: &[
                (OutputPattern::Says(":{port} "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "take address and port from: grep server: /etc/kubernetes/admin.conf",
        source: "k/k cmd/kubeadm: bindPort is 6443 unless said otherwise",
    },
    Cause {
        code: code::NOTHING_LISTENS,
        weight: CauseSeverity::Fault,
        summary: "no program listens on port {port} of {host}",
        distinguished_by: "ss on that host does not show the port",
        check: CauseCheck { on: CheckLocation::Peer, command: "ss -Hltn", patterns: &[] },
        remedy: "start the program, or correct address and port",
        source: "tcp(7): ECONNREFUSED",
    },
    Cause {
        code: code::KUBECONFIG_STALE_ADDRESS,
        weight: CauseSeverity::Fault,
        summary: "the kubeconfig names an address that the server does not have any more",
        distinguished_by: "the server's own admin.conf names another one",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubectl config view --kubeconfig /etc/kubernetes/admin.conf",
            patterns: &[
                (OutputPattern::Says("server: https://{endpoint}"), CauseImplication::Excludes),
                (OutputPattern::Says("server: https://"), CauseImplication::Proves),
            ],
        },
        remedy: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; where the address itself \
               changed: give the old one back, certificates and etcd know it",
        source: "kubeadm#338",
    },
    Cause {
        code: code::NO_KUBECONFIG,
        weight: CauseSeverity::Fault,
        summary: "kubectl found no kubeconfig, and asked its default, localhost:8080, where no API \
             server has listened for years",
        distinguished_by: "kubectl config view names no server",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "kubectl config view",
            patterns: &[
                (OutputPattern::Says("server: "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "export KUBECONFIG=/etc/kubernetes/admin.conf (root), or: mkdir -p ~/.kube && sudo cp \
               /etc/kubernetes/admin.conf ~/.kube/config && sudo chown $(id -u) ~/.kube/config; \
               sudo kubectl has root's",
        source: "kubernetes.io: Creating a cluster with kubeadm; client-go's default cluster",
    },
    Cause {
        code: code::KUBECONFIG_NOT_READABLE,
        weight: CauseSeverity::Fault,
        summary: "the kubeconfig is root's, and kubectl was run as somebody else",
        distinguished_by: "ls -l shows whose it is",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls -l /etc/kubernetes/admin.conf",
            patterns: &[],
        },
        remedy: "mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config && sudo chown \
               $(id -u) ~/.kube/config; unset KUBECONFIG",
        source: "kubernetes.io: Creating a cluster with kubeadm",
    },
    Cause {
        code: code::STILL_STARTING,
        weight: CauseSeverity::Passing,
        summary: "the other side is just starting: every start says this for some seconds",
        distinguished_by: "the text stops coming within a minute",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "curl -sk -m 10 https://{endpoint}/readyz",
            patterns: &[(OutputPattern::Says("ok"), CauseImplication::Proves)],
        },
        remedy: "wait a minute and look again",
        source: "measured: the API server is there 4 to 6 s after kubelet starts",
    },
    Cause {
        code: code::NO_ROUTE_FROM_HERE,
        weight: CauseSeverity::Fault,
        summary: "this host has no route to {host}: no default route, and no network of its own there",
        distinguished_by: "the kernel says so when it is asked for the way",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "ip route get {host}",
            patterns: &[
                (OutputPattern::Says("unreachable"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "plug in or join the network of {host}, or: ip route add {host} via ROUTER dev LINK",
        source: "ip(7): ENETUNREACH",
    },
    Cause {
        code: code::PATH_MTU_HOLE,
        weight: CauseSeverity::Fault,
        summary: "large packets vanish on the way to {host}, and nobody says so (a tunnel or an access \
             point that carries less than 1500)",
        distinguished_by: "a small ping passes, one of 1500 bytes is lost without \"message too long\"",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "ping -M do -c 2 -W 2 -s 1472 {host}",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["message too long", "frag needed"]),
                    CauseImplication::Excludes,
                ),
                (OutputPattern::Says("bytes from {host}"), CauseImplication::Excludes),
                (OutputPattern::Says("100% packet loss"), CauseImplication::Fits),
            ],
        },
        remedy: "on every node: ip link set LINK mtu 1400 (and in its network configuration); the \
               CNI's MTU follows after a restart",
        source: "measured: mtu-api, mtu-join (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_OVERLOADED,
        weight: CauseSeverity::Fault,
        summary: "{host} is too busy to answer in time (a Pi on its SD card, out of memory, etcd slow)",
        distinguished_by: "it answers, if one waits long enough",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "curl -sk -m 20 -o /dev/null -w time:%{time_total} https://{endpoint}/readyz",
            patterns: &[(OutputPattern::Succeeds, CauseImplication::Fits)],
        },
        remedy: "there: uptime; vmstat 1 (swap, wa); etcd belongs on an SSD, two cores and 2 GB are \
               the least for a control plane",
        source: "kubernetes.io: Creating a cluster with kubeadm, Before you begin",
    },
    Cause {
        code: code::NODE_NETWORK_IN_SERVICE_RANGE,
        weight: CauseSeverity::Fault,
        summary: "{host} lies inside the cluster's service range, where kube-proxy drops what is no \
             Service",
        distinguished_by: "on the control plane 127.0.0.1:6443 says ok, and {endpoint} keeps silent",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "curl -sk -m 5 https://127.0.0.1:6443/readyz",
            patterns: &[
                (OutputPattern::Says("ok"), CauseImplication::Fits),
                (OutputPattern::Fails, CauseImplication::Excludes),
            ],
        },
        remedy: "init again with a range that no network uses, such as \
               --service-cidr=172.31.240.0/20, or move the nodes' network out of the range",
        source: "measured: node-in-service-range (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HTTP_PROXY_APPLIES,
        weight: CauseSeverity::Fault,
        summary: "HTTPS_PROXY sends the cluster's own traffic to a proxy",
        distinguished_by: "a proxy is set, and NO_PROXY does not name the nodes, pods and services",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "env | grep -i _proxy; systemctl show -p Environment kubelet containerd",
            patterns: &[],
        },
        remedy: "add node, pod and service networks to NO_PROXY (10.96.0.0/12,10.244.0.0/16, the \
               nodes' network, .svc, .cluster.local), also for containerd and kubelet",
        source: "k/k cmd/kubeadm/app/preflight/checks.go HTTPProxyCheck",
    },
    Cause {
        code: code::NOT_A_TLS_PORT,
        weight: CauseSeverity::Fault,
        summary: "something else answers on {endpoint}: it does not speak TLS",
        distinguished_by: "plain HTTP gets an answer there",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "curl -sk -m 5 -D - -o /dev/null http://{endpoint}/",
            patterns: &[
                (
                    OutputPattern::Says("client sent an http request to an https server"),
                    CauseImplication::Excludes,
                ),
                (OutputPattern::Says("http/1"), CauseImplication::Proves),
            ],
        },
        remedy: "take the right port (6443 unless said otherwise); for a registry without TLS tell \
               containerd so (hosts.toml)",
        source: "go crypto/tls: the first bytes are no TLS record",
    },
    Cause {
        code: code::CONNECTION_CUT,
        weight: CauseSeverity::Fault,
        summary: "the other side, or a box on the way, cut the connection",
        distinguished_by: "its own log names the reason: a restart, a kill for memory, a refused client",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "crictl ps -a --name kube-apiserver",
            patterns: &[(OutputPattern::Says("exited"), CauseImplication::Fits)],
        },
        remedy: "on the other side: crictl logs ID, journalctl -u kubelet, dmesg | grep -i oom",
        source: "tcp(7): ECONNRESET",
    },
    Cause {
        code: code::ETCD_SLOW_OR_ALONE,
        weight: CauseSeverity::Fault,
        summary: "etcd does not answer in time: its disk is slow (SD card), or it has lost its majority",
        distinguished_by: "its log says \"took too long\" or \"slow fdatasync\"; with a lost majority it says \
                \"lost leader\"",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "crictl logs --tail 50 $(crictl ps -aq --name etcd | head -n 1)",
            patterns: &[],
        },
        remedy: "move /var/lib/etcd to an SSD; with several control planes: start the missing ones, \
               2379 and 2380 must pass between them",
        source: "etcd.io: Hardware recommendations; etcd FAQ",
    },
    Cause {
        code: code::ETCD_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "etcd does not run on {host}",
        distinguished_by: "its container is not among those that run",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "crictl ps --name etcd",
            patterns: &[
                (OutputPattern::Says("running"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "crictl ps -a --name etcd, crictl logs ID: a full disk, or an address that the host \
               does not have any more",
        source: "k/k cmd/kubeadm/app/phases/etcd: a static pod of kubelet",
    },
    Cause {
        code: code::PORT_TAKEN,
        weight: CauseSeverity::Fault,
        summary: "another program listens on port {port}",
        distinguished_by: "ss names it",
        check: CauseCheck { on: CheckLocation::Here, command: "ss -ltnp", patterns: &[] },
        remedy: "end it, or choose another port for one of them",
        source: "k/k cmd/kubeadm/app/preflight/checks.go PortOpenCheck",
    },
    Cause {
        code: code::OLD_POD_STILL_RUNS,
        weight: CauseSeverity::Passing,
        summary: "the static pod was changed, and the one from before still runs beside it",
        distinguished_by: "there are two kube-apiserver processes",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "ps -C kube-apiserver -o pid,lstart",
            patterns: &[],
        },
        remedy: "wait (3.5 minutes were seen); next time move the manifests away, wait until the \
               ports are closed, then move them back",
        source: "measured: apiserver-bind (tests/kubernetes/cases/symptoms.json)",
    },
];
