//! When each question is put: pure, so that the budgets can be shown on paper.
//!
//! A pair takes ten rounds, one second apart, when nothing arrives: losses on radio come in
//! bursts, and ten tries within half a second prove less than four in four seconds.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_model::net::Family;
use pontoon_model::pairing::{End, SharedLink};

use super::legs::{Leg, LegId, Member};
use crate::protocol::{Question, Task};

/// Rounds scheduled: ten that count, and two for those in which a control failed.
pub(super) const ROUNDS: u16 = 12;
/// Rounds without arrival that prove isolation.
pub(super) const ROUNDS_THAT_PROVE: usize = 10;
/// Between two rounds where strangers share the air.
const SHARED_ROUND_MS: u32 = 1000;
/// Between two rounds on a private switch.
const PRIVATE_ROUND_MS: u32 = 250;
/// Room for one frame at ten a second, with a little to spare.
const FRAME_MS: u32 = 110;
/// Rounds whose directed UDP is joined by an ICMP echo, the second kind of probe.
const ECHO_ROUNDS: [u16; 4] = [2, 5, 8, 10];
/// With more peers than this, an echo takes the place of UDP, and in these rounds only: every
/// frame of a crowd makes its rounds longer.
const CROWD: usize = 5;
const CROWD_ECHO_ROUNDS: [u16; 2] = [5, 10];

/// Which probes a pair's round carries: UDP, echo.
fn probes(round: u16, peers: usize) -> (bool, bool) {
    if peers > CROWD {
        let has_echo = CROWD_ECHO_ROUNDS.contains(&round);
        return (!has_echo, has_echo);
    }
    (true, ECHO_ROUNDS.contains(&round))
}

/// A task and the host that puts it.
pub(super) type Assigned = (HostName, Task);

/// When round `round` of a leg begins, in milliseconds: spaced evenly, shaken by up to 20 % so
/// that nothing periodic on the air hides it.
pub(super) fn round_start_ms(leg: &Leg, peers: usize, round: u16, seed: u64) -> u32 {
    let interval = if leg.is_private {
        PRIVATE_ROUND_MS
    } else {
        let frames = u32::try_from(peers).unwrap_or(u32::MAX).saturating_add(4);
        SHARED_ROUND_MS.max(frames.saturating_mul(FRAME_MS))
    };
    let start = interval.saturating_mul(u32::from(round) - 1);
    if round == 1 {
        return start;
    }
    let shake = interval / 5;
    let noise = u32::try_from(mix(seed ^ u64::from(round)) % u64::from(2 * shake + 1)).unwrap_or(0);
    start + noise - shake
}

/// `SplitMix64` (Steele, Lea, Flood 2014): spreads a counter over all bits.
const fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The questions of one pair, both ways, all rounds.
pub(super) fn pair_tasks(
    pair: &SharedLink,
    group: u32,
    place: usize,
    members: &BTreeMap<HostName, Member>,
    peers: &dyn Fn(&LegId) -> usize,
    starts: &dyn Fn(&LegId, u16) -> u32,
) -> Vec<Assigned> {
    let mut tasks = Vec::new();
    for (from, to) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
        let Some(reflector) =
            members.get(&to.host).and_then(|member| member.reflector(to.prefix.address))
        else {
            continue;
        };
        let leg = leg_id(from, pair.family);
        for round in 1..=ROUNDS {
            // Frames of one round do not leave in one burst.
            let at_ms = starts(&leg, round) + 20 + u32::try_from(place % 16).unwrap_or(0) * 10;
            let task = |question, later| Task {
                group,
                at_ms: at_ms + later,
                round,
                family: pair.family,
                link: Some(from.link.clone()),
                peer: Some(to.host.clone()),
                question,
            };
            let (own, to_mac) = (from.prefix.address, to.mac);
            let (has_udp, has_echo) = probes(round, peers(&leg));
            if has_udp {
                let udp = Question::Udp { from: own, to: reflector, to_mac };
                tasks.push((from.host.clone(), task(udp, 0)));
            }
            if has_echo {
                let echo = Question::Echo { from: own, to: to.prefix.address, to_mac };
                tasks.push((from.host.clone(), task(echo, 40)));
            }
        }
    }
    tasks
}

