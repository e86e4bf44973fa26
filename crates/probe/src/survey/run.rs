//! One run, from the first agent started to the last fact gathered.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::facts::{AgentOutcome, Facts, HostFacts, LinkCapture, RunParameters};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::observation::RunId;
use pontoon_model::port::{PortListener, PortPlan};
use pontoon_model::snapshot::{ClockDifference, WifiAssociation};
use pontoon_remote::carrier::CarrierError;

use super::agent_channel::{AgentChannel, UnreachedReason};
use super::agent_startup::{silent, start_agents};
use super::clock_offset::ClockReference;
use super::coordinator::SurveyCoordinator;
use super::endpoints::SurveyedHost;
use super::peer_setup::{open_port_listeners, send_peer_lists};
use crate::edge::clock::{RunClock, unix_ms};
use crate::machine::RunInstant;
use crate::probes::PortalPage;
use crate::protocol::{FromAgent, ToAgent};
use crate::run_key::{NoRandomness, RunKey};

/// How long an agent may take to open its sockets or to read its counters.
pub(super) const REPLY_MS: u64 = 2_000;

/// A place in a run: how to reach the agent of a host.
#[derive(Debug)]
pub struct SurveyParticipant {
    /// What the run calls the host.
    pub host: HostName,
    /// The way to its agent.
    pub channel: Result<AgentChannel, CarrierError>,
    /// Whether questions about the host itself are put (gateway, names, portal, clock).
    pub asks: bool,
    /// What is known of its radios beside what its kernel says.
    pub radios: BTreeMap<IfName, WifiAssociation>,
}

/// What to ask, and how long.
#[derive(Clone, Debug, Default)]
pub struct SurveyOptions {
    /// Only these links; all when empty.
    pub links: Vec<IfName>,
    /// Milliseconds for the whole run; none = as long as it takes, which is bounded.
    pub timeout_ms: Option<u64>,
    /// Send nothing at all.
    pub is_passive: bool,
    /// Ask no third party.
    pub is_offline: bool,
    /// Try the detour over the gateway's MAC.
    pub bounces: bool,
    /// The user's own echo server.
    pub server: Option<IpAddr>,
    /// The connectivity-check page.
    pub page: Option<PortalPage>,
    /// Hosts that were named but have no agent.
    pub one_ended: Vec<(HostName, IpAddr)>,
    /// The ports that are asked for, and by whom.
    pub ports: PortPlan,
    /// How hosts learn what their own names mean.
    pub own_names: OwnNameSource,
}

/// How hosts learn what their own names mean, which decides their address in a cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OwnNameSource {
    /// From their files.
    #[default]
    Read,
    /// Where these do not say it, from their name services.
    Asked,
}

/// What a run found.
#[derive(Debug)]
pub struct SurveyResult {
    /// The facts.
    pub facts: Facts,
    /// Hosts that were named and could not be asked, and why.
    pub unreached: Vec<(HostName, UnreachedReason)>,
    /// The key of the run, under which names are redacted.
    pub key: RunKey,
}

/// How far a run is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SurveyProgress {
    /// Agents are being started.
    Starting {
        /// How many.
        hosts: usize,
    },
    /// Questions are being put.
    Asking {
        /// Pairs of hosts on shared links.
        pairs: usize,
        /// Of these, how many have been settled.
        settled: usize,
        /// Milliseconds that the rest takes at most.
        left_ms: u64,
    },
    /// Every pair on a link is settled.
    Link {
        /// What the first hosts of these pairs call it.
        link: IfName,
        /// The pairs.
        pairs: usize,
        /// Those of them on which frames pass both ways.
        open: usize,
        /// Milliseconds since the first question.
        after_ms: u64,
    },
}

/// A run cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// Not one agent could be reached.
    #[error("no agent could be reached: {}", first(.unreached))]
    Nobody {
        /// Every host, and why.
        unreached: Vec<(HostName, UnreachedReason)>,
    },
    /// No link of this host leads to the peer.
    #[error(
        "no link of {host} is in the network of {peer}: pairing is for two hosts on one network"
    )]
    NotOurNetwork {
        /// This host.
        host: HostName,
        /// The peer.
        peer: IpAddr,
    },
    /// Another program has the port of the code.
    #[error("UDP port {port} is taken on {host}: let the first host make a new code")]
    PortTaken {
        /// This host.
        host: HostName,
        /// The port.
        port: u16,
    },
    /// There is nobody to ask.
    #[error("a run needs at least one host")]
    NoSeats,
    /// No keys could be made.
    #[error("a run needs keys")]
    NoRandomness(#[source] NoRandomness),
}

