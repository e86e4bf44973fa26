//! A join rehearsed on another host, by the kernel's route and by each link, without sessions and
//! clocks. The host is sent anonymous questions; which servers its replies let one trust is judged
//! here, where the token is.

use std::time::Duration;

use pontoon_model::net::IfName;

use crate::candidate_links::candidate_links;
use crate::discovery_flow::{DiscoveryFlow, DiscoveryQuery, DiscoveryReply};
use crate::join_protocol::JoiningHost;
use crate::join_timeouts::SIGNATURE_AGAIN_AFTER;
use crate::preflight::PreflightFacts;
use crate::request::JoinRequest;
use crate::trial::JoinTrial;

/// What was seen from a host.
#[derive(Debug)]
pub struct HostRehearsal {
    /// What kubeadm's preflight checks look at.
    pub preflight: PreflightFacts,
    /// The join by the route that the kernel chooses.
    pub own: JoinTrial,
    /// The join by each link that could lead there.
    pub by_link: Vec<(IfName, JoinTrial)>,
}

/// The questions that come next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RehearsalStep {
    /// How long to wait before they are asked.
    pub wait: Duration,
    /// The questions, all at once.
    pub questions: Vec<DiscoveryQuery>,
}

/// A rehearsal on one host, as far as it has come.
#[derive(Debug)]
pub struct HostRehearsalFlow<'a> {
    request: &'a JoinRequest,
    host: JoiningHost,
    /// None: the kernel chooses.
    links: Vec<Option<IfName>>,
    flows: Vec<DiscoveryFlow<'a>>,
    /// A signature of cluster-info is waited for until then, from the first reply on.
    signature_within: Duration,
    first_reply: Option<Duration>,
}

impl<'a> HostRehearsalFlow<'a> {
    /// Begins on a host that has described itself.
    #[must_use]
    pub fn begin(
        request: &'a JoinRequest,
        host: JoiningHost,
        signature_within: Duration,
    ) -> (Self, RehearsalStep) {
        let by_link = candidate_links(&host.snapshot, request).into_iter().map(Some);
        let links: Vec<Option<IfName>> = [None].into_iter().chain(by_link).collect();
        let first = |link: &Option<IfName>| DiscoveryQuery::first(request, link.as_ref());
        let questions = links.iter().map(first).collect();
        let (flows, first_reply) = (Vec::new(), None);
        let flow = Self { request, host, links, flows, signature_within, first_reply };
        (flow, RehearsalStep { wait: Duration::ZERO, questions })
    }

    /// Takes the replies to the last step, one for each question, at this time; returns the next
    /// step, or none where nothing more is asked.
    pub fn handle_replies(
        &mut self,
        now: Duration,
        replies: Vec<DiscoveryReply>,
    ) -> Option<RehearsalStep> {
        if self.flows.is_empty() {
            let begun = self.links.iter().zip(replies);
            let begin = |(link, reply): (&Option<IfName>, _)| {
                DiscoveryFlow::begin(self.request, link.as_ref(), reply)
            };
            self.flows = begun.map(begin).collect();
        } else {
            let going = self.flows.iter_mut().filter(|flow| flow.next().is_some());
            for (flow, reply) in going.zip(replies) {
                flow.take(reply);
            }
        }
        let since = *self.first_reply.get_or_insert(now);
        let is_late = now.saturating_sub(since) + SIGNATURE_AGAIN_AFTER > self.signature_within;
        let awaits = |flow: &&mut DiscoveryFlow<'_>| flow.next().is_some_and(|next| next.is_again);
        if is_late {
            self.flows.iter_mut().filter(awaits).for_each(DiscoveryFlow::settle);
        }
        let next: Vec<_> = self.flows.iter().filter_map(DiscoveryFlow::next).collect();
        let is_again = next.iter().any(|next| next.is_again);
        let wait = if is_again { SIGNATURE_AGAIN_AFTER } else { Duration::ZERO };
        let questions: Vec<_> = next.into_iter().map(|next| next.question).collect();
        (!questions.is_empty()).then_some(RehearsalStep { wait, questions })
    }

