//! Causes on the path to an API server or to any other dialled address.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Dialler, Here, Peer};
use super::OutputPattern::{Fails, Says, SaysAny, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck, CauseImplication, OutputPattern};

const PING: &str = "ping -c 2 -W 2 {host}";

/// Patterns for `ping` to an address: whether any host responds for it.
const NOBODY_ANSWERS: &[(OutputPattern, CauseImplication)] = &[
    (Says("bytes from {host}"), Excludes),
    (Says("100% packet loss"), Fits),
    (Says("destination host unreachable"), Fits),
];

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_ADDRESS_UNREACHABLE,
        severity: Severity::Error,
        summary: "{host} is on a network over which this host cannot reach it: a WiFi with client \
                  isolation, or another segment",
        distinguished_by: "the server runs and has the address, but nothing answers for the \
                           address from here",
        check: CauseCheck::new(Dialler, PING).judged_by(NOBODY_ANSWERS),
        remedies: &[
            run("pontoon mesh HOSTS").to("find an address that both hosts reach"),
            run("kubeadm init --apiserver-advertise-address=ADDRESS")
                .on(ControlPlane)
                .to("advertise that address, then use the new join command"),
        ],
        source: "measured: kubeadm v1.36.2, campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::ADDRESS_UNREACHABLE,
        severity: Severity::Error,
        summary: "{host} is on a network over which this host cannot reach it: a WiFi with client \
                  isolation, or another segment",
        distinguished_by: "the other host is up and has the address, but nothing answers for the \
                           address from here",
        check: CauseCheck::new(Dialler, PING).judged_by(NOBODY_ANSWERS),
        remedies: &[
            run("pontoon mesh HOSTS").to("find an address that both hosts reach, and use that one")
        ],
        source: "measured: campus WiFi (tests/kubernetes/cases)",
    },
    Cause {
        code: code::WAY_LOST,
        severity: Severity::Error,
        summary: "the path to {host} existed and is gone: an unplugged cable, a lost WiFi, a \
                  tunnel that is down",
        distinguished_by: "not even a small ping gets through now",
        check: CauseCheck::new(Dialler, PING).judged_by(NOBODY_ANSWERS),
        remedies: &[
            run("ip -br address").to("see which link or address is missing, and restore it"),
            run("pontoon check --peer {host}")
                .to("tell a fault of the network from one of the host"),
        ],
        source: "measured: wg-down (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HOST_OFF,
        severity: Severity::Error,
        summary: "the host of {host} is off, unplugged, or has another address now",
        distinguished_by: "the host itself does not show the address",
        check: CauseCheck::new(Peer, "ip -br address"),
        remedies: &[
            action("switch it on"),
            action("give it its old address back, as a fixed address and not a DHCP lease"),
        ],
        source: "kubeadm#338; kernel: EHOSTUNREACH after three unanswered ARP requests",
    },
    Cause {
        code: code::FIREWALL_REJECT,
        severity: Severity::Error,
        summary: "a packet filter rejects port {port} of {host} (firewalld and ufw answer \
                  \"prohibited\", which programs report as \"no route to host\")",
        distinguished_by: "the host answers ping, but rejects the port",
        check: CauseCheck::new(Dialler, PING).judged_by(&[
            (Says("bytes from {host}"), Fits),
            (SaysAny(&["prohibited", "packet filtered"]), Fits),
            (Says("destination host unreachable"), Excludes),
        ]),
        remedies: &[
            run("firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload")
                .on(Peer)
                .to("with firewalld"),
            run("ufw allow {port}/tcp").on(Peer).to("with ufw"),
        ],
        source: "ip(7): ICMP host prohibited is EHOSTUNREACH; firewalld REJECTs by default",
    },
    Cause {
        code: code::FIREWALL_DROP,
        severity: Severity::Error,
        summary: "a packet filter drops packets to port {port}, on {host} or on the path",
        distinguished_by: "the host answers ping, but there is no response from the port",
        check: CauseCheck::new(Dialler, PING).judged_by(&[
            (Says("bytes from {host}"), Fits),
            (Says("destination host unreachable"), Excludes),
        ]),
        remedies: &[
            run("nft list ruleset")
                .on(Peer)
                .to("find the rule that drops {port}/tcp, and allow the port"),
            run("pontoon mesh HOSTS --ports {port}/tcp")
                .to("see whether the host or the network blocks it"),
        ],
        source: "kubernetes.io: Ports and Protocols",
    },
    Cause {
        code: code::API_SERVER_NOT_RUNNING,
        severity: Severity::Error,
        summary: "the API server is not running on {host}",
        distinguished_by: "its container is not among those that run",
        check: CauseCheck::new(ControlPlane, "crictl ps --name kube-apiserver")
            .judged_by(&[(Says("running"), Excludes), (Succeeds, Proves)]),
        remedies: &[
            run("crictl ps -a | grep -E 'apiserver|etcd'")
                .on(ControlPlane)
                .to("find the container that exited"),
            run("crictl logs ID")
                .on(ControlPlane)
                .to("read why; etcd or an expired certificate are the usual reasons"),
            run("journalctl -u kubelet").on(ControlPlane).to("read what kubelet says about it"),
        ],
        source: "k/k cmd/kubeadm/app/phases/controlplane: a static pod of kubelet",
    },
    Cause {
        code: code::WRONG_ENDPOINT,
        severity: Severity::Error,
        summary: "the API server listens on another port, or {host} is not the API server",
        distinguished_by: "nothing listens on port {port} of that host, and the API server runs",
        check: CauseCheck::new(ControlPlane, "ss -Hltn")
            .judged_by(&[(Says(":{port} "), Excludes), (Succeeds, Fits)]),
        remedies: &[run("grep server: /etc/kubernetes/admin.conf")
            .on(ControlPlane)
            .to("use the address and port of this line")],
        source: "k/k cmd/kubeadm: bindPort is 6443 unless said otherwise",
    },
    Cause {
        code: code::NOTHING_LISTENS,
        severity: Severity::Error,
        summary: "no program listens on port {port} of {host}",
        distinguished_by: "ss on that host does not show the port",
        check: CauseCheck::new(Peer, "ss -Hltn"),
        remedies: &[action("start the program, or correct the address and port")],
        source: "tcp(7): ECONNREFUSED",
    },
    Cause {
        code: code::KUBECONFIG_STALE_ADDRESS,
        severity: Severity::Error,
        summary: "the kubeconfig names an address that the API server no longer has",
        distinguished_by: "the server's own admin.conf names another one",
        check: CauseCheck::new(
            ControlPlane,
            "kubectl config view --kubeconfig /etc/kubernetes/admin.conf",
        )
        .judged_by(&[
            (Says("server: https://{endpoint}"), Excludes),
            (Says("server: https://"), Proves),
        ]),
        remedies: &[
            action("copy /etc/kubernetes/admin.conf to ~/.kube/config again"),
            action(
                "if the address itself changed, restore the old one: certificates and etcd \
                    refer to it",
            ),
        ],
        source: "kubeadm#338",
    },
    Cause {
        code: code::NO_KUBECONFIG,
        severity: Severity::Error,
        summary: "kubectl found no kubeconfig and used its default, localhost:8080, where no API \
                  server has listened for years",
        distinguished_by: "kubectl config view shows no server",
        check: CauseCheck::new(Here, "kubectl config view")
            .judged_by(&[(Says("server: "), Excludes), (Succeeds, Proves)]),
        remedies: &[
            run("export KUBECONFIG=/etc/kubernetes/admin.conf").to("as root"),
            run("mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config && sudo \
                    chown $(id -u) ~/.kube/config")
            .to("as another user (sudo kubectl uses root's)"),
        ],
        source: "kubernetes.io: Creating a cluster with kubeadm; client-go's default cluster",
    },
    Cause {
        code: code::KUBECONFIG_NOT_READABLE,
        severity: Severity::Error,
        summary: "the kubeconfig belongs to root, and kubectl was run as another user",
        distinguished_by: "ls -l shows the owner",
        check: CauseCheck::new(Here, "ls -l /etc/kubernetes/admin.conf"),
        remedies: &[
            run("mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config && sudo \
                    chown $(id -u) ~/.kube/config")
            .to("make a copy for this user"),
            run("unset KUBECONFIG").to("stop using root's"),
        ],
        source: "kubernetes.io: Creating a cluster with kubeadm",
    },
    Cause {
        code: code::STILL_STARTING,
        severity: Severity::Warning,
        summary: "the other side is just starting; this text appears for some seconds at every \
                  start",
        distinguished_by: "the text stops within a minute",
        check: CauseCheck::new(Dialler, "curl -sk -m 10 https://{endpoint}/readyz")
            .judged_by(&[(Says("ok"), Proves)]),
        remedies: &[action("wait a minute and look again")],
        source: "measured: the API server is there 4 to 6 s after kubelet starts",
    },
    Cause {
        code: code::NO_ROUTE_FROM_HERE,
        severity: Severity::Error,
        summary: "this host has no route to {host}: no default route, and no link in that network",
        distinguished_by: "the kernel says so when it is asked for the route",
        check: CauseCheck::new(Dialler, "ip route get {host}")
            .judged_by(&[(Says("unreachable"), Proves), (Succeeds, Excludes)]),
        remedies: &[
            action("connect this host to the network of {host}"),
            run("ip route add {host} via ROUTER dev LINK").to("add a route"),
        ],
        source: "ip(7): ENETUNREACH",
    },
    Cause {
        code: code::PATH_MTU_HOLE,
        severity: Severity::Error,
        summary: "large packets to {host} are dropped silently (path-MTU black hole): a tunnel or \
                  an access point on the path carries less than 1500 bytes",
        distinguished_by: "a small ping passes, one of 1500 bytes is lost without \"message too \
                           long\"",
        check: CauseCheck::new(Dialler, "ping -M do -c 2 -W 2 -s 1472 {host}").judged_by(&[
            (SaysAny(&["message too long", "frag needed"]), Excludes),
            (Says("bytes from {host}"), Excludes),
            (Says("100% packet loss"), Fits),
        ]),
        remedies: &[run("ip link set LINK mtu 1400")
            .to("on every node, and in its network configuration; the CNI's MTU follows \
                    after a restart")],
        source: "measured: mtu-api, mtu-join (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::SERVER_OVERLOADED,
        severity: Severity::Error,
        summary: "{host} is too busy to answer in time (a Pi on its SD card, no free memory, a \
                  slow etcd)",
        distinguished_by: "it answers if you wait long enough",
        check: CauseCheck::new(
            Dialler,
            "curl -sk -m 20 -o /dev/null -w time:%{time_total} https://{endpoint}/readyz",
        )
        .judged_by(&[(Succeeds, Fits)]),
        remedies: &[
            run("uptime").on(Peer).to("look at the load"),
            run("vmstat 1").on(Peer).to("look for swapping and I/O wait (wa)"),
            action("put etcd on an SSD; a control plane needs at least two cores and 2 GB"),
        ],
        source: "kubernetes.io: Creating a cluster with kubeadm, Before you begin",
    },
    Cause {
        code: code::NODE_NETWORK_IN_SERVICE_RANGE,
        severity: Severity::Error,
        summary: "{host} is inside the cluster's service range, where kube-proxy drops packets to \
                  addresses of no Service",
        distinguished_by: "on the control plane 127.0.0.1:6443 says ok, but there is no response \
                           from {endpoint}",
        check: CauseCheck::new(ControlPlane, "curl -sk -m 5 https://127.0.0.1:6443/readyz")
            .judged_by(&[(Says("ok"), Fits), (Fails, Excludes)]),
        remedies: &[
            run("kubeadm init --service-cidr=172.31.240.0/20")
                .on(ControlPlane)
                .to("initialise again with a range that no network uses, for example"),
            action("move the nodes' network out of the service range"),
        ],
        source: "measured: node-in-service-range (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::HTTP_PROXY_APPLIES,
        severity: Severity::Error,
        summary: "HTTPS_PROXY sends the cluster's own traffic to a proxy",
        distinguished_by: "a proxy is set, and NO_PROXY does not list the nodes, pods and Services",
        check: CauseCheck::new(
            Here,
            "env | grep -i _proxy; systemctl show -p Environment kubelet containerd",
        ),
        remedies: &[action(
            "add the node, pod and service networks to NO_PROXY \
                    (10.96.0.0/12,10.244.0.0/16, the nodes' network, .svc, .cluster.local), also \
                    for containerd and kubelet",
        )],
        source: "k/k cmd/kubeadm/app/preflight/checks.go HTTPProxyCheck",
    },
    Cause {
        code: code::NOT_A_TLS_PORT,
        severity: Severity::Error,
        summary: "another program answers on {endpoint}; it does not speak TLS",
        distinguished_by: "plain HTTP gets an answer there",
        check: CauseCheck::new(Dialler, "curl -sk -m 5 -D - -o /dev/null http://{endpoint}/")
            .judged_by(&[
                (Says("client sent an http request to an https server"), Excludes),
                (Says("http/1"), Proves),
            ]),
        remedies: &[
            action("use the right port (6443 by default)"),
            action("if it is a registry without TLS, say so in containerd's hosts.toml"),
        ],
        source: "go crypto/tls: the first bytes are no TLS record",
    },
    Cause {
        code: code::CONNECTION_CUT,
        severity: Severity::Error,
        summary: "the other side, or a device on the path, cut the connection",
        distinguished_by: "its own log names the reason: a restart, an out-of-memory kill, a \
                           refused client",
        check: CauseCheck::new(ControlPlane, "crictl ps -a --name kube-apiserver")
            .judged_by(&[(Says("exited"), Fits)]),
        remedies: &[
            run("crictl logs ID").on(Peer).to("read the log of its container"),
            run("journalctl -u kubelet").on(Peer).to("read what kubelet says about it"),
            run("dmesg | grep -i oom").on(Peer).to("look for out-of-memory kills"),
        ],
        source: "tcp(7): ECONNRESET",
    },
    Cause {
        code: code::ETCD_SLOW_OR_ALONE,
        severity: Severity::Error,
        summary: "etcd does not answer in time: its disk is slow (SD card), or it has lost its \
                  quorum",
        distinguished_by: "its log says \"took too long\" or \"slow fdatasync\"; without a quorum \
                           it says \"lost leader\"",
        check: CauseCheck::new(
            ControlPlane,
            "crictl logs --tail 50 $(crictl ps -aq --name etcd | head -n 1)",
        ),
        remedies: &[
            action("move /var/lib/etcd to an SSD").on(ControlPlane),
            action(
                "with several control planes, start the missing ones, and let ports 2379 and \
                    2380 pass between them",
            ),
        ],
        source: "etcd.io: Hardware recommendations; etcd FAQ",
    },
    Cause {
        code: code::ETCD_NOT_RUNNING,
        severity: Severity::Error,
        summary: "etcd is not running on {host}",
        distinguished_by: "its container is not among those that run",
        check: CauseCheck::new(ControlPlane, "crictl ps --name etcd")
            .judged_by(&[(Says("running"), Excludes), (Succeeds, Proves)]),
        remedies: &[
            run("crictl ps -a --name etcd").on(ControlPlane).to("find the container that exited"),
            run("crictl logs ID")
                .on(ControlPlane)
                .to("read why: a full disk, or an address that the host no longer has"),
        ],
        source: "k/k cmd/kubeadm/app/phases/etcd: a static pod of kubelet",
    },
    Cause {
        code: code::PORT_TAKEN,
        severity: Severity::Error,
        summary: "another program listens on port {port}",
        distinguished_by: "ss names it",
        check: CauseCheck::new(Here, "ss -ltnp"),
        remedies: &[action("stop it, or choose another port for one of them")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go PortOpenCheck",
    },
    Cause {
        code: code::OLD_POD_STILL_RUNS,
        severity: Severity::Warning,
        summary: "the static pod was changed, and the previous one still runs beside it",
        distinguished_by: "there are two kube-apiserver processes",
        check: CauseCheck::new(ControlPlane, "ps -C kube-apiserver -o pid,lstart"),
        remedies: &[
            action("wait (3.5 minutes were measured)"),
            action(
                "next time move the manifests away, wait until the ports are closed, then move \
                    them back",
            ),
        ],
        source: "measured: apiserver-bind (tests/kubernetes/cases/symptoms.json)",
    },
];
