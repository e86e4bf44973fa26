//! Certificates, kubeconfigs and clocks.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_CERTIFICATE_LACKS_NAME,
        weight: Weight::Fault,
        is: "the API server's certificate was made without {wanted}",
        apart: "its certificate on disk lacks the name, too",
        look: Look {
            on: On::ControlPlane,
            command: "openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt",
            signs: &[
                (Sign::Says(":{wanted}"), Means::Excludes),
                (Sign::Says("dns:kubernetes"), Means::Proves),
            ],
        },
        cure: "use a name it has; or add {wanted} to certSANs in ConfigMap kubeadm-config, move \
               /etc/kubernetes/pki/apiserver.* away, kubeadm init phase certs apiserver --config \
               FILE (served within a second, no restart)",
        source: "measured: san (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::ANOTHER_SERVER_ANSWERS,
        weight: Weight::Fault,
        is: "{host} is not the server that was meant: another machine or a captive portal answers",
        apart: "the certificate that is shown was issued by somebody else than \"kubernetes\"",
        look: Look {
            on: On::Dialler,
            command: "curl -sk -m 5 -v -o /dev/null https://{endpoint}/version",
            signs: &[
                (Sign::Says("issuer: cn=kubernetes"), Means::Excludes),
                (Sign::Says("issuer:"), Means::Proves),
            ],
        },
        cure: "find out who has the address (`pontoon check` finds doubled addresses and portals)",
        source: "RFC 8952 (captive portals); k/k: kubeadm's CA is called kubernetes",
    },
    Cause {
        code: code::KUBECONFIG_OF_ANOTHER_CA,
        weight: Weight::Fault,
        is: "the kubeconfig, or the join line, is of an earlier cluster: after kubeadm reset and \
             init there is a new CA",
        apart: "the server's CA is called kubernetes like the old one, and its date is younger",
        look: Look {
            on: On::ControlPlane,
            command: "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
            signs: &[],
        },
        cure: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; on nodes: kubeadm reset, \
               then join with: kubeadm token create --print-join-command",
        source: "kubernetes.io: Troubleshooting kubeadm, TLS certificate errors",
    },
    Cause {
        code: code::CLOCK_BEFORE_CERTIFICATE,
        weight: Weight::Fault,
        is: "this host's clock is behind: to it the certificate is not valid yet",
        apart: "its clock is not synchronised, and date shows the past",
        look: Look {
            on: On::Here,
            command: "timedatectl show -p NTPSynchronized",
            signs: &[(Sign::Says("=yes"), Means::Excludes), (Sign::Says("=no"), Means::Fits)],
        },
        cure: "set it (`pontoon clock HOSTS --sync`, or timedatectl set-ntp true): a Pi has no \
               clock that runs without power",
        source: "kubeadm#240, k/k#42791; k/k constants.CertificateBackdate is 5 minutes",
    },
    Cause {
        code: code::CERTIFICATE_FROM_THE_FUTURE,
        weight: Weight::Fault,
        is: "the control plane's clock was ahead when kubeadm init made the certificates",
        apart: "the CA's first day lies in the future on every clock",
        look: Look {
            on: On::ControlPlane,
            command: "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
            signs: &[],
        },
        cure: "set the clock there, then kubeadm reset and init again (or wait for the day)",
        source: "k/k cmd/kubeadm/app/util/pkiutil: NotBefore is the CA's",
    },
    Cause {
        code: code::CERTIFICATE_EXPIRED,
        weight: Weight::Fault,
        is: "a certificate has run out: kubeadm's last a year",
        apart: "kubeadm shows it as invalid",
        look: Look {
            on: On::ControlPlane,
            command: "kubeadm certs check-expiration",
            signs: &[(Sign::Says("<invalid>"), Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "on the control plane: kubeadm certs renew all, then restart the four static pods \
               and copy admin.conf again",
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::CLOCK_AHEAD,
        weight: Weight::Fault,
        is: "a clock is far ahead: to it the certificate has run out",
        apart: "date shows a day that has not come",
        look: Look {
            on: On::Here,
            command: "timedatectl show -p NTPSynchronized",
            signs: &[(Sign::Says("=yes"), Means::Excludes), (Sign::Says("=no"), Means::Fits)],
        },
        cure: "set it (`pontoon clock HOSTS --sync`)",
        source: "k/k cmd/kubeadm: leaf certificates 1 year, CA 10 years",
    },
    Cause {
        code: code::KUBELET_SERVES_OWN_CERTIFICATE,
        weight: Weight::Fault,
        is: "kubelet serves a certificate that it signed itself, as kubeadm sets it up, and who \
             asks wants one of the cluster's CA (metrics-server)",
        apart: "kubectl logs works for the same node",
        look: Look { on: On::Kubectl, command: "kubectl get csr", signs: &[] },
        cure: "serverTLSBootstrap: true in ConfigMap kubelet-config and on each node, then approve \
               the CSRs; for a try: --kubelet-insecure-tls of metrics-server",
        source: "kubernetes.io: Certificate Management with kubeadm, signed kubelet serving \
                 certificates",
    },
    Cause {
        code: code::KUBELET_CERTIFICATE_EXPIRED,
        weight: Weight::Fault,
        is: "kubelet's client certificate has run out, and it may not ask for a new one by itself",
        apart: "the file that kubelet.conf names is older than a year",
        look: Look {
            on: On::Here,
            command: "openssl x509 -noout -enddate -in \
                      /var/lib/kubelet/pki/kubelet-client-current.pem",
            signs: &[],
        },
        cure: "on the control plane: kubeadm kubeconfig user --org system:nodes --client-name \
               system:node:NODE >kubelet.conf, bring it to the node, restart kubelet",
        source: "kubernetes.io: Troubleshooting kubeadm, Kubelet client certificate rotation fails",
    },
    Cause {
        code: code::CREDENTIALS_NOT_ACCEPTED,
        weight: Weight::Fault,
        is: "the server does not know these credentials: of another cluster, expired, or a token \
             that was deleted",
        apart: "with the control plane's admin.conf the same command works",
        look: Look {
            on: On::ControlPlane,
            command: "kubectl get nodes --kubeconfig /etc/kubernetes/admin.conf",
            signs: &[(Sign::Succeeds, Means::Fits)],
        },
        cure: "copy /etc/kubernetes/admin.conf to ~/.kube/config again; for a join: kubeadm token \
               create --print-join-command",
        source: "kubernetes.io: Authenticating",
    },
    Cause {
        code: code::RIGHTS_MISSING,
        weight: Weight::Fault,
        is: "the server knows who asks, and RBAC does not let them",
        apart: "the text names the user and the resource",
        look: Look {
            on: On::Kubectl,
            command: "kubectl get clusterrolebindings,rolebindings -A -o wide",
            signs: &[],
        },
        cure: "ask with other credentials, or bind a role to that user; a system:node:NAME is \
               refused when the node's name is not NAME",
        source: "kubernetes.io: Using RBAC Authorization; Node Authorization",
    },
];
