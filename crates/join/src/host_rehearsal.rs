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
