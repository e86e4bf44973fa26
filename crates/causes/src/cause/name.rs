//! Names that are not resolved.

use super::{Cause, Look, Means, On, Sign, Weight};
use pontoon_model::code;

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::NAME_UNKNOWN,
        weight: Weight::Fault,
        is: "the resolver answered that there is no {name}",
        apart: "getent finds nothing on this host either",
        look: Look {
            on: On::Dialler,
            command: "getent hosts {name}",
            signs: &[(Sign::Succeeds, Means::Excludes), (Sign::Fails, Means::Fits)],
        },
        cure: "correct the name, or one line ADDRESS {name} in /etc/hosts of every node",
        source: "Go net: no such host; getaddrinfo(3)",
    },
    Cause {
        code: code::NAME_OF_OTHER_RESOLVER,
        weight: Weight::Fault,
        is: "the name is known elsewhere: in /etc/hosts, by mDNS (.local) or inside the cluster, \
             and not to the resolver that was asked",
        apart: "getent finds it on this host",
        look: Look {
            on: On::Dialler,
            command: "getent hosts {name}",
            signs: &[(Sign::Succeeds, Means::Fits), (Sign::Fails, Means::Excludes)],
        },
        cure: "pods ask CoreDNS, and CoreDNS asks the node's resolv.conf, not /etc/hosts: use \
               addresses, or a hosts block in ConfigMap coredns",
        source: "kubernetes.io: DNS for Services and Pods; RFC 6762 (.local)",
    },
    Cause {
        code: code::RESOLVER_UNREACHABLE,
        weight: Weight::Fault,
        is: "the resolver {server} does not answer: out of reach, or it serves no strangers",
        apart: "a question straight to it gets no answer",
        look: Look { on: On::Dialler, command: "nslookup example.org {server}", signs: &[] },
        cure: "name one that answers in /etc/resolv.conf (or the DHCP server); `pontoon check` \
               tests them",
        source: "resolv.conf(5)",
    },
    Cause {
        code: code::NO_NAMESERVER,
        weight: Weight::Fault,
        is: "the node's resolv.conf names no nameserver, and CoreDNS does not start without",
        apart: "the file has no line nameserver",
        look: Look {
            on: On::Node,
            command: "cat /etc/resolv.conf",
            signs: &[
                // systemd-resolved's: kubelet is given another file.
                (Sign::Says("nameserver 127.0.0.53"), Means::Fits),
                (Sign::Says("nameserver "), Means::Excludes),
                (Sign::Succeeds, Means::Proves),
            ],
        },
        cure: "add one (in the network's configuration, or it is overwritten), then: kubectl \
               delete pod -n kube-system -l k8s-app=kube-dns",
        source: "measured: coredns-nons (tests/kubernetes/cases/symptoms.json)",
    },
    Cause {
        code: code::DNS_FORWARDING_LOOP,
        weight: Weight::Fault,
        is: "CoreDNS's upstream is itself: the node's resolv.conf names 127.0.0.53 or 127.0.0.1",
        apart: "it does",
        look: Look {
            on: On::Node,
            command: "cat /etc/resolv.conf",
            signs: &[
                (Sign::Says("nameserver 127."), Means::Proves),
                (Sign::Succeeds, Means::Excludes),
            ],
        },
        cure: "resolvConf: /run/systemd/resolve/resolv.conf in /var/lib/kubelet/config.yaml, \
               restart kubelet, delete CoreDNS's pods",
        source: "coredns.io/plugins/loop: Troubleshooting",
    },
    Cause {
        code: code::DNS_PACKETS_BLOCKED,
        weight: Weight::Fault,
        is: "questions on port 53 do not get through to {server} (a filter on UDP, a portal that \
             wants a login)",
        apart: "ping answers, and port 53 does not",
        look: Look { on: On::Dialler, command: "nslookup example.org {server}", signs: &[] },
        cure: "`pontoon check` tells a portal, a filter and a dead resolver apart",
        source: "RFC 8952; RFC 1035",
    },
];
