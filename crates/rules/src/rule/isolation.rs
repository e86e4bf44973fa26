//! Frames that do not pass between two hosts although both ends work.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{
    ArpProxy, ControlTarget, EndControl, FrameEvidence, LinkEvidence, RoundProbes,
};
use pontoon_diagnosis::{Certainty, DistinguishingCheck, Evidence, Remedy};
use pontoon_model::net::Mac;

use super::control::{ControlRounds, LinkControls};
use super::directed_path::{DirectedPath, PairProbe};
use super::link_pair::{BlockedDirection, LinkPair, blocked_direction};
use super::rule_context::RuleContext;

/// Frames arrive in neither direction, and no gateway relays what is sent.
pub(super) fn client_isolation(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let controls = &case.controls;
    shut_pairs(case)
        .filter(|(pair, _)| !is_relayed(pair))
        .map(|(pair, shut)| {
            let two_networks = two_networks(case, pair);
            let is_doubtful = two_networks.is_some();
            let most = if is_doubtful { Certainty::Possible } else { Certainty::Confirmed };
            let certainty = shut[0].certainty.min(shut[1].certainty).min(most);
            let mut evidence: Vec<Evidence> = vec![
                nothing_arrived(&pair.a_to_b, &shut[0]).into(),
                nothing_arrived(&pair.b_to_a, &shut[1]).into(),
                reached_meanwhile(pair, controls).into(),
            ];
            evidence.extend(two_networks.map(Into::into));
            evidence.extend(by_group(pair).map(Into::into));
            evidence.extend(by_neighbour(case, pair).map(Into::into));
            evidence.extend(by_gateway(pair).map(Into::into));
            evidence.extend(super::wifi::wifi_relation(facts, pair).map(Into::into));
            RuleMatch::new(pair.scope(), certainty, evidence)
                .with_remedies(remedies(case, pair))
                .distinguished_by(check(pair, &shut, is_doubtful))
        })
        .collect()
}

/// What would make it surer, by what is missing.
fn check(pair: &LinkPair, shut: &[BlockedDirection; 2], is_doubtful: bool) -> DistinguishingCheck {
    let is_unicast = |way: &&DirectedPath| way.direct().contains(&PairProbe::Udp);
    DistinguishingCheck::by_fact(if is_doubtful {
        "whether the two are in one network at all: compare SSIDs, or follow the cables"
    } else if !pair.directions().iter().all(is_unicast) {
        "agents on both hosts at the same time (--via): then frames to each one's MAC address can \
         be sent"
    } else if shut.iter().all(|shut| shut.is_controlled) {
        LONGER_RUN
    } else {
        "a third host on the same link: if both hear it but not each other, the network isolates \
         them; if not, check cables and ports"
    })
}

/// What makes a likely diagnosis of one direction a confirmed one.
const LONGER_RUN: &str = "a longer run: ten rounds in which both ends reach their gateways";

/// Frames do not pass, but the gateway relays packets between the two, by design (RFC 3069,
/// RFC 4562).
pub(super) fn peers_via_gateway(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    shut_pairs(case)
        .filter(|(pair, _)| is_relayed(pair))
        .map(|(pair, shut)| {
            let certainty = shut[0].certainty.min(shut[1].certainty);
            let mut evidence = vec![
                nothing_arrived(&pair.a_to_b, &shut[0]),
                nothing_arrived(&pair.b_to_a, &shut[1]),
                FrameEvidence::ArrivedFromGateway,
            ];
            evidence.extend(by_neighbour(case, pair));
            RuleMatch::new(pair.scope(), certainty, evidence)
                .with_remedies([
                    Remedy::action(
                        "this works, with one hop more, except for what needs one layer 2 \
                         network: flannel's host-gw, MetalLB in L2 mode, keepalived",
                    ),
                    Remedy::action(
                        "ask the network's operators whether clients are meant to reach each other",
                    ),
                ])
                .distinguished_by(DistinguishingCheck::by_fact("a longer run"))
        })
        .collect()
}

/// Frames pass in one direction and not in the other.
pub(super) fn one_way_filter(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let controls = &case.controls;
    let mut found = Vec::new();
    for pair in &case.pairs {
        for (way, against) in pair.direction_pairs() {
            let Some(shut) = blocked_direction(way, controls).filter(|_| against.is_open()) else {
                continue;
            };
            let (from, to) = (&way.from.host, &way.to.host);
            let is_stateful = !against.answered().is_empty();
            let evidence = [
                nothing_arrived(way, &shut),
                FrameEvidence::RoundsArrived {
                    from: to.clone(),
                    to: from.clone(),
                    sent: against.sent().len(),
                    arrived: against.arrived().len(),
                },
                FrameEvidence::Replies { from: from.clone(), to: to.clone(), arrived: is_stateful },
            ];
            let around = if is_stateful {
                Remedy::action(format!(
                    "let {to} open all connections between the two: those from {to} to {from} work"
                ))
            } else {
                Remedy::action("use another link between the two")
            };
            found.push(
                RuleMatch::new(way.scope(), shut.certainty, evidence)
                    .with_remedies([around, ask_operators(way)])
                    .distinguished_by(DistinguishingCheck::by_fact(LONGER_RUN)),
            );
        }
    }
    found
}

/// Pairs between which nothing passes in either direction.
fn shut_pairs<'a>(
    case: &'a RuleContext<'_>,
) -> impl Iterator<Item = (&'a LinkPair, [BlockedDirection; 2])> {
    case.pairs.iter().filter_map(|pair| {
        let controls = &case.controls;
        let (there, back) = (
            blocked_direction(&pair.a_to_b, controls)?,
            blocked_direction(&pair.b_to_a, controls)?,
        );
        Some((pair, [there, back]))
    })
}