    /// What was seen; none: no question was replied to.
    #[must_use]
    pub fn end(self) -> Option<HostRehearsal> {
        let now_s = self.host.snapshot.clock.unix_s;
        let mut trials = self.flows.into_iter().map(|flow| flow.end(now_s));
        let own = trials.next()?;
        let by_link = self.links.into_iter().flatten().zip(trials).collect();
        Some(HostRehearsal { preflight: self.host.preflight, own, by_link })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::discovery_flow::tests::{answered, info, request};

    const SIGNED: Option<&str> = Some("0123456789abcdef");
    const SERVER: &str = "10.0.0.1:6443";
    const WITHIN: Duration = Duration::from_secs(6);

    /// A host with two links by which the server of the join could be reached, and one more.
    fn host() -> JoiningHost {
        let link = |index: u32, name: &str, address: &str| -> Value {
            json!({
                "name": name, "index": index, "mac": format!("02:00:00:00:00:{index:02x}"),
                "mtu": 1500, "kind": "ethernet", "is_up": true, "has_carrier": true,
                "master": null, "radio": null, "sysctls": {},
                "addresses": [{ "prefix": address, "scope": 0, "flags": 128, "valid_s": null }],
            })
        };
        let snapshot = json!({
            "host_name": "pi2",
            "links": [
                link(2, "eth0", "10.0.0.2/24"),
                link(3, "wlan0", "172.20.5.2/16"),
                link(4, "eth1", "fe80::2/64"),
            ],
            "routes": [], "rules": [], "neighbours": [],
            "forwarding": { "ipv4": true, "ipv6": false }, "all_links": {},
            "resolver": { "servers": [], "search": [] }, "hosts_file": [],
            "clock": { "unix_s": 77 },
            "netfilter": { "is_readable": true, "tables": [], "legacy_tables": [], "owners": [] },
            "privileges": { "net_raw": true, "net_admin": true },
        });
        let snapshot = serde_json::from_value(snapshot).unwrap();
        JoiningHost { preflight: PreflightFacts::default(), snapshot }
    }

    fn links(step: &RehearsalStep) -> Vec<Option<&str>> {
        step.questions.iter().map(|one| one.link.as_ref().map(IfName::as_str)).collect()
    }

    #[test]
    fn each_link_that_could_lead_there_is_asked_at_once() {
        let request = request();
        let (mut flow, first) = HostRehearsalFlow::begin(&request, host(), WITHIN);
        assert_eq!(links(&first), [None, Some("eth0"), Some("wlan0")]);
        assert_eq!(first.wait, Duration::ZERO);
        let replies = (0..3).map(|_| answered(Some(info(SERVER, SIGNED)))).collect();
        assert_eq!(flow.handle_replies(Duration::ZERO, replies), None);
        let seen = flow.end().unwrap();
        assert_eq!(seen.own.now_s, 77, "the host's own clock");
        assert_eq!(seen.own.link, None);
        let by_link: Vec<_> = seen.by_link.iter().map(|(link, _)| link.as_str()).collect();
        assert_eq!(by_link, ["eth0", "wlan0"]);
    }

    /// Replies are those of the links that are still asked, in their order.
    #[test]
    fn only_what_is_open_is_asked_again() {
        let request = request();
        let (mut flow, _) = HostRehearsalFlow::begin(&request, host(), WITHIN);
        let replies = vec![
            answered(Some(info(SERVER, SIGNED))),
            answered(Some(info("10.0.0.9:6443", SIGNED))),
            answered(Some(info(SERVER, None))),
        ];
        let next = flow.handle_replies(Duration::from_secs(2), replies).unwrap();
        assert_eq!(links(&next), [Some("eth0"), Some("wlan0")]);
        assert_eq!(next.wait, SIGNATURE_AGAIN_AFTER, "a signature is waited for");
        let replies = vec![answered(None), answered(Some(info(SERVER, SIGNED)))];
        assert_eq!(flow.handle_replies(Duration::from_secs(3), replies), None);
        let seen = flow.end().unwrap();
        let (_, by_eth0) = &seen.by_link[0];
        assert_eq!(by_eth0.inside.as_ref().unwrap().server.authority(), "10.0.0.9:6443");
        assert!(seen.by_link[1].1.inside.is_none());
    }

    #[test]
    fn a_signature_is_waited_for_no_longer_than_its_time() {
        let request = request();
        let (mut flow, _) = HostRehearsalFlow::begin(&request, host(), WITHIN);
        let unsigned = || (0..3).map(|_| answered(Some(info(SERVER, None)))).collect::<Vec<_>>();
        let mut rounds = 0;
        let mut now = Duration::from_secs(3);
        while let Some(step) = flow.handle_replies(now, unsigned()) {
            assert_eq!(step.questions.len(), 3);
            now += step.wait;
            rounds += 1;
        }
        assert_eq!(rounds, 6);
        assert!(flow.end().is_some());
    }

    #[test]
    fn without_replies_nothing_was_seen() {
        let request = request();
        let (mut flow, _) = HostRehearsalFlow::begin(&request, host(), WITHIN);
        assert_eq!(flow.handle_replies(Duration::ZERO, Vec::new()), None);
        assert!(flow.end().is_none());
    }
}
