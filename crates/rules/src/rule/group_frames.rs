//! Broadcast and multicast frames that do not pass where unicast frames do.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FrameEvidence, SenderRounds};
use pontoon_diagnosis::{Certainty, DistinguishingCheck, Remedy};
use pontoon_model::shared_links::LinkEndpoint;
use pontoon_model::shell_command;

use super::directed_path::{DirectedPath, PairProbe};
use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Group frames in each direction that must be missing: one or two are lost on a good radio, because they
/// are sent once and never acknowledged.
const GROUP_FRAMES: usize = 4;

/// No group frame passes and no ARP request is answered: nothing works, although the path is open.
pub(super) fn group_suppression(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let suppressed = case.pairs.iter().filter(|pair| is_suppressed(pair) && !is_proxied(pair));
    suppressed
        .filter(|pair| pair.directions().iter().all(|way| way.is_lossless()))
        .filter_map(|pair| {
            let fewest = pair
                .directions()
                .map(|way| way.rounds(PairProbe::Group).sent.len())
                .into_iter()
                .min()?;
            let certainty =
                if fewest >= GROUP_FRAMES { Certainty::Confirmed } else { Certainty::Likely };
            let [a, b] = [&pair.shared.a, &pair.shared.b];
            Some(
                RuleMatch::new(pair.scope(), certainty, evidence(pair))
                    .with_remedies([
                        static_entry(a, b),
                        static_entry(b, a),
                        Remedy::action(
                            "ask the network's operators to let ARP pass, or to answer it (proxy \
                             ARP)",
                        ),
                    ])
                    .distinguished_by(DistinguishingCheck::by_fact(MORE_BROADCAST)),
            )
        })
        .collect()
}

/// What makes a likely diagnosis a confirmed one.
const MORE_BROADCAST: &str = "a longer run with more broadcast frames";

/// A neighbour entry of one host for the other, which needs no ARP.
fn static_entry(of: &LinkEndpoint, to: &LinkEndpoint) -> Remedy {
    let entry = shell_command!(
        "sudo ip neigh replace {} lladdr {} dev {} nud permanent",
        to.prefix.address,
        to.mac,
        of.link
    );
    Remedy::on(&of.host, entry)
}

/// No group frame passes, but ARP is answered: ordinary traffic works.
pub(super) fn group_frames_filtered(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let filtered = case.pairs.iter().filter(|pair| is_suppressed(pair) && is_proxied(pair));
    filtered
        .map(|pair| {
            RuleMatch::new(pair.scope(), Certainty::Likely, evidence(pair))
                .with_remedies([Remedy::action(
                    "nothing, unless something needs broadcast: mDNS names, DHCP of your own",
                )])
                .distinguished_by(DistinguishingCheck::by_fact(MORE_BROADCAST))
        })
        .collect()
}

/// Whether unicast frames pass in both directions and group frames in neither.
fn is_suppressed(pair: &LinkPair) -> bool {
    let is_dead = |way: &&DirectedPath| {
        let group = way.rounds(PairProbe::Group);
        way.is_witnessed && group.sent.len() > 1 && group.arrived.is_empty()
    };
    // Where only group frames were sent there is nothing to compare them with.
    let is_direct = |way: &&DirectedPath| way.direct().contains(&PairProbe::Udp);
    pair.is_open()
        && pair.directions().iter().all(is_dead)
        && pair.directions().iter().all(is_direct)
}

/// Whether ARP is answered, or the two know each other's MACs already.
fn is_proxied(pair: &LinkPair) -> bool {
    pair.directions().iter().any(|way| {
        !way.rounds(PairProbe::Neighbour).answered.is_empty() || !way.answered().is_empty()
    })
}

fn evidence(pair: &LinkPair) -> [FrameEvidence; 3] {
    let rounds = |way: &DirectedPath, sent: usize, arrived: usize| SenderRounds {
        from: way.from.host.clone(),
        sent,
        arrived,
    };
    let unicast = |way: &DirectedPath| rounds(way, way.sent().len(), way.arrived().len());
    let group = |way: &DirectedPath| rounds(way, way.rounds(PairProbe::Group).sent.len(), 0);
    [
        FrameEvidence::UnicastRounds { by_sender: pair.directions().map(unicast).to_vec() },
        FrameEvidence::NoGroupFrameArrived { by_sender: pair.directions().map(group).to_vec() },
        if is_proxied(pair) { FrameEvidence::ArpResolves } else { FrameEvidence::ArpUnresolved },
    ]
}