/// The questions of one leg: its control in every round, and one frame to all.
///
/// Group frames alternate: in odd rounds to everybody (broadcast and the group of mDNS in turn),
/// in even ones an ARP request for one of the peers in turn.
pub(super) fn leg_tasks(
    leg: &Leg,
    group: u32,
    peers: &[End],
    is_dual: bool,
    starts: &dyn Fn(&LegId, u16) -> u32,
) -> Vec<Assigned> {
    let mut tasks = Vec::new();
    for round in 1..=ROUNDS {
        let at_ms = starts(&leg.id, round);
        let task = |question, later, peer: Option<&HostName>| {
            let task = Task {
                group,
                at_ms: at_ms + later,
                round,
                family: leg.id.family,
                link: Some(leg.id.link.clone()),
                peer: peer.cloned(),
                question,
            };
            (leg.id.host.clone(), task)
        };
        let from = leg.address;
        if let Some(gateway) = leg.gateway {
            tasks.push(task(Question::Control { from, gateway }, 0, None));
        }
        if peers.is_empty() || !is_turn_of(leg.id.family, is_dual, round) {
            continue;
        }
        let turn = usize::from(round / 2);
        if round % 2 == 1 {
            let hosts: Vec<_> = peers.iter().map(|end| end.host.clone()).collect();
            let question = if turn % 2 == 0 {
                Question::Broadcast { from, peers: hosts }
            } else {
                Question::Multicast { from, peers: hosts }
            };
            tasks.push(task(question, 60, None));
        } else {
            let peer = &peers[turn % peers.len()];
            let target = peer.prefix.address;
            let question = Question::Neighbour { from, target, to_mac: None };
            tasks.push(task(question, 60, Some(&peer.host)));
        }
    }
    tasks
}

/// With two families on a link, each takes two rounds in turn, so that broadcasts stay within
/// their budget.
const fn is_turn_of(family: Family, is_dual: bool, round: u16) -> bool {
    let first = ((round - 1) / 2).is_multiple_of(2);
    !is_dual || matches!(family, Family::V4) == first
}

/// Whose leg an end is.
pub(super) fn leg_id(end: &End, family: Family) -> LegId {
    LegId { host: end.host.clone(), link: end.link.clone(), family }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(link: &str, is_private: bool) -> Leg {
        let id =
            LegId { host: "a".parse().unwrap(), link: link.parse().unwrap(), family: Family::V4 };
        let address = "172.20.5.1".parse().unwrap();
        let gateway = (!is_private).then(|| "172.20.0.1".parse().unwrap());
        Leg { id, address, gateway, is_private, asks: true }
    }

    fn peers(count: u8) -> Vec<End> {
        let end = |last| End {
            host: format!("b{last}").parse().unwrap(),
            link: "wlan0".parse().unwrap(),
            mac: pontoon_model::net::Mac([2, 0, 0, 0, 0, last]),
            prefix: format!("172.20.5.{last}/16").parse().unwrap(),
        };
        (2..count + 2).map(end).collect()
    }

    #[test]
    fn ten_rounds_take_nine_to_twelve_seconds_on_radio() {
        for seed in 0..500 {
            let last = round_start_ms(&leg("wlan0", false), 2, 10, seed);
            assert!((8_800..=9_200).contains(&last), "{last}");
            let starts: Vec<_> = (1..=ROUNDS)
                .map(|round| round_start_ms(&leg("wlan0", false), 2, round, seed))
                .collect();
            assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 600), "{starts:?}");
        }
    }

    #[test]
    fn a_radio_host_keeps_its_budget_with_any_number_of_peers() {
        for count in [1, 2, 5, 20, 49] {
            let leg = leg("wlan0", false);
            let starts = |_: &LegId, round: u16| round_start_ms(&leg, usize::from(count), round, 7);
            let tasks = leg_tasks(&leg, 1, &peers(count), false, &starts);
            // A round's frames: the control takes two, the group frame one, each peer its own.
            let span = round_start_ms(&leg, usize::from(count), ROUNDS, 7);
            let directed: u32 = (1..=ROUNDS)
                .map(|round| probes(round, usize::from(count)))
                .map(|(udp, echo)| u32::from(udp) + u32::from(echo))
                .sum();
            let frames = 3 * u32::from(ROUNDS) + u32::from(count) * directed;
            assert!(frames * 1000 <= 10 * (span + 1000), "{count} peers: {frames} in {span} ms");
            let groups =
                tasks.iter().filter(|(_, task)| !matches!(task.question, Question::Control { .. }));
            assert_eq!(groups.count(), usize::from(ROUNDS));
        }
    }

    #[test]
    fn two_families_share_the_broadcasts_of_one() {
        for round in 1..=ROUNDS {
            let turns = [Family::V4, Family::V6].map(|family| is_turn_of(family, true, round));
            assert_eq!(turns.iter().filter(|turn| **turn).count(), 1, "{round}");
            assert!(is_turn_of(Family::V6, false, round));
        }
    }
}
