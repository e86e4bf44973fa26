//! Causes in name resolution.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CauseImplication::{Excludes, Fits, Proves};
use super::CheckLocation::{Dialler, Kubectl, Node};
use super::OutputPattern::{Fails, Says, Succeeds};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NAME_UNKNOWN,
        severity: Severity::Error,
        summary: "the resolver answered that {name} does not exist",
        distinguished_by: "getent finds nothing on this host either",
        check: CauseCheck::new(Dialler, "getent hosts {name}")
            .judged_by(&[(Succeeds, Excludes), (Fails, Fits)]),
        remedies: &[
            action("correct the name"),
            action("add a line ADDRESS {name} to /etc/hosts of every node"),
        ],
        source: "Go net: no such host; getaddrinfo(3)",
    },
    Cause {
        code: code::NAME_OF_OTHER_RESOLVER,
        severity: Severity::Error,
        summary: "the name is known elsewhere (in /etc/hosts, by mDNS as .local, or inside the \
                  cluster), but not to the resolver that was asked",
        distinguished_by: "getent finds it on this host",
        check: CauseCheck::new(Dialler, "getent hosts {name}")
            .judged_by(&[(Succeeds, Fits), (Fails, Excludes)]),
        remedies: &[action(
            "use addresses, or a hosts block in ConfigMap coredns: pods ask CoreDNS, which \
                    uses the node's resolv.conf and not /etc/hosts",
        )],
        source: "kubernetes.io: DNS for Services and Pods; RFC 6762 (.local)",
    },
    Cause {
        code: code::RESOLVER_UNREACHABLE,
        severity: Severity::Error,
        summary: "the resolver {server} does not answer: it is unreachable, or does not serve this \
                  client",
        distinguished_by: "a direct query to it gets no answer",
        check: CauseCheck::new(Dialler, "nslookup example.org {server}"),
        remedies: &[
            action("set one that answers, in /etc/resolv.conf or in the DHCP server"),
            run("pontoon check").to("test the resolvers"),
        ],
        source: "resolv.conf(5)",
    },
    Cause {
        code: code::NO_NAMESERVER,
        severity: Severity::Error,
        summary: "the node's resolv.conf has no nameserver, and CoreDNS does not start without one",
        distinguished_by: "the file has no line nameserver",
        check: CauseCheck::new(Node, "cat /etc/resolv.conf").judged_by(&[
            // systemd-resolved's: kubelet is given another file.
            (Says("nameserver 127.0.0.53"), Fits),
            (Says("nameserver "), Excludes),
            (Succeeds, Proves),
        ]),
        remedies: &[
            action("add one in the network's configuration, or it is overwritten").on(Node),
            run("kubectl delete pod -n kube-system -l k8s-app=kube-dns")
                .on(Kubectl)
                .to("then restart CoreDNS"),
        ],
        source: "measured: coredns-nons (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::DNS_FORWARDING_LOOP,
        severity: Severity::Error,
        summary: "CoreDNS forwards to itself: the node's resolv.conf has 127.0.0.53 or 127.0.0.1",
        distinguished_by: "resolv.conf has such an address",
        check: CauseCheck::new(Node, "cat /etc/resolv.conf")
            .judged_by(&[(Says("nameserver 127."), Proves), (Succeeds, Excludes)]),
        remedies: &[action(
            "set resolvConf: /run/systemd/resolve/resolv.conf in \
                    /var/lib/kubelet/config.yaml, restart kubelet, then delete CoreDNS's pods",
        )
        .on(Node)],
        source: "coredns.io/plugins/loop: Troubleshooting",
    },
    Cause {
        code: code::DNS_PACKETS_BLOCKED,
        severity: Severity::Error,
        summary: "DNS queries to port 53 do not get through to {server} (a filter on UDP, a \
                  captive portal that requires a login)",
        distinguished_by: "ping is answered, port 53 is not",
        check: CauseCheck::new(Dialler, "nslookup example.org {server}"),
        remedies: &[run("pontoon check")
            .to("see whether it is a captive portal, a filter or a dead resolver")],
        source: "RFC 8952; RFC 1035",
    },
];