/// An agent that takes part.
pub(super) struct ActiveAgent {
    pub(super) member: SurveyedHost,
    pub(super) channel: AgentChannel,
    pub(super) own_key: RunKey,
    pub(super) watches: Vec<LinkCapture>,
    /// How its clock differs from this host's.
    pub(super) difference: Option<ClockDifference>,
    pub(super) links: Vec<IfName>,
    /// Who answers on the ports that are asked for.
    pub(super) listeners: Vec<PortListener>,
    pub(super) is_idle: bool,
    pub(super) failure: Option<String>,
    pub(super) finished: Option<AgentTotals>,
}

/// What an agent says last.
#[derive(Default)]
pub(super) struct AgentTotals {
    pub(super) watches: Vec<LinkCapture>,
    pub(super) counters: BTreeMap<String, u64>,
    pub(super) frames_sent: BTreeMap<String, u32>,
    pub(super) untested: Vec<pontoon_model::snapshot::CollectionGap>,
}

/// Runs a survey.
///
/// # Errors
///
/// When nobody could be asked. A host that fails while others do not is named in
/// [`SurveyResult::unreached`], or has its [`AgentOutcome`] say so.
pub fn run(
    seats: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
    progress: &mut dyn FnMut(SurveyProgress),
) -> Result<SurveyResult, SurveyError> {
    let clock = RunClock::start();
    let key = RunKey::random().map_err(SurveyError::NoRandomness)?;
    let run = run_id(&key);
    progress(SurveyProgress::Starting { hosts: seats.len() });
    let (mut attendees, unreached) = start_agents(seats, 0, run, &key, options.own_names, &clock);
    if attendees.is_empty() {
        return Err(no_agents_error(unreached));
    }
    watch(&mut attendees, options, None, &clock);
    for attendee in &mut attendees {
        attendee.member.snapshot.clock.difference = attendee.difference;
    }
    send_peer_lists(&mut attendees);
    if !options.is_passive {
        open_port_listeners(&mut attendees, &options.ports, &clock);
    }
    let mut conduct = SurveyCoordinator::new(run, attendees, options);
    if !options.is_passive {
        conduct.ask(&clock, progress);
    }
    let (mut attendees, observations) = conduct.into_parts();
    finish(&mut attendees, &clock);
    let hosts = attendees.into_iter().map(host_facts).collect();
    let facts = Facts { run, hosts, observations, intent: intent.clone() };
    Ok(SurveyResult { facts, unreached, key })
}

pub(super) fn no_agents_error(unreached: Vec<(HostName, UnreachedReason)>) -> SurveyError {
    if unreached.is_empty() { SurveyError::NoSeats } else { SurveyError::Nobody { unreached } }
}

fn first(unreached: &[(HostName, UnreachedReason)]) -> String {
    let words = unreached.first().map(|(host, why)| format!("{host}: {why}"));
    words.unwrap_or_default()
}

pub(super) fn run_id(key: &RunKey) -> RunId {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&key.tag(b"run id")[..8]);
    RunId(u64::from_be_bytes(bytes))
}

/// Has every agent open its sockets, and say what time it has.
pub(super) fn watch(
    attendees: &mut [ActiveAgent],
    options: &SurveyOptions,
    port: Option<u16>,
    clock: &RunClock,
) {
    let ours = ClockReference { began: clock.now(), unix_ms: unix_ms() };
    let mut asked = BTreeMap::new();
    for attendee in attendees.iter_mut() {
        let links = attendee.member.snapshot.links.iter();
        attendee.links = links
            .filter(|link| link.is_up && link.reaches_hosts())
            .filter(|link| {
                // Hosts that only answer may call theirs as they like.
                !attendee.member.asks
                    || options.links.is_empty()
                    || options.links.contains(&link.name)
            })
            .map(|link| link.name.clone())
            .collect();
        let message = ToAgent::Watch { links: attendee.links.clone(), port };
        asked.insert(attendee.member.seat, clock.now());
        attendee.send_message(&message);
    }
    let is_there = |attendee: &ActiveAgent| !attendee.watches.is_empty() || attendee.port_known();
    await_all(attendees, clock, REPLY_MS, is_there, |attendee, message| {
        if let FromAgent::Watching { watches, port_v4, port_v6, unix_ms } = message {
            let asked = asked.get(&attendee.member.seat);
            attendee.difference = asked
                .zip(unix_ms)
                .map(|(asked, theirs)| ours.difference(*asked, clock.now(), theirs));
            attendee.watches = watches;
            attendee.member.port_v4 = port_v4;
            attendee.member.port_v6 = port_v6;
        }
    });
}

