//! What is asked in the rounds of a survey: of every pair, and of every link for itself.

use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;

use super::endpoints::{SurveyEndpoint, SurveyEndpoints};
use super::host_task::HostTask;
use super::round_timing::{ROUNDS, is_in_crowd, round_probes, round_start_ms, turn_ms};
use crate::probes::ProbeQuestion;
use crate::round_schedule::{ProbeTask, RoundSchedule, ScheduledPeer, ScheduledRound};

/// When the gateway of an endpoint without pairs is asked.
const LONE_ROUNDS_MS: [u32; 5] = [0, 350, 700, 1700, 2700];

/// The rounds of one endpoint with all its peers; `None` when it has none that can be asked.
///
/// `group` is the number by which a pair's questions are cancelled. Every host begins with the next
/// higher number, so that no host is asked by all others at once.
pub(super) fn rounds_with_peers(
    endpoint: &SurveyEndpoint,
    endpoints: &SurveyEndpoints,
    pairs: &[[u32; 2]],
    group: &dyn Fn(usize) -> u32,
    seed: u64,
) -> Option<RoundSchedule> {
    let first = endpoint.partners.partition_point(|(number, _)| *number < endpoint.number);
    let ring = endpoint.partners[first..].iter().chain(&endpoint.partners[..first]);
    let crowd = is_in_crowd(endpoint);
    let partners: Vec<ScheduledPeer> = (0..)
        .zip(ring)
        .filter_map(|(turn, (number, pair))| {
            let place = *pair as usize;
            let [a, b] = pairs[place].map(|endpoint| endpoints.at(endpoint));
            let other = if a.number == *number { a } else { b };
            Some(ScheduledPeer {
                group: group(place),
                host: other.end.host.clone(),
                to: other.reflector?,
                mac: other.end.mac,
                later_ms: turn_ms(endpoint, turn),
            })
        })
        .collect();
    let rounds = (1..=ROUNDS).map(|number| {
        let (has_udp, has_echo) = round_probes(number, crowd);
        ScheduledRound { number, at_ms: round_start_ms(endpoint, number, seed), has_udp, has_echo }
    });
    let (link, from) = (endpoint.end.link.clone(), endpoint.address());
    (!partners.is_empty()).then(|| RoundSchedule { link, from, rounds: rounds.collect(), partners })
}

/// The questions of one endpoint: its control in every round, and one frame to all.
///
/// Group frames alternate: in odd rounds to everybody (broadcast and the group of mDNS in turn),
/// in even ones an ARP request for one of the peers in turn.
pub(super) fn link_questions(
    endpoint: &SurveyEndpoint,
    group: u32,
    peers: &[&SurveyEndpoint],
    is_dual: bool,
    seed: u64,
) -> Vec<HostTask> {
    let mut tasks = Vec::new();
    for round in 1..=ROUNDS {
        let at_ms = if peers.is_empty() {
            let Some(at_ms) = LONE_ROUNDS_MS.get(usize::from(round) - 1) else { break };
            *at_ms
        } else {
            round_start_ms(endpoint, round, seed)
        };
        let task = |question, later, peer: Option<&HostName>| {
            let task = ProbeTask {
                group,
                at_ms: at_ms + later,
                round,
                family: endpoint.family(),
                link: Some(endpoint.end.link.clone()),
                peer: peer.cloned(),
                question,
            };
            (endpoint.end.host.clone(), task)
        };
        let from = endpoint.address();
        if let Some(gateway) = endpoint.gateway {
            tasks.push(task(ProbeQuestion::Control { from, gateway }, 0, None));
        }
        if peers.is_empty() || !is_turn_of(endpoint.family(), is_dual, round) {
            continue;
        }
        let turn = usize::from(round / 2);
        if round % 2 == 1 {
            let hosts: Vec<_> = peers.iter().map(|peer| peer.end.host.clone()).collect();
            let question = if turn % 2 == 0 {
                ProbeQuestion::Broadcast { from, peers: hosts }
            } else {
                ProbeQuestion::Multicast { from, peers: hosts }
            };
            tasks.push(task(question, 60, None));
        } else {
            let peer = peers[turn % peers.len()];
            let question = ProbeQuestion::Neighbour { from, target: peer.address(), to_mac: None };
            tasks.push(task(question, 60, Some(&peer.end.host)));
        }
    }
    tasks
}

/// With two families on a link, each takes two rounds in turn, so that broadcasts stay within
/// their budget.
const fn is_turn_of(family: IpFamily, is_dual: bool, round: u16) -> bool {
    let first = ((round - 1) / 2).is_multiple_of(2);
    !is_dual || matches!(family, IpFamily::V4) == first
}

#[cfg(test)]
mod tests {
    use pontoon_model::shared_links::LinkEndpoint;

    use super::super::round_timing::{JITTER_MAX_MS, OTHER_FRAMES};
    use super::*;

