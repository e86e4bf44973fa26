//! What is asked and what is known in a run: pure, fed with observations.
//!
//! It returns the questions to put and to cancel; the coordinator carries them to the agents and
//! reads the clock.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId};
use pontoon_model::shared_links::EndpointKey;

use super::endpoints::{RoutedPair, SurveyEndpoint, SurveyEndpoints, SurveyedHost, routed_pairs};
use super::follow_up;
use super::host_questions::host_questions;
use super::host_task::HostTask;
use super::pair_state::{PairDirection, PairState, RoundSet};
use super::port_schedule;
use super::round_plan::{link_questions, rounds_with_peers};
use super::round_timing::{ROUNDS, is_in_crowd, round_start_ms, turn_ms};
use super::survey_options::SurveyOptions;
use crate::machine::RunInstant;
use crate::round_schedule::{ProbeTask, RoundSchedule};

/// A gateway that was asked in so many rounds in vain is not asked on: as many as the rules take for
/// silence.
const GATEWAY_SILENT_ROUNDS: usize = 5;

/// The questions that one host is given.
#[derive(Debug, Default)]
pub(super) struct HostWork {
    pub(super) rounds: Vec<RoundSchedule>,
    pub(super) tasks: Vec<ProbeTask>,
}

impl HostWork {
    /// When the last question is to be put, in milliseconds from the first.
    pub(super) fn last_ms(&self) -> u32 {
        let tasks = self.tasks.iter().map(|task| task.at_ms);
        tasks.chain(self.rounds.iter().map(RoundSchedule::last_ms)).max().unwrap_or(0)
    }
}

/// Endpoints, pairs and what was seen of each so far.
pub(super) struct SurveyState<'a> {
    run: RunId,
    options: &'a SurveyOptions,
    members: BTreeMap<HostName, SurveyedHost>,
    numbers: BTreeMap<HostName, u16>,
    links: BTreeSet<IfName>,
    endpoints: SurveyEndpoints,
    pairs: Vec<PairState>,
    routed: Vec<RoutedPair>,
    /// By the place of the endpoint: the rounds in which its gateway answered; `None` without one.
    controls: Vec<Option<RoundSet>>,
    /// By the place of the endpoint: the rounds in which its gateway was asked.
    controls_sent: Vec<RoundSet>,
    /// By the place of the endpoint: whether no question is left to be put on it.
    is_endpoint_over: Vec<bool>,
    /// For each link, how many of its pairs are settled.
    standing: BTreeMap<IfName, LinkProgress>,
}

/// How many pairs of a link are open, and how many not settled yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LinkProgress {
    pub(super) pairs: usize,
    pub(super) open: usize,
    left: usize,
}

impl<'a> SurveyState<'a> {
    /// A run of these members. `sees`: whether the agent has a packet socket on that link.
    pub(super) fn new(
        run: RunId,
        list: Vec<SurveyedHost>,
        sees: &dyn Fn(&EndpointKey) -> bool,
        options: &'a SurveyOptions,
    ) -> Self {
        let mut endpoints = SurveyEndpoints::new(&list);
        let pairs = endpoints.pair_up(&list);
        let routed = routed_pairs(&list, &endpoints);
        let seeing: Vec<bool> =
            endpoints.iter().map(|endpoint| sees(&endpoint.end.key())).collect();
        let pairs: Vec<PairState> = pairs
            .into_iter()
            .map(|ends| {
                let is_by_kernel = ends.iter().any(|end| !seeing[*end as usize]);
                let is_crowd = ends.iter().any(|end| is_in_crowd(endpoints.at(*end)));
                PairState::new(ends, is_by_kernel, is_crowd)
            })
            .collect();
        let controls = endpoints
            .iter()
            .map(|endpoint| endpoint.gateway.map(|_| RoundSet::default()))
            .collect();
        let mut standing: BTreeMap<IfName, LinkProgress> = BTreeMap::new();
        for pair in &pairs {
            let link = endpoints.at(pair.endpoints[0]).end.link.clone();
            let standing = standing.entry(link).or_default();
            (standing.pairs, standing.left) = (standing.pairs + 1, standing.left + 1);
        }
        Self {
            run,
            options,
            numbers: list.iter().map(|member| (member.host.clone(), member.number)).collect(),
            links: endpoints.iter().map(|endpoint| endpoint.end.link.clone()).collect(),
            members: list.into_iter().map(|member| (member.host.clone(), member)).collect(),
            standing,
            is_endpoint_over: vec![false; endpoints.len()],
            controls_sent: vec![RoundSet::default(); endpoints.len()],
            endpoints,
            pairs,
            routed,
            controls,
        }
    }

