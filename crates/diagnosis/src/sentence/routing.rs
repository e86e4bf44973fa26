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
