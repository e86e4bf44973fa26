//! The default choice of a node address, used if no address is configured.
//!
//! kubernetes/apimachinery, `pkg/util/net/interface.go` (v0.36): kubeadm, kubelet, kube-apiserver,
//! K3s and RKE2 all call it. It reads two files and the list of interfaces. It ignores masks,
//! metrics, flags and the carrier, so `0.0.0.0/1` counts as a default route.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::go_net::{decode_hex, is_global_unicast};
use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::{Link, LinkKind, Snapshot};

/// A route that apimachinery considers a default route.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultRoute {
    /// The interface as in the file; `*` for an unreachable or blackhole route.
    pub link: String,
    /// The next hop; the unspecified address if there is none.
    pub gateway: IpAddr,
}

impl DefaultRoute {
    /// The family of the next hop.
    #[must_use]
    pub const fn family(&self) -> IpFamily {
        IpFamily::of(self.gateway)
    }
}

/// Why apimachinery returns no address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAddress {
    /// There is no default route. kubeadm only warns about this one.
    #[error(r#"no default routes found in "/proc/net/route" or "/proc/net/ipv6_route""#)]
    NoRoutes,
    /// Any other error, with Go's message.
    #[error("{0}")]
    Failed(String),
}

/// An address, and the rule that led to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostInterfaceChoice {
    /// The chosen address.
    pub address: IpAddr,
    /// The interface that has the address; empty if none does.
    pub link: String,
    /// The rule in words, for reports.
    pub rule: String,
}

/// Whether a line of `/proc/net/route` or `/proc/net/ipv6_route` affects the result: it is a
/// default route, or cannot be parsed. All functions of this module return the same without the
/// other lines.
#[must_use]
pub fn is_relevant_route_line(line: &str, family: IpFamily) -> bool {
    match family {
        IpFamily::V4 => !matches!(v4_line(line), Ok(None)),
        IpFamily::V6 => !matches!(v6_line(line), Ok(None)),
    }
}

/// `getIPv4DefaultRoutes`: parses the text of `/proc/net/route`.
///
/// # Errors
///
/// The first line that cannot be parsed; no route is returned then.
pub fn v4_default_routes(text: &str) -> Result<Vec<DefaultRoute>, String> {
    default_routes(text, v4_line)
}

/// `getIPv6DefaultRoutes`: parses the text of `/proc/net/ipv6_route`.
///
/// # Errors
///
/// The first line that cannot be parsed; no route is returned then.
pub fn v6_default_routes(text: &str) -> Result<Vec<DefaultRoute>, String> {
    default_routes(text, v6_line)
}

fn default_routes(
    text: &str,
    read: impl Fn(&str) -> Result<Option<DefaultRoute>, String>,
) -> Result<Vec<DefaultRoute>, String> {
    // Go's reader stops at an error, and the end of the file within a line is one.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter_map(|line| read(line).transpose()).collect()
}

fn v4_line(line: &str) -> Result<Option<DefaultRoute>, String> {
    if line.starts_with("Iface") {
        return Ok(None);
    }
    let mut fields = line.split_whitespace();
    let (Some(link), Some(destination), Some(gateway)) =
        (fields.next(), fields.next(), fields.next())
    else {
        return Err(short_line());
    };
    // The mask is not parsed, so 0.0.0.0/1 counts as a default route, too.
    let destination = v4_address(destination)?;
    let gateway = v4_address(gateway)?;
    let is_default = destination.is_unspecified();
    Ok(is_default.then(|| DefaultRoute { link: link.to_owned(), gateway: gateway.into() }))
}

fn v6_line(line: &str) -> Result<Option<DefaultRoute>, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (Some(destination), Some(gateway), Some(link)) =
        (fields.first(), fields.get(4), fields.get(9))
    else {
        return Err(short_line());
    };
    let destination = v6_address(destination)?;
    let gateway = v6_address(gateway)?;
    // Unlike for IPv4, a default route without a gateway does not count.
    let is_default = destination.is_unspecified() && !gateway.is_unspecified();
    Ok(is_default.then(|| DefaultRoute { link: (*link).to_owned(), gateway: gateway.into() }))
}

/// Go would panic here. The kernel writes no such line.
fn short_line() -> String {
    "index out of range".to_owned()
}

