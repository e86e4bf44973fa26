//! The run itself: puts what is scheduled, follows up what comes, stops when nothing new can come.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::Family;
use pontoon_model::observation::{Direction, Observation, RunId};
use pontoon_model::pairing::End;

use super::follow_up;
use super::legs::{Leg, LegId, Member, RoutedPair, legs, pairs, routed_pairs};
use super::run::{Attendee, Options, Progress, wait};
use super::schedule::{Assigned, ROUNDS, leg_id, leg_tasks, pair_tasks, round_start_ms};
use super::state::{PairState, control_of};
use crate::edge::clock::Clock;
use crate::key::from_hex;
use crate::machine::Moment;
use crate::protocol::{FromAgent, Seen, ToAgent};
use crate::token::Header;
use crate::witness::probe_of;

/// After the last frame of a pair that misses: a late one may still come (a dozing radio is woken
/// at the next beacon; 0.2 s apart and more).
const TAIL_MS: u64 = 1500;
/// Nothing takes longer than this, whatever the agents say.
const RUN_MAX_MS: u64 = 60_000;
/// Observations of one run that are kept.
const OBSERVATIONS_MAX: usize = 500_000;
/// Rounds in which a leg without pairs is controlled.
const LONE_ROUNDS_MS: [u32; 5] = [0, 350, 700, 1700, 2700];

/// A run in progress.
pub(super) struct Conduct<'a> {
    run: RunId,
    attendees: Vec<Attendee>,
    options: &'a Options,
    members: BTreeMap<HostName, Member>,
    legs: BTreeMap<LegId, Leg>,
    pairs: Vec<PairState>,
    routed: Vec<RoutedPair>,
    controls: BTreeMap<LegId, BTreeSet<u16>>,
    cancelled: BTreeSet<u32>,
    observations: BTreeSet<Observation>,
    last_sent: Moment,
}

impl<'a> Conduct<'a> {
    pub(super) fn new(run: RunId, attendees: Vec<Attendee>, options: &'a Options) -> Self {
        let list: Vec<Member> = attendees.iter().map(|attendee| attendee.member.clone()).collect();
        let legs = legs(&list, &options.links);
        let shared = pairs(&list, &options.links);
        let routed = routed_pairs(&list, &legs, &shared);
        let sees = |end: &End| {
            attendees.iter().filter(|attendee| attendee.member.host == end.host).any(|attendee| {
                attendee.watches.iter().any(|watch| watch.link == end.link && watch.sees_frames)
            })
        };
        let pairs = shared
            .into_iter()
            .map(|pair| {
                let is_by_kernel = !(sees(&pair.a) && sees(&pair.b));
                PairState::new(pair, is_by_kernel)
            })
            .collect();
        let controls = legs
            .values()
            .filter(|leg| leg.gateway.is_some())
            .map(|leg| (leg.id.clone(), BTreeSet::new()))
            .collect();
        Self {
            run,
            members: list.into_iter().map(|member| (member.host.clone(), member)).collect(),
            attendees,
            options,
            legs,
            pairs,
            routed,
            controls,
            cancelled: BTreeSet::new(),
            observations: BTreeSet::new(),
            last_sent: Moment::default(),
        }
    }

    pub(super) fn into_parts(self) -> (Vec<Attendee>, BTreeSet<Observation>) {
        (self.attendees, self.observations)
    }

    /// Puts every question and hears the answers.
    pub(super) fn ask(&mut self, clock: &Clock, progress: &mut dyn FnMut(Progress)) {
        let start = clock.now();
        let end = start.after_ms(self.options.timeout_ms.unwrap_or(RUN_MAX_MS).min(RUN_MAX_MS));
        let mut tasks = self.schedule();
        tasks.extend(follow_up::about_itself(
            &self.members,
            &self.legs,
            &self.routed,
            self.options,
        ));
        self.assign(tasks);
        loop {
            let now = clock.now();
            self.hear(now);
            let due = self.due();
            self.assign(due);
            self.settle();
            let settled = self.pairs.iter().filter(|pair| pair.is_done).count();
            progress(Progress::Asking {
                pairs: self.pairs.len(),
                settled,
                left_ms: self.left_ms(now.0.saturating_sub(start.0)),
            });
            if now >= end || self.is_over(now) {
                return;
            }
            let wake = if self.is_quiet() { self.last_sent.after_ms(TAIL_MS) } else { end };
            let live = self.attendees.iter().filter(|attendee| attendee.died.is_none());
            wait(live.map(|attendee| &attendee.channel), clock, wake.min(end));
        }
    }

