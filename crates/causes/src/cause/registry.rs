//! Causes in pulling images.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NO_WAY_TO_INTERNET,
        weight: CauseSeverity::Fault,
        summary: "the node has no way to the registry: no default route",
        distinguished_by: "ip route shows no default there",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip route show default",
            patterns: &[
                (OutputPattern::Silent, CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "a default route over a node that masquerades, or bring the images: ctr -n k8s.io \
               images import FILE",
        source: "measured: pull-noroute (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NAT_MISSING,
        weight: CauseSeverity::Fault,
        summary: "the node that leads out forwards and does not masquerade: answers never come back",
        distinguished_by: "itself it reaches the registry; its POSTROUTING has no MASQUERADE for the nodes' \
                network",
        check: CauseCheck {
            on: CheckLocation::ControlPlane,
            command: "iptables -t nat -S POSTROUTING",
            patterns: &[],
        },
        remedy: "on it: iptables -t nat -A POSTROUTING -s NODES_NETWORK -o UPLINK -j MASQUERADE, and \
               keep it over a reboot",
        source: "measured: nat-missing (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::GATEWAY_OFF,
        weight: CauseSeverity::Fault,
        summary: "the default route leads to a router that does not answer",
        distinguished_by: "ip neigh shows FAILED for it",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ip neigh show nud failed",
            patterns: &[],
        },
        remedy: "bring the router back, or correct the default route",
        source: "ip(7): EHOSTUNREACH",
    },
    Cause {
        code: code::REGISTRY_FILTERED,
        weight: CauseSeverity::Fault,
        summary: "the way to the internet drops or refuses what goes to the registry (a login page, a \
             filter, a proxy that must be used)",
        distinguished_by: "other hosts of the same network fail alike",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "curl -sk -m 10 -D - -o /dev/null https://{endpoint}/v2/",
            patterns: &[
                (OutputPattern::Says("http/"), CauseImplication::Excludes),
                (OutputPattern::Fails, CauseImplication::Fits),
            ],
        },
        remedy: "`pontoon check` finds portals; behind a proxy: HTTPS_PROXY for containerd \
               (systemctl edit containerd)",
        source: "containerd docs; RFC 8952",
    },
    Cause {
        code: code::PORTAL_INTERCEPTS,
        weight: CauseSeverity::Fault,
        summary: "a login page or a filter answers in the registry's place, with its own certificate",
        distinguished_by: "the certificate's issuer is none of the public ones",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "curl -sk -m 10 -v -o /dev/null https://{endpoint}/v2/",
            patterns: &[],
        },
        remedy: "log in once on that network (`pontoon check` names the portal), or have your CA \
               added to the node",
        source: "RFC 8952",
    },
    Cause {
        code: code::PRIVATE_REGISTRY_CA,
        weight: CauseSeverity::Fault,
        summary: "the registry is your own, and the node does not know its CA",
        distinguished_by: "the certificate's issuer is your own",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "ls /etc/containerd/certs.d",
            patterns: &[],
        },
        remedy: "put its CA into /etc/containerd/certs.d/HOST/hosts.toml (ca = ...), or into the \
               system's; restart containerd",
        source: "containerd docs/hosts.md",
    },
    Cause {
        code: code::IMAGE_UNKNOWN,
        weight: CauseSeverity::Fault,
        summary: "the registry answered: there is no such image or tag, or it is private",
        distinguished_by: "the text says not found or denied; the network is all right",
        check: CauseCheck { on: CheckLocation::Node, command: "crictl pull IMAGE", patterns: &[] },
        remedy: "correct name and tag; for a private one: imagePullSecrets",
        source: "OCI distribution spec: MANIFEST_UNKNOWN, DENIED",
    },
    Cause {
        code: code::REGISTRY_RATE_LIMIT,
        weight: CauseSeverity::Fault,
        summary: "the registry has had enough questions from this address (many hosts behind one NAT)",
        distinguished_by: "the text says 429 or toomanyrequests",
        check: CauseCheck { on: CheckLocation::Node, command: "crictl images", patterns: &[] },
        remedy: "log in to the registry, wait, or use a mirror (/etc/containerd/certs.d)",
        source: "docs.docker.com: Docker Hub usage and limits",
    },
    Cause {
        code: code::PULL_FAILED_UNTOLD,
        weight: CauseSeverity::Fault,
        summary: "the image was not pulled; this line does not say why",
        distinguished_by: "the event before it does: Failed to pull image",
        check: CauseCheck {
            on: CheckLocation::Kubectl,
            command: "kubectl get events -A",
            patterns: &[],
        },
        remedy: "paste that line into pontoon explain -",
        source: "kubernetes.io: Images, ImagePullBackOff",
    },
];
