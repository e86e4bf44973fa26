//! Group frames that are lost although unicast frames pass.

use super::row::RuleMatch;
use pontoon_model::finding::Level;

use super::directed_path::{DirectedPath, PairProbe};
use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Group frames each way that must be missing: one or two are lost on a good radio, for they are
/// sent once and never acknowledged.
const GROUP_FRAMES: usize = 4;

/// No group frame passes and nobody answers ARP: nothing works, although the path is open.
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
            let level = if fewest >= GROUP_FRAMES { Level::Confirmed } else { Level::Likely };
            let [a, b] = [&pair.shared.a, &pair.shared.b];
            let static_entry = format!(
                "on {}: ip neigh replace {} lladdr {} dev {} nud permanent; the same on {} for {}",
                a.host, b.prefix.address, b.mac, a.link, b.host, a.prefix.address
            );
            Some(
                RuleMatch::new(pair.scope(), level, because(pair))
                    .advise([
                        static_entry,
                        "ask those who run the network to let ARP pass, or to answer it (proxy ARP)"
                            .to_owned(),
                    ])
                    .or_decide("a longer run with more broadcast frames"),
            )
        })
        .collect()
}

/// No group frame passes, but somebody answers ARP: ordinary traffic works.
pub(super) fn group_frames_filtered(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let filtered = case.pairs.iter().filter(|pair| is_suppressed(pair) && is_proxied(pair));
    filtered
        .map(|pair| {
            RuleMatch::new(pair.scope(), Level::Likely, because(pair))
                .advise(["nothing, unless something needs broadcast: mDNS names, DHCP of your own"])
                .or_decide("a longer run with more broadcast frames")
        })
        .collect()
}

/// Whether frames for one host pass both ways and frames for all pass neither way.
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

fn because(pair: &LinkPair) -> Vec<String> {
    let sent = |way: &DirectedPath| way.rounds(PairProbe::Group).sent.len();
    let unicast = |way: &DirectedPath| format!("{} of {}", way.arrived().len(), way.sent().len());
    let answered = if is_proxied(pair) {
        "ARP is answered all the same, or was known before"
    } else {
        "so ARP finds nobody, and answers cannot be addressed"
    };
    vec![
        format!(
            "frames to one MAC arrive: {} rounds from {}, {} from {}",
            unicast(&pair.a_to_b),
            pair.shared.a.host,
            unicast(&pair.b_to_a),
            pair.shared.b.host
        ),
        format!(
            "broadcast, multicast and ARP requests do not: 0 of {} from {}, 0 of {} from {}",
            sent(&pair.a_to_b),
            pair.shared.a.host,
            sent(&pair.b_to_a),
            pair.shared.b.host
        ),
        answered.to_owned(),
    ]
}