    fn endpoint(link: &str, is_private: bool, last: u8, peers: u16) -> SurveyEndpoint {
        let address: std::net::IpAddr = format!("172.20.5.{last}").parse().unwrap();
        let end = LinkEndpoint {
            host: format!("b{last:02}").parse().unwrap(),
            link: link.parse().unwrap(),
            mac: pontoon_model::net::Mac([2, 0, 0, 0, 0, last]),
            prefix: format!("{address}/16").parse().unwrap(),
        };
        let gateway = (!is_private).then(|| "172.20.0.1".parse().unwrap());
        SurveyEndpoint {
            end,
            number: last.into(),
            reflector: Some(std::net::SocketAddr::new(address, 4000)),
            gateway,
            is_private,
            partners: (1..=peers).map(|number| (number, 0)).collect(),
        }
    }

    #[test]
    fn ten_rounds_take_nine_to_twelve_seconds_on_radio() {
        let endpoint = endpoint("wlan0", false, 0, 2);
        for seed in 0..500 {
            let last = round_start_ms(&endpoint, 10, seed);
            assert!((8_800..=9_200).contains(&last), "{last}");
            let starts: Vec<_> =
                (1..=ROUNDS).map(|round| round_start_ms(&endpoint, round, seed)).collect();
            assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 600), "{starts:?}");
        }
    }

    #[test]
    fn a_radio_host_keeps_its_budget_with_any_number_of_peers() {
        for count in [1, 2, 5, 20, 49] {
            let endpoint = endpoint("wlan0", false, 0, count);
            let others: Vec<SurveyEndpoint> = (1..=count)
                .map(|at| self::endpoint("wlan0", false, u8::try_from(at).unwrap(), 0))
                .collect();
            let peers: Vec<&SurveyEndpoint> = others.iter().collect();
            let tasks = link_questions(&endpoint, 1, &peers, false, 7);
            // A round's frames: the control takes two, the group frame one, each peer its own.
            let span = round_start_ms(&endpoint, ROUNDS, 7);
            let directed: u32 = (1..=ROUNDS)
                .map(|round| round_probes(round, is_in_crowd(&endpoint)))
                .map(|(udp, echo)| u32::from(udp) + u32::from(echo))
                .sum();
            let frames = OTHER_FRAMES * u32::from(ROUNDS) + u32::from(count) * directed;
            let slack = JITTER_MAX_MS + round_start_ms(&endpoint, 2, 7);
            assert!(frames * 1000 <= 10 * (span + slack), "{count} peers: {frames} in {span} ms");
            let groups = tasks
                .iter()
                .filter(|(_, task)| !matches!(task.question, ProbeQuestion::Control { .. }));
            assert_eq!(groups.count(), usize::from(ROUNDS));
        }
    }

    #[test]
    fn fifty_hosts_on_an_open_radio_are_done_in_sixteen_seconds() {
        let endpoint = endpoint("wlan0", false, 0, 49);
        for seed in 0..100 {
            let last_frame = round_start_ms(&endpoint, 3, seed) + turn_ms(&endpoint, 48);
            assert!(last_frame <= 16_000, "{last_frame}");
        }
    }

    #[test]
    fn no_host_is_asked_by_all_at_once() {
        const HOSTS: u16 = 20;
        let mut endpoints: Vec<SurveyEndpoint> =
            (0..HOSTS).map(|at| endpoint("wlan0", false, u8::try_from(at).unwrap(), 0)).collect();
        let mut pairs = Vec::new();
        for a in 0..HOSTS {
            for b in a + 1..HOSTS {
                let place = u32::try_from(pairs.len()).unwrap();
                endpoints[usize::from(a)].partners.push((b, place));
                endpoints[usize::from(b)].partners.push((a, place));
                pairs.push([u32::from(a), u32::from(b)]);
            }
        }
        for endpoint in &mut endpoints {
            endpoint.partners.sort_unstable();
        }
        let endpoints = SurveyEndpoints::of(endpoints);
        let mut asked = std::collections::BTreeMap::new();
        for endpoint in endpoints.iter() {
            let rounds = rounds_with_peers(endpoint, &endpoints, &pairs, &|_| 1, 7).unwrap();
            assert_eq!(rounds.partners.len(), usize::from(HOSTS) - 1);
            for partner in rounds.partners {
                *asked.entry((partner.host, partner.later_ms)).or_insert(0) += 1;
            }
        }
        assert!(asked.values().all(|askers| *askers == 1), "{asked:?}");
    }

    #[test]
    fn two_families_share_the_broadcasts_of_one() {
        for round in 1..=ROUNDS {
            let turns = [IpFamily::V4, IpFamily::V6].map(|family| is_turn_of(family, true, round));
            assert_eq!(turns.iter().filter(|turn| **turn).count(), 1, "{round}");
            assert!(is_turn_of(IpFamily::V6, false, round));
        }
    }
}
