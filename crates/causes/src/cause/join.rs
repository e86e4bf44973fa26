//! Causes that occur only during a join.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Here, Kubectl};
use super::OutputPattern::{Says, SaysAny, Silent, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER,
        severity: Severity::Error,
        summary: "cluster-info names a server that this host cannot reach, whatever address the \
                  join command has",
        distinguished_by: "the address of the join command answers, the one in cluster-info does \
                           not",
        check: CauseCheck::new(Here, "ping -c 2 -W 2 {host}").judged_by(&[
            (Says("bytes from {host}"), Excludes),
            (Says("100% packet loss"), Fits),
            (Says("destination host unreachable"), Fits),
        ]),
        remedies: &[
            run("kubeadm init --apiserver-advertise-address=ADDRESS")
                .on(ControlPlane)
                .to("initialise with an address that all nodes reach (or with \
                    --control-plane-endpoint)"),
            action("until then, join with a discovery file that names such an address"),
        ],
        source: "k/k cmd/kubeadm/app/discovery/discovery.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::JOIN_TOKEN_UNKNOWN,
        severity: Severity::Error,
        summary: "the cluster does not know the token: it has expired (after 24 hours), or is of \
                  another cluster",
        distinguished_by: "kubeadm token list does not show it",
        check: CauseCheck::new(ControlPlane, "kubeadm token list")
            .judged_by(&[(Says("{token}."), Excludes), (Succeeds, Proves)]),
        remedies: &[run("kubeadm token create --print-join-command")
            .on(ControlPlane)
            .to("make a new join command")],
        source: "k/k cluster-bootstrap/token; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::BOOTSTRAP_SIGNER_NOT_RUNNING,
        severity: Severity::Error,
        summary: "the token exists, but cluster-info is not signed with it; the controller manager \
                  does that",
        distinguished_by: "kubeadm token list shows the token",
        check: CauseCheck::new(ControlPlane, "kubeadm token list")
            .judged_by(&[(Says("{token}."), Proves), (Succeeds, Excludes)]),
        remedies: &[run("crictl ps -a --name kube-controller-manager")
            .on(ControlPlane)
            .to("see whether it runs, and read its log")],
        source: "k/k pkg/controller/bootstrap/bootstrapsigner.go",
    },
    Cause {
        code: code::JOIN_TOKEN_SECRET_WRONG,
        severity: Severity::Error,
        summary: "the token's ID is known, but its secret is wrong: mistyped, or changed since",
        distinguished_by: "the text says so",
        check: CauseCheck::new(ControlPlane, "kubeadm token list"),
        remedies: &[run("kubeadm token create --print-join-command")
            .on(ControlPlane)
            .to("make a new join command, and paste all of it")],
        source: "k/k cluster-bootstrap/token/jws; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CA_PIN_OF_ANOTHER_CLUSTER,
        severity: Severity::Error,
        summary: "--discovery-token-ca-cert-hash is of another CA: the cluster's before the last \
                  kubeadm reset, or another machine answers for the address",
        distinguished_by: "the hash on the control plane is different",
        check: CauseCheck::new(
            ControlPlane,
            "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey \
                      -pubin -outform der | sha256sum",
        ),
        remedies: &[
            run("kubeadm token create --print-join-command")
                .on(ControlPlane)
                .to("if it is different, make a new join command"),
            action(
                "if it is the same, somebody intercepts the connection: do not join over this \
                    network",
            ),
        ],
        source: "k/k cmd/kubeadm/app/util/pubkeypin; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CLUSTER_INFO_CHANGED_MIDWAY,
        severity: Severity::Error,
        summary: "cluster-info was different when it was read again over verified TLS",
        distinguished_by: "a second attempt shows it: a change happens once, an interception every \
                           time",
        check: CauseCheck::new(
            ControlPlane,
            "kubectl get configmap -n kube-public cluster-info -o yaml",
        ),
        remedies: &[action("join again; if the text comes again, do not join over this network")],
        source: "k/k cmd/kubeadm/app/discovery/token/token.go",
    },
    Cause {
        code: code::CONTROL_PLANE_ENDPOINT_MISSING,
        severity: Severity::Error,
        summary: "the cluster was made without controlPlaneEndpoint, so that it accepts no second \
                  control plane",
        distinguished_by: "kubeadm-config has no controlPlaneEndpoint",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get configmap -n kube-system kubeadm-config -o yaml",
        )
        .judged_by(&[(Says("controlplaneendpoint:"), Excludes), (Succeeds, Proves)]),
        remedies: &[
            run("kubeadm init --control-plane-endpoint NAME:6443")
                .on(ControlPlane)
                .to("initialise again with a name that every node has in /etc/hosts"),
            action("join this host as a worker instead"),
        ],
        source: "k/k cmd/kubeadm/app/cmd/join.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CERTIFICATE_KEY_EXPIRED,
        severity: Severity::Error,
        summary: "the certificates for a second control plane are gone: kubeadm keeps them for 2 \
                  hours",
        distinguished_by: "the Secret kubeadm-certs does not exist",
        check: CauseCheck::new(Kubectl, "kubectl get secret -n kube-system kubeadm-certs")
            .judged_by(&[(Succeeds, Excludes), (Says("notfound"), Proves)]),
        remedies: &[run("kubeadm init phase upload-certs --upload-certs")
            .on(ControlPlane)
            .to("upload them again; this prints a new --certificate-key")],
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::CERTIFICATE_KEY_WRONG,
        severity: Severity::Error,
        summary: "the certificates were encrypted with another --certificate-key, that of a later \
                  upload",
        distinguished_by: "the Secret kubeadm-certs exists, and this key does not decrypt it",
        check: CauseCheck::new(Kubectl, "kubectl get secret -n kube-system kubeadm-certs")
            .judged_by(&[(Says("notfound"), Excludes)]),
        remedies: &[run("kubeadm init phase upload-certs --upload-certs")
            .on(ControlPlane)
            .to("upload them again; this prints a new --certificate-key")],
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::NODE_NAME_TAKEN,
        severity: Severity::Error,
        summary: "another host has joined with the same name",
        distinguished_by: "the Node of this name shows an address that is not this host's",
        check: CauseCheck::new(Kubectl, "kubectl get nodes -o wide"),
        remedies: &[run("hostnamectl set-hostname OTHER")
            .on(Here)
            .to("rename this host (also in /etc/hosts), then join again")],
        source: "k/k cmd/kubeadm/app/phases/kubelet: GET /api/v1/nodes/NAME",
    },
    Cause {
        code: code::NODE_JOINED_BEFORE,
        severity: Severity::Error,
        summary: "this host was joined or initialised before, and was not reset",
        distinguished_by: "/etc/kubernetes contains its files, and kubelet runs",
        check: CauseCheck::new(Here, "ls /etc/kubernetes").judged_by(&[
            (SaysAny(&["kubelet.conf", "admin.conf", "pki"]), Fits),
            (Succeeds, Excludes),
            (Says("no such file"), Excludes),
        ]),
        remedies: &[run("sudo kubeadm reset")
            .on(Here)
            .to("to join again, first delete this node's cluster state (on a control plane \
                    also etcd)")],
        source: "k/k cmd/kubeadm/app/preflight/checks.go FileAvailableCheck",
    },
    Cause {
        code: code::JOIN_VERSIONS_APART,
        severity: Severity::Error,
        summary: "kubeadm and the cluster, or its configuration file, are too many versions apart",
        distinguished_by: "kubeadm version here differs from the cluster's",
        check: CauseCheck::new(Here, "kubeadm version -o short"),
        remedies: &[
            action("install kubeadm, kubelet and kubectl of the cluster's minor version").on(Here)
        ],
        source: "kubernetes.io: Version Skew Policy",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_NOT_ON_HOST,
        severity: Severity::Error,
        summary: "the address is not on this host (a floating or public one, or it has changed), \
                  so that nothing can listen on it",
        distinguished_by: "ip address does not show it",
        check: CauseCheck::new(Here, "ip -br address")
            .judged_by(&[(Says(" {host}/"), Excludes), (Succeeds, Fits)]),
        remedies: &[run("kubeadm init --apiserver-advertise-address=ADDRESS")
            .to("initialise with an address that the host has")],
        source: "kubeadm#1390; measured: kubeadm accepts any address",
    },
    Cause {
        code: code::DEFAULT_ROUTE_MISSING,
        severity: Severity::Error,
        summary: "this host has no default route, and kubeadm, kubelet and flannel derive their \
                  address from it",
        distinguished_by: "ip route shows no line that begins with default",
        check: CauseCheck::new(Here, "ip route show default")
            .judged_by(&[(Silent, Proves), (Succeeds, Excludes)]),
        remedies: &[
            run("kubeadm init --apiserver-advertise-address=ADDRESS")
                .to("name the address: for kubelet --node-ip=ADDRESS, for flannel --iface=LINK, \
                    and for kubeadm"),
            run("ip route add default dev LINK metric 1000").on(Here).to("add a default route"),
        ],
        source: "kubernetes/apimachinery pkg/util/net/interface.go; kubeadm#982",
    },
    Cause {
        code: code::DEFAULT_ROUTE_WITHOUT_ADDRESS,
        severity: Severity::Error,
        summary: "there is a default route, but its interface has no address that Kubernetes uses \
                  (only link-local or loopback ones)",
        distinguished_by: "ip address shows none on that interface",
        check: CauseCheck::new(Here, "pontoon predict -v"),
        remedies: &[action(
            "name the address (--apiserver-advertise-address, --node-ip), or give the \
                    interface one",
        )],
        source: "kubernetes/apimachinery pkg/util/net/interface.go",
    },
    Cause {
        code: code::DEFAULT_ROUTE_UNREACHABLE,
        severity: Severity::Error,
        summary: "the first default route is of type unreachable or blackhole and has no interface",
        distinguished_by: "ip route shows unreachable default or blackhole default",
        check: CauseCheck::new(Here, "ip route show").judged_by(&[
            (SaysAny(&["unreachable default", "blackhole default", "prohibit default"]), Proves),
            (Succeeds, Excludes),
        ]),
        remedies: &[action("delete it, or give it a larger metric than the real one")],
        source: "kubernetes/apimachinery pkg/util/net/interface.go; measured",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_MALFORMED,
        severity: Severity::Error,
        summary: "--apiserver-advertise-address is not a usable IP address (a name, link-local, \
                  multicast)",
        distinguished_by: "the text says so",
        check: CauseCheck::new(Here, "ip -br address"),
        remedies: &[action(
            "give one of this host's own addresses; for a name there is \
                    --control-plane-endpoint",
        )],
        source: "k/k cmd/kubeadm/app/util/config/common.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::SUBNET_SIZE_REFUSED,
        severity: Severity::Error,
        summary: "podSubnet or serviceSubnet has a size that kubeadm does not accept",
        distinguished_by: "the text says so",
        check: CauseCheck::new(Here, "kubeadm config print init-defaults"),
        remedies: &[
            action("for Services use a /12 to a /28, such as 10.96.0.0/12"),
            action("for pods use one larger than a node's /24, such as 10.244.0.0/16"),
        ],
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
    Cause {
        code: code::JOIN_LINE_INCOMPLETE,
        severity: Severity::Error,
        summary: "the join command was cut off or mistyped",
        distinguished_by: "the text names the part",
        check: CauseCheck::new(ControlPlane, "kubeadm token list"),
        remedies: &[run("kubeadm token create --print-join-command")
            .on(ControlPlane)
            .to("make a new one, and paste all of it, with the part after the backslash")],
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
];
