//! How flanneld selects its interface by one flag (`pkg/ipmatch/match.go`).

use std::net::IpAddr;

use regex_lite::RegexBuilder;

use crate::go_net::{is_global_unicast, parse_ip};
use pontoon_model::net::IpFamily;
use pontoon_model::node_files::FlannelFlags;
use pontoon_model::record::redact::REDACTED;
use pontoon_model::snapshot::{Link, LinkAddress, Route, Snapshot};
use pontoon_model::untrusted::Untrusted;

use super::FlannelVersion;
use super::can_reach::by_target;
use super::selection::{InterfaceLookupError, IpStack, SelectedInterface, words};

/// Address flags (`linux/if_addr.h`): `IFA_F_TEMPORARY`, which is `IFA_F_SECONDARY` for IPv4,
/// `IFA_F_DEPRECATED` and `IFA_F_PERMANENT`.
const TEMPORARY: u32 = 0x01;
const DEPRECATED: u32 = 0x20;
const PERMANENT: u32 = 0x80;
/// Largest size of a compiled pattern in bytes: an untrusted record may hold any pattern.
const PATTERN_BYTES: usize = 256 * 1024;

/// The endpoint of a node's tunnels (`backend.ExternalInterface`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExternalInterface<'a> {
    /// The link of the endpoint.
    pub link: &'a Link,
    /// The IPv4 address; an IPv6 one if `--iface-can-reach` selected one.
    pub address: Option<IpAddr>,
    /// The IPv6 address, if the network has IPv6.
    pub address_v6: Option<IpAddr>,
    /// The IPv4 address that other nodes send to.
    pub advertised: Option<IpAddr>,
    /// The IPv6 address that other nodes send to.
    pub advertised_v6: Option<IpAddr>,
}

/// One flag by which flanneld selects its interface.
#[derive(Clone, Copy, Debug)]
pub enum InterfaceSelector<'a> {
    /// `--iface`, or `--public-ip` if no other flag is given: a name or an address.
    Named(&'a str),
    /// `--iface-regex`: a pattern for names or addresses.
    Matching(&'a str),
    /// `--iface-can-reach`: an address to which a route leads.
    Reaching(&'a str),
}

/// `LookupExtIface`, for one flag. An empty value selects by the default route, as no flag does.
///
/// # Errors
///
/// flannel's message, or the missing fact.
pub fn look_up<'a>(
    node: &'a Snapshot,
    version: FlannelVersion,
    stack: IpStack,
    by: InterfaceSelector<'_>,
    flags: &FlannelFlags,
) -> Result<ExternalInterface<'a>, InterfaceLookupError> {
    let mut found = match by {
        InterfaceSelector::Named("")
        | InterfaceSelector::Matching("")
        | InterfaceSelector::Reaching("") => by_default(node, version, stack)?,
        InterfaceSelector::Named(name) => match parse_ip(name) {
            Some(address) => by_address(node, stack, address, flags)?,
            None => SelectedInterface::on(
                node.links.iter().find(|link| link.name.as_str() == name).ok_or_else(|| {
                    words(format!(
                        "error looking up interface {}: route ip+net: no such network interface",
                        Untrusted::new(name)
                    ))
                })?,
            ),
        },
        InterfaceSelector::Matching(pattern) => by_pattern(node, version, stack, pattern)?,
        InterfaceSelector::Reaching(target) => by_target(node, stack, target)?,
    };
    let no_address = |family| {
        words(format!("failed to find {family} address for interface {}", found.link.name))
    };
    if stack != IpStack::V6 && found.v4.is_none() {
        let first = usable(found.link, version, IpFamily::V4).next();
        found.v4 = Some(first.ok_or_else(|| no_address(IpFamily::V4))?);
    }
    if stack != IpStack::V4 && found.v6.is_none() {
        let first = usable(found.link, version, IpFamily::V6).next();
        found.v6 = Some(first.ok_or_else(|| no_address(IpFamily::V6))?);
    }
    let public = |given: &Option<Untrusted>, family: &str| match given.as_ref().map(Untrusted::raw)
    {
        None | Some("") => Ok(None),
        Some(text) => {
            let shown = Untrusted::new(text);
            let invalid = || words(format!("invalid public {family} address: {shown}"));
            parse_ip(text).map(Some).ok_or_else(invalid)
        }
    };
    Ok(ExternalInterface {
        link: found.link,
        address: found.v4,
        address_v6: found.v6,
        advertised: public(&flags.public_ip, "IP")?
            .or_else(|| found.v4.filter(|_| stack != IpStack::V6)),
        advertised_v6: public(&flags.public_ipv6, "IPv6")?
            .or_else(|| found.v6.filter(|_| stack != IpStack::V4)),
    })
}

