//! Messages of the scheduler, of admission, of storage, and of the servers of K3s and RKE2.

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
    // The reasons of the scheduler, in the order of its plug-ins.
    row(
        &[
            "had untolerated taint {node-role.kubernetes.io/control-plane",
            "had taint {node-role.kubernetes.io/master",
            "had untolerated taint(s){..}control-plane",
        ],
        "the pod is pending: control plane nodes accept no ordinary pods",
        &[code::WORKERS_MISSING],
    )
    .reason(),
    row(
        &[
            "had untolerated taint {node.kubernetes.io/not-ready",
            "had untolerated taint {node.kubernetes.io/unreachable",
            "had taint {node.kubernetes.io/not-ready",
            "had taint {node.kubernetes.io/unreachable",
            "no nodes available to schedule pods",
        ],
        "the pod is pending: nodes are not ready",
        &[code::NO_NODE_READY],
    )
    .after(SymptomGroup::Node)
    .reason(),
    row(
        &["had untolerated taint {node.kubernetes.io/disk-pressure"],
        "the pod is pending: nodes have too little disk space",
        &[code::DISK_FULL],
    )
    .certain()
    .reason(),
    row(
        &["had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized"],
        "the pod is pending: nodes wait for a cloud controller",
        &[code::CLOUD_CONTROLLER_MISSING],
    )
    .reason(),
    row(
        &["were unschedulable", "had untolerated taint {node.kubernetes.io/unschedulable"],
        "the pod is pending: nodes are cordoned",
        &[code::NODE_CORDONED],
    )
    .certain()
    .reason(),
    row(
        &["had untolerated taint", "had taint {", "had taints that the pod didn't tolerate"],
        "the pod is pending: nodes have a taint that it does not tolerate",
        &[code::TAINT_NOT_TOLERATED],
    )
    .certain()
    .reason(),
    row(
        &["insufficient ", "too many pods"],
        "the pod is pending: nodes do not have the room that it requests",
        &[code::NODE_WITHOUT_ROOM],
    )
    .certain()
    .reason(),
    row(
        &[
            "didn't match pod's node affinity",
            "didn't match node selector",
            "didn't match pod affinity",
            "didn't match pod anti-affinity",
            "didn't match pod topology spread",
        ],
        "the pod is pending: nodes do not match its selector, affinity or spread",
        &[code::NODE_SELECTOR_DIFFERS],
    )
    .certain()
    .reason(),
    row(
        &["didn't have free ports for the requested pod ports"],
        "the pod is pending: the host port that it requests is taken",
        &[code::HOST_PORT_TAKEN],
    )
    .certain()
    .reason(),
    row(
        &[
            "unbound immediate persistentvolumeclaims",
            "didn't find available persistent volumes",
            "no persistent volumes available for this claim",
            "persistentvolumeclaim \"{..}\" not found",
        ],
        "the pod is pending: a volume that it claims is not bound",
        &[code::VOLUME_UNBOUND],
    )
    .certain()
    .reason(),
    row(
        &["had volume node affinity conflict"],
        "the pod is pending: its volume belongs to another node",
        &[code::VOLUME_ELSEWHERE],
    )
    .certain()
    .reason(),
    row(
        &["share the internalip {address}"],
        "several nodes have the InternalIP {address}",
        &[code::INTERNAL_IP_OF_ANOTHER_HOST],
    )
    .certain(),
    // Admission.
    row(
        &[
            "is forbidden: exceeded quota",
            "must specify limits",
            "maximum cpu usage per",
            "maximum memory usage per",
        ],
        "the API server denied the object because of a quota or limit range",
        &[code::QUOTA_EXCEEDED],
    )
    .certain(),
    row(
        &["error looking up service account", "serviceaccount \"{name}\" not found"],
        "the object names a service account that does not exist",
        &[code::SERVICE_ACCOUNT_MISSING],
    )
    .certain(),
    row(&["violates podsecurity"], "Pod Security denied the pod", &[code::POD_SECURITY_DENIES])
        .certain(),
    row(
        &["because it is being terminated"],
        "the namespace is being deleted, so that nothing can be made in it",
        &[code::NAMESPACE_TERMINATING],
    )
    .certain(),
    row(
        &[
            "call webhook{..}certificate signed by unknown authority",
            "calling webhook{..}x509: certificate",
        ],
        "the API server reached the webhook, and does not trust its certificate",
        &[code::WEBHOOK_CA_STALE, code::CLOCK_BEFORE_CERTIFICATE],
    )
    .by_api_server(),
    row(
        &["no matches for kind \"{program}\" in version"],
        "the API server does not know a kind that the file uses",
        &[code::RESOURCE_KIND_UNKNOWN],
    )
    .certain(),
    row(
        &["unknown flag: --{program}", "unknown shorthand flag", "flag provided but not defined"],
        "a program does not know an option that it was given",
        &[code::FLAG_UNKNOWN],
    )
    .certain(),
    // Storage.
    row(
        &[
            "dial unix {..}csi.sock: connect",
            "driver name {..}not found in the list of registered csi drivers",
        ],
        "kubelet did not reach a CSI driver on its node",
        &[code::CSI_DRIVER_NOT_RUNNING],
    ),
    row(
        &["multi-attach error for volume"],
        "the volume is still attached to another node",
        &[code::VOLUME_ELSEWHERE],
    ),
    row(
        &[
            "mountvolume.setup failed for volume {..}configmap \"{name}\" not found",
            "mountvolume.setup failed for volume {..}secret \"{name}\" not found",
            "error: configmap \"{name}\" not found",
            "error: secret \"{name}\" not found",
            "couldn't find key {..}in ",
        ],
        "the pod uses a ConfigMap or Secret that does not exist",
        &[code::CONFIG_OBJECT_MISSING],
    )
    .certain(),
    row(
        &[
            "mountvolume.{..}failed for volume",
            "unable to attach or mount volumes",
            "attachvolume.attach failed",
        ],
        "a volume was not attached or mounted",
        &[code::STORAGE_UNREACHABLE, code::CSI_DRIVER_NOT_RUNNING, code::PROGRAM_MISSING],
    ),
    row(
        &[
            "too many open files",
            "inotify_add_watch{..}no space left on device",
            "inotify{..}no space left on device",
            "fsnotify{..}no space left on device",
            "inotify watch{..}no space left on device",
        ],
        "a limit of the kernel on open files or inotify watches was reached",
        &[code::INOTIFY_LIMIT_REACHED],
    ),
    row(
        &["exec {path}: exec format error", "exec format error"],
        "the kernel cannot execute the container's program",
        &[code::IMAGE_FOR_OTHER_PROCESSOR, code::SCRIPT_WITHOUT_INTERPRETER],
    ),
    // K3s and RKE2.
    row(
        &[
            "node password rejected",
            "unable to verify password for node {node}",
            "failed to validate node password",
        ],
        "the server keeps another password for a node of this name",
        &[code::NODE_PASSWORD_REJECTED],
    ),
    row(
        &[
            "token ca hash does not match the cluster ca certificate hash",
            "invalid token ca hash",
            "failed to normalize token",
            "token is not valid: https",
        ],
        "the agent's token is not that of this cluster",
        &[code::SERVER_TOKEN_WRONG],
    ),
    row(
        &["bootstrap data already found and encrypted with different token"],
        "this server was started before with another token",
        &[code::SERVER_TOKEN_WRONG],
    )
    .certain(),
    row(
        &[
            "flannel exited: operation not supported",
            "failed to create vxlan: operation not supported",
            "failed to create vxlanadapter{..}operation not supported",
            "kernel does not support vxlan",
            "vxlan{..}operation not supported",
            "module vxlan not found",
        ],
        "the kernel refused to make a link of flannel",
        &[code::VXLAN_MODULE_MISSING],
    ),
    row(
        &["udp: bad checksum. from {endpoint} to {endpoint}"],
        "the kernel drops UDP packets whose checksum is wrong",
        &[code::VXLAN_CHECKSUM_OFFLOAD],
    ),
    row(
        &["another app is currently holding the xtables lock"],
        "iptables waited in vain for its lock",
        &[code::XTABLES_LOCK_HELD],
    )
    .certain(),
    row(
        &["error getting ipset version{..}executable file not found"],
        "kube-proxy does not find ipset, which its IPVS mode needs",
        &[code::PROGRAM_MISSING],
    )
    .certain(),
    row(
        &[
            "expected cgroupspath to be of format \"slice:prefix:name\"",
            "cgroups path should be of format",
        ],
        "kubelet names cgroups as cgroupfs does, the runtime as systemd does",
        &[code::CGROUP_DRIVER_MISMATCH],
    )
    .certain(),
    // Network plug-ins.
    row(
        &[
            "connection is unauthorized: unauthorized",
            "error getting clusterinformation: {..}unauthorized",
        ],
        "the network plug-in reached the API server, which did not accept its credentials",
        &[code::CNI_CREDENTIALS_REFUSED],
    ),
    row(
        &[
            "unable to connect to cilium agent",
            "cilium.sock: connect: no such file",
            "cilium.sock: connect: connection refused",
            "is the agent running?",
        ],
        "the network plug-in does not reach Cilium's agent on its node",
        &[code::CNI_NOT_READY],
    ),
    row(
        &[
            "failed to update lease{..}etcdserver",
            "can only promote a learner member which is in sync",
        ],
        "the new member of etcd has not caught up with the leader",
        &[code::ETCD_PEER_UNREACHABLE, code::ETCD_SLOW_OR_ALONE],
    ),
    row(
        &[
            "error createjob]: job \"upgrade-health-check",
            "upgrade-health-check{..}did not complete",
        ],
        "the test pod of kubeadm upgrade did not end in time",
        &[code::JOB_DID_NOT_RUN],
    ),
    row(
        &[
            "failed to find any valid interface to use",
            "error looking up interface {host}",
            "could not find valid interface matching {link}",
            "failed to find interface to use that matches",
            "could not find interface {..}with address",
            "no interface with given ip found",
        ],
        "flannel found none of the interfaces or addresses that it is configured to use",
        &[code::FLANNEL_INTERFACE_MISSING],
    )
    .certain(),
    // Registries.
    row(
        &["short-name \"{image}\" did not resolve to an alias"],
        "the image's name has no registry, and the node has none to search",
        &[code::IMAGE_NAME_WITHOUT_REGISTRY],
    )
    .certain(),
    row(
        &[
            "failed to fetch anonymous token{..}401 unauthorized",
            "failed to fetch anonymous token{..}403 forbidden",
            "failed to fetch oauth token{..}denied",
            "no basic auth credentials",
            "authentication required",
        ],
        "the registry answered, and does not provide the image without a login",
        &[code::REGISTRY_LOGIN_MISSING, code::IMAGE_UNKNOWN],
    ),
    row(
        &[
            "pull access denied",
            "repository does not exist or may require",
            "insufficient_scope: authorization failed",
        ],
        "the registry was reached, and does not provide that image to this client",
        &[code::IMAGE_UNKNOWN, code::REGISTRY_LOGIN_MISSING],
    ),
    // Objects and nodes.
    row(
        &[
            "node '{node}' cannot read '{node}', only its own node object",
            "is not allowed to modify node",
            "can only access node lease with the same name",
        ],
        "kubelet's certificate is that of another node name than it uses now",
        &[code::NODE_NAME_CHANGED],
    )
    .certain(),
];
