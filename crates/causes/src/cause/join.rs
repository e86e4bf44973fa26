//! Causes that occur only during a join.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER,
        weight: CauseSeverity::Fault,
        summary: "cluster-info names a server that this host does not reach, whatever the join line said",
        distinguished_by: "the join line's address answers, and the one that cluster-info names does not",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ping -c 2 -W 2 {host}",
            patterns: &[
                (OutputPattern::Says("bytes from {host}"), CauseImplication::Excludes),
                (OutputPattern::Says("100% packet loss"), CauseImplication::Fits),
                (OutputPattern::Says("destination host unreachable"), CauseImplication::Fits),
            ],
        },
        remedy: "kubeadm init with --apiserver-advertise-address (or --control-plane-endpoint) that \
               all nodes reach; a discovery file that names such an address joins meanwhile",
        source: "k/k cmd/kubeadm/app/discovery/discovery.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::JOIN_TOKEN_UNKNOWN,
        weight: CauseSeverity::Fault,
        summary: "the cluster does not know the token: it has run out (24 hours), or is of another \
             cluster",
        distinguished_by: "kubeadm token list does not name it",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubeadm token list",
            patterns: &[
                (OutputPattern::Says("{token}."), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "on the control plane: kubeadm token create --print-join-command",
        source: "k/k cluster-bootstrap/token; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::BOOTSTRAP_SIGNER_NOT_RUNNING,
        weight: CauseSeverity::Fault,
        summary: "the token is there, and nobody has signed cluster-info with it: the controller \
             manager does that",
        distinguished_by: "kubeadm token list names the token",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubeadm token list",
            patterns: &[
                (OutputPattern::Says("{token}."), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "crictl ps -a --name kube-controller-manager, and its log",
        source: "k/k pkg/controller/bootstrap/bootstrapsigner.go",
    },
    Cause {
        code: code::JOIN_TOKEN_SECRET_WRONG,
        weight: CauseSeverity::Fault,
        summary: "the token's first half is known and its second half is wrong: mistyped, or made anew \
             since",
        distinguished_by: "the text says so",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubeadm token list",
            patterns: &[],
        },
        remedy: "on the control plane: kubeadm token create --print-join-command; paste it whole",
        source: "k/k cluster-bootstrap/token/jws; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CA_PIN_OF_ANOTHER_CLUSTER,
        weight: CauseSeverity::Fault,
        summary: "--discovery-token-ca-cert-hash is of another CA: of the cluster before the last \
             kubeadm reset, or another machine answers for the address",
        distinguished_by: "the hash on the control plane is another one",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey \
                      -pubin -outform der | sha256sum",
            patterns: &[],
        },
        remedy: "if it is: kubeadm token create --print-join-command; if it is the same, somebody \
               is between: do not join over this network",
        source: "k/k cmd/kubeadm/app/util/pubkeypin; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CLUSTER_INFO_CHANGED_MIDWAY,
        weight: CauseSeverity::Fault,
        summary: "cluster-info was not the same when it was read again over verified TLS",
        distinguished_by: "once more tells: a change happens once, an interception always",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubectl get configmap -n kube-public cluster-info -o yaml",
            patterns: &[],
        },
        remedy: "join again; when it says so again, do not join over this network",
        source: "k/k cmd/kubeadm/app/discovery/token/token.go",
    },
    Cause {
        code: code::CONTROL_PLANE_ENDPOINT_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the cluster was made without controlPlaneEndpoint, so it takes no second control plane",
        distinguished_by: "kubeadm-config has no controlPlaneEndpoint",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get configmap -n kube-system kubeadm-config -o yaml",
            patterns: &[
                (OutputPattern::Says("controlplaneendpoint:"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "init again with --control-plane-endpoint NAME:6443, a name that every node has in \
               /etc/hosts; or join as a worker",
        source: "k/k cmd/kubeadm/app/cmd/join.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::CERTIFICATE_KEY_EXPIRED,
        weight: CauseSeverity::Fault,
        summary: "the certificates for a second control plane are not there: kubeadm keeps them 2 hours",
        distinguished_by: "the Secret kubeadm-certs does not exist",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get secret -n kube-system kubeadm-certs",
            patterns: &[
                (OutputPattern::Succeeds, CauseImplication::Excludes),
                (OutputPattern::Says("notfound"), CauseImplication::Proves),
            ],
        },
        remedy: "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
               --certificate-key",
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::CERTIFICATE_KEY_WRONG,
        weight: CauseSeverity::Fault,
        summary: "the certificates were encrypted with another --certificate-key: that of a later upload",
        distinguished_by: "the Secret kubeadm-certs exists, and this key does not open it",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get secret -n kube-system kubeadm-certs",
            patterns: &[(OutputPattern::Says("notfound"), CauseImplication::Excludes)],
        },
        remedy: "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
               --certificate-key",
        source: "k/k cmd/kubeadm/app/phases/copycerts",
    },
    Cause {
        code: code::NODE_NAME_TAKEN,
        weight: CauseSeverity::Fault,
        summary: "another host has joined under the same name",
        distinguished_by: "the Node of this name shows an address that is not this host's",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get nodes -o wide",
            patterns: &[],
        },
        remedy: "hostnamectl set-hostname OTHER (and /etc/hosts), then join again",
        source: "k/k cmd/kubeadm/app/phases/kubelet: GET /api/v1/nodes/NAME",
    },
    Cause {
        code: code::NODE_JOINED_BEFORE,
        weight: CauseSeverity::Fault,
        summary: "this host has been joined or initialised before, and was not reset",
        distinguished_by: "/etc/kubernetes holds its files, and kubelet runs",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ls /etc/kubernetes",
            patterns: &[
                (
                    OutputPattern::SaysAny(&["kubelet.conf", "admin.conf", "pki"]),
                    CauseImplication::Fits,
                ),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
                (OutputPattern::Says("no such file"), CauseImplication::Excludes),
            ],
        },
        remedy: "if it shall join anew: sudo kubeadm reset (it deletes this node's cluster state, on \
               a control plane etcd, too), then join",
        source: "k/k cmd/kubeadm/app/preflight/checks.go FileAvailableCheck",
    },
    Cause {
        code: code::JOIN_VERSIONS_APART,
        weight: CauseSeverity::Fault,
        summary: "kubeadm and the cluster, or its configuration file, are too many versions apart",
        distinguished_by: "kubeadm version here differs from the cluster's",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "kubeadm version -o short",
            patterns: &[],
        },
        remedy: "install the kubeadm, kubelet and kubectl of the cluster's minor version",
        source: "kubernetes.io: Version Skew Policy",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_NOT_ON_HOST,
        weight: CauseSeverity::Fault,
        summary: "the address is not on this host (a floating or public one, or it has changed), so \
             nothing can listen on it",
        distinguished_by: "ip address does not show it",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip -br address",
            patterns: &[
                (OutputPattern::Says(" {host}/"), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Fits),
            ],
        },
        remedy: "init with an address that the host has: --apiserver-advertise-address=ADDRESS",
        source: "kubeadm#1390; measured: kubeadm accepts any address",
    },
    Cause {
        code: code::DEFAULT_ROUTE_MISSING,
        weight: CauseSeverity::Fault,
        summary: "this host has no default route, and kubeadm, kubelet and flannel take their address \
             from it",
        distinguished_by: "ip route shows no line that begins with default",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip route show default",
            patterns: &[
                (OutputPattern::Silent, CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "name the address: kubeadm init --apiserver-advertise-address=ADDRESS, kubelet \
               --node-ip=ADDRESS, flannel --iface=LINK; or: ip route add default dev LINK metric \
               1000",
        source: "kubernetes/apimachinery pkg/util/net/interface.go; kubeadm#982",
    },
    Cause {
        code: code::DEFAULT_ROUTE_WITHOUT_ADDRESS,
        weight: CauseSeverity::Fault,
        summary: "a default route is there, and its interface has no address that Kubernetes takes \
             (only link-local or loopback ones)",
        distinguished_by: "ip address on that interface shows none",
        check: CauseCheck { on: CheckLocation::Here, command: "pontoon predict -v", patterns: &[] },
        remedy: "name the address: --apiserver-advertise-address, --node-ip; or give the interface one",
        source: "kubernetes/apimachinery pkg/util/net/interface.go",
    },
    Cause {
        code: code::DEFAULT_ROUTE_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "the first default route is of the kind unreachable or blackhole and names no interface",
        distinguished_by: "ip route shows unreachable default or blackhole default",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "ip route show",
            patterns: &[
                (
                    OutputPattern::SaysAny(&[
                        "unreachable default",
                        "blackhole default",
                        "prohibit default",
                    ]),
                    CauseImplication::Proves,
                ),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "remove it, or give it a larger metric than the real one",
        source: "kubernetes/apimachinery pkg/util/net/interface.go; measured",
    },
    Cause {
        code: code::ADVERTISE_ADDRESS_MALFORMED,
        weight: CauseSeverity::Fault,
        summary: "--apiserver-advertise-address is no IP address that can be used (a name, link-local, \
             multicast)",
        distinguished_by: "the text says so",
        check: CauseCheck { on: CheckLocation::Here, command: "ip -br address", patterns: &[] },
        remedy: "give one of this host's own addresses; for a name there is --control-plane-endpoint",
        source: "k/k cmd/kubeadm/app/util/config/common.go; measured: kubeadm v1.36.2",
    },
    Cause {
        code: code::SUBNET_SIZE_REFUSED,
        weight: CauseSeverity::Fault,
        summary: "podSubnet or serviceSubnet has a size that kubeadm does not take",
        distinguished_by: "the text says so",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "kubeadm config print init-defaults",
            patterns: &[],
        },
        remedy: "services: a /12 to /28, such as 10.96.0.0/12; pods: larger than one node's /24, such \
               as 10.244.0.0/16",
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
    Cause {
        code: code::JOIN_LINE_INCOMPLETE,
        weight: CauseSeverity::Fault,
        summary: "the join line was cut or mistyped",
        distinguished_by: "the text names the part",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubeadm token list",
            patterns: &[],
        },
        remedy: "on the control plane: kubeadm token create --print-join-command; paste it whole, \
               with the part after the backslash",
        source: "k/k cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
    },
];
