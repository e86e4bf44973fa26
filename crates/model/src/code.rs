//! The stable names of findings, causes and refusals, for scripts, `explain` and links in docs.
//!
//! Code that refers to a finding, a cause or a refusal uses a constant of this file, so that a
//! misspelt code does not compile. The meaning of a code is a row of the table of rules (`rules`), of
//! causes (`causes`) or of refusals (`settings`); tests there check that each code has exactly one row.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The name of a finding, a cause or a refusal, in kebab-case. No two of them share a name.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct DiagnosisCode(&'static str);

impl DiagnosisCode {
    /// The code as text, as in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for DiagnosisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

macro_rules! codes {
    ($(#[doc = $doc:literal])* $list:ident: $($name:ident = $text:literal,)+) => {
        $(
            #[doc = concat!("The code `", $text, "`.")]
            pub const $name: DiagnosisCode = DiagnosisCode($text);
        )+

        $(#[doc = $doc])*
        pub const $list: &[DiagnosisCode] = &[$($name),+];
    };
}

codes! {
    /// Codes of all findings, in the order in which reports list them.
    FINDINGS:
    CLIENT_ISOLATION = "client-isolation",
    PEERS_VIA_GATEWAY = "peers-via-gateway",
    ONE_WAY_FILTER = "one-way-filter",
    GROUP_SUPPRESSION = "group-suppression",
    GROUP_FRAMES_FILTERED = "group-frames-filtered",
    PEER_LINK_DOWN = "peer-link-down",
    PEER_UNANSWERED = "peer-unanswered",
    NO_L2_SERVICE = "no-l2-service",
    GATEWAY_SILENT = "gateway-silent",
    HOST_FIREWALL = "host-firewall",
    PORT_BLOCKED = "port-blocked",
    PORT_FILTERED = "port-filtered",
    PING_IGNORED = "ping-ignored",
    ROUTED_PATH_BLOCKED = "routed-path-blocked",
    LOSSY_PATH = "lossy-path",
    DUAL_HOMED_SELECTION = "dual-homed-selection",
    NO_DEFAULT_ROUTE = "no-default-route",
    SAME_SUBNET = "same-subnet",
    WRONG_MASK = "wrong-mask",
    DUPLICATE_ADDRESS = "duplicate-address",
    DUPLICATE_MAC = "duplicate-mac",
    DUPLICATE_INTERNAL_IP = "duplicate-internal-ip",
    DUPLICATE_HOST_NAME = "duplicate-host-name",
    DUPLICATE_MACHINE_ID = "duplicate-machine-id",
    DUPLICATE_PRODUCT_UUID = "duplicate-product-uuid",
    DUPLICATE_SSH_HOST_KEY = "duplicate-ssh-host-key",
    MTU_DIFFERS = "mtu-differs",
    RP_FILTER_DROP = "rp-filter-drop",
    ASYMMETRIC_RETURN = "asymmetric-return",
    FORWARDING_OFF = "forwarding-off",
    FORWARD_DROP = "forward-drop",
    MISSING_MASQUERADE = "missing-masquerade",
    SOURCE_GUARD = "source-guard",
    CAPTIVE_PORTAL = "captive-portal",
    DNS_DEAD = "dns-dead",
    DNS_REWRITTEN = "dns-rewritten",
    DNS_INTERCEPTED = "dns-intercepted",
    UDP_BLOCKED = "udp-blocked",
    MTU_BLACK_HOLE = "mtu-black-hole",
    CLOCK_OFF = "clock-off",
    CLOCK_SKEW = "clock-skew",
    CLOCK_SKEW_BETWEEN_HOSTS = "clock-skew-between-hosts",
    CIDR_OVERLAP = "cidr-overlap",
    DEFAULT_SERVICE_CIDR_OVERLAP = "default-service-cidr-overlap",
    HOSTNAME_LOOPBACK = "hostname-loopback",
    LINK_NAMES_DIFFER = "link-names-differ",
    NODE_ADDRESS_BY_DHCP = "node-address-by-dhcp",
    WIFI_POWER_SAVE = "wifi-power-save",
}

codes! {
    /// Codes of all causes, grouped by component.
    CAUSES:
    API_ADDRESS_UNREACHABLE = "api-address-unreachable",
    ADDRESS_UNREACHABLE = "address-unreachable",
    WAY_LOST = "way-lost",
    HOST_OFF = "host-off",
    FIREWALL_REJECT = "firewall-reject",
    FIREWALL_DROP = "firewall-drop",
    API_SERVER_NOT_RUNNING = "api-server-not-running",
    WRONG_ENDPOINT = "wrong-endpoint",
    NOTHING_LISTENS = "nothing-listens",
    KUBECONFIG_STALE_ADDRESS = "kubeconfig-stale-address",
    NO_KUBECONFIG = "no-kubeconfig",
    KUBECONFIG_NOT_READABLE = "kubeconfig-not-readable",
    STILL_STARTING = "still-starting",
    NO_ROUTE_FROM_HERE = "no-route-from-here",
    PATH_MTU_HOLE = "path-mtu-hole",
    SERVER_OVERLOADED = "server-overloaded",
    NODE_NETWORK_IN_SERVICE_RANGE = "node-network-in-service-range",
    HTTP_PROXY_APPLIES = "http-proxy-applies",
    NOT_A_TLS_PORT = "not-a-tls-port",
    CONNECTION_CUT = "connection-cut",
    ETCD_SLOW_OR_ALONE = "etcd-slow-or-alone",
    ETCD_NOT_RUNNING = "etcd-not-running",
    PORT_TAKEN = "port-taken",
    OLD_POD_STILL_RUNS = "old-pod-still-runs",
    API_CERTIFICATE_LACKS_NAME = "api-certificate-lacks-name",
    ANOTHER_SERVER_ANSWERS = "another-server-answers",
    KUBECONFIG_OF_ANOTHER_CA = "kubeconfig-of-another-ca",
    CLOCK_BEFORE_CERTIFICATE = "clock-before-certificate",
    CERTIFICATE_FROM_THE_FUTURE = "certificate-from-the-future",
    CERTIFICATE_EXPIRED = "certificate-expired",
    CLOCK_AHEAD = "clock-ahead",
    KUBELET_SERVES_OWN_CERTIFICATE = "kubelet-serves-own-certificate",
    KUBELET_CERTIFICATE_EXPIRED = "kubelet-certificate-expired",
    CREDENTIALS_NOT_ACCEPTED = "credentials-not-accepted",
    RIGHTS_MISSING = "rights-missing",
    CLUSTER_INFO_NAMES_UNREACHABLE_SERVER = "cluster-info-names-unreachable-server",
    JOIN_TOKEN_UNKNOWN = "join-token-unknown",
    BOOTSTRAP_SIGNER_NOT_RUNNING = "bootstrap-signer-not-running",
    JOIN_TOKEN_SECRET_WRONG = "join-token-secret-wrong",
    CA_PIN_OF_ANOTHER_CLUSTER = "ca-pin-of-another-cluster",
    CLUSTER_INFO_CHANGED_MIDWAY = "cluster-info-changed-midway",
    CONTROL_PLANE_ENDPOINT_MISSING = "control-plane-endpoint-missing",
    CERTIFICATE_KEY_EXPIRED = "certificate-key-expired",
    CERTIFICATE_KEY_WRONG = "certificate-key-wrong",
    NODE_NAME_TAKEN = "node-name-taken",
    NODE_JOINED_BEFORE = "node-joined-before",
    JOIN_VERSIONS_APART = "join-versions-apart",
    ADVERTISE_ADDRESS_NOT_ON_HOST = "advertise-address-not-on-host",
    DEFAULT_ROUTE_MISSING = "default-route-missing",
    DEFAULT_ROUTE_WITHOUT_ADDRESS = "default-route-without-address",
    DEFAULT_ROUTE_UNREACHABLE = "default-route-unreachable",
    ADVERTISE_ADDRESS_MALFORMED = "advertise-address-malformed",
    SUBNET_SIZE_REFUSED = "subnet-size-refused",
    JOIN_LINE_INCOMPLETE = "join-line-incomplete",
    INTERNAL_IP_UNREACHABLE = "internal-ip-unreachable",
    INTERNAL_IP_OF_ANOTHER_HOST = "internal-ip-of-another-host",
    NODE_OFF = "node-off",
    NODE_LINK_DOWN = "node-link-down",
    KUBELET_NOT_RUNNING = "kubelet-not-running",
    KUBELET_CRASH_LOOP = "kubelet-crash-loop",
    NO_INTERNAL_IP = "no-internal-ip",
    KUBELET_SERVING_CSR_PENDING = "kubelet-serving-csr-pending",
    KUBELET_JUST_RESTARTED = "kubelet-just-restarted",
    TUNNEL_DOWN = "tunnel-down",
    NODE_IP_NOT_ON_HOST = "node-ip-not-on-host",
    NODE_NAME_WITHOUT_ADDRESS = "node-name-without-address",
    NODE_NOT_REGISTERED = "node-not-registered",
    KUBELET_LOST_API_SERVER = "kubelet-lost-api-server",
    CSINODE_RACE = "csinode-race",
    TLS_BOOTSTRAP_BLOCKED = "tls-bootstrap-blocked",
    WORKERS_MISSING = "workers-missing",
    NO_NODE_READY = "no-node-ready",
    NODE_WITHOUT_ROOM = "node-without-room",
    DISK_FULL = "disk-full",
    NODE_SHORT_OF_RESOURCES = "node-short-of-resources",
    IP_FORWARD_OFF = "ip-forward-off",
    IPV6_FORWARD_OFF = "ipv6-forward-off",
    BRIDGE_NETFILTER_OFF = "bridge-netfilter-off",
    SWAP_ON = "swap-on",
    SWAP_NOTED = "swap-noted",
    CGROUP_MEMORY_OFF = "cgroup-memory-off",
    CGROUP_V1 = "cgroup-v1",
    CGROUP_CONTROLLER_MISSING = "cgroup-controller-missing",
    OPTIONAL_CGROUP_MISSING = "optional-cgroup-missing",
    HOST_TOO_SMALL = "host-too-small",
    NOT_ROOT = "not-root",
    PROGRAM_MISSING = "program-missing",
    KERNEL_NOT_ACCEPTED = "kernel-not-accepted",
    HOST_NAME_UNRESOLVED = "host-name-unresolved",
    FIREWALLD_ACTIVE = "firewalld-active",
    BIND_ADDRESS_ADVICE = "bind-address-advice",
    VERSION_NOT_LOOKED_UP = "version-not-looked-up",
    CONNTRACK_NOT_WRITABLE = "conntrack-not-writable",
    TUNNEL_SOCKET_IN_USE = "tunnel-socket-in-use",
    CONTAINERD_NOT_RUNNING = "containerd-not-running",
    CRI_PLUGIN_DISABLED = "cri-plugin-disabled",
    CRI_TOO_OLD = "cri-too-old",
    CRI_SOCKET_MISSING = "cri-socket-missing",
    SEVERAL_RUNTIMES = "several-runtimes",
    CGROUP_DRIVER_MISMATCH = "cgroup-driver-mismatch",
    SANDBOX_IMAGE_MISSING = "sandbox-image-missing",
    CONTAINER_ENDS_BY_ITSELF = "container-ends-by-itself",
    PROBE_FAILS = "probe-fails",
    OUT_OF_MEMORY = "out-of-memory",
    IMAGE_FOR_OTHER_PROCESSOR = "image-for-other-processor",
    CNI_NOT_INSTALLED = "cni-not-installed",
    CNI_NOT_READY = "cni-not-ready",
    CNI_CONFIG_REMOVED = "cni-config-removed",
    CNI_CONFIG_NOT_READ = "cni-config-not-read",
    CNI_BINARIES_MISSING = "cni-binaries-missing",
    FLANNEL_NOT_RUNNING = "flannel-not-running",
    POD_CIDR_NOT_ASSIGNED = "pod-cidr-not-assigned",
    FLANNEL_NETWORK_DIFFERS = "flannel-network-differs",
    FLANNEL_SUBNET_DIFFERS = "flannel-subnet-differs",
    POD_ADDRESSES_USED_UP = "pod-addresses-used-up",
    FLANNEL_STARTS = "flannel-starts",
    CNI0_STALE_ADDRESS = "cni0-stale-address",
    FLANNEL_ON_UNREACHABLE_LINK = "flannel-on-unreachable-link",
    FLANNEL_WITHOUT_ROUTES = "flannel-without-routes",
    VXLAN_PORT_BLOCKED = "vxlan-port-blocked",
    FLANNEL_INTERFACE_MISSING = "flannel-interface-missing",
    CNI_PICKED_OTHER_ADDRESS = "cni-picked-other-address",
    BGP_PORT_BLOCKED = "bgp-port-blocked",
    FORWARD_POLICY_DROP = "forward-policy-drop",
    POD_NOT_THERE = "pod-not-there",
    POD_NETWORK_OVERLAPS = "pod-network-overlaps",
    SERVICE_NETWORK_OVERLAPS = "service-network-overlaps",
    POD_MTU_HOLE = "pod-mtu-hole",
    SERVER_STALLS = "server-stalls",
    NETWORK_POLICY = "network-policy",
    SERVICE_WITHOUT_ENDPOINTS = "service-without-endpoints",
    COREDNS_NOT_READY = "coredns-not-ready",
    COREFILE_REJECTED = "corefile-rejected",
    KUBE_PROXY_WITHOUT_RULES = "kube-proxy-without-rules",
    KUBE_PROXY_SERVER_UNREACHABLE = "kube-proxy-server-unreachable",
    SERVICE_ADDRESS_UNASSIGNED = "service-address-unassigned",
    SERVICE_PORT_UNASSIGNED = "service-port-unassigned",
    NO_ROUTE_TO_SERVICE_RANGE = "no-route-to-service-range",
    REPLY_INTO_OTHER_NETWORK = "reply-into-other-network",
    API_SERVICE_LEADS_NOWHERE = "api-service-leads-nowhere",
    WEBHOOK_WITHOUT_ANSWER = "webhook-without-answer",
    NAME_UNKNOWN = "name-unknown",
    NAME_OF_OTHER_RESOLVER = "name-of-other-resolver",
    RESOLVER_UNREACHABLE = "resolver-unreachable",
    NO_NAMESERVER = "no-nameserver",
    DNS_FORWARDING_LOOP = "dns-forwarding-loop",
    DNS_PACKETS_BLOCKED = "dns-packets-blocked",
    NO_WAY_TO_INTERNET = "no-way-to-internet",
    NAT_MISSING = "nat-missing",
    GATEWAY_OFF = "gateway-off",
    REGISTRY_FILTERED = "registry-filtered",
    PORTAL_INTERCEPTS = "portal-intercepts",
    PRIVATE_REGISTRY_CA = "private-registry-ca",
    IMAGE_UNKNOWN = "image-unknown",
    REGISTRY_RATE_LIMIT = "registry-rate-limit",
    PULL_FAILED_UNTOLD = "pull-failed-untold",
    CLOUD_CONTROLLER_MISSING = "cloud-controller-missing",
    NODE_CORDONED = "node-cordoned",
    TAINT_NOT_TOLERATED = "taint-not-tolerated",
    NODE_SELECTOR_DIFFERS = "node-selector-differs",
    HOST_PORT_TAKEN = "host-port-taken",
    JOB_DID_NOT_RUN = "job-did-not-run",
    QUOTA_EXCEEDED = "quota-exceeded",
    SERVICE_ACCOUNT_MISSING = "service-account-missing",
    POD_SECURITY_DENIES = "pod-security-denies",
    NAMESPACE_TERMINATING = "namespace-terminating",
    WEBHOOK_CA_STALE = "webhook-ca-stale",
    RESOURCE_KIND_UNKNOWN = "resource-kind-unknown",
    FLAG_UNKNOWN = "flag-unknown",
    CONFIG_OBJECT_MISSING = "config-object-missing",
    VOLUME_UNBOUND = "volume-unbound",
    VOLUME_ELSEWHERE = "volume-elsewhere",
    CSI_DRIVER_NOT_RUNNING = "csi-driver-not-running",
    STORAGE_UNREACHABLE = "storage-unreachable",
    INOTIFY_LIMIT_REACHED = "inotify-limit-reached",
    SCRIPT_WITHOUT_INTERPRETER = "script-without-interpreter",
    XTABLES_LOCK_HELD = "xtables-lock-held",
    VXLAN_MODULE_MISSING = "vxlan-module-missing",
    VXLAN_CHECKSUM_OFFLOAD = "vxlan-checksum-offload",
    CNI_CREDENTIALS_REFUSED = "cni-credentials-refused",
    ETCD_PEER_UNREACHABLE = "etcd-peer-unreachable",
    NODE_NAME_CHANGED = "node-name-changed",
    IMAGE_NAME_WITHOUT_REGISTRY = "image-name-without-registry",
    REGISTRY_LOGIN_MISSING = "registry-login-missing",
    CLUSTER_INFO_NAMES_LOOPBACK = "cluster-info-names-loopback",
    LOCAL_BALANCER_WITHOUT_SERVER = "local-balancer-without-server",
    NODE_PASSWORD_REJECTED = "node-password-rejected",
    SERVER_TOKEN_WRONG = "server-token-wrong",
    PROXY_UNREACHABLE = "proxy-unreachable",
    SERVICE_PATH_REJECTED = "service-path-rejected",
    ENDPOINT_UNREACHABLE = "endpoint-unreachable",
    RESOLVER_ANSWERS_WITH_ERROR = "resolver-answers-with-error",
    SEARCH_LIST_TRIED = "search-list-tried",
    UNEXPLAINED = "unexplained",
}

codes! {
    /// Every reason for which settings for Kubernetes are not decided.
    REFUSALS:
    SETTINGS_HOST_UNKNOWN = "settings-host-unknown",
    SETTINGS_HOST_UNNAMED = "settings-host-unnamed",
    NODE_NAME_INVALID = "node-name-invalid",
    LINK_NAME_INVALID = "link-name-invalid",
    CHOSEN_ADDRESS_NOT_ON_HOST = "chosen-address-not-on-host",
    NODE_ADDRESS_MISSING = "node-address-missing",
    NODE_ADDRESS_UNDECIDED = "node-address-undecided",
    NO_SHARED_NETWORK = "no-shared-network",
    CHOSEN_NETWORK_REFUSED = "chosen-network-refused",
    NO_FREE_NETWORK = "no-free-network",
    JOIN_SERVER_UNREACHED = "join-server-unreached",
    INIT_ADDRESS_UNKNOWN = "init-address-unknown",
    REPAIR_NOT_NEEDED = "repair-not-needed",
    KUBEADM_VERSION_UNKNOWN = "kubeadm-version-unknown",
    KUBEADM_VERSION_UNSUPPORTED = "kubeadm-version-unsupported",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_kebab_case_and_a_code_means_one_thing() {
        let mut seen = BTreeSet::new();
        for code in FINDINGS.iter().chain(CAUSES).chain(REFUSALS) {
            assert!(seen.insert(code), "{code} is there twice");
            let is_kebab_case = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(code.as_str().bytes().all(is_kebab_case), "{code}");
        }
    }
}
