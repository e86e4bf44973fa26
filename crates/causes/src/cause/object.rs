//! Causes in objects of the cluster: scheduling, admission, volumes.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CheckLocation::{Here, Kubectl};
use super::remedy::action;
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CLOUD_CONTROLLER_MISSING,
        severity: Severity::Error,
        summary: "kubelet was started for an external cloud provider, and no cloud \
                  controller has initialised the node",
        distinguished_by: "the node has the taint \
                           node.cloudprovider.kubernetes.io/uninitialized",
        check: CauseCheck::new(Kubectl, "kubectl get nodes -o wide"),
        remedies: &[action(
            "install the cloud controller manager, or start kubelet without \
                     --cloud-provider=external",
        )],
        source: "kubernetes.io: Cloud Controller Manager Administration",
    },
    Cause {
        code: code::NODE_CORDONED,
        severity: Severity::Error,
        summary: "nodes are cordoned: they accept no new pods",
        distinguished_by: "kubectl get nodes shows SchedulingDisabled",
        check: CauseCheck::new(Kubectl, "kubectl get nodes"),
        remedies: &[action("kubectl uncordon the node when its maintenance is over")],
        source: "kubernetes.io: Safely Drain a Node",
    },
    Cause {
        code: code::TAINT_NOT_TOLERATED,
        severity: Severity::Error,
        summary: "nodes have a taint that the pod does not tolerate",
        distinguished_by: "kubectl describe node lists the taint",
        check: CauseCheck::new(Kubectl, "kubectl get nodes -o yaml"),
        remedies: &[action("add a toleration to the pod, or remove the taint from the node")],
        source: "kubernetes.io: Taints and Tolerations",
    },
    Cause {
        code: code::NODE_SELECTOR_DIFFERS,
        severity: Severity::Error,
        summary: "no remaining node matches the node selector, affinity or spread of the \
                  pod",
        distinguished_by: "the labels that the pod asks for are not on the nodes",
        check: CauseCheck::new(Kubectl, "kubectl get nodes --show-labels"),
        remedies: &[action(
            "label a node, or change the nodeSelector, affinity or \
                     topologySpreadConstraints of the pod",
        )],
        source: "kubernetes.io: Assigning Pods to Nodes",
    },
    Cause {
        code: code::HOST_PORT_TAKEN,
        severity: Severity::Error,
        summary: "another pod of each node has the host port that the pod requests",
        distinguished_by: "two pods name the same hostPort",
        check: CauseCheck::new(Kubectl, "kubectl get pods -A -o wide"),
        remedies: &[action("choose another hostPort, or run at most one such pod on each node")],
        source: "kubernetes.io: Configuration Best Practices",
    },
    Cause {
        code: code::JOB_DID_NOT_RUN,
        severity: Severity::Error,
        summary: "the pod of the test job was not scheduled, its image was not pulled, or \
                  no node is ready",
        distinguished_by: "kubectl get pods -n kube-system shows the pod as Pending or \
                           ImagePullBackOff",
        check: CauseCheck::new(Kubectl, "kubectl get pods -n kube-system -o wide"),
        remedies: &[
            action("read the events of the pod: kubectl describe names the reason"),
            action("the job needs a node that is ready and accepts pods"),
        ],
        source: "kubernetes: cmd/kubeadm/app/phases/upgrade/health.go",
    },
    Cause {
        code: code::QUOTA_EXCEEDED,
        severity: Severity::Error,
        summary: "a ResourceQuota or LimitRange of the namespace denies the object",
        distinguished_by: "kubectl describe quota shows what is used and what is allowed",
        check: CauseCheck::new(Kubectl, "kubectl get resourcequota,limitrange -A"),
        remedies: &[action("ask for less, delete what is not needed, or raise the quota")],
        source: "kubernetes.io: Resource Quotas",
    },
    Cause {
        code: code::SERVICE_ACCOUNT_MISSING,
        severity: Severity::Error,
        summary: "the pod names a service account that its namespace does not have",
        distinguished_by: "kubectl get serviceaccounts does not list it",
        check: CauseCheck::new(Kubectl, "kubectl get serviceaccounts -A"),
        remedies: &[action("create the service account, or correct its name or the namespace")],
        source: "kubernetes.io: Configure Service Accounts for Pods",
    },
    Cause {
        code: code::POD_SECURITY_DENIES,
        severity: Severity::Error,
        summary: "the Pod Security level of the namespace does not allow what the pod asks \
                  for",
        distinguished_by: "the label pod-security.kubernetes.io/enforce of the namespace \
                           names the level",
        check: CauseCheck::new(Kubectl, "kubectl get namespaces --show-labels"),
        remedies: &[action(
            "change the securityContext of the pod as the message says, or the \
                     label of the namespace",
        )],
        source: "kubernetes.io: Pod Security Admission",
    },
    Cause {
        code: code::NAMESPACE_TERMINATING,
        severity: Severity::Error,
        summary: "the namespace is being deleted",
        distinguished_by: "kubectl get namespaces shows Terminating",
        check: CauseCheck::new(Kubectl, "kubectl get namespaces"),
        remedies: &[action("wait until it is gone; if it stays, its status names what holds it")],
        source: "kubernetes.io: Namespaces",
    },
    Cause {
        code: code::WEBHOOK_CA_STALE,
        severity: Severity::Error,
        summary: "the caBundle of the webhook configuration is empty or belongs to an \
                  earlier certificate of the webhook",
        distinguished_by: "the caBundle does not verify the certificate that the webhook \
                           presents",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml",
        ),
        remedies: &[
            action(
                "wait a minute after an installation: a job or cert-manager's \
                     cainjector writes the caBundle",
            ),
            action("restart the component that writes it, or install the webhook again"),
        ],
        source: "cert-manager.io: The Definitive Debugging Guide for the cert-manager \
                 Webhook Pod",
    },
    Cause {
        code: code::RESOURCE_KIND_UNKNOWN,
        severity: Severity::Error,
        summary: "the API server does not serve this kind in this version: its CRD is not \
                  installed, or the version was removed",
        distinguished_by: "kubectl api-resources does not list the kind",
        check: CauseCheck::new(Kubectl, "kubectl get crd"),
        remedies: &[action("install the CRDs first, or use the version that the cluster serves")],
        source: "kubernetes.io: Deprecated API Migration Guide",
    },
    Cause {
        code: code::FLAG_UNKNOWN,
        severity: Severity::Error,
        summary: "the command line contains an option that the program does not have",
        distinguished_by: "the help of the program does not list the option",
        check: CauseCheck::new(Here, "PROGRAM --help"),
        remedies: &[action("correct the option: it is misspelt, or of another version or program")],
        source: "github.com/spf13/pflag: errors.go",
    },
    Cause {
        code: code::CONFIG_OBJECT_MISSING,
        severity: Severity::Error,
        summary: "the namespace of the pod does not have the ConfigMap, the Secret or the \
                  key that the pod uses",
        distinguished_by: "kubectl get configmaps,secrets does not list it in the namespace \
                           of the pod",
        check: CauseCheck::new(Kubectl, "kubectl get configmaps,secrets -A"),
        remedies: &[action("create it in the namespace of the pod, or correct its name")],
        source: "kubernetes.io: Configure a Pod to Use a ConfigMap",
    },
    Cause {
        code: code::VOLUME_UNBOUND,
        severity: Severity::Error,
        summary: "no volume and no StorageClass provides what the claim asks for",
        distinguished_by: "kubectl get pvc shows Pending; kubectl get storageclass is empty \
                           or has no default",
        check: CauseCheck::new(Kubectl, "kubectl get pvc,pv,storageclass -A"),
        remedies: &[action(
            "install a provisioner and mark its StorageClass as default, or create \
                     a PersistentVolume",
        )],
        source: "kubernetes.io: Persistent Volumes",
    },
    Cause {
        code: code::VOLUME_ELSEWHERE,
        severity: Severity::Error,
        summary: "the volume is bound to a node or zone other than the one on which the pod \
                  can run",
        distinguished_by: "the nodeAffinity of the volume, or its VolumeAttachment, names \
                           the node",
        check: CauseCheck::new(Kubectl, "kubectl get pv,volumeattachments -o wide"),
        remedies: &[action(
            "run the pod on that node, or wait until the old pod and its attachment \
                     are gone",
        )],
        source: "kubernetes.io: Storage Classes, Volume Binding Mode",
    },
];