/// The bytes of a hexadecimal address field.
fn address_bytes<const N: usize>(hex: &str, family: IpFamily) -> Result<[u8; N], String> {
    if hex.is_empty() {
        return Err("input is nil".to_owned());
    }
    let bytes = decode_hex(hex)?;
    bytes.try_into().map_err(|_| format!("invalid {family} address in route"))
}

/// `parseIP` for IPv4: the kernel prints the bytes in the order of a little-endian machine.
///
/// # Errors
///
/// The message of Go's error.
pub fn v4_address(hex: &str) -> Result<Ipv4Addr, String> {
    let [a, b, c, d] = address_bytes(hex, IpFamily::V4)?;
    Ok(Ipv4Addr::new(d, c, b, a))
}

/// `parseIP` for IPv6: bytes in network order.
///
/// # Errors
///
/// The message of Go's error.
pub fn v6_address(hex: &str) -> Result<Ipv6Addr, String> {
    address_bytes::<16>(hex, IpFamily::V6).map(Ipv6Addr::from)
}

/// `getAllDefaultRoutes`: the default routes of IPv4, then those of IPv6.
///
/// A snapshot without the two files (an older record) uses its routes instead.
///
/// # Errors
///
/// [`NoAddress::NoRoutes`], or the error of the IPv4 file.
pub fn all_default_routes(node: &Snapshot) -> Result<Vec<DefaultRoute>, NoAddress> {
    let files = &node.node;
    let mut routes = match &files.proc_net_route {
        Some(text) => v4_default_routes(text).map_err(NoAddress::Failed)?,
        None => by_netlink(node, IpFamily::V4),
    };
    routes.extend(match &files.proc_net_ipv6_route {
        // apimachinery ignores errors in this file.
        Some(text) => v6_default_routes(text).unwrap_or_default(),
        None => by_netlink(node, IpFamily::V6),
    });
    if routes.is_empty() { Err(NoAddress::NoRoutes) } else { Ok(routes) }
}

/// The routes that the files would contain: the main table for IPv4, all tables for IPv6.
fn by_netlink(node: &Snapshot, family: IpFamily) -> Vec<DefaultRoute> {
    use pontoon_model::snapshot::{Route, RouteKind};
    let unspecified = match family {
        IpFamily::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpFamily::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let counts = |route: &&Route| {
        route.destination.address == unspecified
            && matches!(route.kind, RouteKind::Unicast | RouteKind::Refuse)
            && match family {
                // /proc/net/route lists the main table only.
                IpFamily::V4 => route.table == Route::MAIN,
                IpFamily::V6 => route.gateway.is_some(),
            }
    };
    let route = |route: &Route| DefaultRoute {
        link: route.link.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string),
        gateway: route.gateway.filter(|to| IpFamily::of(*to) == family).unwrap_or(unspecified),
    };
    node.routes.iter().filter(counts).map(route).collect()
}

/// `getMatchingGlobalIP`: the first global unicast address of the family.
#[must_use]
pub fn matching_global_ip(
    addresses: impl IntoIterator<Item = IpAddr>,
    family: IpFamily,
) -> Option<IpAddr> {
    addresses
        .into_iter()
        .map(|address| address.to_canonical())
        .find(|address| IpFamily::of(*address) == family && is_global_unicast(*address))
}

fn global_ip(link: &Link, family: IpFamily) -> Option<IpAddr> {
    let addresses = link.addresses.iter().map(|address| address.prefix.address);
    matching_global_ip(addresses, family)
}

/// `getIPFromInterface`: the global address of an interface; `None` if it is down or has none.
///
/// # Errors
///
/// If there is no such interface.
pub fn ip_from_interface(
    node: &Snapshot,
    name: &str,
    family: IpFamily,
) -> Result<Option<IpAddr>, NoAddress> {
    let link =
        node.links.iter().find(|link| link.name.as_str() == name).ok_or_else(|| {
            NoAddress::Failed("route ip+net: no such network interface".to_owned())
        })?;
    // Only the administrative state matters, not the carrier.
    Ok(if link.is_up { global_ip(link, family) } else { None })
}

/// `getIPFromLoopbackInterface`: a global address on the loopback interface, as routers use it.
#[must_use]
pub fn ip_from_loopback(node: &Snapshot, family: IpFamily) -> Option<(IpAddr, &Link)> {
    let loopbacks = node.links.iter().filter(|link| link.kind == LinkKind::Loopback && link.is_up);
    loopbacks.into_iter().find_map(|link| Some((global_ip(link, family)?, link)))
}

