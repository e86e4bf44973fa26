//! Frames that do not pass between two hosts although both ends work.

use super::row::RuleMatch;
use pontoon_model::finding::Level;
use pontoon_model::net::Mac;

use super::control::{ControlRounds, LinkControls};
use super::directed_path::{DirectedPath, PairProbe};
use super::link_pair::{BlockedDirection, LinkPair, blocked_direction};
use super::rule_context::RuleContext;

/// Neither way does a frame arrive, and no gateway relays what is sent.
pub(super) fn client_isolation(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let controls = &case.controls;
    shut_pairs(case)
        .filter(|(pair, _)| !is_relayed(pair))
        .map(|(pair, shut)| {
            let elsewhere = two_networks(case, pair);
            let most = if elsewhere.is_some() { Level::Possible } else { Level::Confirmed };
            let level = shut[0].level.min(shut[1].level).min(most);
            let mut because = vec![
                missed(&pair.a_to_b, &shut[0]),
                missed(&pair.b_to_a, &shut[1]),
                control_line(pair, controls),
            ];
            let is_elsewhere = elsewhere.is_some();
            because.extend(elsewhere);
            because.extend(by_group(pair));
            because.extend(by_neighbour(case, pair));
            because.extend(by_gateway(pair));
            because.extend(super::wifi::wifi_relation(facts, pair));
            RuleMatch::new(pair.scope(), level, because).advise(advice(case, pair)).or_decide(
                if is_elsewhere {
                    "whether the two are on one network at all: compare SSIDs, or where the \
                     cables lead"
                } else if pair
                    .directions()
                    .iter()
                    .any(|way| !way.direct().contains(&PairProbe::Udp))
                {
                    "a way to run an agent on both at once (--via): then frames to each one's \
                     own MAC can be tried"
                } else if shut.iter().all(|shut| shut.is_controlled) {
                    "a longer run: ten rounds in which both ends reach their gateways"
                } else {
                    "a third host on the same link: if the two hear it but not each other, they \
                     are kept apart; if not, check cables and sockets"
                },
            )
        })
        .collect()
}

/// Frames do not pass, but the gateway relays packets between the two, by design (RFC 3069,
/// RFC 4562).
pub(super) fn peers_via_gateway(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    shut_pairs(case)
        .filter(|(pair, _)| is_relayed(pair))
        .map(|(pair, shut)| {
            let level = shut[0].level.min(shut[1].level);
            let mut because = vec![
                missed(&pair.a_to_b, &shut[0]),
                missed(&pair.b_to_a, &shut[1]),
                "ordinary packets arrive all the same, in frames from the gateway's MAC".to_owned(),
            ];
            because.extend(by_neighbour(case, pair));
            RuleMatch::new(pair.scope(), level, because)
                .advise([
                    "it works, with one hop more: anything that needs the same layer 2 (flannel \
                     host-gw, MetalLB in L2 mode, keepalived) does not",
                    "ask those who run the network whether traffic between clients is meant to pass",
                ])
                .or_decide("a longer run")
        })
        .collect()
}

/// Frames pass one way and not the other.
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
            let because = vec![
                missed(way, &shut),
                format!(
                    "{} of {} rounds arrived the other way, from {to} to {from}",
                    against.arrived().len(),
                    against.sent().len()
                ),
                if is_stateful {
                    format!("{from}'s answers to what {to} began do arrive: the filter is stateful")
                } else {
                    format!("not even {from}'s answers to what {to} began arrive")
                },
            ];
            let advice = if is_stateful {
                format!("let {to} begin every connection with {from}: those work")
            } else {
                "use another link between the two".to_owned()
            };
            found.push(
                RuleMatch::new(way.scope(), shut.level, because)
                    .advise([advice, ask_operators(way)])
                    .or_decide("a longer run: ten rounds in which both ends reach their gateways"),
            );
        }
    }
    found
}

/// Pairs of which neither way passes anything.
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

/// Two networks with the same addresses, such as those of two home routers, isolate nobody: each
/// has a gateway of its own at the one address. (So may one network: Cisco's GLBP gives clients
/// different MACs. Hence a doubt, not a verdict.)
fn two_networks(case: &RuleContext<'_>, pair: &LinkPair) -> Option<String> {
    let gateway =
        |way: &DirectedPath| case.controls.gateway((&way.from.host, &way.from.link, way.family));
    let address =
        gateway(&pair.a_to_b).filter(|address| gateway(&pair.b_to_a) == Some(*address))?;
    let mac = |way: &DirectedPath| gateway_mac(case, way);
    let (a, b) = (mac(&pair.a_to_b)?, mac(&pair.b_to_a)?);
    (a != b).then(|| {
        format!(
            "the gateway {address} has the MAC {a} for {} and {b} for {}: these may be two \
             networks with the same addresses",
            pair.a_to_b.from.host, pair.b_to_a.from.host
        )
    })
}