impl ActiveAgent {
    const fn port_known(&self) -> bool {
        self.member.port_v4.is_some() || self.member.port_v6.is_some()
    }

    /// Says something, unless the agent is gone.
    pub(super) fn send_message(&mut self, message: &ToAgent) {
        if self.failure.is_none()
            && let Err(error) = self.channel.say(message)
        {
            self.failure = Some(error.to_string());
        }
    }

    /// Takes what came, unless the agent is gone.
    pub(super) fn receive_messages(&mut self) -> Vec<FromAgent> {
        if self.failure.is_some() {
            return Vec::new();
        }
        self.channel.hear().unwrap_or_else(|error| {
            self.failure = Some(error.to_string());
            Vec::new()
        })
    }
}

/// Has every agent read its counters and say goodbye.
pub(super) fn finish(attendees: &mut [ActiveAgent], clock: &RunClock) {
    for attendee in attendees.iter_mut() {
        attendee.send_message(&ToAgent::Finish);
    }
    let is_done = |attendee: &ActiveAgent| attendee.finished.is_some();
    await_all(attendees, clock, REPLY_MS, is_done, |attendee, message| {
        if let FromAgent::Finished { watches, counters, frames_sent, untested } = message {
            attendee.finished = Some(AgentTotals { watches, counters, frames_sent, untested });
        }
    });
}

/// Hears all who still live until each is ready or the time is over; then who is not has died.
pub(super) fn await_all(
    attendees: &mut [ActiveAgent],
    clock: &RunClock,
    within_ms: u64,
    is_ready: impl Fn(&ActiveAgent) -> bool,
    mut take: impl FnMut(&mut ActiveAgent, FromAgent),
) {
    let deadline = clock.now().after_ms(within_ms);
    loop {
        for attendee in attendees.iter_mut() {
            for message in attendee.receive_messages() {
                take(attendee, message);
            }
        }
        let pending = || {
            attendees.iter().filter(|attendee| attendee.failure.is_none() && !is_ready(attendee))
        };
        if pending().next().is_none() {
            return;
        }
        if clock.now() >= deadline {
            break;
        }
        wait(pending().map(|attendee| &attendee.channel), clock, deadline);
    }
    for attendee in attendees.iter_mut().filter(|attendee| !is_ready(attendee)) {
        attendee.failure.get_or_insert_with(|| silent().to_string());
    }
}

/// Waits until one of the agents has something to say or the deadline comes.
pub(super) fn wait<'a>(
    channels: impl Iterator<Item = &'a AgentChannel>,
    clock: &RunClock,
    deadline: RunInstant,
) {
    let mut fds = Vec::new();
    for channel in channels {
        fds.extend(channel.readable().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        fds.extend(channel.writable().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
    }
    let left = deadline.0.saturating_sub(clock.now().0);
    // An interrupted wait is a short one.
    let _ = poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX));
}

/// What was said of each link first, and what became of it afterwards.
fn last_watches(mut watches: Vec<LinkCapture>, last: &[LinkCapture]) -> Vec<LinkCapture> {
    for watch in &mut watches {
        if let Some(last) = last.iter().find(|last| last.link == watch.link) {
            watch.went_down = last.went_down;
            watch.lost = last.lost;
            watch.withheld = last.withheld;
        }
    }
    watches
}

pub(super) fn host_facts(attendee: ActiveAgent) -> (HostName, HostFacts) {
    let finished = attendee.finished.unwrap_or_default();
    let facts = HostFacts {
        snapshot: attendee.member.snapshot,
        watches: last_watches(attendee.watches, &finished.watches),
        counters: finished.counters,
        frames_sent: finished.frames_sent,
        listeners: attendee.listeners,
        untested: finished.untested,
        ending: attendee.failure.map_or(AgentOutcome::Complete, |why| AgentOutcome::Died { why }),
    };
    (attendee.member.host, facts)
}
