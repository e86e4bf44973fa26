//! When an agent puts its questions: single tasks, and the rounds that it puts to every peer on
//! one of its links.
//!
//! Rounds have a form of their own: fifty peers over twelve rounds are six hundred questions that
//! differ in little, and sent one by one they would take an ssh connection longer than the rounds
//! last.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use serde::{Deserialize, Serialize};

use crate::probes::ProbeQuestion;

/// Most rounds and most peers of one schedule that are put, whatever the coordinator sends.
const ROUNDS_MAX: usize = 64;
const PARTNERS_MAX: usize = 2_000;
/// An echo leaves this much later than the UDP of its round, so that one burst of interference does
/// not take both.
const ECHO_LATER_MS: u32 = 40;

/// More peers than this are a crowd.
const CROWD: usize = 5;

/// Whether a host has so many peers that the length of its rounds follows from their number.
#[must_use]
pub const fn is_crowd(peers: usize) -> bool {
    peers > CROWD
}

/// A question to be put at a time.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProbeTask {
    /// The number by which it can be cancelled, with others of its group.
    pub group: u32,
    /// When to put it, in milliseconds after the message came.
    pub at_ms: u32,
    /// The round, from 1, under which it is recorded.
    pub round: u16,
    /// IPv4 or IPv6.
    pub family: IpFamily,
    /// The link to leave by; without it, the kernel's routes decide.
    pub link: Option<IfName>,
    /// The host that is asked, when it has an agent.
    pub peer: Option<HostName>,
    /// What to ask.
    pub question: ProbeQuestion,
}

/// What a host puts to every peer on one of its links, round after round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RoundSchedule {
    /// The link to leave by.
    pub link: IfName,
    /// The host's own address there.
    pub from: IpAddr,
    /// The rounds in order of time; 64 at most are put.
    pub rounds: Vec<ScheduledRound>,
    /// The peers, in the order in which they are asked.
    pub partners: Vec<ScheduledPeer>,
}

/// One round of a schedule.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ScheduledRound {
    /// The number of the round, from 1.
    pub number: u16,
    /// When it begins, in milliseconds after the message came.
    pub at_ms: u32,
    /// Whether it carries UDP in a frame to each peer's MAC.
    pub has_udp: bool,
    /// Whether it carries an ICMP echo in a frame to each peer's MAC.
    pub has_echo: bool,
}

/// A peer and when it has its turn in each round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ScheduledPeer {
    /// The number by which its questions are cancelled.
    pub group: u32,
    /// The peer, as the run calls it.
    pub host: HostName,
    /// Where its agent answers.
    pub to: SocketAddr,
    /// The MAC address that frames go to.
    pub mac: Mac,
    /// How far into each round it is asked, in milliseconds.
    pub later_ms: u32,
}

impl RoundSchedule {
    /// Its questions as single tasks.
    pub fn tasks(&self) -> impl Iterator<Item = ProbeTask> + '_ {
        let rounds = self.rounds.iter().take(ROUNDS_MAX);
        rounds.flat_map(|round| {
            let partners = self.partners.iter().take(PARTNERS_MAX);
            partners.flat_map(|partner| self.questions(*round, partner))
        })
    }

    /// When its last question is to be put, in milliseconds.
    #[must_use]
    pub fn last_ms(&self) -> u32 {
        let round = self.rounds.iter().map(|round| round.at_ms).max().unwrap_or(0);
        let peer = self.partners.iter().map(|partner| partner.later_ms).max().unwrap_or(0);
        round.saturating_add(peer).saturating_add(ECHO_LATER_MS)
    }

    fn questions(
        &self,
        round: ScheduledRound,
        partner: &ScheduledPeer,
    ) -> impl Iterator<Item = ProbeTask> + use<> {
        let (from, to, to_mac) = (self.from, partner.to, partner.mac);
        let task = |question, later_ms| ProbeTask {
            group: partner.group,
            at_ms: round.at_ms.saturating_add(partner.later_ms).saturating_add(later_ms),
            round: round.number,
            family: IpFamily::of(from),
            link: Some(self.link.clone()),
            peer: Some(partner.host.clone()),
            question,
        };
        let udp = round.has_udp.then(|| task(ProbeQuestion::Udp { from, to, to_mac }, 0));
        let echo = ProbeQuestion::Echo { from, to: to.ip(), to_mac };
        let echo = round.has_echo.then(|| task(echo, ECHO_LATER_MS));
        udp.into_iter().chain(echo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(rounds: u16, partners: u16) -> RoundSchedule {
        let round = |number| ScheduledRound {
            number,
            at_ms: u32::from(number) * 1000,
            has_udp: true,
            has_echo: number == 2,
        };
        let partner = |number: u16| ScheduledPeer {
            group: number.into(),
            host: format!("b{number}").parse().unwrap(),
            to: "172.20.5.2:4000".parse().unwrap(),
            mac: Mac([2, 0, 0, 0, 0, 2]),
            later_ms: u32::from(number) * 10,
        };
        RoundSchedule {
            link: "wlan0".parse().unwrap(),
            from: "172.20.5.1".parse().unwrap(),
            rounds: (1..=rounds).map(round).collect(),
            partners: (1..=partners).map(partner).collect(),
        }
    }

    #[test]
    fn every_peer_is_asked_in_every_round_at_its_own_time() {
        let tasks: Vec<ProbeTask> = schedule(2, 3).tasks().collect();
        let at: Vec<_> = tasks.iter().map(|task| (task.round, task.group, task.at_ms)).collect();
        assert_eq!(
            at,
            [
                (1, 1, 1010),
                (1, 2, 1020),
                (1, 3, 1030),
                (2, 1, 2010),
                (2, 1, 2050),
                (2, 2, 2020),
                (2, 2, 2060),
                (2, 3, 2030),
                (2, 3, 2070),
            ]
        );
    }

    #[test]
    fn a_schedule_without_end_is_cut_off() {
        let schedule =
            RoundSchedule { rounds: vec![schedule(1, 0).rounds[0]; 5000], ..schedule(1, 1) };
        assert_eq!(schedule.tasks().count(), ROUNDS_MAX);
    }
}