    /// The rounds of every pair and leg.
    fn schedule(&self) -> Vec<Assigned> {
        let partners: BTreeMap<&LegId, Vec<End>> =
            self.legs.keys().map(|leg| (leg, self.partners(leg))).collect();
        let seed = self.run.0;
        let peers = |leg: &LegId| partners.get(leg).map_or(0, Vec::len);
        let starts = |id: &LegId, round: u16| {
            self.legs.get(id).map_or(0, |leg| round_start_ms(leg, peers(id), round, seed))
        };
        let lone = |_: &LegId, round: u16| {
            LONE_ROUNDS_MS.get(usize::from(round) - 1).copied().unwrap_or(u32::MAX)
        };
        let mut tasks = Vec::new();
        for (place, state) in self.pairs.iter().enumerate() {
            let group = pair_group(place);
            tasks.extend(pair_tasks(&state.pair, group, place, &self.members, &peers, &starts));
        }
        for (place, (id, leg)) in self.legs.iter().enumerate() {
            let others = partners.get(id).map(Vec::as_slice).unwrap_or_default();
            if others.is_empty() && !leg.asks {
                continue;
            }
            let other = match id.family {
                Family::V4 => Family::V6,
                Family::V6 => Family::V4,
            };
            let twin = LegId { family: other, ..id.clone() };
            let is_dual = partners.get(&twin).is_some_and(|peers| !peers.is_empty());
            let group = self.leg_group(place);
            if others.is_empty() {
                let lone = leg_tasks(leg, group, others, is_dual, &lone);
                tasks.extend(lone.into_iter().filter(|(_, task)| task.at_ms != u32::MAX));
            } else {
                tasks.extend(leg_tasks(leg, group, others, is_dual, &starts));
            }
        }
        tasks
    }

    fn partners(&self, leg: &LegId) -> Vec<End> {
        let mut ends = Vec::new();
        for state in self.pairs.iter().filter(|state| state.pair.family == leg.family) {
            let (a, b) = (&state.pair.a, &state.pair.b);
            if leg_id(a, leg.family) == *leg {
                ends.push(b.clone());
            } else if leg_id(b, leg.family) == *leg {
                ends.push(a.clone());
            }
        }
        ends
    }

    fn assign(&mut self, tasks: Vec<Assigned>) {
        let mut by_host: BTreeMap<HostName, Vec<_>> = BTreeMap::new();
        for (host, task) in tasks {
            by_host.entry(host).or_default().push(task);
        }
        for attendee in &mut self.attendees {
            if let Some(tasks) = by_host.remove(&attendee.member.host) {
                attendee.is_idle = false;
                attendee.say(&ToAgent::Do { tasks });
            }
        }
    }

    fn hear(&mut self, now: Moment) {
        let mut heard = Vec::new();
        for attendee in &mut self.attendees {
            for message in attendee.hear() {
                match message {
                    FromAgent::Saw { seen } => heard.push((attendee.member.host.clone(), seen)),
                    FromAgent::Idle => attendee.is_idle = true,
                    FromAgent::Fault { why } => attendee.died = Some(why),
                    _ => {}
                }
            }
        }
        for (host, seen) in heard {
            for seen in seen {
                self.take(&host, seen, now);
            }
        }
    }

    fn take(&mut self, host: &HostName, seen: Seen, now: Moment) {
        if !self.is_believable(host, &seen) {
            if let Some(liar) = self.attendees.iter_mut().find(|one| one.member.host == *host) {
                liar.died.get_or_insert_with(|| {
                    "it reports frames that nobody sent: nothing it says is counted".to_owned()
                });
            }
            self.observations.retain(|kept| kept.host != *host);
            return;
        }
        let observation = Observation { run: self.run, ..seen.observation };
        if observation.direction == Direction::Sent {
            self.last_sent = now;
        }
        for state in &mut self.pairs {
            state.take(&observation);
        }
        let is_gateway = |leg: &LegId, seen: &Observation| {
            self.legs
                .get(leg)
                .is_some_and(|leg| leg.gateway.is_some() && leg.gateway == seen.address)
        };
        if let Some((leg, round)) = control_of(&observation, &is_gateway) {
            self.controls.entry(leg).or_default().insert(round);
        }
        if self.observations.len() < OBSERVATIONS_MAX {
            self.observations.insert(observation);
        }
    }

