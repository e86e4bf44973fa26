//! Causes in certificates, kubeconfigs and clocks.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Dialler, Here, Kubectl, Node};
use super::OutputPattern::{Says, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::API_CERTIFICATE_LACKS_NAME,
        severity: Severity::Error,
        summary: "the API server's certificate was issued without {wanted}",
        distinguished_by: "its certificate on disk lacks the name, too",
        check: CauseCheck::new(
            ControlPlane,
            "openssl x509 -noout -ext subjectAltName -in /etc/kubernetes/pki/apiserver.crt",
        )
        .judged_by(&[(Says(":{wanted}"), Excludes), (Says("dns:kubernetes"), Proves)]),
        remedies: &[
            action("use a name or address that the certificate has"),
            run("kubeadm init phase certs apiserver --config FILE").on(ControlPlane).to(
                "add {wanted} to certSANs in ConfigMap kubeadm-config, move \
                    /etc/kubernetes/pki/apiserver.* away, then issue a new one (served within a \
                    second, no restart)",
            ),
        ],
        source: "measured: san (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::ANOTHER_SERVER_ANSWERS,
        severity: Severity::Error,
        summary: "{host} is not the intended server: another machine or a captive portal answers",
        distinguished_by: "the certificate that is shown was not issued by \"kubernetes\"",
        check: CauseCheck::new(Dialler, "curl -sk -m 5 -v -o /dev/null https://{endpoint}/version")
            .judged_by(&[(Says("issuer: cn=kubernetes"), Excludes), (Says("issuer:"), Proves)]),
        remedies: &[run("pontoon check").to("find duplicate addresses and captive portals")],
        source: "RFC 8952 (captive portals); k/k: kubeadm's CA is called kubernetes",
    },
    Cause {
        code: code::KUBECONFIG_OF_ANOTHER_CA,
        severity: Severity::Error,
        summary: "the kubeconfig or the join command is from an earlier cluster: kubeadm reset and \
                  init make a new CA",
        distinguished_by: "the server's CA is called kubernetes like the old one, but its date is \
                           later",
        check: CauseCheck::new(
            ControlPlane,
            "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
        ),
        remedies: &[
            action("copy /etc/kubernetes/admin.conf to ~/.kube/config again"),
            run("kubeadm reset").on(Node).to("reset the node before it joins again"),
            run("kubeadm token create --print-join-command")
                .on(ControlPlane)
                .to("make a new join command"),
        ],
        source: "kubernetes.io: Troubleshooting kubeadm, TLS certificate errors",
    },
    Cause {
        code: code::CLOCK_BEFORE_CERTIFICATE,
        severity: Severity::Error,
        summary: "this host's clock is behind, so that the certificate is not valid yet",
        distinguished_by: "its clock is not synchronised, and date shows the past",
        check: CauseCheck::new(Here, "timedatectl show -p NTPSynchronized")
            .judged_by(&[(Says("=yes"), Excludes), (Says("=no"), Fits)]),
        remedies: &[
            run("pontoon clock HOSTS --sync").to("set the clocks of your hosts"),
            run("timedatectl set-ntp true")
                .on(Here)
                .to("switch NTP on (a Pi has no clock that runs without power)"),
        ],
        source: "kubeadm#240, k/k#42791; k/k constants.CertificateBackdate is 5 minutes",
    },
    Cause {
        code: code::CERTIFICATE_FROM_THE_FUTURE,
        severity: Severity::Error,
        summary: "the control plane's clock was ahead when kubeadm init issued the certificates",
        distinguished_by: "the CA's first day is in the future on every clock",
        check: CauseCheck::new(
            ControlPlane,
            "openssl x509 -noout -startdate -in /etc/kubernetes/pki/ca.crt",
        ),
        remedies: &[action(
            "set the clock, then run kubeadm reset and init again, or wait for that day",
        )
        .on(ControlPlane)],
        source: "k/k cmd/kubeadm/app/util/pkiutil: NotBefore is the CA's",
    },
    Cause {
        code: code::CERTIFICATE_EXPIRED,
        severity: Severity::Error,
        summary: "a certificate has expired: those of kubeadm last a year",
        distinguished_by: "kubeadm shows it as invalid",
        check: CauseCheck::new(ControlPlane, "kubeadm certs check-expiration")
            .judged_by(&[(Says("<invalid>"), Proves), (Succeeds, Excludes)]),
        remedies: &[run("kubeadm certs renew all")
            .on(ControlPlane)
            .to("renew all, then restart the four static pods and copy admin.conf again")],
        source: "kubernetes.io: Certificate Management with kubeadm",
    },
    Cause {
        code: code::CLOCK_AHEAD,
        severity: Severity::Error,
        summary: "a clock is far ahead, so that the certificate has expired for it",
        distinguished_by: "date shows a day in the future",
        check: CauseCheck::new(Here, "timedatectl show -p NTPSynchronized")
            .judged_by(&[(Says("=yes"), Excludes), (Says("=no"), Fits)]),
        remedies: &[run("pontoon clock HOSTS --sync").to("set the clocks of your hosts")],
        source: "k/k cmd/kubeadm: leaf certificates 1 year, CA 10 years",
    },
    Cause {
        code: code::KUBELET_SERVES_OWN_CERTIFICATE,
        severity: Severity::Error,
        summary: "kubelet serves a self-signed certificate, as kubeadm configures it, but the \
                  client requires one of the cluster's CA (metrics-server)",
        distinguished_by: "kubectl logs works for the same node",
        check: CauseCheck::new(Kubectl, "kubectl get csr"),
        remedies: &[
            action(
                "set serverTLSBootstrap: true in ConfigMap kubelet-config and on each node, \
                    then approve the CSRs",
            ),
            action("for a test only, give metrics-server --kubelet-insecure-tls"),
        ],
        source: "kubernetes.io: Certificate Management with kubeadm, signed kubelet serving \
                 certificates",
    },
    Cause {
        code: code::KUBELET_CERTIFICATE_EXPIRED,
        severity: Severity::Error,
        summary: "kubelet's client certificate has expired, and kubelet is not allowed to request \
                  a new one by itself",
        distinguished_by: "the file that kubelet.conf names is older than a year",
        check: CauseCheck::new(
            Here,
            "openssl x509 -noout -enddate -in \
                      /var/lib/kubelet/pki/kubelet-client-current.pem",
        ),
        remedies: &[run(
            "kubeadm kubeconfig user --org system:nodes --client-name system:node:NODE \
                    >kubelet.conf",
        )
        .on(ControlPlane)
        .to("issue a new kubelet.conf, copy it to the node and restart kubelet")],
        source: "kubernetes.io: Troubleshooting kubeadm, Kubelet client certificate rotation fails",
    },
    Cause {
        code: code::CREDENTIALS_NOT_ACCEPTED,
        severity: Severity::Error,
        summary: "the server does not know these credentials: they are of another cluster, \
                  expired, or a token that was deleted",
        distinguished_by: "with the control plane's admin.conf the same command works",
        check: CauseCheck::new(
            ControlPlane,
            "kubectl get nodes --kubeconfig /etc/kubernetes/admin.conf",
        )
        .judged_by(&[(Succeeds, Fits)]),
        remedies: &[
            action("copy /etc/kubernetes/admin.conf to ~/.kube/config again"),
            run("kubeadm token create --print-join-command")
                .on(ControlPlane)
                .to("for a join, make a new join command"),
        ],
        source: "kubernetes.io: Authenticating",
    },
    Cause {
        code: code::RIGHTS_MISSING,
        severity: Severity::Error,
        summary: "the server knows the user, and RBAC does not allow the request",
        distinguished_by: "the text names the user and the resource",
        check: CauseCheck::new(Kubectl, "kubectl get clusterrolebindings,rolebindings -A -o wide"),
        remedies: &[
            action("use other credentials, or bind a role to that user"),
            action("if the user is system:node:NAME, the node itself must be called NAME"),
        ],
        source: "kubernetes.io: Using RBAC Authorization; Node Authorization",
    },
];
