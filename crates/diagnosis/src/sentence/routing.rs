//! Sentences about routes, reverse-path filtering and forwarding.

use std::fmt;

use crate::evidence::RoutingEvidence;

impl fmt::Display for RoutingEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoutedPacketsLost { from, to, sent } => write!(
                f,
                "0 of {sent} packets from {from} to {to} arrived, although both reach their \
                 gateways"
            ),
            Self::IcmpUnreachable { reported_by, target, icmp_type, icmp_code } => {
                write!(f, "{reported_by} reports that {target} cannot be reached: ")?;
                icmp_error(f, *icmp_type, *icmp_code)
            }
            Self::NeighbourUnresolved { host, target } => {
                write!(f, "{host}'s own kernel got no ARP or ND reply for {target}")
            }
            Self::NotSent { host, target, errno } => {
                write!(f, "{host} has no route to {target} (errno {errno})")
            }
            Self::StrictReversePath { host, source, return_link } => write!(
                f,
                "{host} has strict reverse-path filtering there, and its route to {source} uses \
                 {return_link}"
            ),
            Self::ReversePathDrops { host, packets } => write!(
                f,
                "{host}'s kernel counted {packets} packets dropped by its reverse-path filter"
            ),
            Self::RepliesOnOtherLink { from, to, link, answered, on_other_link } => write!(
                f,
                "{on_other_link} of {answered} replies from {to} to what {from} sent on {link} \
                 came in on another link"
            ),
            Self::ReturnRoute { host, destination, link, arrives_on } => {
                write!(f, "{host} routes {destination} over {link}, not over {arrives_on}")
            }
            Self::DefaultRouteVia { client, gateway, is_forwarding } => {
                let forwards = if *is_forwarding { ", which forwards" } else { "" };
                write!(f, "{client}'s default route leads to {gateway}{forwards}")
            }
            Self::ForwardingOff { host } => {
                write!(f, "{host}'s kernel does not forward IPv4 (net.ipv4.ip_forward = 0)")
            }
            Self::NoReplyBeyond { gateway, client, sent, reports_expiry } => {
                write!(
                    f,
                    "{sent} packets from {client} to addresses beyond {gateway} got no reply"
                )?;
                if *reports_expiry {
                    write!(f, "; {gateway} itself does reply when their TTL expires there")?;
                }
                Ok(())
            }
            Self::ForeignSourceOnRadio { gateway, client, link } => write!(
                f,
                "{gateway} sends packets with {client}'s source address out on {link}, a radio"
            ),
            Self::LinksShareNetwork { one, one_prefix, two, two_prefix } => write!(
                f,
                "{one} has {one_prefix} and {two} has {two_prefix}: one network on two links"
            ),
            Self::PeerOnLink { host, prefix, peer, is_on_link: true } => {
                write!(f, "{host} has {prefix}, so {peer} is on-link for it")
            }
            Self::PeerOnLink { host, prefix, peer, is_on_link: false } => {
                write!(f, "{host} has {prefix}, so {peer} is not on-link for it")
            }
        }
    }
}

