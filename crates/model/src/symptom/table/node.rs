//! What kubelet, the container runtime and `kubectl describe node` say.

use super::{Group, Symptom};

const fn row(
    words: &'static [&'static str],
    proves: &'static str,
    causes: &'static [&'static str],
) -> Symptom {
    Symptom::plain(words, proves, causes)
}

pub(super) const TABLE: &[Symptom] = &[
    row(
        &[
            "unable to load bootstrap kubeconfig",
            "bootstrap-kubelet.conf: no such file or directory",
        ],
        "kubelet has no valid certificate, and no bootstrap file to ask for one with",
        &["kubelet-certificate-expired", "kubelet-crash-loop"],
    ),
    row(
        &[
            "kubelet is configured to not run on a host using cgroup v1",
            "cgroup v1 support is unsupported",
        ],
        "kubelet ended because the host uses cgroup v1",
        &["cgroup-v1"],
    ),
    row(
        &["error loading config file \"{path}\": open {path}: permission denied"],
        "kubectl may not read {path}",
        &["kubeconfig-not-readable"],
    ),
    row(
        &["remote error: tls: internal error"],
        "a kubelet was reached, and has no certificate to show",
        &["kubelet-serving-csr-pending", "kubelet-just-restarted"],
    )
    .by_api_server(),
    row(
        &["tls handshake error from {endpoint}: remote error: tls: bad certificate"],
        "a client at {host} does not trust this server's certificate",
        &["kubeconfig-of-another-ca", "clock-before-certificate"],
    ),
    row(
        &[
            "connection to the server localhost:8080 was refused",
            "get \"http://localhost:8080/",
            "dial tcp 127.0.0.1:8080: connect: connection refused",
            "dial tcp [::1]:8080: connect: connection refused",
            "connect to localhost:8080",
        ],
        "kubectl asked localhost:8080, which it does only without a kubeconfig",
        &["no-kubeconfig"],
    ),
    row(
        &[
            "failed to validate nodeip: node ip: \"{address}\" not found in the host's network",
            "node ip: \"{address}\" not found in the host's network interfaces",
        ],
        "kubelet was told the node IP {address}, and no interface of the host has it",
        &["tunnel-down", "node-ip-not-on-host"],
    ),
    row(
        &["can't get ip address of node {node}", "failed to get ip address of node"],
        "kubelet found no address for the node",
        &["node-name-without-address", "default-route-missing"],
    ),
    row(
        &["no preferred addresses found"],
        "the Node has no address by which the API server could reach its kubelet",
        &["no-internal-ip"],
    )
    .by_api_server(),
    row(
        &["could not find the requested resource ( pods/log"],
        "a kubelet was reached, and did not know the pod",
        &["kubelet-just-restarted"],
    )
    .by_api_server(),
    row(
        &["failed to initialize csinode", "error updating csinode annotation"],
        "kubelet could not write its CSINode yet",
        &["csinode-race", "node-not-registered", "kubelet-lost-api-server"],
    ),
    row(
        &["open /run/flannel/subnet.env: no such file or directory", "loadflannelsubnetenv failed"],
        "flannel has written no subnet.env on this node",
        &["flannel-not-running", "pod-cidr-not-assigned", "flannel-starts"],
    ),
    row(
        &[
            "node \"{node}\" pod cidr not assigned",
            "pod cidr not assigned",
            "podcidr not set for node",
        ],
        "the node has no pod network of its own",
        &["pod-cidr-not-assigned"],
    ),
    row(
        &["failed to set bridge addr: \"cni0\" already has an ip address different from {cidr}"],
        "the bridge cni0 has another address than {cidr}, which is this node's now",
        &["cni0-stale-address"],
    ),
    row(
        &["failed to set bridge addr: {..}already has an ip address different"],
        "the pods' bridge has the address of another pod network",
        &["cni0-stale-address"],
    ),
    row(
        &["failed to find plugin \"{program}\" in path"],
        "the network plug-in's program {program} is not in /opt/cni/bin",
        &["cni-binaries-missing"],
    ),
    row(
        &["stat /var/lib/calico/nodename: no such file"],
        "calico-node has not run on this node",
        &["cni-not-ready", "cni-config-not-read"],
    ),
    row(
        &[
            "calico/node is not ready: {..}bgp not established",
            "bird is not ready: bgp not established",
        ],
        "Calico's node has no BGP session with another node",
        &["cni-picked-other-address", "bgp-port-blocked"],
    ),
    row(
        &[
            "cni config uninitialized",
            "cni plugin not initialized",
            "network plugin is not ready",
            "networkpluginnotready",
            "no networks found in /etc/cni/net.d",
            "unable to update cni config",
            "cni config load failed: no network config found in /etc/cni/net.d",
        ],
        "the container runtime has no network configuration, so the node is NotReady",
        &["cni-not-installed", "cni-not-ready", "cni-config-not-read"],
    ),
    row(
        &[
            "part of the existing bootstrap client certificate in {..}is expired",
            "bootstrap client certificate {..}expired",
        ],
        "kubelet's client certificate has run out",
        &["kubelet-certificate-expired"],
    ),
    row(
        &[
            "failed to load kubelet config file",
            "failed to parse kubelet flag",
            "unknown flag: --{program}",
        ],
        "kubelet ended while it read its own configuration",
        &["kubelet-crash-loop"],
    ),
    row(
        &["failed to run kubelet{..}running with swap on", "swap on is not supported"],
        "kubelet ended because swap is on",
        &["swap-on"],
    ),
    row(
        &["failed to get sandbox image \"{image}\"{..}not found"],
        "the sandbox image {image} is not to be had",
        &["sandbox-image-missing", "image-unknown"],
    ),
    row(
        &["exec format error", "no match for platform in manifest"],
        "the image's programs are for another processor",
        &["image-for-other-processor"],
    ),
    row(
        &[
            "no space left on device",
            "diskpressure",
            "nodehasdiskpressure",
            "threshold quantity: {..}ephemeral-storage",
        ],
        "the node's disk is full, or counts as full",
        &["disk-full"],
    )
    .unless(&["nodehasnodiskpressure"]),
    row(
        &["oomkilled", "memory cgroup out of memory"],
        "a container was ended for memory",
        &["out-of-memory"],
    ),
    row(
        &[
            "system:node:{node}\" cannot",
            "is forbidden: user",
            "forbidden: user \"{..}\" cannot",
            "(forbidden)",
        ],
        "the server knows who asked, and refused for lack of rights",
        &["rights-missing"],
    ),
    row(
        &[
            "error: you must be logged in to the server",
            "(unauthorized)",
            ": unauthorized",
            "the server has asked for the client to provide credentials",
            "unable to authenticate the request",
        ],
        "the server was reached, and did not accept the credentials",
        &["credentials-not-accepted"],
    ),
    row(
        &[
            "error getting node\" err=\"node \"{node}\" not found",
            "node \"{node}\" not found",
            "nodes \"{node}\" not found",
        ],
        "kubelet's own Node {node} is not in the API",
        &["node-not-registered", "still-starting", "kubelet-lost-api-server"],
    )
    .after(Group::Any),
    row(
        &["kubelet stopped posting node status", "nodestatusunknown"],
        "no lease of that node has reached the API server for 40 s or more",
        &["node-off", "kubelet-not-running", "kubelet-lost-api-server"],
    )
    .after(Group::Node)
    .by_api_server(),
    row(
        &[
            "etcdserver: request timed out",
            "etcdserver: leader changed",
            "etcdserver: no leader",
            "etcdserver: too many requests",
            "apply request took too long",
            "slow fdatasync",
        ],
        "etcd answered late, or not at all",
        &["etcd-slow-or-alone"],
    ),
    row(
        &[
            "failed to listen on 0.0.0.0:6443{..}address already in use",
            "listen tcp 0.0.0.0:6443: bind: address already in use",
            "listen tcp :6443: bind: address already in use",
        ],
        "the API server could not open 6443: something has the port",
        &["old-pod-still-runs", "node-joined-before"],
    ),
    row(
        &["listen tcp {endpoint}: bind: address already in use", "bind: address already in use"],
        "a port is taken",
        &["port-taken", "old-pod-still-runs"],
    ),
    row(
        &[
            "listen tcp {endpoint}: bind: cannot assign requested address",
            "bind: cannot assign requested address",
        ],
        "a program was told to listen on an address that the host does not have",
        &["advertise-address-not-on-host", "tunnel-down"],
    ),
    row(
        &["uapi listen error: unix socket in use"],
        "wireguard-go found its control socket taken",
        &["tunnel-socket-in-use"],
    ),
];