/// `GetDefaultGatewayInterface`: the interface of the first default route, if it has one next hop.
fn default_interface(
    node: &Snapshot,
    version: FlannelVersion,
    family: IpFamily,
) -> Result<&Link, &'static str> {
    let leads_everywhere = |route: &&Route| {
        route.destination.length == 0
            && route.destination.family() == family
            && route.table == Route::MAIN
    };
    // The newer version only begins its messages in lower case.
    let old = version == FlannelVersion::V0_25;
    let found = node.routes.iter().find(leads_everywhere).ok_or(match (family, old) {
        (IpFamily::V4, false) => "unable to find default route",
        (IpFamily::V4, true) => "Unable to find default route",
        (IpFamily::V6, false) => "unable to find default v6 route",
        (IpFamily::V6, true) => "Unable to find default v6 route",
    })?;
    let link = found.link.as_ref().filter(|_| !found.is_multipath);
    link.and_then(|link| node.link(link)).ok_or(match (family, old) {
        (IpFamily::V4, false) => "found default route but could not determine interface",
        (IpFamily::V4, true) => "Found default route but could not determine interface",
        (IpFamily::V6, false) => "found default v6 route but could not determine interface",
        (IpFamily::V6, true) => "Found default v6 route but could not determine interface",
    })
}

/// The addresses of a link in flanneld's order of preference (`GetInterfaceIP4Addrs`,
/// `GetInterfaceIP6Addrs`).
fn usable(link: &Link, version: FlannelVersion, family: IpFamily) -> impl Iterator<Item = IpAddr> {
    let is_local = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let is_candidate = |own: &&LinkAddress| {
        let address = own.prefix.address;
        IpFamily::of(address) == family && (is_global_unicast(address) || is_local(address))
    };
    let mut own: Vec<&LinkAddress> = link.addresses.iter().filter(is_candidate).collect();
    match version {
        FlannelVersion::V0_25 => own.sort_by_key(|own| is_local(own.prefix.address)),
        FlannelVersion::Newest => {
            own.sort_by_key(|own| {
                let is_lent = own.flags & PERMANENT == 0;
                (is_local(own.prefix.address), is_lent, own.flags & TEMPORARY != 0)
            });
            own.retain(|own| own.flags & DEPRECATED == 0);
        }
    }
    own.into_iter().map(|own| own.prefix.address)
}

/// The link of the default route; for both families it must be the same link.
fn by_default(
    node: &Snapshot,
    version: FlannelVersion,
    stack: IpStack,
) -> Result<SelectedInterface<'_>, InterfaceLookupError> {
    let of = |family| {
        let v6 = if family == IpFamily::V6 { "v6 " } else { "" };
        default_interface(node, version, family)
            .map_err(|why| words(format!("failed to get default {v6}interface: {why}")))
    };
    let link = of(if stack == IpStack::V6 { IpFamily::V6 } else { IpFamily::V4 })?;
    if stack == IpStack::Dual {
        let v6 = of(IpFamily::V6)?;
        if v6.name != link.name {
            return Err(words(format!(
                "v6 default route interface {} must be the same with v4 default route interface {}",
                v6.name, link.name
            )));
        }
    }
    Ok(SelectedInterface::on(link))
}

