//! Causes in pulling images.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{ControlPlane, Kubectl, Node};
use super::OutputPattern::{Fails, Says, Silent, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NO_WAY_TO_INTERNET,
        severity: Severity::Error,
        summary: "the node has no route to the registry: no default route",
        distinguished_by: "ip route shows no default there",
        check: CauseCheck::new(Node, "ip route show default")
            .judged_by(&[(Silent, Proves), (Succeeds, Excludes)]),
        remedies: &[
            action("add a default route over a node that masquerades"),
            run("ctr -n k8s.io images import FILE").on(Node).to("import the images from a file"),
        ],
        source: "measured: pull-noroute (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NAT_MISSING,
        severity: Severity::Error,
        summary: "the node that leads out forwards but does not masquerade, so that replies never \
                  come back",
        distinguished_by: "it reaches the registry itself; its POSTROUTING has no MASQUERADE for \
                           the nodes' network",
        check: CauseCheck::new(ControlPlane, "iptables -t nat -S POSTROUTING"),
        remedies: &[run("iptables -t nat -A POSTROUTING -s NODES_NETWORK -o UPLINK -j MASQUERADE")
            .to("on the node that leads out, and keep it over a reboot")],
        source: "measured: nat-missing (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::GATEWAY_OFF,
        severity: Severity::Error,
        summary: "the default route leads to a router that does not answer",
        distinguished_by: "ip neigh shows it as FAILED",
        check: CauseCheck::new(Node, "ip neigh show nud failed"),
        remedies: &[action("bring the router back, or correct the default route")],
        source: "ip(7): EHOSTUNREACH",
    },
    Cause {
        code: code::REGISTRY_FILTERED,
        severity: Severity::Error,
        summary: "the path to the internet drops or rejects packets to the registry (a login page, \
                  a filter, a proxy that must be used)",
        distinguished_by: "other hosts of the same network fail in the same way",
        check: CauseCheck::new(Node, "curl -sk -m 10 -D - -o /dev/null https://{endpoint}/v2/")
            .judged_by(&[(Says("http/"), Excludes), (Fails, Fits)]),
        remedies: &[
            run("pontoon check").to("look for a captive portal"),
            run("systemctl edit containerd")
                .on(Node)
                .to("behind a proxy, set HTTPS_PROXY for containerd"),
        ],
        source: "containerd docs; RFC 8952",
    },
    Cause {
        code: code::PORTAL_INTERCEPTS,
        severity: Severity::Error,
        summary: "a captive portal or a filter answers instead of the registry, with its own \
                  certificate",
        distinguished_by: "the certificate's issuer is none of the public ones",
        check: CauseCheck::new(Node, "curl -sk -m 10 -v -o /dev/null https://{endpoint}/v2/"),
        remedies: &[
            run("pontoon check").to("log in once on that network; this names the portal"),
            action("if the filter is your own, add its CA to the node").on(Node),
        ],
        source: "RFC 8952",
    },
    Cause {
        code: code::PRIVATE_REGISTRY_CA,
        severity: Severity::Error,
        summary: "the registry is your own, and the node does not know its CA",
        distinguished_by: "the certificate's issuer is your own",
        check: CauseCheck::new(Node, "ls /etc/containerd/certs.d"),
        remedies: &[action(
            "put its CA into /etc/containerd/certs.d/HOST/hosts.toml (ca = ...), or into \
                    the system's, then restart containerd",
        )
        .on(Node)],
        source: "containerd docs/hosts.md",
    },
    Cause {
        code: code::IMAGE_UNKNOWN,
        severity: Severity::Error,
        summary: "the registry answered that the image or tag does not exist, or it is private",
        distinguished_by: "the text says not found or denied; the network works",
        check: CauseCheck::new(Node, "crictl pull IMAGE"),
        remedies: &[
            action("correct the name and tag"),
            action("for a private image set imagePullSecrets"),
        ],
        source: "OCI distribution spec: MANIFEST_UNKNOWN, DENIED",
    },
    Cause {
        code: code::REGISTRY_RATE_LIMIT,
        severity: Severity::Error,
        summary: "the registry limits requests from this address (many hosts behind one NAT)",
        distinguished_by: "the text says 429 or toomanyrequests",
        check: CauseCheck::new(Node, "crictl images"),
        remedies: &[action(
            "log in to the registry, wait, or use a mirror (/etc/containerd/certs.d)",
        )],
        source: "docs.docker.com: Docker Hub usage and limits",
    },
    Cause {
        code: code::PULL_FAILED_UNTOLD,
        severity: Severity::Error,
        summary: "the image was not pulled; this line does not say why",
        distinguished_by: "the event before it does: Failed to pull image",
        check: CauseCheck::new(Kubectl, "kubectl get events -A"),
        remedies: &[run("pontoon explain -").to("explain that line")],
        source: "kubernetes.io: Images, ImagePullBackOff",
    },
];