    /// Pairs of hosts on shared links, and how many of them are settled.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.pairs.len(), self.pairs.iter().filter(|pair| pair.is_done).count())
    }

    /// What every host is to do from the start.
    pub(super) fn initial_work(&self) -> BTreeMap<HostName, HostWork> {
        let about = host_questions(&self.members, &self.endpoints, &self.routed, self.options);
        let mut work = by_host(about);
        let ends: Vec<[u32; 2]> = self.pairs.iter().map(|pair| pair.endpoints).collect();
        for (place, endpoint) in self.endpoints.iter().enumerate() {
            let own = work.entry(endpoint.end.host.clone()).or_default();
            own.rounds.extend(rounds_with_peers(
                endpoint,
                &self.endpoints,
                &ends,
                &pair_group,
                self.run.0,
            ));
            let peers = self.partners(endpoint);
            let group = self.endpoint_group(place);
            let tasks = link_questions(endpoint, group, &peers, self.is_dual(endpoint), self.run.0);
            own.tasks.extend(tasks.into_iter().map(|(_, task)| task));
        }
        work.retain(|_, work| !work.rounds.is_empty() || !work.tasks.is_empty());
        work
    }

    /// The endpoints of the peers of an endpoint.
    fn partners(&self, endpoint: &SurveyEndpoint) -> Vec<&SurveyEndpoint> {
        let other = |(number, place): &(u16, u32)| {
            let [a, b] =
                self.pairs[*place as usize].endpoints.map(|endpoint| self.endpoints.at(endpoint));
            if a.number == *number { a } else { b }
        };
        endpoint.partners.iter().map(other).collect()
    }

    /// Whether the link has peers in the other family as well.
    fn is_dual(&self, endpoint: &SurveyEndpoint) -> bool {
        let family = match endpoint.family() {
            IpFamily::V4 => IpFamily::V6,
            IpFamily::V6 => IpFamily::V4,
        };
        let twin = self.endpoints.find(&EndpointKey { family, ..endpoint.end.key() });
        twin.is_some_and(|(_, twin)| !twin.partners.is_empty())
    }

    /// Takes in an observation. Returns it with host and link names that share their memory with
    /// all others: a run keeps up to half a million.
    pub(super) fn take(&mut self, seen: Observation) -> Observation {
        let host =
            |name: HostName| self.numbers.get_key_value(&name).map_or(name, |(own, _)| own.clone());
        let link = |name: IfName| self.links.get(&name).cloned().unwrap_or(name);
        let seen = Observation {
            run: self.run,
            host: host(seen.host),
            peer: seen.peer.map(host),
            link: seen.link.map(link),
            asked_link: seen.asked_link.map(link),
            ..seen
        };
        self.note_control(&seen);
        self.note_pair(&seen);
        seen
    }

    fn note_pair(&mut self, seen: &Observation) {
        let (Some(peer), Some(link)) = (&seen.peer, &seen.asked_link) else { return };
        let (asker, other) = match seen.direction {
            ObservedEvent::Arrived => (peer, &seen.host),
            ObservedEvent::Sent | ObservedEvent::Answered => (&seen.host, peer),
        };
        let id = EndpointKey { host: asker.clone(), link: link.clone(), family: seen.family };
        let (Some((place, endpoint)), Some(number)) =
            (self.endpoints.find(&id), self.numbers.get(other))
        else {
            return;
        };
        for pair in endpoint.pairs_with(*number) {
            let state = &mut self.pairs[pair];
            let is_back = state.endpoints[1] as usize == place;
            state.take(seen, is_back);
        }
    }

    /// Notes that an endpoint's gateway was asked or answered.
    fn note_control(&mut self, seen: &Observation) {
        let is_sent = seen.direction == ObservedEvent::Sent;
        let is_answered =
            seen.direction == ObservedEvent::Answered && seen.answer == Some(ProbeAnswer::Reply);
        let is_control = (is_sent || is_answered)
            && seen.peer.is_none()
            && matches!(seen.kind, ProbeKind::Neighbour { .. } | ProbeKind::RoutedEcho);
        let (true, Some(link)) = (is_control, &seen.asked_link) else { return };
        let id = EndpointKey { host: seen.host.clone(), link: link.clone(), family: seen.family };
        let Some((place, endpoint)) = self.endpoints.find(&id) else { return };
        if endpoint.gateway != seen.address {
            return;
        }
        if is_sent {
            self.controls_sent[place].insert(seen.round);
        } else if let Some(rounds) = &mut self.controls[place] {
            rounds.insert(seen.round);
        }
    }

    /// The questions that follow from the answers and misses so far.
    pub(super) fn follow_up_work(&mut self, now: RunInstant) -> BTreeMap<HostName, HostWork> {
        let mut tasks = Vec::new();
        for state in &mut self.pairs {
            tasks.extend(follow_up::pair(state, &self.members, &self.endpoints, self.options, now));
        }
        by_host(tasks)
    }

    /// The groups of questions that each host may drop: of pairs that are settled or of which an
    /// agent died, and of endpoints on which no pair is left.
    pub(super) fn settle(&mut self, dead: &BTreeSet<HostName>) -> BTreeMap<HostName, Vec<u32>> {
        let mut over: BTreeMap<HostName, Vec<u32>> = BTreeMap::new();
        let mut forget = |endpoint: &SurveyEndpoint, group| {
            over.entry(endpoint.end.host.clone()).or_default().push(group);
        };
        for (place, state) in self.pairs.iter_mut().enumerate().filter(|(_, pair)| !pair.is_done) {
            let ends = state.endpoints.map(|endpoint| self.endpoints.at(endpoint));
            let controls = state.endpoints.map(|endpoint| self.controls[endpoint as usize]);
            let is_dead =
                !dead.is_empty() && ends.iter().any(|endpoint| dead.contains(&endpoint.end.host));
            if is_dead || state.is_settled(controls) {
                state.is_done = true;
                if let Some(standing) = self.standing.get_mut(&ends[0].end.link) {
                    standing.left -= 1;
                    standing.open += usize::from(state.is_open());
                }
                for endpoint in ends {
                    forget(endpoint, pair_group(place));
                }
            }
        }
        for place in 0..self.endpoints.len() {
            let is_over = !self.is_endpoint_over[place] && self.is_endpoint_settled(place);
            if is_over {
                self.is_endpoint_over[place] = true;
                let group = self.endpoint_group(place);
                let host = self.endpoints.at_place(place).end.host.clone();
                over.entry(host).or_default().push(group);
            }
        }
        over
    }

    /// The links of which every pair has become settled since this was last asked.
    pub(super) fn finished_links(&mut self) -> Vec<(IfName, LinkProgress)> {
        let standing = std::mem::take(&mut self.standing).into_iter();
        let (over, others): (Vec<_>, Vec<_>) =
            standing.partition(|(_, standing)| standing.left == 0);
        self.standing = others.into_iter().collect();
        over
    }

    fn is_endpoint_settled(&self, place: usize) -> bool {
        let endpoint = self.endpoints.at_place(place);
        if endpoint.partners.is_empty() {
            self.controls[place].is_none_or(|answered| answered.len() >= 2)
        } else {
            // That the peers answer says nothing of the gateway.
            let is_silent = self.controls_sent[place].len() >= GATEWAY_SILENT_ROUNDS;
            self.controls[place].is_none_or(|answered| !answered.is_empty() || is_silent)
                && endpoint.partners.iter().all(|(_, pair)| self.pairs[*pair as usize].is_done)
        }
    }

    /// Both directions of every pair.
    pub(super) fn directions(&self) -> impl Iterator<Item = [&PairDirection; 2]> {
        self.pairs.iter().map(PairState::directions)
    }

    /// Visits every way of every pair, by the numbers of its ends, with a hand that takes in what
    /// was seen there.
    pub(super) fn each_direction(
        &mut self,
        visit: &mut dyn FnMut(u16, u16, &mut dyn FnMut(&Observation)),
    ) {
        for state in &mut self.pairs {
            let [a, b] = state.endpoints.map(|place| self.endpoints.at(place).number);
            visit(a, b, &mut |seen| state.take(seen, false));
            visit(b, a, &mut |seen| state.take(seen, true));
        }
    }

    /// Whether something that was sent has not arrived, and may yet.
    pub(super) fn is_missing(&self) -> bool {
        let mut ways = self.pairs.iter().flat_map(PairState::directions);
        ways.any(|way| way.sent.exceeds(way.arrived))
    }

    /// How long the rounds that are left take at most, in milliseconds from the start.
    pub(super) fn last_frame_ms(&self) -> u64 {
        let open = self.pairs.iter().filter(|pair| !pair.is_done);
        let mut places: Vec<u32> = open.flat_map(|pair| pair.endpoints).collect();
        places.sort_unstable();
        places.dedup();
        let last = |place: u32| {
            let endpoint = self.endpoints.at(place);
            let turns = u32::try_from(endpoint.partners.len()).unwrap_or(u32::MAX);
            round_start_ms(endpoint, ROUNDS, self.run.0).saturating_add(turn_ms(endpoint, turns))
        };
        places.into_iter().map(last).max().unwrap_or(0).into()
    }

    /// How long the ports that Kubernetes needs take at most, in milliseconds after the last round.
    pub(super) fn ports_ms(&self) -> u64 {
        port_schedule::longest_ms(&self.endpoints, self.members.len(), &self.options.ports)
    }

    /// Groups of endpoints come after those of pairs; group 0 is never cancelled.
    fn endpoint_group(&self, place: usize) -> u32 {
        pair_group(self.pairs.len() + place)
    }
}

fn pair_group(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX - 1) + 1
}

fn by_host(tasks: Vec<HostTask>) -> BTreeMap<HostName, HostWork> {
    let mut work: BTreeMap<HostName, HostWork> = BTreeMap::new();
    for (host, task) in tasks {
        work.entry(host).or_default().tasks.push(task);
    }
    work
}

#[cfg(test)]
mod tests;
