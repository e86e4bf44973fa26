//! Messages of kubelet, the container runtime and `kubectl describe node`.

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
            "unable to load bootstrap kubeconfig",
            "bootstrap-kubelet.conf: no such file or directory",
        ],
        "kubelet has no valid certificate, and no bootstrap kubeconfig to request one with",
        &[code::KUBELET_CERTIFICATE_EXPIRED, code::KUBELET_CRASH_LOOP],
    ),
    row(
        &[
            "kubelet is configured to not run on a host using cgroup v1",
            "cgroup v1 support is unsupported",
        ],
        "kubelet exited because the host uses cgroup v1",
        &[code::CGROUP_V1],
    )
    .certain(),
    row(
        &["error loading config file \"{path}\": open {path}: permission denied"],
        "kubectl is not allowed to read {path}",
        &[code::KUBECONFIG_NOT_READABLE],
    )
    .certain(),
    row(
        &["remote error: tls: internal error"],
        "a kubelet was reached, but has no certificate to present",
        &[code::KUBELET_SERVING_CSR_PENDING, code::KUBELET_JUST_RESTARTED],
    )
    .by_api_server(),
    row(
        &["tls handshake error from {endpoint}: remote error: tls: bad certificate"],
        "a client at {host} does not trust this server's certificate",
        &[code::KUBECONFIG_OF_ANOTHER_CA, code::CLOCK_BEFORE_CERTIFICATE],
    ),
    row(
        &[
            "connection to the server localhost:8080 was refused",
            "get \"http://localhost:8080/api?",
            "get \"http://localhost:8080/api/v1{..}dial tcp 127.0.0.1:8080",
            "get \"http://localhost:8080/version{..}dial tcp 127.0.0.1:8080",
            "get \"http://localhost:8080/openapi",
        ],
        "kubectl used localhost:8080, which it does only without a kubeconfig",
        &[code::NO_KUBECONFIG],
    )
    .certain(),
    row(
        &[
            "failed to validate nodeip: node ip: \"{address}\" not found in the host's network",
            "node ip: \"{address}\" not found in the host's network interfaces",
        ],
        "kubelet is configured with the node IP {address}, which no interface of the host has",
        &[code::TUNNEL_DOWN, code::NODE_IP_NOT_ON_HOST],
    ),
    row(
        &["can't get ip address of node {node}", "failed to get ip address of node"],
        "kubelet found no address for the node",
        &[code::NODE_NAME_WITHOUT_ADDRESS, code::DEFAULT_ROUTE_MISSING],
    ),
    row(
        &["no preferred addresses found"],
        "the Node has no address by which the API server could reach its kubelet",
        &[code::NO_INTERNAL_IP],
    )
    .certain()
    .by_api_server(),
    row(
        &["could not find the requested resource ( pods/log"],
        "a kubelet was reached, but did not know the pod",
        &[code::KUBELET_JUST_RESTARTED, code::INTERNAL_IP_OF_ANOTHER_HOST],
    )
    .by_api_server(),
    row(
        &["failed to initialize csinode", "error updating csinode annotation"],
        "kubelet could not write its CSINode yet",
        &[code::CSINODE_RACE, code::NODE_NOT_REGISTERED, code::KUBELET_LOST_API_SERVER],
    ),
    row(
        &["open /run/flannel/subnet.env: no such file or directory", "loadflannelsubnetenv failed"],
        "flannel has written no subnet.env on this node",
        &[code::FLANNEL_NOT_RUNNING, code::POD_CIDR_NOT_ASSIGNED, code::FLANNEL_STARTS],
    ),
    row(
        &[
            "node \"{node}\" pod cidr not assigned",
            "pod cidr not assigned",
            "podcidr not set for node",
        ],
        "the node has no pod network of its own",
        &[code::POD_CIDR_NOT_ASSIGNED],
    )
    .certain(),
    row(
        &["failed to set bridge addr: \"cni0\" already has an ip address different from {cidr}"],
        "the bridge cni0 has an address other than {cidr}, which is this node's now",
        &[code::CNI0_STALE_ADDRESS],
    )
    .certain(),
    row(
        &["failed to set bridge addr: {..}already has an ip address different"],
        "the pods' bridge has the address of another pod network",
        &[code::CNI0_STALE_ADDRESS],
    )
    .certain(),
    row(
        &["failed to find plugin \"{program}\" in path"],
        "the network plug-in's program {program} is not in /opt/cni/bin",
        &[code::CNI_BINARIES_MISSING],
    )
    .certain(),
    row(
        &["stat /var/lib/calico/nodename: no such file"],
        "calico-node has not run on this node",
        &[code::CNI_NOT_READY, code::CNI_CONFIG_NOT_READ],
    ),
    row(
        &[
            "calico/node is not ready: {..}bgp not established",
            "bird is not ready: bgp not established",
        ],
        "Calico's node has no BGP session with another node",
        &[code::CNI_PICKED_OTHER_ADDRESS, code::BGP_PORT_BLOCKED],
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
        &[code::CNI_NOT_INSTALLED, code::CNI_NOT_READY, code::CNI_CONFIG_NOT_READ],
    ),
    row(
        &[
            "part of the existing bootstrap client certificate in {..}is expired",
            "bootstrap client certificate {..}expired",
        ],
        "kubelet's client certificate has expired",
        &[code::KUBELET_CERTIFICATE_EXPIRED],
    )
    .certain(),
    row(
        &["failed to load kubelet config file", "failed to parse kubelet flag"],
        "kubelet exited while it read its own configuration",
        &[code::KUBELET_CRASH_LOOP],
    ),
    row(
        &["failed to run kubelet{..}running with swap on", "swap on is not supported"],
        "kubelet exited because swap is on",
        &[code::SWAP_ON],
    )
    .certain(),
    row(
        &["failed to get sandbox image \"{image}\"{..}not found"],
        "the sandbox image {image} was not found",
        &[code::SANDBOX_IMAGE_MISSING, code::IMAGE_UNKNOWN],
    ),
    row(
        &[
            "no space left on device",
            "diskpressure true",
            "nodehasdiskpressure",
            "[diskpressure]",
            "had disk pressure",
            "evictionthresholdmet",
            "threshold quantity: {..}ephemeral-storage",
        ],
        "the node's disk is full, or counts as full",
        &[code::DISK_FULL],
    ),
    row(
        &["oomkilled", "memory cgroup out of memory"],
        "a container was killed for lack of memory",
        &[code::OUT_OF_MEMORY],
    )
    .certain(),
    row(
        &[
            "system:node:{node}\" cannot",
            "is forbidden: user \"{..}\" cannot",
            "forbidden: user \"{..}\" cannot",
        ],
        "the server knows the user, and denied the request for lack of rights",
        &[code::RIGHTS_MISSING],
    )
    .certain(),
    row(
        &[
            "error: you must be logged in to the server",
            "(unauthorized)",
            "the server has asked for the client to provide credentials",
            "unable to authenticate the request",
        ],
        "the server was reached, but did not accept the credentials",
        &[code::CREDENTIALS_NOT_ACCEPTED],
    ),
    row(
        &[
            "error getting node\" err=\"node \"{node}\" not found",
            "node \"{node}\" not found",
            "nodes \"{node}\" not found",
        ],
        "kubelet's own Node {node} is not in the API",
        &[code::NODE_NOT_REGISTERED, code::STILL_STARTING, code::KUBELET_LOST_API_SERVER],
    )
    .after(SymptomGroup::Any),
    row(
        &["kubelet stopped posting node status", "nodestatusunknown"],
        "no lease of that node has reached the API server for 40 s or more",
        &[code::NODE_OFF, code::KUBELET_NOT_RUNNING, code::KUBELET_LOST_API_SERVER],
    )
    .after(SymptomGroup::Node)
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
        &[code::ETCD_SLOW_OR_ALONE],
    ),
    row(
        &[
            "failed to listen on 0.0.0.0:6443{..}address already in use",
            "listen tcp 0.0.0.0:6443: bind: address already in use",
            "listen tcp :6443: bind: address already in use",
        ],
        "the API server could not open 6443: something else uses the port",
        &[code::OLD_POD_STILL_RUNS, code::NODE_JOINED_BEFORE],
    ),
    row(
        &["listen tcp {endpoint}: bind: address already in use", "bind: address already in use"],
        "a port is already in use",
        &[code::PORT_TAKEN, code::OLD_POD_STILL_RUNS],
    ),
    row(
        &[
            "listen tcp {endpoint}: bind: cannot assign requested address",
            "bind: cannot assign requested address",
        ],
        "a program is configured to listen on an address that the host does not have",
        &[code::ADVERTISE_ADDRESS_NOT_ON_HOST, code::TUNNEL_DOWN],
    ),
    row(
        &["uapi listen error: unix socket in use"],
        "wireguard-go found its control socket in use",
        &[code::TUNNEL_SOCKET_IN_USE],
    )
    .certain(),
];