/// What an ICMP error says, in words (RFC 792; RFC 1812, section 5.2.7.1; RFC 4443, section 3.1).
fn icmp_error(f: &mut fmt::Formatter<'_>, icmp_type: u8, icmp_code: u8) -> fmt::Result {
    match (icmp_type, icmp_code) {
        (3, 0) => f.write_str("network unreachable (ICMP 3/0)"),
        (3, 1) => f.write_str("host unreachable (ICMP 3/1)"),
        (3, 9 | 10 | 13) => write!(f, "administratively prohibited (ICMP 3/{icmp_code})"),
        (1, 1) => f.write_str("administratively prohibited (ICMPv6 1/1)"),
        _ => write!(f, "ICMP {icmp_type}/{icmp_code}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use pontoon_model::host::HostName;
    use pontoon_model::net::IfName;

    use super::*;
    use crate::sentence::tests::assert_sentences;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_routing_has_its_sentence() {
        let host = HostName::lossy;
        let (pi1, pi2) = (host("pi1"), host("pi2"));
        let [eth0, wlan0]: [IfName; 2] = ["eth0", "wlan0"].map(|name| name.parse().unwrap());
        let address: IpAddr = "172.20.5.1".parse().unwrap();
        let unreachable = |icmp_type, icmp_code| RoutingEvidence::IcmpUnreachable {
            reported_by: address,
            target: host("pi2"),
            icmp_type,
            icmp_code,
        };
        let via = |is_forwarding| RoutingEvidence::DefaultRouteVia {
            client: host("pi2"),
            gateway: host("pi1"),
            is_forwarding,
        };
        let beyond = |reports_expiry| RoutingEvidence::NoReplyBeyond {
            gateway: host("pi1"),
            client: host("pi2"),
            sent: 4,
            reports_expiry,
        };
        let on_link = |is_on_link| RoutingEvidence::PeerOnLink {
            host: host("pi1"),
            prefix: "172.20.5.1/16".parse().unwrap(),
            peer: host("pi2"),
            is_on_link,
        };
        assert_sentences([
            (
                RoutingEvidence::RoutedPacketsLost { from: pi1.clone(), to: pi2.clone(), sent: 10 },
                "0 of 10 packets from pi1 to pi2 arrived, although both reach their gateways",
            ),
            (
                unreachable(3, 0),
                "172.20.5.1 reports that pi2 cannot be reached: network unreachable (ICMP 3/0)",
            ),
            (
                unreachable(3, 1),
                "172.20.5.1 reports that pi2 cannot be reached: host unreachable (ICMP 3/1)",
            ),
            (
                unreachable(3, 13),
                "172.20.5.1 reports that pi2 cannot be reached: administratively prohibited (ICMP \
                 3/13)",
            ),
            (
                unreachable(1, 1),
                "172.20.5.1 reports that pi2 cannot be reached: administratively prohibited \
                 (ICMPv6 1/1)",
            ),
            (unreachable(11, 0), "172.20.5.1 reports that pi2 cannot be reached: ICMP 11/0"),
            (
                RoutingEvidence::NeighbourUnresolved { host: pi1.clone(), target: pi2.clone() },
                "pi1's own kernel got no ARP or ND reply for pi2",
            ),
            (
                RoutingEvidence::NotSent { host: pi1.clone(), target: pi2.clone(), errno: 101 },
                "pi1 has no route to pi2 (errno 101)",
            ),
            (
                RoutingEvidence::StrictReversePath {
                    host: pi2.clone(),
                    source: address,
                    return_link: eth0.clone(),
                },
                "pi2 has strict reverse-path filtering there, and its route to 172.20.5.1 uses eth0",
            ),
            (
                RoutingEvidence::ReversePathDrops { host: pi2.clone(), packets: 7 },
                "pi2's kernel counted 7 packets dropped by its reverse-path filter",
            ),
            (
                RoutingEvidence::RepliesOnOtherLink {
                    from: pi1.clone(),
                    to: pi2.clone(),
                    link: wlan0.clone(),
                    answered: 5,
                    on_other_link: 4,
                },
                "4 of 5 replies from pi2 to what pi1 sent on wlan0 came in on another link",
            ),
            (
                RoutingEvidence::ReturnRoute {
                    host: pi2.clone(),
                    destination: address,
                    link: eth0.clone(),
                    arrives_on: wlan0.clone(),
                },
                "pi2 routes 172.20.5.1 over eth0, not over wlan0",
            ),
            (via(false), "pi2's default route leads to pi1"),
            (via(true), "pi2's default route leads to pi1, which forwards"),
            (
                RoutingEvidence::ForwardingOff { host: pi1.clone() },
                "pi1's kernel does not forward IPv4 (net.ipv4.ip_forward = 0)",
            ),
            (beyond(false), "4 packets from pi2 to addresses beyond pi1 got no reply"),
            (
                beyond(true),
                "4 packets from pi2 to addresses beyond pi1 got no reply; pi1 itself does reply \
                 when their TTL expires there",
            ),
            (
                RoutingEvidence::ForeignSourceOnRadio {
                    gateway: pi1,
                    client: pi2,
                    link: wlan0.clone(),
                },
                "pi1 sends packets with pi2's source address out on wlan0, a radio",
            ),
            (
                RoutingEvidence::LinksShareNetwork {
                    one: eth0,
                    one_prefix: "192.168.50.1/24".parse().unwrap(),
                    two: wlan0,
                    two_prefix: "192.168.50.2/24".parse().unwrap(),
                },
                "eth0 has 192.168.50.1/24 and wlan0 has 192.168.50.2/24: one network on two links",
            ),
            (on_link(true), "pi1 has 172.20.5.1/16, so pi2 is on-link for it"),
            (on_link(false), "pi1 has 172.20.5.1/16, so pi2 is not on-link for it"),
        ]);
    }
}
