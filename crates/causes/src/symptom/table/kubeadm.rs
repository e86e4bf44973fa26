//! Messages of kubeadm.

use super::{Symptom, SymptomGroup};
use pontoon_model::code::{self, DiagnosisCode};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [DiagnosisCode],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

pub(super) const TABLE: &[Symptom] = &[
    row(
        &[
            "specified service subnet is too large",
            "the size of pod subnet with mask",
            "subnet is too small",
        ],
        "kubeadm rejected the size of a subnet",
        &[code::SUBNET_SIZE_REFUSED],
    )
    .certain(),
    // Joins: errors in cluster-info, or after it was read.
    row(
        &[
            "could not find a jws signature in the cluster-info configmap for token id \"{token}\"",
            "token id \"{token}\" is invalid for this cluster or it has expired",
            "does not yet contain a jws signature for token id \"{token}\"",
        ],
        "the API server was reached; cluster-info is not signed with the token {token}",
        &[code::JOIN_TOKEN_UNKNOWN, code::BOOTSTRAP_SIGNER_NOT_RUNNING],
    ),
    row(
        &["failed to verify jws signature of received cluster info object"],
        "the API server was reached; cluster-info is not signed with this token's secret",
        &[code::JOIN_TOKEN_SECRET_WRONG],
    )
    .certain(),
    row(
        &[
            "none of the public keys {..}are pinned",
            "cluster ca found in cluster-info configmap is",
        ],
        "the API server was reached; its CA does not match --discovery-token-ca-cert-hash",
        &[code::CA_PIN_OF_ANOTHER_CLUSTER],
    )
    .certain(),
    row(
        &["the second kubeconfig from the cluster-info configmap"],
        "cluster-info read over verified TLS differs from the first one",
        &[code::CLUSTER_INFO_CHANGED_MIDWAY],
    )
    .certain(),
    row(
        &[
            "doesn't have a stable controlplaneendpoint address",
            "unable to add a new control plane instance",
        ],
        "the cluster has no controlPlaneEndpoint, which a second control plane needs",
        &[code::CONTROL_PLANE_ENDPOINT_MISSING],
    )
    .certain(),
    row(
        &[
            "secret \"kubeadm-certs\" was not found",
            "secrets \"kubeadm-certs\" not found",
        ],
        "the certificates for another control plane are not in the cluster",
        &[code::CERTIFICATE_KEY_EXPIRED],
    ),
    row(
        &["error decoding secret data with provided key"],
        "the certificates for another control plane cannot be decrypted with this --certificate-key",
        &[code::CERTIFICATE_KEY_WRONG],
    )
    .certain(),
    row(
        &["a node with name \"{node}\" and status \"ready\" already exists"],
        "the cluster has a Ready node {node} already",
        &[code::NODE_NAME_TAKEN, code::NODE_JOINED_BEFORE],
    ),
    row(
        &["failed while waiting for tls bootstrap", "timed out waiting for the tls bootstrap"],
        "kubelet was started and had no certificate after 5 minutes",
        &[code::TLS_BOOTSTRAP_BLOCKED, code::KUBELET_CRASH_LOOP, code::KUBELET_NOT_RUNNING],
    ),
    row(
        &[
            "discovery.bootstraptoken.token: invalid value",
            "the bootstrap token {..}was not of the form",
            "discovery: invalid value: \"\": bootstraptoken or file must be set",
            "discovery.bootstraptoken: required value",
            "discovery.tlsbootstraptoken: required value",
            "using token-based discovery without cacerthashes can be unsafe",
            "invalid hash \"",
            "accepts at most 1 arg(s), received",
        ],
        "kubeadm rejected the join command before it contacted any server",
        &[code::JOIN_LINE_INCOMPLETE],
    )
    .certain(),
    row(
        &[
            "this version of kubeadm only supports deploying clusters with the control plane version",
            "your kubernetes version is not supported",
            "the kubelet version is higher than the control plane version",
            "kubelet version is too old",
            "your configuration file uses an old api spec",
            "your configuration file uses an unsupported api",
            "please use kubeadm v1.{number} instead",
            "no kind \"clusterconfiguration\" is registered",
        ],
        "kubeadm rejected a version",
        &[code::JOIN_VERSIONS_APART],
    )
    .certain(),
    // The choice of the advertise address.
    row(
        &[
            "no default routes found in",
            "cannot use \"0.0.0.0\" as the bind address",
            "cannot use \"::\" as the bind address",
            "no acceptable interface with global unicast address found",
            "unable to find suitable network address",
            "unable to find default route",
        ],
        "the program found no default route to derive its address from",
        &[code::DEFAULT_ROUTE_MISSING],
    ),
    row(
        &[
            "unable to select an ip from default routes",
            "unable to select an ip from {link} network",
        ],
        "no interface of a default route has an address that Kubernetes uses",
        &[code::DEFAULT_ROUTE_WITHOUT_ADDRESS],
    )
    .certain(),
    row(
        &["route ip+net: no such network interface", "found default route but could not determine"],
        "the first default route has no interface",
        &[code::DEFAULT_ROUTE_UNREACHABLE],
    ),
    row(
        &[
            "as \"apiserver-advertise-address\", must be ipv4 or ipv6 address",
            "couldn't use {..}as \"apiserver-advertise-address\"",
            "cannot use \"{address}\" as the bind address for the api server",
        ],
        "kubeadm rejected the advertise address",
        &[code::ADVERTISE_ADDRESS_MALFORMED],
    )
    .certain(),
    // Preflight checks.
    row(
        &["[error swap]", "running with swap on is not supported"],
        "swap is on, which is an error here",
        &[code::SWAP_ON],
    )
    .certain(),
    row(
        &["[warning swap]", "swap is supported for cgroup v2 only"],
        "swap is on, which kubeadm only notes",
        &[code::SWAP_NOTED],
    )
    .certain(),
    row(
        &[
            "/proc/sys/net/ipv4/ip_forward contents are not set to 1",
            "filecontent--proc-sys-net-ipv4-ip_forward",
        ],
        "this host does not forward IPv4 packets",
        &[code::IP_FORWARD_OFF],
    )
    .certain(),
    row(
        &["filecontent--proc-sys-net-ipv6-conf-default-forwarding"],
        "this host does not forward IPv6 packets",
        &[code::IPV6_FORWARD_OFF],
    )
    .certain(),
    row(
        &[
            "filecontent--proc-sys-net-bridge-bridge-nf-call-iptables",
            "/proc/sys/net/bridge/bridge-nf-call-iptables does not exist",
            "stat /proc/sys/net/bridge/bridge-nf-call-iptables: no such file",
        ],
        "bridged packets do not pass netfilter here",
        &[code::BRIDGE_NETFILTER_OFF],
    )
    .certain(),
    row(
        &["[error port-10250]", "port 10250 is in use"],
        "something already listens on 10250, kubelet's port",
        &[code::NODE_JOINED_BEFORE, code::PORT_TAKEN],
    ),
    row(
        &["[error port-{port}]", "port {port} is in use"],
        "something already listens on port {port}",
        &[code::NODE_JOINED_BEFORE, code::PORT_TAKEN],
    ),
    row(
        &["[error fileavailable-", "[error diravailable-", "already exists[error"],
        "files of an earlier init or join exist",
        &[code::NODE_JOINED_BEFORE],
    )
    .certain(),
    row(
        &["missing required cgroups: memory", "cgroups_memory: missing", "cgroup_memory: missing"],
        "the kernel runs without the memory cgroup",
        &[code::CGROUP_MEMORY_OFF],
    )
    .certain(),
    row(
        &[
            "missing required cgroups",
            "failed to find {..}cgroup (v2)",
            "failed to find memory cgroup",
        ],
        "the kernel runs without a cgroup controller that kubelet needs",
        &[code::CGROUP_MEMORY_OFF, code::CGROUP_CONTROLLER_MISSING],
    ),
    row(
        &["missing optional cgroups"],
        "an optional cgroup controller is missing",
        &[code::OPTIONAL_CGROUP_MISSING],
    )
    .certain(),
    row(
        &["[error numcpu]", "[error mem]", "the number of available cpus"],
        "this host is smaller than kubeadm requires for a control plane",
        &[code::HOST_TOO_SMALL],
    )
    .certain(),
    row(
        &["[error isprivilegeduser]", "user is not running as root"],
        "kubeadm was not run as root",
        &[code::NOT_ROOT],
    )
    .certain(),
    row(
        &["[error fileexisting-{program}]"],
        "{program} is not installed, or not in root's PATH",
        &[code::PROGRAM_MISSING],
    )
    .certain(),
    row(
        &[
            "kernel config not found",
            "[error systemverification]: failed to parse kernel config",
            "unsupported kernel release",
        ],
        "kubeadm does not accept the kernel, or cannot read its configuration",
        &[code::KERNEL_NOT_ACCEPTED],
    ),
    row(
        &["[warning hostname]", "hostname \"{node}\" could not be reached"],
        "the node's own name is not resolved, which kubeadm only notes",
        &[code::HOST_NAME_UNRESOLVED],
    )
    .certain(),
    row(
        &["[warning firewalld]", "firewalld is active"],
        "firewalld is active on this host",
        &[code::FIREWALLD_ACTIVE],
    )
    .certain(),
    row(
        &["[warning httpproxy", "connection to \"https://{..}uses proxy"],
        "an HTTP proxy is used, or would be, for traffic of the cluster",
        &[code::HTTP_PROXY_APPLIES],
    ),
    row(
        &["the recommended value for \"bindaddress\" in \"kubeproxyconfiguration\" is"],
        "kubeadm compares kube-proxy's bindAddress with a host without a default route",
        &[code::BIND_ADDRESS_ADVICE],
    )
    .certain(),
    row(
        &[
            "could not fetch a kubernetes version from the internet",
            "falling back to the local client version",
            "unable to fetch file. url: \"https://dl.k8s.io",
            "unable to get url \"https://dl.k8s.io",
            "unable to get url \"https://storage.googleapis.com/kubernetes-release",
        ],
        "the newest version could not be looked up on the internet",
        &[code::VERSION_NOT_LOOKED_UP],
    )
    .certain(),
    row(
        &["found multiple cri endpoints on the host"],
        "two container runtimes are installed",
        &[code::SEVERAL_RUNTIMES],
    )
    .certain(),
    row(
        &[
            "unknown service runtime.v1.runtimeservice",
            "unknown service runtime.v1alpha2.runtimeservice",
            "unknown service runtime.v1.imageservice",
        ],
        "containerd answers, but does not offer the CRI service that was requested",
        &[code::CRI_PLUGIN_DISABLED, code::CRI_TOO_OLD],
    ),
    row(
        &[
            "dial unix /run/containerd/containerd.sock: connect: no such file",
            "dial unix /var/run/containerd/containerd.sock: connect: no such file",
            "dial unix /var/run/crio/crio.sock: connect: no such file",
            "cri-dockerd.sock: connect: no such file",
            "containerd.sock: no such file or directory",
        ],
        "the container runtime's socket does not exist",
        &[code::CONTAINERD_NOT_RUNNING, code::CRI_SOCKET_MISSING],
    ),
    row(
        &[
            "container runtime is not running",
            "containerd.sock: connect: connection refused",
            "crio.sock: connect: connection refused",
            "[error cri]",
            "container runtime is down",
            "failed to create new cri runtime service",
            "validate service connection",
        ],
        "the container runtime did not answer",
        &[code::CONTAINERD_NOT_RUNNING, code::CRI_PLUGIN_DISABLED, code::CRI_SOCKET_MISSING],
    ),
    row(
        &[
            "misconfiguration: kubelet cgroup driver",
            "cgroup driver: \"cgroupfs\" is different from",
        ],
        "kubelet and the container runtime use different cgroup drivers",
        &[code::CGROUP_DRIVER_MISMATCH],
    )
    .certain(),
    row(
        &[
            "localhost:10248/healthz\": ",
            "localhost:10248/healthz' failed",
            "127.0.0.1:10248/healthz\": ",
            "127.0.0.1:10248/healthz' failed",
            "127.0.0.1:10248: connect: connection refused",
            "it seems like the kubelet isn't running or healthy",
            "the kubelet is not healthy after",
        ],
        "kubelet on this host did not answer on its health port",
        &[
            code::KUBELET_CRASH_LOOP,
            code::SWAP_ON,
            code::CGROUP_DRIVER_MISMATCH,
            code::CGROUP_MEMORY_OFF,
            code::CONTAINERD_NOT_RUNNING,
            code::KUBELET_NOT_RUNNING,
        ],
    ),
    row(
        &["[error imagepull]"],
        "kubeadm could not pull an image; this line does not say why",
        &[code::PULL_FAILED_UNTOLD],
    )
    .after(SymptomGroup::Pull),
    row(
        &[
            "the api server is not healthy after",
            "kube-apiserver is not healthy after",
            "kube-controller-manager is not healthy after",
            "kube-scheduler is not healthy after",
            "wait-control-plane: timed out",
            "error execution phase wait-control-plane",
            "couldn't initialize a kubernetes cluster",
            "could not initialize a kubernetes cluster",
        ],
        "kubeadm waited for the control plane's containers, and they did not come up",
        &[
            code::ADVERTISE_ADDRESS_NOT_ON_HOST,
            code::ETCD_NOT_RUNNING,
            code::CGROUP_DRIVER_MISMATCH,
            code::SANDBOX_IMAGE_MISSING,
            code::CONTAINER_ENDS_BY_ITSELF,
        ],
    )
    .after(SymptomGroup::Any),
];
