//! One text, one thing.

use super::codes;
use crate::symptom::explain;

/// Text, and a cause that must be among those that remain.
const RECOGNISED: &[(&str, &str)] = &[
    // kubeadm join, by stage.
    (
        "error: error execution phase preflight: couldn't validate the identity of the API Server: \
         failed to request the cluster-info ConfigMap: Get \
         \"https://172.20.5.1:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s\": \
         dial tcp 172.20.5.1:6443: connect: no route to host",
        "api-address-unreachable",
    ),
    (
        "couldn't validate the identity of the API Server: failed to request the cluster-info \
         ConfigMap: Get \"https://[fd00::1]:6443/x\": net/http: request canceled while waiting for \
         connection (Client.Timeout exceeded while awaiting headers)",
        "firewall-drop",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://pi1.local:6443/x\": dial tcp: \
         lookup pi1.local on 192.168.1.1:53: no such host",
        "name-unknown",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": dial tcp \
         10.0.0.1:6443: connect: connection refused",
        "api-server-not-running",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": dial tcp \
         10.0.0.1:6443: connect: network is unreachable",
        "no-route-from-here",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate is valid for 172.20.5.1, 10.96.0.1, not 10.0.0.1",
        "api-certificate-lacks-name",
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://10.0.0.1:6443/x\": tls: failed to verify certificate: x509: certificate is valid \
         for 10.96.0.1, 172.20.5.1, not 10.0.0.1",
        "api-certificate-lacks-name",
    ),
    (
        "couldn't validate the identity of the API Server: could not find a JWS signature in the \
         cluster-info ConfigMap for token ID \"zzzzzz\"",
        "join-token-unknown",
    ),
    (
        "failed to verify JWS signature of received cluster info object, can't trust this API Server",
        "join-token-secret-wrong",
    ),
    (
        "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \
         \"sha256:aa\" are pinned",
        "ca-pin-of-another-cluster",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate signed by unknown authority (possibly because of \
         \"crypto/rsa: verification error\" while trying to verify candidate authority certificate \
         \"kubernetes\")",
        "kubeconfig-of-another-ca",
    ),
    (
        "failed to request the cluster-info ConfigMap: Get \"https://10.0.0.1:6443/x\": tls: failed \
         to verify certificate: x509: certificate has expired or is not yet valid: current time \
         2024-01-01T00:00:00Z is before 2026-11-24T09:00:00Z",
        "clock-before-certificate",
    ),
    (
        "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has \
         expired or is not yet valid: current time 2027-12-01T00:00:00Z is after \
         2027-11-24T09:00:00Z",
        "certificate-expired",
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://172.20.5.1:6443/api/v1/x?timeout=10s\": dial tcp 172.20.5.1:6443: connect: no \
         route to host",
        "cluster-info-names-unreachable-server",
    ),
    (
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
         \"https://172.20.5.1:6443/api/v1/x?timeout=10s\": context deadline exceeded",
        "cluster-info-names-unreachable-server",
    ),
    (
        "One or more conditions for hosting a new control plane instance is not satisfied. unable \
         to add a new control plane instance to a cluster that doesn't have a stable \
         controlPlaneEndpoint address",
        "control-plane-endpoint-missing",
    ),
    (
        "the second kubeconfig from the cluster-info ConfigMap (using validated TLS) was different \
         from the first",
        "cluster-info-changed-midway",
    ),
    (
        "a Node with name \"pi2\" and status \"Ready\" already exists in the cluster",
        "node-name-taken",
    ),
    ("failed while waiting for TLS bootstrap: timed out", "tls-bootstrap-blocked"),
    (
        "The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: Get \
         \"http://127.0.0.1:10248/healthz\": context deadline exceeded",
        "kubelet-crash-loop",
    ),
    (
        "[discovery] Failed to request cluster info, will try again: Get https://10.0.0.1:6443/x: EOF",
        "connection-cut",
    ),
    // kubeadm: which address.
    (
        "WARNING: could not obtain a bind address for the API Server: no default routes found in \
         \"/proc/net/route\" or \"/proc/net/ipv6_route\"; using: 0.0.0.0",
        "default-route-missing",
    ),
    ("cannot use \"0.0.0.0\" as the bind address for the API Server", "default-route-missing"),
    (
        "cannot use \"169.254.7.7\" as the bind address for the API Server",
        "advertise-address-malformed",
    ),
    (
        "couldn't use \"pi1\" as \"apiserver-advertise-address\", must be ipv4 or ipv6 address",
        "advertise-address-malformed",
    ),
    ("unable to select an IP from default routes.", "default-route-without-address"),
    ("unable to select an IP from lo network interface", "default-route-without-address"),
    ("route ip+net: no such network interface", "default-route-unreachable"),
    (
        "The recommended value for \"bindAddress\" in \"KubeProxyConfiguration\" is: ::; the \
         provided value is: 0.0.0.0",
        "bind-address-advice",
    ),
    (
        "Unable to find suitable network address.error='no default routes found in \
         \"/proc/net/route\" or \"/proc/net/ipv6_route\"'. Try to set the AdvertiseAddress directly",
        "default-route-missing",
    ),
    (
        "can't get ip address of node pi1. error: no default routes found",
        "node-name-without-address",
    ),
    // Preflight.
    ("\t[ERROR Swap]: running with swap on is not supported. Please disable swap", "swap-on"),
    ("\t[WARNING Swap]: swap is supported for cgroup v2 only", "swap-noted"),
    (
        "[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents \
         are not set to 1",
        "ip-forward-off",
    ),
    (
        "[ERROR FileContent--proc-sys-net-ipv6-conf-default-forwarding]: contents",
        "ipv6-forward-off",
    ),
    ("[ERROR Port-10250]: Port 10250 is in use", "node-joined-before"),
    ("[ERROR Port-6443]: Port 6443 is in use", "port-taken"),
    (
        "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already \
         exists",
        "node-joined-before",
    ),
    ("[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty", "node-joined-before"),
    ("[ERROR CRI]: container runtime is not running: output: time=\"x\"", "containerd-not-running"),
    (
        "[ERROR CRI]: could not connect to the container runtime: failed to create new CRI runtime \
         service: validate service connection: validate CRI v1 runtime API for endpoint \
         \"unix:///var/run/containerd/containerd.sock\": rpc error: code = Unimplemented desc = \
         unknown service runtime.v1.RuntimeService",
        "cri-plugin-disabled",
    ),
    (
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while \
         dialing: dial unix /var/run/containerd/containerd.sock: connect: no such file or \
         directory\"",
        "cri-socket-missing",
    ),
    ("[ERROR SystemVerification]: missing required cgroups: memory", "cgroup-memory-off"),
    (
        "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2",
        "host-too-small",
    ),
    ("[ERROR Mem]: the system RAM (905 MB) is less than the minimum 1700 MB", "host-too-small"),
    ("[ERROR FileExisting-conntrack]: conntrack not found in system path", "program-missing"),
    ("[ERROR IsPrivilegedUser]: user is not running as root", "not-root"),
    ("[WARNING Hostname]: hostname \"pi1\" could not be reached", "host-name-unresolved"),
    (
        "[WARNING Firewalld]: firewalld is active, please ensure ports [6443 10250]",
        "firewalld-active",
    ),
    ("[WARNING HTTPProxy]: Connection to \"https://10.0.0.1\" uses proxy", "http-proxy-applies"),
    (
        "could not fetch a Kubernetes version from the internet: unable to get URL \
         \"https://dl.k8s.io/release/stable-1.txt\": Get \"https://dl.k8s.io/release/stable-1.txt\": \
         dial tcp: lookup dl.k8s.io on 127.0.0.1:53: connection refused",
        "version-not-looked-up",
    ),
    ("Found multiple CRI endpoints on the host. Please define which one", "several-runtimes"),
    // kubelet and the node.
    (
        "KubeletNotReady container runtime network not ready: NetworkReady=false \
         reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not \
         initialized",
        "cni-not-installed",
    ),
    ("network plugin is not ready: cni config uninitialized", "cni-not-installed"),
    (
        "plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open \
         /run/flannel/subnet.env: no such file or directory",
        "flannel-not-running",
    ),
    (
        "failed to set bridge addr: \"cni0\" already has an IP address different from 10.244.1.1/24",
        "cni0-stale-address",
    ),
    ("failed to find plugin \"flannel\" in path [/opt/cni/bin]", "cni-binaries-missing"),
    (
        "E1124 Error registering network: failed to acquire lease: node \"pi2\" pod cidr not assigned",
        "pod-cidr-not-assigned",
    ),
    (
        "The connection to the server localhost:8080 was refused - did you specify the right host \
         or port?",
        "no-kubeconfig",
    ),
    (
        "E1124 12:00:00.1 1 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server \
         API group list: Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp [::1]:8080: \
         connect: connection refused\"",
        "no-kubeconfig",
    ),
    (
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or \
         port?",
        "api-server-not-running",
    ),
    (
        "Unable to connect to the server: x509: certificate signed by unknown authority",
        "kubeconfig-of-another-ca",
    ),
    (
        "failed to run Kubelet: misconfiguration: kubelet cgroup driver: \"systemd\" is different \
         from docker cgroup driver: \"cgroupfs\"",
        "cgroup-driver-mismatch",
    ),
    ("Kubelet stopped posting node status.", "node-off"),
    ("error: You must be logged in to the server (Unauthorized)", "credentials-not-accepted"),
    ("\"Error getting node\" err=\"node \\\"pi2\\\" not found\"", "node-not-registered"),
    ("etcdserver: request timed out", "etcd-slow-or-alone"),
    (
        "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
        "workers-missing",
    ),
    (
        "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
        "no-node-ready",
    ),
    (
        "scraper.go:140] \"Failed to scrape node\" err=\"Get \\\"https://10.0.0.2:10250/metrics/\
         resource\\\": x509: cannot validate certificate for 10.0.0.2 because it doesn't contain \
         any IP SANs\" node=\"pi2\"",
        "kubelet-serves-own-certificate",
    ),
    // Pods, names, images.
    (
        "error retrieving resource lock: Get \"https://10.96.0.1:443/apis/x\": dial tcp \
         10.96.0.1:443: i/o timeout",
        "kube-proxy-without-rules",
    ),
    (
        "[ERROR] plugin/errors: 2 example.org. A: read udp 10.244.0.5:43210->192.168.1.1:53: i/o \
         timeout",
        "resolver-unreachable",
    ),
    (
        "[FATAL] plugin/loop: Loop (127.0.0.1:5 -> :53) detected for zone \".\"",
        "dns-forwarding-loop",
    ),
    ("** server can't find registry.lab: NXDOMAIN", "name-unknown"),
    ("curl: (6) Could not resolve host: web.default", "name-of-other-resolver"),
    ("Warning  Failed  ErrImagePull", "pull-failed-untold"),
    (
        "Failed to pull image \"nginx\": failed to resolve reference: unexpected status code: 429 \
         Too Many Requests - toomanyrequests: You have reached your pull rate limit",
        "registry-rate-limit",
    ),
    (
        "failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.10\": tls: failed \
         to verify certificate: x509: certificate signed by unknown authority",
        "portal-intercepts",
    ),
    (
        "failed to do request: Head \"https://10.0.0.1:5000/v2/x/manifests/1\": http: server gave \
         HTTP response to HTTPS client",
        "not-a-tls-port",
    ),
    (
        "failed to do request: Head \"https://registry-1.docker.io/v2/x\": dial tcp: lookup \
         registry-1.docker.io on 10.0.0.1:53: read udp 10.0.0.2:5->10.0.0.1:53: i/o timeout",
        "resolver-unreachable",
    ),
    (
        "Internal error occurred: failed calling webhook \"x.y.z\": failed to call webhook: Post \
         \"https://x.default.svc:443/v?timeout=10s\": context deadline exceeded",
        "webhook-without-answer",
    ),
    ("exec /usr/bin/x: exec format error", "image-for-other-processor"),
    (
        "standard_init_linux.go:228: exec user process caused: exec format error",
        "image-for-other-processor",
    ),
    // Rows that came later.
    (
        "Error from server: Get \"https://pi2:10250/containerLogs/a/b/c\": dial tcp: lookup pi2 on \
         192.168.1.1:53: no such host",
        "no-internal-ip",
    ),
    (
        "Unable to connect to the server: x509: certificate has expired or is not yet valid",
        "clock-ahead",
    ),
    ("error: remote error: tls: internal error", "kubelet-serving-csr-pending"),
    (
        "subnet \"10.244.0.0/16\" specified in the flannel net config doesn't contain \
         \"10.42.1.0/24\" PodCIDR of the \"pi2\" node",
        "flannel-network-differs",
    ),
    (
        "failed to allocate for range 0: no IP addresses available in range set: \
         10.244.1.1-10.244.1.254",
        "pod-addresses-used-up",
    ),
    (
        "error: error loading config file \"/etc/kubernetes/admin.conf\": open \
         /etc/kubernetes/admin.conf: permission denied",
        "kubeconfig-not-readable",
    ),
    ("wget: bad address 'web.default'", "name-unknown"),
    ("curl: (28) Resolving timed out after 5000 milliseconds", "resolver-unreachable"),
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

/// What stands in front of a line in a log changes nothing.
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
