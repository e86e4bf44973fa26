//! Images that are not pulled.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NO_WAY_TO_INTERNET,
        weight: Weight::Fault,
        is: "the node has no way to the registry: no default route",
        apart: "ip route shows no default there",
        look: Look {
            on: On::Node,
            command: "ip route show default",
            signs: &[(Sign::Silent, Means::Proves), (Sign::Succeeds, Means::Excludes)],
        },
        cure: "a default route over a node that masquerades, or bring the images: ctr -n k8s.io \
               images import FILE",
        source: "measured: pull-noroute (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::NAT_MISSING,
        weight: Weight::Fault,
        is: "the node that leads out forwards and does not masquerade: answers never come back",
        apart: "itself it reaches the registry; its POSTROUTING has no MASQUERADE for the nodes' \
                network",
        look: Look { on: On::ControlPlane, command: "iptables -t nat -S POSTROUTING", signs: &[] },
        cure: "on it: iptables -t nat -A POSTROUTING -s NODES_NETWORK -o UPLINK -j MASQUERADE, and \
               keep it over a reboot",
        source: "measured: nat-missing (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::GATEWAY_OFF,
        weight: Weight::Fault,
        is: "the default route leads to a router that does not answer",
        apart: "ip neigh shows FAILED for it",
        look: Look { on: On::Node, command: "ip neigh show nud failed", signs: &[] },
        cure: "bring the router back, or correct the default route",
        source: "ip(7): EHOSTUNREACH",
    },
    Cause {
        code: code::REGISTRY_FILTERED,
        weight: Weight::Fault,
        is: "the way to the internet drops or refuses what goes to the registry (a login page, a \
             filter, a proxy that must be used)",
        apart: "other hosts of the same network fail alike",
        look: Look {
            on: On::Node,
            command: "curl -sk -m 10 -D - -o /dev/null https://{endpoint}/v2/",
            signs: &[(Sign::Says("http/"), Means::Excludes), (Sign::Fails, Means::Fits)],
        },
        cure: "`pontoon check` finds portals; behind a proxy: HTTPS_PROXY for containerd \
               (systemctl edit containerd)",
        source: "containerd docs; RFC 8952",
    },
    Cause {
        code: code::PORTAL_INTERCEPTS,
        weight: Weight::Fault,
        is: "a login page or a filter answers in the registry's place, with its own certificate",
        apart: "the certificate's issuer is none of the public ones",
        look: Look {
            on: On::Node,
            command: "curl -sk -m 10 -v -o /dev/null https://{endpoint}/v2/",
            signs: &[],
        },
        cure: "log in once on that network (`pontoon check` names the portal), or have your CA \
               added to the node",
        source: "RFC 8952",
    },
    Cause {
        code: code::PRIVATE_REGISTRY_CA,
        weight: Weight::Fault,
        is: "the registry is your own, and the node does not know its CA",
        apart: "the certificate's issuer is your own",
        look: Look { on: On::Node, command: "ls /etc/containerd/certs.d", signs: &[] },
        cure: "put its CA into /etc/containerd/certs.d/HOST/hosts.toml (ca = ...), or into the \
               system's; restart containerd",
        source: "containerd docs/hosts.md",
    },
    Cause {
        code: code::IMAGE_UNKNOWN,
        weight: Weight::Fault,
        is: "the registry answered: there is no such image or tag, or it is private",
        apart: "the text says not found or denied; the network is all right",
        look: Look { on: On::Node, command: "crictl pull IMAGE", signs: &[] },
        cure: "correct name and tag; for a private one: imagePullSecrets",
        source: "OCI distribution spec: MANIFEST_UNKNOWN, DENIED",
    },
    Cause {
        code: code::REGISTRY_RATE_LIMIT,
        weight: Weight::Fault,
        is: "the registry has had enough questions from this address (many hosts behind one NAT)",
        apart: "the text says 429 or toomanyrequests",
        look: Look { on: On::Node, command: "crictl images", signs: &[] },
        cure: "log in to the registry, wait, or use a mirror (/etc/containerd/certs.d)",
        source: "docs.docker.com: Docker Hub usage and limits",
    },
    Cause {
        code: code::PULL_FAILED_UNTOLD,
        weight: Weight::Fault,
        is: "the image was not pulled; this line does not say why",
        apart: "the event before it does: Failed to pull image",
        look: Look { on: On::Kubectl, command: "kubectl get events -A", signs: &[] },
        cure: "paste that line into pontoon explain -",
        source: "kubernetes.io: Images, ImagePullBackOff",
    },
];