/// `chooseHostInterfaceFromRoute`: the address of the first default route's interface, preferred
/// family first.
///
/// # Errors
///
/// See [`NoAddress`].
pub fn choose_from_routes(
    node: &Snapshot,
    routes: &[DefaultRoute],
    prefer: IpFamily,
) -> Result<HostInterfaceChoice, NoAddress> {
    let other = match prefer {
        IpFamily::V4 => IpFamily::V6,
        IpFamily::V6 => IpFamily::V4,
    };
    // A family without any default route falls through to the other one.
    for family in [prefer, other] {
        let of_family = routes.iter().filter(|route| route.family() == family);
        for (nth, route) in of_family.enumerate() {
            let file = match family {
                IpFamily::V4 => "/proc/net/route",
                IpFamily::V6 => "/proc/net/ipv6_route",
            };
            let place = if nth == 0 { "the first" } else { "a later" };
            let rule = format!("{place} default route in {file}");
            if let Some(address) = ip_from_interface(node, &route.link, family)? {
                return Ok(HostInterfaceChoice { address, link: route.link.clone(), rule });
            }
            // Routers with unnumbered links keep their address on loopback.
            if let Some((address, link)) = ip_from_loopback(node, family) {
                let rule =
                    format!("{rule}: {} has no global address, {} has", route.link, link.name);
                return Ok(HostInterfaceChoice { address, link: link.name.to_string(), rule });
            }
        }
    }
    Err(NoAddress::Failed("unable to select an IP from default routes.".to_owned()))
}

/// `chooseIPFromHostInterfaces`: used only if `/proc/net/route` does not exist.
///
/// # Errors
///
/// See [`NoAddress`].
pub fn choose_from_interfaces(
    node: &Snapshot,
    prefer: IpFamily,
) -> Result<HostInterfaceChoice, NoAddress> {
    if node.links.is_empty() {
        return Err(NoAddress::Failed("no interfaces found on host.".to_owned()));
    }
    let other = match prefer {
        IpFamily::V4 => IpFamily::V6,
        IpFamily::V6 => IpFamily::V4,
    };
    let is_candidate =
        |link: &&Link| link.is_up && link.kind != LinkKind::Loopback && !link.is_point_to_point;
    for family in [prefer, other] {
        for link in node.links.iter().filter(is_candidate) {
            if let Some(address) = global_ip(link, family) {
                let rule = "the first interface with a global address".to_owned();
                return Ok(HostInterfaceChoice { address, link: link.name.to_string(), rule });
            }
        }
    }
    let words = "no acceptable interface with global unicast address found on host";
    Err(NoAddress::Failed(words.to_owned()))
}

/// `ChooseHostInterface` with the family preference of [`resolve_bind_address`].
///
/// # Errors
///
/// See [`NoAddress`].
pub fn choose_host_interface(
    node: &Snapshot,
    prefer: IpFamily,
) -> Result<HostInterfaceChoice, NoAddress> {
    choose_from_routes(node, &all_default_routes(node)?, prefer)
}

/// `ResolveBindAddress`: an unspecified or loopback address is replaced by the chosen one; any
/// other is kept.
///
/// # Errors
///
/// See [`NoAddress`].
pub fn resolve_bind_address(
    node: &Snapshot,
    bind: Option<IpAddr>,
) -> Result<HostInterfaceChoice, NoAddress> {
    let prefer = bind.map_or(IpFamily::V4, IpFamily::of);
    match bind.filter(|bind| !bind.is_unspecified() && !bind.is_loopback()) {
        None => choose_host_interface(node, prefer),
        Some(address) => {
            let holder = link_with_address(node, address);
            let link = holder.map(|link| link.name.to_string()).unwrap_or_default();
            Ok(HostInterfaceChoice { address, link, rule: "as it was told".to_owned() })
        }
    }
}

/// The link that has the address.
#[must_use]
pub fn link_with_address(node: &Snapshot, address: IpAddr) -> Option<&Link> {
    let has = |link: &&Link| {
        link.addresses.iter().any(|own| own.prefix.address.to_canonical() == address.to_canonical())
    };
    node.links.iter().find(has)
}