    /// An agent speaks for itself only, and cannot have seen what was not sent.
    fn is_believable(&self, host: &HostName, seen: &Seen) -> bool {
        let observation = &seen.observation;
        if observation.host != *host {
            return false;
        }
        if observation.direction != Direction::Arrived {
            return true;
        }
        let sender = self
            .attendees
            .iter()
            .find(|attendee| Some(&attendee.member.host) == observation.peer.as_ref());
        let (Some(sender), Some(probe), Some(proof)) =
            (sender, probe_of(&observation.kind), seen.proof.as_deref().and_then(from_hex))
        else {
            return false;
        };
        let link = observation.asked_link.as_ref().map_or(Some(u8::MAX), |link| {
            let place = sender.links.iter().position(|name| name == link)?;
            u8::try_from(place).ok()
        });
        let (Some(link), Ok(proof)) = (link, proof.try_into()) else { return false };
        let header = Header {
            seat: sender.member.seat,
            link,
            probe,
            is_answer: false,
            round: observation.round,
        };
        header.is_proven_by(proof, &sender.own_key)
    }

    /// What the answers and misses so far give reason to ask.
    fn due(&mut self) -> Vec<Assigned> {
        let mut tasks = Vec::new();
        for state in &mut self.pairs {
            tasks.extend(follow_up::pair(state, &self.members, &self.legs, self.options));
        }
        tasks
    }

    /// Stops asking pairs that are settled, and legs on which no pair is left.
    fn settle(&mut self) {
        let dead: BTreeSet<HostName> = self
            .attendees
            .iter()
            .filter(|attendee| attendee.died.is_some())
            .map(|attendee| attendee.member.host.clone())
            .collect();
        let mut over = BTreeSet::new();
        for (place, state) in self.pairs.iter_mut().enumerate() {
            let is_dead = dead.contains(&state.pair.a.host) || dead.contains(&state.pair.b.host);
            if !state.is_done && (is_dead || state.is_settled(&self.controls)) {
                state.is_done = true;
                over.insert(pair_group(place));
            }
        }
        for (place, (id, leg)) in self.legs.iter().enumerate() {
            let on_leg = |state: &&PairState| {
                [&state.pair.a, &state.pair.b]
                    .into_iter()
                    .any(|end| leg_id(end, state.pair.family) == *id)
            };
            let mut pairs = self.pairs.iter().filter(on_leg).peekable();
            let is_over = if pairs.peek().is_some() {
                pairs.all(|state| state.is_done)
            } else {
                let answered = self.controls.get(id).map_or(0, BTreeSet::len);
                leg.gateway.is_none() || answered >= 2
            };
            if is_over {
                over.insert(self.leg_group(place));
            }
        }
        for group in over {
            if self.cancelled.insert(group) {
                for attendee in &mut self.attendees {
                    attendee.say(&ToAgent::Cancel { group });
                }
            }
        }
    }

    /// Whether every agent has put what it was given.
    fn is_quiet(&self) -> bool {
        self.attendees.iter().all(|attendee| attendee.is_idle || attendee.died.is_some())
    }

    /// Whether nothing new can come.
    fn is_over(&self, now: Moment) -> bool {
        let is_missed = self.pairs.iter().any(|state| {
            [&state.there, &state.back]
                .iter()
                .any(|way| way.sent.difference(&way.arrived).next().is_some())
        });
        let tail = if is_missed { TAIL_MS } else { 0 };
        self.is_quiet() && now >= self.last_sent.after_ms(tail)
    }

    /// How long the rest takes at most, `elapsed` milliseconds after the start.
    fn left_ms(&self, elapsed: u64) -> u64 {
        let open = self.pairs.iter().filter(|state| !state.is_done);
        let ends = open.filter_map(|state| {
            let id = leg_id(&state.pair.a, state.pair.family);
            let leg = self.legs.get(&id)?;
            let last = round_start_ms(leg, self.partners(&id).len(), ROUNDS, self.run.0);
            Some(u64::from(last) + TAIL_MS)
        });
        ends.max().unwrap_or(0).saturating_sub(elapsed)
    }

    /// Groups of legs come after those of pairs; group 0 is never cancelled.
    fn leg_group(&self, place: usize) -> u32 {
        pair_group(self.pairs.len() + place)
    }
}

fn pair_group(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX - 1) + 1
}

/// Whether an address belongs to a member.
pub(super) fn owner(members: &BTreeMap<HostName, Member>, address: IpAddr) -> Option<&Member> {
    members.values().find(|member| {
        let addresses = member.snapshot.links.iter().flat_map(|link| &link.addresses);
        addresses.into_iter().any(|own| own.prefix.address == address)
    })
}
