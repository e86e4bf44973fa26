//! What a sweep sends, and when: a machine without a socket or a clock.
//!
//! Every frame goes to a group, so the budget's limit on those is the one that counts: 50 a second.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};

use pontoon_model::net::{IpFamily, Prefix};

use super::SweepTarget;
use crate::budget::{FrameLoad, LinkBudget, RateLimit};
use crate::machine::RunInstant;

/// Addresses asked at most, over all networks of the link.
pub const ADDRESSES_MAX: usize = 1024;
/// How long to wait after the last question: a busy host answers within it.
const LATE_MS: u64 = 1000;
/// After the last question for a name: responders wait up to 120 ms (RFC 6762, section 6), and a
/// second try of theirs a second.
const LATE_NAMES_MS: u64 = 1500;
/// Questions in one message, so that it fits a packet: 16 reverse names of IPv6 are 1,200 bytes.
const NAMES_IN_ONE: usize = 16;

/// One frame or message of a sweep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SweepProbe {
    /// An ARP request for this address.
    Arp(Ipv4Addr),
    /// An IPv6 echo to all nodes.
    Echo,
    /// An mDNS query for all hosts and services: a responder may listen on one family only.
    Browse(IpFamily),
    /// An mDNS query for the names of these addresses.
    Names(Vec<IpAddr>),
}

/// What a sweep wants next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SweepAction {
    /// Send this now.
    Send(SweepProbe),
    /// Wait for answers, but no longer.
    WaitUntil(RunInstant),
    /// All has been asked, and time was given to answer.
    Done,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SweepPhase {
    Asking,
    Listening(RunInstant),
    AskingNames,
    ListeningForNames(RunInstant),
}

/// The questions of a run.
#[derive(Clone, Debug)]
pub struct LinkSweep {
    queue: VecDeque<SweepProbe>,
    budget: LinkBudget,
    phase: SweepPhase,
}

impl LinkSweep {
    /// All questions for this link.
    #[must_use]
    pub fn new(target: &SweepTarget) -> Self {
        // What takes one frame and may find all hosts goes first.
        let mut queue = VecDeque::new();
        if target.link_local.is_some() {
            queue.extend([SweepProbe::Echo, SweepProbe::Browse(IpFamily::V6)]);
        }
        if !target.networks.is_empty() {
            queue.push_back(SweepProbe::Browse(IpFamily::V4));
        }
        queue.extend(addresses(target).into_iter().map(SweepProbe::Arp));
        Self { queue, budget: LinkBudget::new(RateLimit::PRIVATE), phase: SweepPhase::Asking }
    }

    /// What to do at `now`; `known` are the addresses found so far.
    pub fn poll(&mut self, now: RunInstant, known: impl FnOnce() -> Vec<IpAddr>) -> SweepAction {
        if let Some(probe) = self.queue.front() {
            let probe = probe.clone();
            if let Err(later) = self.budget.take(now, FrameLoad::one(true)) {
                return SweepAction::WaitUntil(later);
            }
            self.queue.pop_front();
            return SweepAction::Send(probe);
        }
        match self.phase {
            SweepPhase::Asking => {
                self.phase = SweepPhase::Listening(now.after_ms(LATE_MS));
                SweepAction::WaitUntil(now.after_ms(LATE_MS))
            }
            SweepPhase::Listening(until) | SweepPhase::ListeningForNames(until) if now < until => {
                SweepAction::WaitUntil(until)
            }
            SweepPhase::Listening(_) => {
                let batches = known();
                let batches = batches.chunks(NAMES_IN_ONE).take(ADDRESSES_MAX / NAMES_IN_ONE);
                self.queue.extend(batches.map(|some| SweepProbe::Names(some.to_vec())));
                self.phase = SweepPhase::AskingNames;
                SweepAction::WaitUntil(now)
            }
            SweepPhase::AskingNames => {
                let until = now.after_ms(LATE_NAMES_MS);
                self.phase = SweepPhase::ListeningForNames(until);
                SweepAction::WaitUntil(until)
            }
            SweepPhase::ListeningForNames(_) => SweepAction::Done,
        }
    }

    /// How long it will take, in seconds.
    #[must_use]
    pub fn estimate_s(&self) -> usize {
        let asking = self.queue.len().div_ceil(RateLimit::PRIVATE.groups_per_s);
        asking + usize::try_from((LATE_MS + LATE_NAMES_MS).div_ceil(1000)).unwrap_or(0)
    }

    /// How many addresses are asked by ARP.
    #[must_use]
    pub fn addresses(&self) -> usize {
        self.queue.iter().filter(|probe| matches!(probe, SweepProbe::Arp(_))).count()
    }
}

