//! Causes in certificates, kubeconfigs and clocks.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_CERTIFICATE_LACKS_NAME,
        weight: CauseSeverity::Fault,
        summary: "the API server's certificate was made without {wanted}",
        distinguished_by: "its certificate on disk lacks the name, too",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt",
            patterns: &[
                (OutputPattern::Says(":{wanted}"), CauseImplication::Excludes),
                (OutputPattern::Says("dns:kubernetes"), CauseImplication::Proves),
            ],
        },
        remedy: "use a name it has; or add {wanted} to certSANs in ConfigMap kubeadm-config, move \
               /etc/kubernetes/pki/apiserver.* away, kubeadm init phase certs apiserver --config \
               FILE (served within a second, no restart)",
        source: "measured: san (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::ANOTHER_SERVER_ANSWERS,
        weight: CauseSeverity::Fault,
        summary: "{host} is not the server that was meant: another machine or a captive portal answers",
        distinguished_by: "the certificate that is shown was issued by somebody else than \"kubernetes\"",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "curl -sk -m 5 -v -o /dev/null https://{endpoint}/version",
            patterns: &[
                (OutputPattern::Says("issuer: cn=kubernetes"), CauseImplication::Excludes),
                (OutputPattern::Says("issuer:"), CauseImplication::Proves),
            ],
        },
        remedy: "find out who has the address (`pontoon check` finds doubled addresses and portals)",
        source: "RFC 8952 (captive portals); k/k: kubeadm's CA is called kubernetes",
    },
    Cause {
        code: code::KUBECONFIG_OF_ANOTHER_CA,
        weight: CauseSeverity::Fault,
        summary: "the kubeconfig, or the join line, is of an earlier cluster: after kubeadm reset and \
             init there is a new CA",
        distinguished_by: "the server's CA is called kubernetes like the old one, and its date is younger",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
            patterns: &[],
        },
        remedy: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; on nodes: kubeadm reset, \
               then join with: kubeadm token create --print-join-command",
        source: "kubernetes.io: Troubleshooting kubeadm, TLS certificate errors",
    },
    Cause {
        code: code::CLOCK_BEFORE_CERTIFICATE,
        weight: CauseSeverity::Fault,
        summary: "this host's clock is behind: to it the certificate is not valid yet",
        distinguished_by: "its clock is not synchronised, and date shows the past",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "timedatectl show -p NTPSynchronized",
            patterns: &[
                (OutputPattern::Says("=yes"), CauseImplication::Excludes),
                (OutputPattern::Says("=no"), CauseImplication::Fits),
            ],
        },
        remedy: "set it (`pontoon clock HOSTS --sync`, or timedatectl set-ntp true): a Pi has no \
               clock that runs without power",
        source: "kubeadm#240, k/k#42791; k/k constants.CertificateBackdate is 5 minutes",
    },
    Cause {
        code: code::CERTIFICATE_FROM_THE_FUTURE,
        weight: CauseSeverity::Fault,
        summary: "the control plane's clock was ahead when kubeadm init made the certificates",
        distinguished_by: "the CA's first day lies in the future on every clock",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
            patterns: &[],
        },
        remedy: "set the clock there, then kubeadm reset and init again (or wait for the day)",
        source: "k/k cmd/kubeadm/app/util/pkiutil: NotBefore is the CA's",
    },
    Cause {
        code: code::CERTIFICATE_EXPIRED,
        weight: CauseSeverity::Fault,
        summary: "a certificate has run out: kubeadm's last a year",
        distinguished_by: "kubeadm shows it as invalid",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubeadm certs check-expiration",
            patterns: &[
                (OutputPattern::Says("<invalid>"), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "on the control plane: kubeadm certs renew all, then restart the four static pods \
               and copy admin.conf again",
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::CLOCK_AHEAD,
        weight: CauseSeverity::Fault,
        summary: "a clock is far ahead: to it the certificate has run out",
        distinguished_by: "date shows a day that has not come",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "timedatectl show -p NTPSynchronized",
            patterns: &[
                (OutputPattern::Says("=yes"), CauseImplication::Excludes),
                (OutputPattern::Says("=no"), CauseImplication::Fits),
            ],
        },
        remedy: "set it (`pontoon clock HOSTS --sync`)",
        source: "k/k cmd/kubeadm: leaf certificates 1 year, CA 10 years",
    },
    Cause {
        code: code::KUBELET_SERVES_OWN_CERTIFICATE,
        weight: CauseSeverity::Fault,
        summary: "kubelet serves a certificate that it signed itself, as kubeadm sets it up, and who \
             asks wants one of the cluster's CA (metrics-server)",
        distinguished_by: "kubectl logs works for the same node",
        check: CauseCheck { on: CheckLocation::Kubectl, command: "kubectl get csr", patterns: &[] },
        remedy: "serverTLSBootstrap: true in ConfigMap kubelet-config and on each node, then approve \
               the CSRs; for a try: --kubelet-insecure-tls of metrics-server",
        source: "kubernetes.io: Certificate Management with kubeadm, signed kubelet serving \
                 certificates",
    },
    Cause {
        code: code::KUBELET_CERTIFICATE_EXPIRED,
        weight: CauseSeverity::Fault,
        summary: "kubelet's client certificate has run out, and it may not ask for a new one by itself",
        distinguished_by: "the file that kubelet.conf names is older than a year",
        check: CauseCheck {
            on: CheckLocation::Here,
            command: "openssl x509 -noout -enddate -in \
                      /var/lib/kubelet/pki/kubelet-client-current.pem",
            patterns: &[],
        },
        remedy: "on the control plane: kubeadm kubeconfig user --org system:nodes --client-name \
               system:node:NODE >kubelet.conf, bring it to the node, restart kubelet",
        source: "kubernetes.io: Troubleshooting kubeadm, Kubelet client certificate rotation fails",
    },
    Cause {
        code: code::CREDENTIALS_NOT_ACCEPTED,
        weight: CauseSeverity::Fault,
        summary: "the server does not know these credentials: of another cluster, expired, or a token \
             that was deleted",
        distinguished_by: "with the control plane's admin.conf the same command works",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "kubectl get nodes --kubeconfig /etc/kubernetes/admin.conf",
            patterns: &[(OutputPattern::Succeeds, CauseImplication::Fits)],
        },
        remedy: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; for a join: kubeadm token \
               create --print-join-command",
        source: "kubernetes.io: Authenticating",
    },
    Cause {
        code: code::RIGHTS_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the server knows who asks, and RBAC does not let them",
        distinguished_by: "the text names the user and the resource",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get clusterrolebindings,rolebindings -A -o wide",
            patterns: &[],
        },
        remedy: "ask with other credentials, or bind a role to that user; a system:node:NAME is \
               refused when the node's name is not NAME",
        source: "kubernetes.io: Using RBAC Authorization; Node Authorization",
    },
];
