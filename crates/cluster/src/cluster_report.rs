//! The report of `pontoon cluster check`.

use std::collections::BTreeMap;

use pontoon_diagnosis::{Diagnosis, exit_of};
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_facts::ClusterFacts;
use crate::connectivity_test::ConnectivityTest;
use crate::diagnosis_rules::diagnose_cluster;
use crate::objects::{ClusterNode, NodeReadiness};
use crate::startup::what_starts;

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/cluster/v2";

/// What a check of a cluster found.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ClusterReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Whether the cluster was young and not all of it there: it may still become well by itself.
    pub is_starting: bool,
    /// What of it was young and not ready, in words.
    pub starting: Vec<String>,
    /// The nodes that the API server lists.
    pub nodes: Vec<ReportedNode>,
    /// What is wrong, the ground first; several causes of one problem stand beside each other.
    pub diagnoses: Vec<Diagnosis>,
    /// Every connectivity test that was run, and its outcome.
    pub connectivity_tests: Vec<ConnectivityTest>,
    /// Hosts that were named and could not be asked, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
    /// Nodes of the cluster of which no host was named or asked.
    pub unasked: Vec<String>,
}

/// A node of the cluster.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ReportedNode {
    /// Its name in the API.
    pub name: String,
    /// Its `InternalIP`, or `none`.
    pub address: String,
    /// The link of the node that has this address.
    pub link: Option<String>,
    /// Whether its condition Ready is True.
    pub is_ready: bool,
}

impl ClusterReport {
    /// Diagnoses the cluster, and reports what it was diagnosed from.
    #[must_use]
    pub fn of(facts: &ClusterFacts) -> Self {
        let nodes = facts.objects().map(|objects| &objects.nodes[..]).unwrap_or_default();
        let row = |node: &ClusterNode| {
            let address = node.internal_ips.first().copied();
            let link = address.and_then(|address| facts.link(node, address));
            ReportedNode {
                name: node.name.clone(),
                address: address.map_or_else(|| "none".to_owned(), |address| address.to_string()),
                link: link.map(|link| link.name.to_string()),
                is_ready: node.ready == NodeReadiness::Yes,
            }
        };
        let unasked = nodes.iter().filter(|node| facts.node_state(node).is_none());
        let starting = facts.objects().map(|all| what_starts(all, facts.now_s));
        let starting = starting.unwrap_or_default();
        Self {
            schema: SCHEMA.to_owned(),
            is_starting: !starting.is_empty(),
            starting,
            nodes: nodes.iter().map(row).collect(),
            diagnoses: diagnose_cluster(facts),
            connectivity_tests: facts.connectivity_tests.clone(),
            unreached: facts.record.unreached.clone(),
            unasked: unasked.map(|node| node.name.clone()).collect(),
        }
    }

    /// How the program ends: as the diagnoses say, unless the cluster is still starting, or not all
    /// of it could be asked.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let worst = match exit_of(&self.diagnoses) {
            // What fails may go away by itself.
            Exit::Failed | Exit::Good if self.is_starting => Exit::Warned,
            worst => worst,
        };
        if !self.unreached.is_empty() {
            worst.or(Exit::Unreachable)
        } else if !self.unasked.is_empty() || self.nodes.is_empty() {
            worst.or(Exit::Warned)
        } else {
            worst
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_causes::cause::{TextOrigin, cause};
    use pontoon_causes::placeholder::PlaceholderValues;
    use pontoon_diagnosis::Certainty;
    use pontoon_model::code::{self, DiagnosisCode};

    fn report(code: DiagnosisCode, certainty: Certainty) -> ClusterReport {
        let row = cause(code).unwrap();
        let values = PlaceholderValues::default();
        ClusterReport {
            schema: SCHEMA.to_owned(),
            is_starting: false,
            starting: Vec::new(),
            nodes: vec![ReportedNode {
                name: "pi1".to_owned(),
                address: "10.0.0.1".to_owned(),
                link: None,
                is_ready: true,
            }],
            diagnoses: vec![row.diagnosis(certainty, &values, TextOrigin::ClusterNode)],
            connectivity_tests: Vec::new(),
            unreached: BTreeMap::new(),
            unasked: Vec::new(),
        }
    }

    #[test]
    fn a_cluster_that_is_starting_does_not_fail() {
        let mut report = report(code::NODE_OFF, Certainty::Confirmed);
        assert_eq!(report.exit(), Exit::Failed);
        report.is_starting = true;
        assert_eq!(report.exit(), Exit::Warned);
        report.diagnoses.clear();
        assert_eq!(report.exit(), Exit::Warned);
        report.is_starting = false;
        assert_eq!(report.exit(), Exit::Good);
    }

    #[test]
    fn what_was_not_asked_is_no_good_news() {
        let mut report = report(code::UNEXPLAINED, Certainty::Undecided);
        assert_eq!(report.exit(), Exit::Warned);
        report.unreached.insert(HostName::lossy("pi3"), Untrusted::new("no route"));
        assert_eq!(report.exit(), Exit::Unreachable);
        report.diagnoses[0].certainty = Certainty::Likely;
        assert_eq!(report.exit(), Exit::Failed);
        report.diagnoses.clear();
        report.unreached.clear();
        report.unasked.push("pi3".to_owned());
        assert_eq!(report.exit(), Exit::Warned);
        report.unasked.clear();
        assert_eq!(report.exit(), Exit::Good);
        // Of a cluster without nodes nothing is known.
        report.nodes.clear();
        assert_eq!(report.exit(), Exit::Warned);
    }
}
