//! Paths on which large packets vanish.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::facts::Facts;
use crate::finding::{Level, Proven, Scope};
use crate::host::HostName;
use crate::net::IfName;
use crate::observation::{Answer, Direction, Kind};

/// Losses of one size that prove it too large: `MAX_PROBES` of RFC 8899, section 5.1.2.
const TRIES: usize = 3;
/// What flannel's VXLAN adds to a packet: 50 bytes over IPv4.
const VXLAN: u32 = 50;

#[derive(Default)]
struct Size {
    sent: usize,
    replied: bool,
    /// Somebody said that it is too large, or it did not even leave.
    told: bool,
}

type Path<'a> = (&'a HostName, Option<&'a HostName>, Option<&'a IfName>, IpAddr);

/// Small packets arrive, large ones do not, and no router says so (RFC 2923, section 2.1).
pub(super) fn mtu_black_hole(facts: &Facts) -> Vec<Proven> {
    paths(facts).into_iter().filter_map(|(path, sizes)| hole(path, &sizes)).collect()
}

fn hole((host, peer, link, to): Path<'_>, sizes: &BTreeMap<u32, Size>) -> Option<Proven> {
    let (passes, _) = sizes.iter().filter(|(_, size)| size.replied).next_back()?;
    let is_lost = |size: &Size| !size.replied && !size.told && size.sent >= TRIES;
    let (lost, times) = sizes.iter().find(|(bytes, size)| *bytes > passes && is_lost(size))?;
    let target = peer.map_or_else(|| to.to_string(), ToString::to_string);
    let because = vec![
        format!("packets of {passes} bytes to {target} are answered"),
        format!("of {lost} bytes, 0 of {} are, and no router says why", times.sent),
    ];
    let scope = Scope {
        to: peer.cloned(),
        link: link.cloned().filter(|_| peer.is_some()),
        ..Scope::host(host)
    };
    Some(Proven::new(scope, Level::Confirmed, because).advise([
        format!(
            "give the link an MTU of {passes}; pods behind flannel's VXLAN then get {}",
            passes.saturating_sub(VXLAN)
        ),
        format!("or on {host}: sudo sysctl -w net.ipv4.tcp_mtu_probing=1 (TCP only)"),
    ]))
}

fn paths(facts: &Facts) -> BTreeMap<Path<'_>, BTreeMap<u32, Size>> {
    let mut paths: BTreeMap<Path<'_>, BTreeMap<u32, Size>> = BTreeMap::new();
    for seen in &facts.observations {
        let (Kind::Size { bytes }, Some(to)) = (&seen.kind, seen.address) else { continue };
        if seen.direction == Direction::Arrived {
            continue;
        }
        let path = (&seen.host, seen.peer.as_ref(), seen.asked_link.as_ref(), to);
        let size = paths.entry(path).or_default().entry(*bytes).or_default();
        match (seen.direction, &seen.answer) {
            (Direction::Sent, _) => size.sent += 1,
            (_, Some(Answer::Reply)) => size.replied = true,
            (_, Some(_)) => size.told = true,
            (_, None) => {}
        }
    }
    paths
}