/// The addresses that other hosts may have: each once, in order.
fn addresses(target: &SweepTarget) -> Vec<Ipv4Addr> {
    let mut all: Vec<Ipv4Addr> = target.swept().flat_map(hosts).collect();
    all.retain(|address| target.covers(IpAddr::V4(*address)));
    all.sort();
    all.dedup();
    all.truncate(ADDRESSES_MAX);
    all
}

/// The addresses of a network but its first and its last, which are not hosts' (RFC 1122, section
/// 3.2.1.3), save on a wire of two (RFC 3021).
fn hosts(net: Prefix) -> impl Iterator<Item = Ipv4Addr> {
    let first = match net.network().address {
        IpAddr::V4(first) => first.to_bits(),
        IpAddr::V6(_) => 0,
    };
    let size = 1_u32.checked_shl(32 - u32::from(net.length.min(32))).unwrap_or(0);
    let (skip, count) = if size > 2 { (1, size - 2) } else { (0, size) };
    (0..count).map(move |nth| Ipv4Addr::from_bits(first.wrapping_add(skip + nth)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::tests::target;

    /// Everything that is sent, and when.
    fn run(networks: &[&str], known: &[&str]) -> (Vec<(u64, SweepProbe)>, u64) {
        let mut sweep = LinkSweep::new(&target(networks));
        let known: Vec<IpAddr> = known.iter().map(|text| text.parse().unwrap()).collect();
        let (mut sent, mut now) = (Vec::new(), RunInstant(0));
        loop {
            match sweep.poll(now, || known.clone()) {
                SweepAction::Send(probe) => sent.push((now.0, probe)),
                SweepAction::WaitUntil(later) => now = now.max(later),
                SweepAction::Done => return (sent, now.0),
            }
        }
    }

    fn asked(networks: &[&str]) -> Vec<String> {
        let (sent, _) = run(networks, &[]);
        let arp = sent.iter().filter_map(|(_, probe)| match probe {
            SweepProbe::Arp(address) => Some(address.to_string()),
            _ => None,
        });
        arp.collect()
    }

    #[test]
    fn all_addresses_of_the_network_but_our_own_are_asked_once() {
        let table: [(&[&str], usize, &str, &str); 7] = [
            (&["192.168.50.1/24"], 253, "192.168.50.2", "192.168.50.254"),
            (&["10.0.0.9/30"], 1, "10.0.0.10", "10.0.0.10"),
            (&["10.0.0.8/31"], 1, "10.0.0.9", "10.0.0.9"),
            (&["10.1.2.3/22"], 1021, "10.1.0.1", "10.1.3.254"),
            (&["10.0.0.1/25", "10.0.0.2/24"], 252, "10.0.0.3", "10.0.0.254"),
            (&["10.0.0.1/30", "169.254.7.7/16"], 1, "10.0.0.2", "10.0.0.2"),
            (&["0.0.0.1/30"], 1, "0.0.0.2", "0.0.0.2"),
        ];
        for (networks, count, first, last) in table {
            let asked = asked(networks);
            let ends = (asked.first().unwrap().as_str(), asked.last().unwrap().as_str());
            assert_eq!((asked.len(), ends), (count, (first, last)), "{networks:?}");
        }
        assert!(asked(&["10.0.0.1/32"]).is_empty());
        assert!(asked(&["10.1.2.3/21"]).is_empty());
    }

    #[test]
    fn several_large_networks_are_no_more_than_one() {
        assert_eq!(asked(&["10.1.0.1/22", "10.2.0.1/22"]).len(), ADDRESSES_MAX);
    }

    #[test]
    fn no_second_holds_more_than_fifty_frames() {
        let (sent, done) = run(&["192.168.50.1/24"], &["192.168.50.2"; 40]);
        for start in (0..done).step_by(10) {
            let second = sent.iter().filter(|(at, _)| (start..start + 1000).contains(at));
            assert!(second.count() <= 50, "from {start} ms");
        }
        assert!(done < 9_000, "{done}");
    }

    #[test]
    fn names_are_asked_of_those_that_were_found_when_all_could_answer() {
        let (sent, done) = run(&["10.0.0.1/30"], &["10.0.0.2"; 20]);
        let probes: Vec<_> = sent.iter().map(|(_, probe)| probe.clone()).collect();
        let names = |count| SweepProbe::Names(vec!["10.0.0.2".parse().unwrap(); count]);
        let arp = SweepProbe::Arp("10.0.0.2".parse().unwrap());
        let browse = [IpFamily::V6, IpFamily::V4].map(SweepProbe::Browse);
        let first = [vec![SweepProbe::Echo], browse.to_vec(), vec![arp]].concat();
        assert_eq!(probes, [first, vec![names(16), names(4)]].concat());
        assert_eq!((sent[4].0, done), (1000, 2500));
    }

    #[test]
    fn nobody_found_is_nobody_asked_for_a_name() {
        let (sent, done) = run(&["10.0.0.1/30"], &[]);
        assert_eq!((sent.len(), done), (4, 2500));
    }
}
