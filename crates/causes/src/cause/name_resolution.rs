//! Causes in name resolution.

use super::{Cause, CauseCheck, CauseImplication, CauseSeverity, CheckLocation, OutputPattern};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NAME_UNKNOWN,
        weight: CauseSeverity::Fault,
        summary: "the resolver answered that there is no {name}",
        distinguished_by: "getent finds nothing on this host either",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "getent hosts {name}",
            patterns: &[
                (OutputPattern::Succeeds, CauseImplication::Excludes),
                (OutputPattern::Fails, CauseImplication::Fits),
            ],
        },
        remedy: "correct the name, or one line ADDRESS {name} in /etc/hosts of every node",
        source: "Go net: no such host; getaddrinfo(3)",
    },
    Cause {
        code: code::NAME_OF_OTHER_RESOLVER,
        weight: CauseSeverity::Fault,
        summary: "the name is known elsewhere: in /etc/hosts, by mDNS (.local) or inside the cluster, \
             and not to the resolver that was asked",
        distinguished_by: "getent finds it on this host",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "getent hosts {name}",
            patterns: &[
                (OutputPattern::Succeeds, CauseImplication::Fits),
                (OutputPattern::Fails, CauseImplication::Excludes),
            ],
        },
        remedy: "pods ask CoreDNS, and CoreDNS asks the node's resolv.conf, not /etc/hosts: use \
               addresses, or a hosts block in ConfigMap coredns",
        source: "kubernetes.io: DNS for Services and Pods; RFC 6762 (.local)",
    },
    Cause {
        code: code::RESOLVER_UNREACHABLE,
        weight: CauseSeverity::Fault,
        summary: "the resolver {server} does not answer: out of reach, or it serves no strangers",
        distinguished_by: "a question straight to it gets no answer",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "nslookup example.org {server}",
            patterns: &[],
        },
        remedy: "name one that answers in /etc/resolv.conf (or the DHCP server); `pontoon check` \
               tests them",
        source: "resolv.conf(5)",
    },
    Cause {
        code: code::NO_NAMESERVER,
        weight: CauseSeverity::Fault,
        summary: "the node's resolv.conf names no nameserver, and CoreDNS does not start without",
        distinguished_by: "the file has no line nameserver",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "cat /etc/resolv.conf",
            patterns: &[
                // The stub of systemd-resolved: kubelet is configured with another file.
                (OutputPattern::Says("nameserver 127.0.0.53"), CauseImplication::Fits),
                (OutputPattern::Says("nameserver "), CauseImplication::Excludes),
                (OutputPattern::Succeeds, CauseImplication::Proves),
            ],
        },
        remedy: "add one (in the network's configuration, or it is overwritten), then: kubectl \
               delete pod -n kube-system -l k8s-app=kube-dns",
        source: "measured: coredns-nons (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::DNS_FORWARDING_LOOP,
        weight: CauseSeverity::Fault,
        summary: "CoreDNS's upstream is itself: the node's resolv.conf names 127.0.0.53 or 127.0.0.1",
        distinguished_by: "it does",
        check: CauseCheck {
            on: CheckLocation::Node,
            command: "cat /etc/resolv.conf",
            patterns: &[
                (OutputPattern::Says("nameserver 127."), CauseImplication::Proves),
                (OutputPattern::Succeeds, CauseImplication::Excludes),
            ],
        },
        remedy: "resolvConf: /run/systemd/resolve/resolv.conf in /var/lib/kubelet/config.yaml, \
               restart kubelet, delete CoreDNS's pods",
        source: "coredns.io/plugins/loop: Troubleshooting",
    },
    Cause {
        code: code::DNS_PACKETS_BLOCKED,
        weight: CauseSeverity::Fault,
        summary: "questions on port 53 do not get through to {server} (a filter on UDP, a portal that \
             wants a login)",
        distinguished_by: "ping answers, and port 53 does not",
        check: CauseCheck {
            on: CheckLocation::Dialler,
            command: "nslookup example.org {server}",
            patterns: &[],
        },
        remedy: "`pontoon check` tells a portal, a filter and a dead resolver apart",
        source: "RFC 8952; RFC 1035",
    },
];