/// The link that has the address; for both families, `--public-ipv6` must be on the same link.
fn by_address<'a>(
    node: &'a Snapshot,
    stack: IpStack,
    address: IpAddr,
    flags: &FlannelFlags,
) -> Result<SelectedInterface<'a>, InterfaceLookupError> {
    let holder = |address: IpAddr, family: IpFamily| {
        let (v6, ip) = if family == IpFamily::V6 { ("v6 ", "IPv6") } else { ("", "IP") };
        let has = |link: &&Link| link.addresses.iter().any(|own| own.prefix.address == address);
        let found = node.links.iter().find(has).filter(|_| IpFamily::of(address) == family);
        found.ok_or_else(|| {
            words(format!(
                "error looking up {v6}interface {address}: no interface with given {ip} found"
            ))
        })
    };
    let of_public_v6 = || {
        let public = parse_ip(flags.public_ipv6.as_ref()?.raw())?;
        Some(holder(public, IpFamily::V6).map(|link| (link, public)))
    };
    match (stack, address) {
        (IpStack::V4, _) => Ok(SelectedInterface {
            v4: Some(address),
            ..SelectedInterface::on(holder(address, IpFamily::V4)?)
        }),
        (IpStack::V6, _) => Ok(SelectedInterface {
            v6: Some(address),
            ..SelectedInterface::on(holder(address, IpFamily::V6)?)
        }),
        (IpStack::Dual, IpAddr::V4(_)) => {
            let link = holder(address, IpFamily::V4)?;
            let public = of_public_v6().transpose()?;
            if let Some((v6, _)) = public.filter(|(v6, _)| v6.name != link.name) {
                return Err(words(format!(
                    "v6 interface {} must be the same with v4 interface {}",
                    v6.name, link.name
                )));
            }
            Ok(SelectedInterface { link, v4: Some(address), v6: public.map(|(_, public)| public) })
        }
        (IpStack::Dual, IpAddr::V6(_)) => match of_public_v6().transpose()? {
            Some((link, public)) => {
                Ok(SelectedInterface { v6: Some(public), ..SelectedInterface::on(link) })
            }
            // flanneld continues with a nil interface and panics.
            None => Err(words("panic: runtime error: invalid memory address")),
        },
    }
}

/// The first link with an address that matches the pattern, or else with such a name.
fn by_pattern<'a>(
    node: &'a Snapshot,
    version: FlannelVersion,
    stack: IpStack,
    pattern: &str,
) -> Result<SelectedInterface<'a>, InterfaceLookupError> {
    // The pattern of a redacted record may have contained a MAC address.
    if pattern == REDACTED {
        return Err(InterfaceLookupError::Unknown(
            "the pattern of --iface-regex, which was redacted".to_owned(),
        ));
    }
    let compiled = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().ok();
    let compiled = compiled.filter(|_| is_read_alike(pattern)).ok_or_else(|| {
        let pattern = Untrusted::new(pattern);
        InterfaceLookupError::Unknown(format!("what Go's regexp makes of --iface-regex={pattern}"))
    })?;
    let matching = |link: &Link, family| {
        usable(link, version, family).find(|address| compiled.is_match(&address.to_string()))
    };
    let (mut v4, mut v6) = (None, None);
    for link in &node.links {
        match stack {
            IpStack::V4 => v4 = matching(link, IpFamily::V4),
            IpStack::V6 => v6 = matching(link, IpFamily::V6),
            IpStack::Dual => {
                if usable(link, version, IpFamily::V6).next().is_none() {
                    continue;
                }
                // flanneld keeps the addresses of the link before in its variables.
                let Some(own) = matching(link, IpFamily::V4) else { continue };
                v4 = Some(own);
                v6 = matching(link, IpFamily::V6);
            }
        }
        let is_found = if stack == IpStack::V4 { v4.is_some() } else { v6.is_some() };
        if is_found {
            return Ok(SelectedInterface { link, v4, v6 });
        }
    }
    // Only if no address matches, names are compared.
    let named = node.links.iter().find(|link| compiled.is_match(link.name.as_str()));
    named.map(|link| SelectedInterface { link, v4, v6 }).ok_or_else(|| {
        words(format!(
            "could not match pattern {} to any of the available network interfaces",
            Untrusted::new(pattern)
        ))
    })
}

/// Whether Go's regexp and regex-lite interpret a pattern in the same way. This covers what is
/// common in patterns of addresses and links; syntax that differs is rejected.
fn is_read_alike(pattern: &str) -> bool {
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let is_alike = match letter {
            '\\' => {
                letters.next();
                next.is_some_and(|next| match next {
                    '<' | '>' => false,
                    _ => next.is_ascii_punctuation() || "dDsSwW".contains(next),
                })
            }
            '(' if next == Some('?') => {
                letters.next();
                letters.peek() == Some(&':')
            }
            '*' | '+' | '?' | '}' => !matches!(next, Some('*' | '+' | '{')),
            _ => true,
        };
        if !is_alike {
            return false;
        }
    }
    true
}
