//! A whole check of a cluster in memory, with what a survey of its hosts would add.

use std::time::Duration;

use pontoon_model::facts::HostFacts;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_rules::report::pairs::{PairReachability, PairRow, RoundCounts};

use super::cluster::ClusterTwin;
use super::node::TwinNode;
use super::packet_filter::filter_tables;
use crate::cluster_check_flow::{ClusterCheckError, ClusterCheckFlow, HostRequests, HostResponses};
use crate::cluster_facts::ClusterFacts;
use crate::cluster_progress::ClusterProgress;
use crate::node_protocol::NodeRequestError;

/// A check that is over.
#[derive(Debug)]
pub(crate) struct CheckRun {
    /// What was seen.
    pub(crate) facts: Result<ClusterFacts, ClusterCheckError>,
    /// What was said meanwhile.
    pub(crate) progress: Vec<ClusterProgress>,
    /// How long it waited.
    pub(crate) waited: Duration,
}

impl ClusterTwin {
    /// Checks the cluster from beginning to end.
    pub(crate) fn check(&mut self) -> CheckRun {
        let reached = self.nodes.iter().filter(|node| !self.unreached.contains(&node.number));
        let hosts = reached.map(TwinNode::host).collect();
        let (mut flow, first) = ClusterCheckFlow::begin(
            hosts,
            self.named_control_planes.clone(),
            "pontoon-check-1".to_owned(),
        );
        let (mut progress, mut next) = (Vec::new(), Some(first));
        while let Some(step) = next {
            self.now += step.wait;
            assert!(self.now < Duration::from_secs(600), "the check does not end");
            let responses = self.answer_all(&step.requests);
            next = flow.handle_responses(self.now, responses);
            progress.extend(std::iter::from_fn(|| flow.poll_progress()));
        }
        let facts = flow.end().map(|facts| self.with_survey(facts));
        CheckRun { facts, progress, waited: self.now }
    }

    /// Answers as the driver does: what follows a request without response is not sent.
    fn answer_all(&mut self, requests: &HostRequests) -> HostResponses {
        let mut all = HostResponses::new();
        for (host, requests) in requests {
            let number = self.number_of(host);
            let responses = all.entry(host.clone()).or_default();
            for request in requests {
                let response = match responses.last() {
                    Some(Err(error @ NodeRequestError::NoResponse(_))) => Err(error.clone()),
                    _ => self.answer(number, request),
                };
                responses.push(response);
            }
        }
        all
    }

    /// Adds what a survey finds: each host's own account, and on which links frames pass.
    fn with_survey(&self, mut facts: ClusterFacts) -> ClusterFacts {
        let hosts: Vec<&TwinNode> =
            self.nodes.iter().filter(|node| !self.unreached.contains(&node.number)).collect();
        for node in &hosts {
            let mut snapshot = node.snapshot.clone();
            snapshot.netfilter.tables = filter_tables(&node.ruleset);
            facts.record.facts.hosts.insert(node.host(), HostFacts::of(snapshot));
        }
        for (at, one) in hosts.iter().enumerate() {
            for other in &hosts[at + 1..] {
                facts.pairs.extend(["eth0", "wlan0"].map(|link| self.pair(one, other, link)));
            }
        }
        facts
    }

    fn pair(&self, one: &TwinNode, other: &TwinNode, link: &str) -> PairRow {
        let passes = self.passes(one, other, link);
        let link: IfName = link.parse().unwrap();
        PairRow {
            from: one.host(),
            to: other.host(),
            link: Some(link),
            family: IpFamily::V4,
            state: if passes { PairReachability::Open } else { PairReachability::Isolated },
            there: RoundCounts::default(),
            back: RoundCounts::default(),
        }
    }
}
