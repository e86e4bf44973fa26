//! The beginning of a run: every agent gets the run's keys and sends its snapshot.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::observation::RunId;
use pontoon_model::snapshot::{Snapshot, WifiAssociation};
use pontoon_model::untrusted::Untrusted;

use super::agent_channel::{AgentChannel, UnreachedReason};
use super::endpoints::SurveyedHost;
use super::survey_agent::{ActiveAgent, SurveyParticipant, silent, wait};
use super::survey_options::{OwnNameSource, SurveyOptions};
use crate::edge::clock::RunClock;
use crate::machine::RunInstant;
use crate::protocol::{FromAgent, ToAgent};
use crate::run_key::RunKey;

/// How long an agent may take to be there: an ssh login on a slow Pi over a bad link.
const START_MS: u64 = 10_000;

pub(super) type UnreachedHosts = Vec<(HostName, UnreachedReason)>;

/// Starts every agent and waits for all of them at once. Hosts are numbered from `first`.
pub(super) fn start_agents(
    participants: Vec<SurveyParticipant>,
    first: u16,
    run: RunId,
    key: &RunKey,
    options: &SurveyOptions,
    clock: &RunClock,
) -> (Vec<ActiveAgent>, UnreachedHosts) {
    let mut agents = Vec::new();
    let mut unreached = Vec::new();
    let mut waiting = Vec::new();
    for (number, participant) in participants.into_iter().enumerate() {
        let number = u16::try_from(number).unwrap_or(u16::MAX).saturating_add(first);
        let own_key = key.of_host(number);
        let begin = ToAgent::Begin {
            run,
            number,
            host: participant.host.clone(),
            run_key: key.derive("run"),
            own_key: own_key.clone(),
            asks_own_name: options.own_names == OwnNameSource::Asked,
            third_parties: options.third_parties(),
        };
        let SurveyParticipant { host, channel, radios } = participant;
        let begun = channel.and_then(|mut channel| channel.send(&begin).map(|()| channel));
        match begun {
            Ok(channel) => {
                waiting.push(StartingAgent { number, own_key, channel, host, radios });
            }
            Err(error) => unreached.push((host, error.into())),
        }
    }
    let deadline = clock.now().after_ms(START_MS);
    while !waiting.is_empty() {
        if clock.now() >= deadline {
            unreached.extend(waiting.drain(..).map(|starting| (starting.host, silent().into())));
            break;
        }
        wait(waiting.iter().map(|starting| &starting.channel), clock, deadline);
        for mut starting in std::mem::take(&mut waiting) {
            match starting.receive_snapshot() {
                Ok(Some(snapshot)) => agents.push(starting.into_active_agent(*snapshot)),
                Ok(None) => waiting.push(starting),
                Err(error) => unreached.push((starting.host, error)),
            }
        }
    }
    // They answered in any order; of two names of one host the one that was given first is kept.
    agents.sort_by_key(|agent| agent.member.number);
    (each_once(agents, &mut unreached), unreached)
}

/// A host that was reached under two names takes part under the first only: between its two names
/// every probe would pass.
fn each_once(agents: Vec<ActiveAgent>, unreached: &mut UnreachedHosts) -> Vec<ActiveAgent> {
    let mut distinct: Vec<ActiveAgent> = Vec::new();
    for agent in agents {
        let same =
            distinct.iter().find(|other| is_same(&other.member.snapshot, &agent.member.snapshot));
        match same.map(|other| other.member.host.clone()) {
            Some(other) => {
                unreached.push((agent.member.host, UnreachedReason::SameHost { other }));
            }
            None => distinct.push(agent),
        }
    }
    distinct
}

/// Whether two snapshots are of one host: the same links with the same MACs and addresses. Cards
/// are cloned, addresses are used twice; all of it together is one machine.
fn is_same(one: &Snapshot, other: &Snapshot) -> bool {
    let links = |snapshot: &Snapshot| -> Vec<_> {
        let cards = snapshot.links.iter().filter(|link| link.mac.is_some() && link.reaches_hosts());
        cards.map(|link| (link.index, link.mac, link.addresses.clone())).collect()
    };
    one.host_name == other.host_name && !links(one).is_empty() && links(one) == links(other)
}

struct StartingAgent {
    number: u16,
    own_key: RunKey,
    channel: AgentChannel,
    host: HostName,
    radios: BTreeMap<IfName, WifiAssociation>,
}

impl StartingAgent {
    fn receive_snapshot(&mut self) -> Result<Option<Box<Snapshot>>, UnreachedReason> {
        for message in self.channel.receive()? {
            match message {
                FromAgent::Ready { snapshot } => return Ok(Some(snapshot)),
                FromAgent::Fault { why } => {
                    return Err(UnreachedReason::Fault { why: Untrusted::new(&why) });
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn into_active_agent(self, mut snapshot: Snapshot) -> ActiveAgent {
        for (name, radio) in self.radios {
            if let Some(link) = snapshot.links.iter_mut().find(|link| link.name == name) {
                link.radio.get_or_insert(radio);
            }
        }
        ActiveAgent {
            member: SurveyedHost {
                number: self.number,
                host: self.host,
                snapshot,
                links: Vec::new(),
                port_v4: None,
                port_v6: None,
            },
            channel: self.channel,
            own_key: self.own_key,
            watches: Vec::new(),
            difference: None,
            listeners: Vec::new(),
            is_idle: true,
            due: RunInstant::default(),
            heard: RunInstant::default(),
            failure: None,
            finished: None,
        }
    }
}
