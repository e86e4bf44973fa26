//! A run in memory with any number of hosts, without agents and network: measures what scheduling
//! and the matrix cost for a fleet.

use std::net::{IpAddr, Ipv4Addr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Mac};
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId,
};
use pontoon_model::snapshot::Snapshot;
use pontoon_remote::message::write_body;

use super::endpoints::SurveyedHost;
use super::survey_options::SurveyOptions;
use super::survey_state::SurveyState;

/// Rounds after which a pair of the twin is settled either way.
const ROUNDS: u16 = 10;

/// Hosts on one WiFi, and a run of them.
pub struct SurveyTwin<'a> {
    state: SurveyState<'a>,
    /// Questions that were scheduled: those of rounds counted one by one.
    pub questions: usize,
    /// Bytes of the messages that carry these questions.
    pub message_bytes: usize,
}

/// What became of all pairs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PairTotals {
    /// Frames arrive both ways.
    pub open: usize,
    /// Frames arrive one way.
    pub one_way: usize,
    /// No frame arrives either way.
    pub shut: usize,
}

impl<'a> SurveyTwin<'a> {
    /// Pairs up so many hosts and schedules all their rounds.
    #[must_use]
    pub fn new(hosts: u16, options: &'a SurveyOptions) -> Self {
        let members = (0..hosts).filter_map(member).collect();
        let state = SurveyState::new(RunId(1), members, &|_| true, options);
        let (mut questions, mut message_bytes) = (0, 0);
        for work in state.initial_work().into_values() {
            questions += work.tasks.len();
            questions += work.rounds.iter().map(|course| course.tasks().count()).sum::<usize>();
            let message = crate::protocol::ToAgent::Do { rounds: work.rounds, tasks: work.tasks };
            message_bytes += write_body(&message).map_or(0, |body| body.len());
        }
        Self { state, questions, message_bytes }
    }

    /// Simulates the run: `passes` is whether frames of one host reach another, by their numbers.
    pub fn simulate(&mut self, passes: &dyn Fn(u16, u16) -> bool) {
        let seen = |direction| Observation {
            direction,
            cast: (direction == ObservedEvent::Arrived).then_some(FrameDestination::Unicast),
            answer: (direction == ObservedEvent::Answered).then_some(ProbeAnswer::Reply),
            ..Observation::sent(RunId(1), HostName::lossy("twin"), IpFamily::V4, ProbeKind::Udp)
        };
        let (mut sent, mut arrived, mut answered) = (
            seen(ObservedEvent::Sent),
            seen(ObservedEvent::Arrived),
            seen(ObservedEvent::Answered),
        );
        self.state.each_direction(&mut |from, to, take| {
            let (there, back) = (passes(from, to), passes(to, from));
            for round in 1..=ROUNDS {
                sent.round = round;
                take(&sent);
                if there {
                    arrived.round = round;
                    take(&arrived);
                }
                if there && back {
                    answered.round = round;
                    take(&answered);
                }
            }
        });
        self.state.settle(&std::collections::BTreeSet::new());
    }

    /// How many pairs there are, and how many of them are settled.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        self.state.progress()
    }

    /// The matrix, summed up.
    #[must_use]
    pub fn sum(&self) -> PairTotals {
        let mut sum = PairTotals::default();
        for [there, back] in self.state.directions() {
            match (there.arrived.is_empty(), back.arrived.is_empty()) {
                (false, false) => sum.open += 1,
                (true, true) => sum.shut += 1,
                _ => sum.one_way += 1,
            }
        }
        sum
    }
}

/// A host with one radio and nothing else. `None` when the form of a snapshot has changed and this
/// text has not; a test would say so.
fn member(number: u16) -> Option<SurveyedHost> {
    const SNAPSHOT: &str = r#"{"host_name":"pi","links":[{"name":"wlan0","index":2,"mtu":1500,
        "mac":"02:00:00:00:00:01","kind":"wifi","is_up":true,"has_carrier":true,"addresses":[{
        "prefix":"172.20.0.1/16","scope":0,"flags":0,"valid_s":null}],"master":null,"sysctls":{},
        "radio":null}],"routes":[],"rules":[],"neighbours":[],"forwarding":{"ipv4":null,
        "ipv6":null},"all_links":{},"resolver":{"servers":[],"search":[]},"hosts_file":[],
        "clock":{"unix_s":0,"is_synchronised":null},"netfilter":{"is_readable":false,"tables":[],
        "legacy_tables":[],"owners":[]},"privileges":{"net_raw":true,"net_admin":true}}"#;
    let [high, low] = number.checked_add(1)?.to_be_bytes();
    let mut snapshot: Snapshot = serde_json::from_str(SNAPSHOT).ok()?;
    let link = snapshot.links.first_mut()?;
    link.mac = Some(Mac([2, 0, 0, 0, high, low]));
    link.addresses.first_mut()?.prefix.address = IpAddr::V4(Ipv4Addr::new(172, 20, high, low));
    let host = HostName::lossy(&format!("pi{number}"));
    let links = vec![link.name.clone()];
    let port_v4 = Some(4000);
    Some(SurveyedHost { number, host, snapshot, links, port_v4, port_v6: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_hosts_are_scheduled_and_settled() {
        let options = SurveyOptions::default();
        let mut twin = SurveyTwin::new(1000, &options);
        let pairs = 1000 * 999 / 2;
        assert_eq!(twin.progress(), (pairs, 0));
        // Each of the two asks in twelve rounds; each endpoint adds its group frames.
        assert!((2 * 12 * pairs..2 * 12 * pairs + 20_000).contains(&twin.questions));
        // Two networks of five hundred; pi0 is heard by all and hears nobody.
        twin.simulate(&|from, to| (from < 500) == (to < 500) && to != 0 || from == 0);
        assert_eq!(twin.progress(), (pairs, pairs));
        let within = 499 * 498 / 2 + 500 * 499 / 2;
        let sum = PairTotals { open: within, one_way: 999, shut: pairs - within - 999 };
        assert_eq!(twin.sum(), sum);
    }

    #[test]
    fn what_a_host_is_told_stays_small() {
        let options = SurveyOptions::default();
        let twin = SurveyTwin::new(50, &options);
        assert!(twin.message_bytes / 50 < 64 * 1024, "{}", twin.message_bytes);
    }
}
