//! What only a join meets.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER,
        weight: Weight::Fault,
        is: "cluster-info names a server that this host does not reach, whatever the join line said",
        apart: "the join line's address answers, and the one that cluster-info names does not",
        look: Look {
            on: On::Here,
            command: "ping -c 2 -W 2 {host}",
            signs: &[
                (Sign::Says("bytes from {host}"), Means::Excludes),
                (Sign::Says("100% packet loss"), Means::Fits),
                (Sign::Says("destination host unreachable"), Means::Fits),
            ],
        },
        cure: "kubeadm init with --apiserver-advertise-address (or --control-plane-endpoint) that \
               all nodes reach; a discovery file that names such an address joins meanwhile",
        source: "k/k cmd/kubeadm/app/discovery/discovery.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::JOIN_TOKEN_UNKNOWN,
        weight: Weight::Fault,
        is: "the cluster does not know the token: it has run out (24 hours), or is of another \
             cluster",
        apart: "kubeadm token list does not name it",
        look: Look {
            on: On::ControlPlane,
            command: "kubeadm token list",
            signs: &[(Sign::Says("{token}."), Means::Excludes), (Sign::Succeeds, Means::Proves)],
        },
        cure: "on the control plane: kubeadm token create --print-join-command",
        source: "k/k cluster-bootstrap/token; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::BOOTSTRAP_SIGNER_NOT_RUNNING,
        weight: Weight::Fault,
        is: "the token is there, and nobody has signed cluster-info with it: the controller \
             manager does that",
        apart: "kubeadm token list names the token",
        look: Look {
            on: On::ControlPlane,
            command: "kubeadm token list",
            signs: &[(Sign::Says("{token}."), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "crictl ps -a --name kube-controller-manager, and its log",
        source: "k/k pkg/controller/bootstrap/bootstrapsigner.go",
    },
    Cause {
        code: code::JOIN_TOKEN_SECRET_WRONG,
        weight: Weight::Fault,
        is: "the token's first half is known and its second half is wrong: mistyped, or made anew \
             since",
        apart: "the text says so",
        look: Look { on: On::ControlPlane, command: "kubeadm token list", signs: &[] },
        cure: "on the control plane: kubeadm token create --print-join-command; paste it whole",
        source: "k/k cluster-bootstrap/token/jws; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CA_PIN_OF_ANOTHER_CLUSTER,
        weight: Weight::Fault,
        is: "--discovery-token-ca-cert-hash is of another CA: of the cluster before the last \
             kubeadm reset, or another machine answers for the address",
        apart: "the hash on the control plane is another one",
        look: Look {
            on: On::ControlPlane,
            command: "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey \
                      -pubin -outform der | sha256sum",
            signs: &[],
        },
        cure: "if it is: kubeadm token create --print-join-command; if it is the same, somebody \
               is between: do not join over this network",
        source: "k/k cmd/kubeadm/app/util/pubkeypin; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CLUSTER_INFO_CHANGED_MIDWAY,
        weight: Weight::Fault,
        is: "cluster-info was not the same when it was read again over verified TLS",
        apart: "once more tells: a change happens once, an interception always",
        look: Look {
            on: On::ControlPlane,
            command: "kubectl get configmap -n kube-public cluster-info -o yaml",
            signs: &[],
        },
        cure: "join again; when it says so again, do not join over this network",
        source: "k/k cmd/kubeadm/app/discovery/token/token.go",
    },
    Cause {
        code: code::CONTROL_PLANE_ENDPOINT_MISSING,
        weight: Weight::Fault,
        is: "the cluster was made without controlPlaneEndpoint, so it takes no second control plane",
        apart: "kubeadm-config has no controlPlaneEndpoint",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get configmap -n kube-system kubeadm-config -o yaml",
            signs: &[
                (Sign::Says("controlplaneendpoint:"), Means::Excludes),
                (Sign::Succeeds, Means::Proves),
            ],
        },
        cure: "init again with --control-plane-endpoint NAME:6443, a name that every node has in \
               /etc/hosts; or join as a worker",
        source: "k/k cmd/kubeadm/app/cmd/join.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CERTIFICATE_KEY_EXPIRED,
        weight: Weight::Fault,
        is: "the certificates for a second control plane are not there: kubeadm keeps them 2 hours",
        apart: "the Secret kubeadm-certs does not exist",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get secret -n kube-system kubeadm-certs",
            signs: &[(Sign::Succeeds, Means::Excludes), (Sign::Says("notfound"), Means::Proves)],
        },
        cure: "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
               --certificate-key",
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::CERTIFICATE_KEY_WRONG,
        weight: Weight::Fault,
        is: "the certificates were encrypted with another --certificate-key: that of a later upload",
        apart: "the Secret kubeadm-certs exists, and this key does not open it",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get secret -n kube-system kubeadm-certs",
            signs: &[(Sign::Says("notfound"), Means::Excludes)],
        },
        cure: "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
               --certificate-key",
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::NODE_NAME_TAKEN,
        weight: Weight::Fault,
        is: "another host has joined under the same name",
        apart: "the Node of this name shows an address that is not this host's",
        look: Look { on: On::Kubectl, command: "kubectl get nodes -o wide", signs: &[] },
        cure: "hostnamectl set-hostname OTHER (and /etc/hosts), then join again",
        source: "k/k cmd/kubeadm/app/phases/kubelet: GET /api/v1/nodes/NAME",
    },
    Cause {
        code: code::NODE_JOINED_BEFORE,
        weight: Weight::Fault,
        is: "this host has been joined or initialised before, and was not reset",
        apart: "/etc/kubernetes holds its files, and kubelet runs",
        look: Look {
            on: On::Here,
            command: "ls /etc/kubernetes",
            signs: &[
                (Sign::SaysAny(&["kubelet.conf", "admin.conf", "pki"]), Means::Fits),
                (Sign::Succeeds, Means::Excludes),
                (Sign::Says("no such file"), Means::Excludes),
            ],
        },
        cure: "if it shall join anew: sudo kubeadm reset (it deletes this node's cluster state, on \
               a control plane etcd, too), then join",
        source: "k/k cmd/kubeadm/app/preflight/checks.go FileAvailableCheck",
    },
    Cause {
        code: code::JOIN_VERSIONS_APART,
        weight: Weight::Fault,
        is: "kubeadm and the cluster, or its configuration file, are too many versions apart",
        apart: "kubeadm version here differs from the cluster's",
        look: Look { on: On::Here, command: "kubeadm version -o short", signs: &[] },
        cure: "install the kubeadm, kubelet and kubectl of the cluster's minor version",
        source: "kubernetes.io: Version Skew Policy",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_NOT_ON_HOST,
        weight: Weight::Fault,
        is: "the address is not on this host (a floating or public one, or it has changed), so \
             nothing can listen on it",
        apart: "ip address does not show it",
        look: Look {
            on: On::Here,
            command: "ip -br address",
            signs: &[(Sign::Says(" {host}/"), Means::Excludes), (Sign::Succeeds, Means::Fits)],
        },
        cure: "init with an address that the host has: --apiserver-advertise-address=ADDRESS",
        source: "kubeadm#1390; measured: kubeadm accepts any address",
    },
    Cause {
        code: code::DEFAULT_ROUTE_MISSING,
        weight: Weight::Fault,
        is: "this host has no default route, and kubeadm, kubelet and flannel take their address \
             from it",
        apart: "ip route shows no line that begins with default",
        look: Look {
            on: On::Here,
            command: "ip route show default",
            signs: &[(Sign::Silent, Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "name the address: kubeadm init --apiserver-advertise-address=ADDRESS, kubelet \
               --node-ip=ADDRESS, flannel --iface=LINK; or: ip route add default dev LINK metric \
               1000",
        source: "kubernetes/apimachinery pkg/util/net/interface.go; kubeadm#982",
    },
    Cause {
        code: code::DEFAULT_ROUTE_WITHOUT_ADDRESS,
        weight: Weight::Fault,
        is: "a default route is there, and its interface has no address that Kubernetes takes \
             (only link-local or loopback ones)",
        apart: "ip address on that interface shows none",
        look: Look { on: On::Here, command: "pontoon predict -v", signs: &[] },
        cure: "name the address: --apiserver-advertise-address, --node-ip; or give the interface one",
        source: "kubernetes/apimachinery pkg/util/net/interface.go",
    },
    Cause {
        code: code::DEFAULT_ROUTE_UNREACHABLE,
        weight: Weight::Fault,
        is: "the first default route is of the kind unreachable or blackhole and names no interface",
        apart: "ip route shows unreachable default or blackhole default",
        look: Look {
            on: On::Here,
            command: "ip route show",
            signs: &[
                (
                    Sign::SaysAny(&[
                        "unreachable default",
                        "blackhole default",
                        "prohibit default",
                    ]),
                    Means::Proves,
                ),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "remove it, or give it a larger metric than the real one",
        source: "kubernetes/apimachinery pkg/util/net/interface.go; measured",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_MALFORMED,
        weight: Weight::Fault,
        is: "--apiserver-advertise-address is no IP address that can be used (a name, link-local, \
             multicast)",
        apart: "the text says so",
        look: Look { on: On::Here, command: "ip -br address", signs: &[] },
        cure: "give one of this host's own addresses; for a name there is --control-plane-endpoint",
        source: "k/k cmd/kubeadm/app/util/config/common.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::SUBNET_SIZE_REFUSED,
        weight: Weight::Fault,
        is: "podSubnet or serviceSubnet has a size that kubeadm does not take",
        apart: "the text says so",
        look: Look { on: On::Here, command: "kubeadm config print init-defaults", signs: &[] },
        cure: "services: a /12 to /28, such as 10.96.0.0/12; pods: larger than one node's /24, such \
               as 10.244.0.0/16",
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
    Cause {
        code: code::JOIN_LINE_INCOMPLETE,
        weight: Weight::Fault,
        is: "the join line was cut or mistyped",
        apart: "the text names the part",
        look: Look { on: On::ControlPlane, command: "kubeadm token list", signs: &[] },
        cure: "on the control plane: kubeadm token create --print-join-command; paste it whole, \
               with the part after the backslash",
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
];
