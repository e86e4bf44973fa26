//! Texts with exactly one symptom each.

use super::codes;
use crate::symptom::explain;
use pontoon_model::code::{self, DiagnosisCode};

/// A text, and a cause that must remain possible.
const RECOGNISED: &[(&str, DiagnosisCode)] = &[
    (
        "/etc/coredns/Corefile:5 - Error during parsing: Unknown directive 'forwrad'",
        code::COREFILE_REJECTED,
    ),
    // kubeadm join, by stage.
    (
        "error: error execution phase preflight: couldn't validate the identity of the API Server: \
         failed to request the cluster-info ConfigMap: Get \
         \"https://172.20.5.1:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s\": \
         dial tcp 172.20.5.1:6443: connect: no route to host",
        code::API_ADDRESS_UNREACHABLE,
    ),
    (
        "couldn't validate the identity of the API Server: failed to request the cluster-info \
         ConfigMap: Get \"https://[fd00::1]:6443/x\": net/http: request canceled while waiting for \
         connection (Client.Timeout exceeded while awaiting headers)",
        code::FIREWALL_DROP,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://pi1.local:6443/x\": dial tcp: \
         lookup pi1.local on 192.168.1.1:53: no such host",
        code::NAME_UNKNOWN,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": dial tcp \
         10.0.0.1:6443: connect: connection refused",
        code::API_SERVER_NOT_RUNNING,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": dial tcp \
         10.0.0.1:6443: connect: network is unreachable",
        code::NO_ROUTE_FROM_HERE,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate is valid for 172.20.5.1, 10.96.0.1, not 10.0.0.1",
        code::API_CERTIFICATE_LACKS_NAME,
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://10.0.0.1:6443/x\": tls: failed to verify certificate: x509: certificate is valid \
         for 10.96.0.1, 172.20.5.1, not 10.0.0.1",
        code::API_CERTIFICATE_LACKS_NAME,
    ),
    (
        "couldn't validate the identity of the API Server: could not find a JWS signature in the \
         cluster-info ConfigMap for token ID \"zzzzzz\"",
        code::JOIN_TOKEN_UNKNOWN,
    ),
    (
        "failed to verify JWS signature of received cluster info object, can't trust this API Server",
        code::JOIN_TOKEN_SECRET_WRONG,
    ),
    (
        "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \
         \"sha256:aa\" are pinned",
        code::CA_PIN_OF_ANOTHER_CLUSTER,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate signed by unknown authority (possibly because of \
         \"crypto/rsa: verification error\" while trying to verify candidate authority certificate \
         \"kubernetes\")",
        code::KUBECONFIG_OF_ANOTHER_CA,
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate has expired or is not yet valid: current time \
         2024-01-01T00:00:00Z is before 2026-11-24T09:00:00Z",
        code::CLOCK_BEFORE_CERTIFICATE,
    ),
    (
        "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has \
         expired or is not yet valid: current time 2027-12-01T00:00:00Z is after \
         2027-11-24T09:00:00Z",
        code::CERTIFICATE_EXPIRED,
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://172.20.5.1:6443/api/v1/x?timeout=10s\": dial tcp 172.20.5.1:6443: connect: no \
         route to host",
        code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER,
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://172.20.5.1:6443/api/v1/x?timeout=10s\": context deadline exceeded",
        code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER,
    ),
    (
        "One or more conditions for hosting a new control plane instance is not satisfied. unable \
         to add a new control plane instance to a cluster that doesn't have a stable \
         controlPlaneEndpoint address",
        code::CONTROL_PLANE_ENDPOINT_MISSING,
    ),
    (
        "the second kubeconfig from the cluster-info ConfigMap (using validated TLS) was different \
         from the first",
        code::CLUSTER_INFO_CHANGED_MIDWAY,
    ),
    (
        "a Node with name \"pi2\" and status \"Ready\" already exists in the cluster",
        code::NODE_NAME_TAKEN,
    ),
    ("failed while waiting for TLS bootstrap: timed out", code::TLS_BOOTSTRAP_BLOCKED),
    (
        "The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: Get \
         \"http://127.0.0.1:10248/healthz\": context deadline exceeded",
        code::KUBELET_CRASH_LOOP,
    ),
    (
        "[discovery] Failed to request cluster info, will try again: Get https://10.0.0.1:6443/x: EOF",
        code::CONNECTION_CUT,
    ),
    // kubeadm: choice of the address.
    (
        "WARNING: could not obtain a bind address for the API Server: no default routes found in \
         \"/proc/net/route\" or \"/proc/net/ipv6_route\"; using: 0.0.0.0",
        code::DEFAULT_ROUTE_MISSING,
    ),
    ("cannot use \"0.0.0.0\" as the bind address for the API Server", code::DEFAULT_ROUTE_MISSING),
    (
        "cannot use \"169.254.7.7\" as the bind address for the API Server",
        code::ADVERTISE_ADDRESS_MALFORMED,
    ),
    (
        "couldn't use \"pi1\" as \"apiserver-advertise-address\", must be ipv4 or ipv6 address",
        code::ADVERTISE_ADDRESS_MALFORMED,
    ),
    ("unable to select an IP from default routes.", code::DEFAULT_ROUTE_WITHOUT_ADDRESS),
    ("unable to select an IP from lo network interface", code::DEFAULT_ROUTE_WITHOUT_ADDRESS),
    ("route ip+net: no such network interface", code::DEFAULT_ROUTE_UNREACHABLE),
    (
        "The recommended value for \"bindAddress\" in \"KubeProxyConfiguration\" is: ::; the \
         provided value is: 0.0.0.0",
        code::BIND_ADDRESS_ADVICE,
    ),
    (
        "Unable to find suitable network address.error='no default routes found in \
         \"/proc/net/route\" or \"/proc/net/ipv6_route\"'. Try to set the AdvertiseAddress directly",
        code::DEFAULT_ROUTE_MISSING,
    ),
    (
        "can't get ip address of node pi1. error: no default routes found",
        code::NODE_NAME_WITHOUT_ADDRESS,
    ),
    // Preflight checks.
    ("\t[ERROR Swap]: running with swap on is not supported. Please disable swap", code::SWAP_ON),
    ("\t[WARNING Swap]: swap is supported for cgroup v2 only", code::SWAP_NOTED),
    (
        "[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents \
         are not set to 1",
        code::IP_FORWARD_OFF,
    ),
    (
        "[ERROR FileContent--proc-sys-net-ipv6-conf-default-forwarding]: contents",
        code::IPV6_FORWARD_OFF,
    ),
    ("[ERROR Port-10250]: Port 10250 is in use", code::NODE_JOINED_BEFORE),
    ("[ERROR Port-6443]: Port 6443 is in use", code::PORT_TAKEN),
    (
        "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already \
         exists",
        code::NODE_JOINED_BEFORE,
    ),
    ("[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty", code::NODE_JOINED_BEFORE),
    (
        "[ERROR CRI]: container runtime is not running: output: time=\"x\"",
        code::CONTAINERD_NOT_RUNNING,
    ),
    (
        "[ERROR CRI]: could not connect to the container runtime: failed to create new CRI runtime \
         service: validate service connection: validate CRI v1 runtime API for endpoint \
         \"unix:///var/run/containerd/containerd.sock\": rpc error: code = Unimplemented desc = \
         unknown service runtime.v1.RuntimeService",
        code::CRI_PLUGIN_DISABLED,
    ),
    (
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while \
         dialing: dial unix /var/run/containerd/containerd.sock: connect: no such file or \
         directory\"",
        code::CRI_SOCKET_MISSING,
    ),
    ("[ERROR SystemVerification]: missing required cgroups: memory", code::CGROUP_MEMORY_OFF),
    (
        "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2",
        code::HOST_TOO_SMALL,
    ),
    ("[ERROR Mem]: the system RAM (905 MB) is less than the minimum 1700 MB", code::HOST_TOO_SMALL),
    ("[ERROR FileExisting-conntrack]: conntrack not found in system path", code::PROGRAM_MISSING),
    ("[ERROR IsPrivilegedUser]: user is not running as root", code::NOT_ROOT),
    ("[WARNING Hostname]: hostname \"pi1\" could not be reached", code::HOST_NAME_UNRESOLVED),
    (
        "[WARNING Firewalld]: firewalld is active, please ensure ports [6443 10250]",
        code::FIREWALLD_ACTIVE,
    ),
    (
        "[WARNING HTTPProxy]: Connection to \"https://10.0.0.1\" uses proxy",
        code::HTTP_PROXY_APPLIES,
    ),
    (
        "could not fetch a Kubernetes version from the internet: unable to get URL \
         \"https://dl.k8s.io/release/stable-1.txt\": Get \"https://dl.k8s.io/release/stable-1.txt\": \
         dial tcp: lookup dl.k8s.io on 127.0.0.1:53: connection refused",
        code::VERSION_NOT_LOOKED_UP,
    ),
    ("Found multiple CRI endpoints on the host. Please define which one", code::SEVERAL_RUNTIMES),
    // kubelet and Node.
    (
        "KubeletNotReady container runtime network not ready: NetworkReady=false \
         reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not \
         initialized",
        code::CNI_NOT_INSTALLED,
    ),
    ("network plugin is not ready: cni config uninitialized", code::CNI_NOT_INSTALLED),
    (
        "plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open \
         /run/flannel/subnet.env: no such file or directory",
        code::FLANNEL_NOT_RUNNING,
    ),
    (
        "failed to set bridge addr: \"cni0\" already has an IP address different from 10.244.1.1/24",
        code::CNI0_STALE_ADDRESS,
    ),
    ("failed to find plugin \"flannel\" in path [/opt/cni/bin]", code::CNI_BINARIES_MISSING),
    (
        "E1124 Error registering network: failed to acquire lease: node \"pi2\" pod cidr not assigned",
        code::POD_CIDR_NOT_ASSIGNED,
    ),
    (
        "The connection to the server localhost:8080 was refused - did you specify the right host \
         or port?",
        code::NO_KUBECONFIG,
    ),
    (
        "E1124 12:00:00.1 1 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server \
         API group list: Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp [::1]:8080: \
         connect: connection refused\"",
        code::NO_KUBECONFIG,
    ),
    (
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or \
         port?",
        code::API_SERVER_NOT_RUNNING,
    ),
    (
        "Unable to connect to the server: x509: certificate signed by unknown authority",
        code::KUBECONFIG_OF_ANOTHER_CA,
    ),
    (
        "failed to run Kubelet: misconfiguration: kubelet cgroup driver: \"systemd\" is different \
         from docker cgroup driver: \"cgroupfs\"",
        code::CGROUP_DRIVER_MISMATCH,
    ),
    ("Kubelet stopped posting node status.", code::NODE_OFF),
    ("error: You must be logged in to the server (Unauthorized)", code::CREDENTIALS_NOT_ACCEPTED),
    ("\"Error getting node\" err=\"node \\\"pi2\\\" not found\"", code::NODE_NOT_REGISTERED),
    ("etcdserver: request timed out", code::ETCD_SLOW_OR_ALONE),
    (
        "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
        code::WORKERS_MISSING,
    ),
    (
        "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
        code::NO_NODE_READY,
    ),
    (
        "scraper.go:140] \"Failed to scrape node\" err=\"Get \\\"https://10.0.0.2:10250/metrics/\
         resource\\\": x509: cannot validate certificate for 10.0.0.2 because it doesn't contain \
         any IP SANs\" node=\"pi2\"",
        code::KUBELET_SERVES_OWN_CERTIFICATE,
    ),
    // Pods, names, images.
    (
        "error retrieving resource lock: Get \"https://10.96.0.1:443/apis/x\": dial tcp \
         10.96.0.1:443: i/o timeout",
        code::KUBE_PROXY_WITHOUT_RULES,
    ),
    (
        "[ERROR] plugin/errors: 2 example.org. A: read udp 10.244.0.5:43210->192.168.1.1:53: i/o \
         timeout",
        code::RESOLVER_UNREACHABLE,
    ),
    (
        "[FATAL] plugin/loop: Loop (127.0.0.1:5 -> :53) detected for zone \".\"",
        code::DNS_FORWARDING_LOOP,
    ),
    ("** server can't find registry.lab: NXDOMAIN", code::NAME_UNKNOWN),
    ("curl: (6) Could not resolve host: web.default", code::NAME_OF_OTHER_RESOLVER),
    ("Warning  Failed  ErrImagePull", code::PULL_FAILED_UNTOLD),
    (
        "Failed to pull image \"nginx\": failed to resolve reference: unexpected status code: 429 \
         Too Many Requests - toomanyrequests: You have reached your pull rate limit",
        code::REGISTRY_RATE_LIMIT,
    ),
    (
        "failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.10\": tls: failed \
         to verify certificate: x509: certificate signed by unknown authority",
        code::PORTAL_INTERCEPTS,
    ),
    (
        "failed to do request: Head \"https://10.0.0.1:5000/v2/x/manifests/1\": http: server gave \
         HTTP response to HTTPS client",
        code::NOT_A_TLS_PORT,
    ),
    (
        "failed to do request: Head \"https://registry-1.docker.io/v2/x\": dial tcp: lookup \
         registry-1.docker.io on 10.0.0.1:53: read udp 10.0.0.2:5->10.0.0.1:53: i/o timeout",
        code::RESOLVER_UNREACHABLE,
    ),
    (
        "Internal error occurred: failed calling webhook \"x.y.z\": failed to call webhook: Post \
         \"https://x.default.svc:443/v?timeout=10s\": context deadline exceeded",
        code::WEBHOOK_WITHOUT_ANSWER,
    ),
    ("exec /usr/bin/x: exec format error", code::IMAGE_FOR_OTHER_PROCESSOR),
    (
        "standard_init_linux.go:228: exec user process caused: exec format error",
        code::IMAGE_FOR_OTHER_PROCESSOR,
    ),
    // Rows that were added later.
    (
        "Error from server: Get \"https://pi2:10250/containerLogs/a/b/c\": dial tcp: lookup pi2 on \
         192.168.1.1:53: no such host",
        code::NO_INTERNAL_IP,
    ),
    (
        "Unable to connect to the server: x509: certificate has expired or is not yet valid",
        code::CLOCK_AHEAD,
    ),
    ("error: remote error: tls: internal error", code::KUBELET_SERVING_CSR_PENDING),
    (
        "subnet \"10.244.0.0/16\" specified in the flannel net config doesn't contain \
         \"10.42.1.0/24\" PodCIDR of the \"pi2\" node",
        code::FLANNEL_NETWORK_DIFFERS,
    ),
    (
        "failed to allocate for range 0: no IP addresses available in range set: \
         10.244.1.1-10.244.1.254",
        code::POD_ADDRESSES_USED_UP,
    ),
    (
        "error: error loading config file \"/etc/kubernetes/admin.conf\": open \
         /etc/kubernetes/admin.conf: permission denied",
        code::KUBECONFIG_NOT_READABLE,
    ),
    ("wget: bad address 'web.default'", code::NAME_UNKNOWN),
    ("curl: (28) Resolving timed out after 5000 milliseconds", code::RESOLVER_UNREACHABLE),
];

#[test]
fn texts_are_recognised_with_their_cause() {
    let wrong: Vec<String> = RECOGNISED
        .iter()
        .filter_map(|(text, code)| {
            let explanation = explain(text.as_bytes());
            let found = codes(&explanation);
            (!found.contains(code)).then(|| format!("{text}\n  {code} is not in {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A log prefix in front of a line does not change the result.
#[test]
fn prefixes_of_logs_change_nothing() {
    let prefixes = [
        "E1124 12:30:15.123456    1234 kubelet_node_status.go:106] ",
        "Nov 24 12:30:15 pi2 kubelet[1234]: E1124 12:30:15.123456    1234 x.go:1] ",
        "2026-11-24T12:30:15.123456Z stderr F ",
        "time=\"2026-11-24T12:30:15Z\" level=error msg=",
        "\u{1b}[31m",
        "  Warning  Failed     2m (x4 over 5m)  kubelet            ",
        "> ",
    ];
    for (text, code) in RECOGNISED {
        for prefix in prefixes {
            let pasted = format!("{prefix}{text}\r\n");
            let found = codes(&explain(pasted.as_bytes()));
            assert!(found.contains(code), "{pasted}: {found:?}");
        }
    }
}
