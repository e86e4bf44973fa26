//! Route lookup in the kernel (`RTM_GETROUTE`): the path that a packet would take. It sends nothing
//! and does not consider packet filters.

use std::net::IpAddr;

use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::snapshot::RouteKind;

use super::routes::{out_index, parse_route};
use super::{LinkNames, family_number};
use crate::attribute::{octets, push_attribute};
use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::request::ask;
use crate::uapi::netlink::NETLINK_ROUTE;
use crate::uapi::rtnetlink::{RTA_DST, RTA_IIF, RTA_SRC, RTM_GETROUTE, RTM_NEWROUTE, RTMSG_BYTES};

/// The route that a packet would take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RouteAnswer {
    /// The outgoing link.
    pub link: Option<IfName>,
    /// The next hop; `None` if the destination is on the link itself.
    pub gateway: Option<IpAddr>,
    /// The source address of a packet that this host sends.
    pub source: Option<IpAddr>,
    /// What happens to the packet: forwarded, delivered locally, refused.
    pub kind: RouteKind,
}

/// A route lookup without a result.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// There is no link with that name.
    #[error("there is no link {0}: see `ip link`")]
    NoLink(IfName),
    /// Source and destination are of different families.
    #[error("{from} and {to} are of different families")]
    Families {
        /// The source address.
        from: IpAddr,
        /// The destination address.
        to: IpAddr,
    },
    /// The kernel would not send the packet; [`Refusal`] explains the errno.
    #[error("the kernel would not send it (errno {errno}): {}", Refusal::of(*errno))]
    Refused {
        /// The errno from the kernel.
        errno: i32,
    },
    /// The request failed.
    #[error("cannot ask the kernel for a route")]
    Netlink(#[source] NetlinkError),
    /// The response could not be decoded.
    #[error("the kernel's answer about a route made no sense")]
    Nonsense,
}

/// The meaning of an errno for a packet that is to be forwarded (`ip_route_input_slow` in
/// net/ipv4/route.c, `__fib_validate_source` in `net/ipv4/fib_frontend.c`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// EHOSTUNREACH: forwarding is off on that link, or the route is of type "unreachable".
    ForwardingOff,
    /// ENETUNREACH: there is no route.
    NoRoute,
    /// EXDEV, or EINVAL since about Linux 6.14: strict `rp_filter`, or a source that is not valid.
    ReversePath,
    /// EACCES: the route is of type "prohibit".
    Prohibited,
    /// Any other errno.
    Other,
}

impl Refusal {
    /// The meaning of the errno.
    #[must_use]
    pub const fn of(errno: i32) -> Self {
        match errno {
            113 => Self::ForwardingOff,
            101 => Self::NoRoute,
            18 | 22 => Self::ReversePath,
            13 => Self::Prohibited,
            _ => Self::Other,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::ForwardingOff => "forwarding is off there, or a route says unreachable",
            Self::NoRoute => "no route leads there",
            Self::ReversePath => "rp_filter would drop it, or its source cannot be",
            Self::Prohibited => "a route prohibits it",
            Self::Other => "for a reason of its own",
        })
    }
}

/// Looks up the route of a packet to `dst`: one that this host sends, or, with `from` and `iif`,
/// one from `from` that arrives on the link `iif`.
///
/// # Errors
/// [`LookupError::Refused`] if the kernel would not send it; other errors if the lookup failed.
pub fn lookup(
    kernel: &dyn NetlinkKernel,
    dst: IpAddr,
    from: Option<IpAddr>,
    iif: Option<&IfName>,
) -> Result<RouteAnswer, LookupError> {
    let index = iif.map(index_of).transpose()?;
    let body = body(dst, from, index)?;
    let request = KernelRequest {
        protocol: NETLINK_ROUTE,
        kind: RTM_GETROUTE,
        body: &body,
        what: "a route",
        limit: 1,
    };
    let answer = ask(kernel, &request, |kind, body| (kind == RTM_NEWROUTE).then(|| body.to_vec()));
    match answer {
        Ok(Some(body)) => understand(&body).ok_or(LookupError::Nonsense),
        Ok(None) => Err(LookupError::Nonsense),
        Err(NetlinkError::Refused { source, .. }) => {
            Err(LookupError::Refused { errno: source.raw_os_error().unwrap_or_default() })
        }
        Err(error) => Err(LookupError::Netlink(error)),
    }
}

fn index_of(link: &IfName) -> Result<u32, LookupError> {
    nix::net::if_::if_nametoindex(link.as_str()).map_err(|_| LookupError::NoLink(link.clone()))
}

/// Encodes `struct rtmsg` and attributes.
fn body(dst: IpAddr, from: Option<IpAddr>, iif: Option<u32>) -> Result<Vec<u8>, LookupError> {
    let family = family_number(IpFamily::of(dst));
    let bits = if dst.is_ipv4() { 32 } else { 128 };
    let mut body = vec![0; RTMSG_BYTES];
    (body[0], body[1]) = (family, bits);
    push_attribute(&mut body, RTA_DST, &octets(dst));
    if let Some(from) = from {
        if IpFamily::of(from) != IpFamily::of(dst) {
            return Err(LookupError::Families { from, to: dst });
        }
        body[2] = bits;
        push_attribute(&mut body, RTA_SRC, &octets(from));
    }
    if let Some(index) = iif {
        push_attribute(&mut body, RTA_IIF, &index.to_ne_bytes());
    }
    Ok(body)
}

/// Decodes the response; the name of its link is looked up by index.
fn understand(body: &[u8]) -> Option<RouteAnswer> {
    // The response has the flag RTM_F_CLONED, and `parse_route` skips such routes.
    let mut body = body.to_vec();
    body.get_mut(8..RTMSG_BYTES)?.fill(0);
    let index = out_index(&body);
    let name = index.and_then(|index| nix::net::if_::if_indextoname(index).ok());
    let name = name.and_then(|name| name.to_str().ok()?.parse::<IfName>().ok());
    let names: LinkNames = index.zip(name).into_iter().collect();
    let route = parse_route(&body, &names).into_iter().next()?;
    let (link, gateway, source, kind) = (route.link, route.gateway, route.source, route.kind);
    Some(RouteAnswer { link, gateway, source, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KernelSocket;
    use proptest::prelude::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_packet_to_oneself_stays_here() {
        let answer = lookup(&KernelSocket, address("127.0.0.1"), None, None).unwrap();
        assert_eq!(answer.kind, RouteKind::Local);
        assert_eq!(answer.link.unwrap().as_str(), "lo");
        assert_eq!((answer.gateway, answer.source), (None, Some(address("127.0.0.1"))));
    }

    #[test]
    fn a_question_that_makes_no_sense_is_refused_here() {
        let mixed = lookup(&KernelSocket, address("127.0.0.1"), Some(address("::1")), None);
        assert!(matches!(mixed, Err(LookupError::Families { .. })));
        let link = "no-such-link".parse().unwrap();
        let nowhere =
            lookup(&KernelSocket, address("127.0.0.1"), Some(address("10.0.0.1")), Some(&link));
        assert!(matches!(nowhere, Err(LookupError::NoLink(_))));
    }

    #[test]
    fn errnos_mean_what_the_kernel_means_by_them() {
        for (errno, meaning) in [
            (113, Refusal::ForwardingOff),
            (101, Refusal::NoRoute),
            (18, Refusal::ReversePath),
            (22, Refusal::ReversePath),
            (13, Refusal::Prohibited),
            (1, Refusal::Other),
        ] {
            assert_eq!(Refusal::of(errno), meaning, "{errno}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = understand(&bytes);
        }
    }
}