/// Two networks with the same addresses, such as those of two home routers, are not isolation:
/// each has a gateway of its own at that address. (One network may have two as well: Cisco's GLBP
/// gives clients different MAC addresses. So this only lowers the certainty.)
fn two_networks(case: &RuleContext<'_>, pair: &LinkPair) -> Option<LinkEvidence> {
    let gateway =
        |way: &DirectedPath| case.controls.gateway((&way.from.host, &way.from.link, way.family));
    let address =
        gateway(&pair.a_to_b).filter(|address| gateway(&pair.b_to_a) == Some(*address))?;
    let mac = |way: &DirectedPath| gateway_mac(case, way);
    let (a, b) = (mac(&pair.a_to_b)?, mac(&pair.b_to_a)?);
    (a != b).then(|| LinkEvidence::GatewayMacsDiffer {
        gateway: address,
        a: pair.a_to_b.from.host.clone(),
        a_mac: a,
        b: pair.b_to_a.from.host.clone(),
        b_mac: b,
    })
}

/// Whether packets that the kernels routed arrived in both directions on the same links.
fn is_relayed(pair: &LinkPair) -> bool {
    pair.directions().iter().all(|way| {
        !way.direct().contains(&PairProbe::Routed)
            && !way.rounds(PairProbe::Routed).arrived.is_empty()
    })
}

fn nothing_arrived(way: &DirectedPath, shut: &BlockedDirection) -> FrameEvidence {
    let direct = way.direct();
    let probes = if direct.contains(&PairProbe::Udp) {
        match way.kinds_sent() {
            1 => RoundProbes::Unicast,
            _ => RoundProbes::UnicastUdpAndPing,
        }
    } else if direct.contains(&PairProbe::Routed) {
        RoundProbes::RoutedUdp
    } else {
        RoundProbes::ArpAndBroadcast
    };
    FrameEvidence::NoRoundArrived {
        from: way.from.host.clone(),
        to: way.to.host.clone(),
        sent: shut.sent,
        probes,
        with_working_links: shut.valid,
    }
}

fn reached_meanwhile(pair: &LinkPair, controls: &LinkControls<'_>) -> FrameEvidence {
    let control = |way: &DirectedPath| EndControl {
        host: way.from.host.clone(),
        reached: match controls.of(&way.from, &way.to.host) {
            ControlRounds::Gateway(rounds) => ControlTarget::Gateway { rounds: rounds.len() },
            ControlRounds::Third(rounds) => ControlTarget::OtherHost { rounds: rounds.len() },
            ControlRounds::None => ControlTarget::Nothing,
        },
    };
    FrameEvidence::ReachedMeanwhile { ends: pair.directions().map(control).to_vec() }
}

/// Whether group frames pass where others do not.
fn by_group(pair: &LinkPair) -> Option<FrameEvidence> {
    let arrived =
        pair.directions().iter().any(|way| !way.rounds(PairProbe::Group).arrived.is_empty());
    (arrived && pair.a_to_b.direct().contains(&PairProbe::Udp))
        .then_some(FrameEvidence::OnlyUnicastDropped)
}

/// Which device answers ARP for a host that no frame reaches.
fn by_neighbour(case: &RuleContext<'_>, pair: &LinkPair) -> Option<FrameEvidence> {
    pair.directions().iter().find_map(|way| {
        let rounds = way.rounds(PairProbe::Neighbour);
        let target = way.to.host.clone();
        if rounds.answer_macs.contains(&way.to.mac) && rounds.arrived.is_empty() {
            let mac = way.to.mac;
            return Some(FrameEvidence::ProxyArp { target, mac, by: ArpProxy::AccessPoint });
        }
        let mac = gateway_mac(case, way)?;
        let is_proxied = rounds.answer_macs.contains(&mac);
        is_proxied.then_some(FrameEvidence::ProxyArp { target, mac, by: ArpProxy::Gateway })
    })
}

/// The MAC address with which the gateway of the sender answered, or that is cached.
fn gateway_mac(case: &RuleContext<'_>, way: &DirectedPath) -> Option<Mac> {
    let host = &way.from.host;
    let gateway = case.controls.gateway((host, &way.from.link, way.family))?;
    case.mac_of(host, &way.from.link, gateway)
}

fn by_gateway(pair: &LinkPair) -> Option<FrameEvidence> {
    let is_bounced =
        pair.directions().iter().any(|way| !way.rounds(PairProbe::Bounce).arrived.is_empty());
    is_bounced.then_some(FrameEvidence::RelayedByGateway)
}

fn remedies(case: &RuleContext<'_>, pair: &LinkPair) -> [Remedy; 2] {
    let ask = ask_operators(&pair.a_to_b);
    match open_link(case, pair) {
        Some(other) => {
            let around = format!("use {other} between {}, where frames pass", pair.names());
            [Remedy::action(around), ask]
        }
        None => [ask, Remedy::action("connect them by a switch of your own")],
    }
}

fn ask_operators(way: &DirectedPath) -> Remedy {
    Remedy::action(format!(
        "ask the network's operators to let frames pass between {} and {} (--request drafts the \
         mail)",
        way.from.mac, way.to.mac
    ))
}

/// Another link on which the two reach each other.
fn open_link(case: &RuleContext<'_>, pair: &LinkPair) -> Option<String> {
    let is_other = |other: &&LinkPair| other.shared.a.link != pair.shared.a.link && other.is_open();
    let others = case.between(&pair.shared.a.host, &pair.shared.b.host);
    others.iter().find(is_other).map(|other| other.shared.a.link.to_string())
}
