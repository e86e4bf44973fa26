//! Paths on which large packets are dropped silently.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::LinkEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shell_command;

use super::directed_path::DirectedPath;
use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Losses of one size that suggest it is too large: `MAX_PROBES` of RFC 8899, section 5.1.2.
const TRIES: usize = 3;
/// Losses of the smallest such size that prove it: RFC 8899 is about a protocol that tries again
/// later, a diagnosis takes more.
const TRIES_THAT_PROVE: usize = 8;
/// What flannel's VXLAN adds to a packet: 50 bytes over IPv4.
const VXLAN: u32 = 50;

#[derive(Default)]
struct SizeResult {
    sent: usize,
    /// It was answered, or reached the other host.
    passed: bool,
    /// An ICMP error reported that it is too large, or it did not even leave.
    is_reported: bool,
}

type MtuPathKey<'a> = (&'a HostName, Option<&'a HostName>, Option<&'a IfName>, IpAddr);

/// Small packets arrive, large ones do not, and no router says so (RFC 2923, section 2.1).
pub(super) fn mtu_black_hole(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let is_steady = |(host, peer, link, _): &MtuPathKey<'_>| match (peer, link) {
        (Some(peer), Some(link)) => is_lossless(case, host, peer, link),
        _ => uplinks(facts, host).all(|link| {
            let asked = case.controls.asked((host, link, IpFamily::V4));
            asked.sent.len() <= asked.answered.len() + 1
        }),
    };
    let steady = paths(facts).into_iter().filter(|(path, _)| is_steady(path));
    steady.filter_map(|(path, sizes)| black_hole(path, &sizes)).collect()
}

/// Whether small frames between the two are never lost.
fn is_lossless(case: &RuleContext<'_>, host: &HostName, peer: &HostName, link: &IfName) -> bool {
    let on_path = |pair: &&LinkPair| {
        pair.directions()
            .iter()
            .any(|way| way.from.host == *host && way.to.host == *peer && way.from.link == *link)
    };
    case.between(host, peer)
        .iter()
        .filter(on_path)
        .flat_map(LinkPair::directions)
        .all(DirectedPath::is_lossless)
}

/// Links of the host's default routes.
fn uplinks<'a>(facts: &'a Facts, host: &HostName) -> impl Iterator<Item = &'a IfName> {
    let routes = facts.hosts.get(host).into_iter().flat_map(|host| host.snapshot.default_routes());
    routes.filter_map(|route| route.link.as_ref())
}

fn black_hole(
    (host, peer, link, to): MtuPathKey<'_>,
    sizes: &BTreeMap<u32, SizeResult>,
) -> Option<RuleMatch> {
    // One that passed only when repeated tells of losses, which may have taken the large ones.
    let is_steady = sizes.values().filter(|size| size.passed).all(|size| size.sent == 1);
    let (passes, _) = sizes.iter().rfind(|(_, size)| size.passed)?;
    let is_lost = |size: &SizeResult| !size.passed && !size.is_reported && size.sent >= TRIES;
    let mut lost_sizes = sizes.iter().filter(|(bytes, size)| *bytes > passes && is_lost(size));
    let (lost, times) = lost_sizes.next().filter(|_| is_steady)?;
    if times.sent < TRIES_THAT_PROVE {
        return None;
    }
    let certainty =
        if lost_sizes.next().is_some() { Certainty::Confirmed } else { Certainty::Likely };
    let target = peer.cloned().unwrap_or_else(|| HostName::lossy(&to.to_string()));
    let evidence = [
        LinkEvidence::SizePasses { to: target.clone(), bytes: *passes },
        LinkEvidence::SizeLost { to: target, bytes: *lost, sent: times.sent },
    ];
    let scope = DiagnosisScope {
        to: peer.cloned(),
        link: link.cloned().filter(|_| peer.is_some()),
        ..DiagnosisScope::host(host)
    };
    let ping = shell_command!("ping -M do -s {} {}", lost.saturating_sub(28), to);
    let check = DistinguishingCheck::by_command(CommandPlace::Host(host.clone()), ping)
        .showing("no answer, and answers with a few bytes less");
    Some(
        RuleMatch::new(scope, certainty, evidence).distinguished_by(check).with_remedies([
            Remedy::action(format!(
                "give the link an MTU of {passes}; pods behind flannel's VXLAN then get {}",
                passes.saturating_sub(VXLAN)
            )),
            Remedy::on(host, "sudo sysctl -w net.ipv4.tcp_mtu_probing=1")
                .to("let TCP find the size by itself (RFC 4821), which helps TCP only"),
        ]),
    )
}

fn paths(facts: &Facts) -> BTreeMap<MtuPathKey<'_>, BTreeMap<u32, SizeResult>> {
    let mut paths: BTreeMap<MtuPathKey<'_>, BTreeMap<u32, SizeResult>> = BTreeMap::new();
    let mut arrived = BTreeSet::new();
    for seen in &facts.observations {
        let ProbeKind::Size { bytes } = &seen.kind else { continue };
        if seen.direction == ObservedEvent::Arrived {
            arrived.insert((seen.peer.as_ref(), &seen.host, seen.asked_link.as_ref(), *bytes));
            continue;
        }
        let Some(to) = seen.address else { continue };
        let path = (&seen.host, seen.peer.as_ref(), seen.asked_link.as_ref(), to);
        let size = paths.entry(path).or_default().entry(*bytes).or_default();
        match (seen.direction, &seen.answer) {
            (ObservedEvent::Sent, _) => size.sent += 1,
            (_, Some(ProbeAnswer::Reply)) => size.passed = true,
            (_, Some(_)) => size.is_reported = true,
            (_, None) => {}
        }
    }
    // Arrival is the network's verdict, whatever becomes of the answer.
    for ((host, peer, link, _), sizes) in &mut paths {
        let Some(peer) = peer else { continue };
        for (bytes, size) in sizes {
            size.passed |= arrived.contains(&(Some(*host), *peer, *link, *bytes));
        }
    }
    paths
}