/// Whether packets that the kernels sent came through both ways on the same links.
fn is_relayed(pair: &LinkPair) -> bool {
    pair.directions().iter().all(|way| {
        !way.direct().contains(&PairProbe::Routed)
            && !way.rounds(PairProbe::Routed).arrived.is_empty()
    })
}

/// "0 of 10 rounds from pi1 to pi2 arrived (UDP and ping to its own MAC)".
fn missed(way: &DirectedPath, shut: &BlockedDirection) -> String {
    let kinds = if way.direct().contains(&PairProbe::Udp) {
        match way.kinds_sent() {
            1 => "UDP to its own MAC",
            _ => "UDP and ping to its own MAC",
        }
    } else {
        "ARP and broadcast"
    };
    let valid = if shut.valid < shut.sent {
        format!("; in {} of them both ends reached their gateways", shut.valid)
    } else {
        String::new()
    };
    format!(
        "0 of {} rounds from {} to {} arrived ({kinds}{valid})",
        shut.sent, way.from.host, way.to.host
    )
}

fn control_line(pair: &LinkPair, controls: &LinkControls<'_>) -> String {
    let say = |way: &DirectedPath| match controls.of(&way.from, &way.to.host) {
        ControlRounds::Gateway(rounds) => {
            format!("{} reached its gateway in {} rounds", way.from.host, rounds.len())
        }
        ControlRounds::Third(rounds) => {
            format!("{} heard another host there in {} rounds", way.from.host, rounds.len())
        }
        ControlRounds::None => format!("{} has nothing else there to compare with", way.from.host),
    };
    format!("meanwhile {}, {}", say(&pair.a_to_b), say(&pair.b_to_a))
}

/// Whether group frames pass where others do not.
fn by_group(pair: &LinkPair) -> Option<String> {
    let arrived =
        pair.directions().iter().any(|way| !way.rounds(PairProbe::Group).arrived.is_empty());
    (arrived && pair.a_to_b.direct().contains(&PairProbe::Udp)).then(|| {
        "broadcast and multicast frames do arrive: only frames for one host are dropped".to_owned()
    })
}

/// Who answers ARP for a host that no frame reaches.
fn by_neighbour(case: &RuleContext<'_>, pair: &LinkPair) -> Option<String> {
    pair.directions().iter().find_map(|way| {
        let rounds = way.rounds(PairProbe::Neighbour);
        let to = &way.to.host;
        if rounds.answer_macs.contains(&way.to.mac) && rounds.arrived.is_empty() {
            return Some(format!(
                "ARP for {to} is answered with its MAC though no request reached it: the access \
                 point answers in its place"
            ));
        }
        let gateway = gateway_mac(case, way)?;
        rounds.answer_macs.contains(&gateway).then(|| {
            format!("ARP for {to} is answered with the gateway's MAC ({gateway}): proxy ARP")
        })
    })
}

/// The MAC with which the gateway of a way's sender answered, or is cached.
fn gateway_mac(case: &RuleContext<'_>, way: &DirectedPath) -> Option<Mac> {
    let host = &way.from.host;
    let gateway = case.controls.gateway((host, &way.from.link, way.family))?;
    case.mac_of(host, &way.from.link, gateway)
}

fn by_gateway(pair: &LinkPair) -> Option<String> {
    let bounced =
        pair.directions().iter().any(|way| !way.rounds(PairProbe::Bounce).arrived.is_empty());
    bounced.then(|| {
        "a packet in a frame to the gateway's MAC does arrive: the operator filters frames, not \
         packets"
            .to_owned()
    })
}

fn advice(case: &RuleContext<'_>, pair: &LinkPair) -> Vec<String> {
    let mut advice = Vec::new();
    if let Some(other) = open_link(case, pair) {
        advice.push(format!("let {} talk over {other}, where frames pass", pair.names()));
    }
    advice.push(ask_operators(&pair.a_to_b));
    if advice.len() == 1 {
        advice.push("connect them by a switch of your own".to_owned());
    }
    advice
}

fn ask_operators(way: &DirectedPath) -> String {
    format!(
        "ask those who run the network to let frames pass between {} and {} (--request writes it)",
        way.from.mac, way.to.mac
    )
}

/// Another link on which the two reach each other.
fn open_link(case: &RuleContext<'_>, pair: &LinkPair) -> Option<String> {
    let is_other = |other: &&LinkPair| other.shared.a.link != pair.shared.a.link && other.is_open();
    let others = case.between(&pair.shared.a.host, &pair.shared.b.host);
    others.iter().find(is_other).map(|other| other.shared.a.link.to_string())
}
