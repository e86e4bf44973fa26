//! What a check says.

use std::collections::BTreeMap;

use pontoon_causes::cause::CheckLocation;
use pontoon_model::code::DiagnosisCode;
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_facts::ClusterFacts;
use crate::connectivity_test::ConnectivityTest;
use crate::diagnosis_rules::{Accusation, Certainty, diagnose_cluster};
use crate::objects::NodeReadiness;
use crate::startup::is_starting;

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/cluster/v1";

/// A check.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ClusterReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Whether the cluster was young and not all of it there: it may still become well by itself.
    pub is_starting: bool,
    /// The nodes.
    pub nodes: Vec<ReportedNode>,
    /// What is wrong, the ground first.
    pub wrong: Vec<ReportedProblem>,
    /// Everything that was tried.
    pub tried: Vec<ConnectivityTest>,
    /// Hosts that were named and could not be asked, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
    /// Nodes of the cluster of which no host was named or asked.
    pub unasked: Vec<String>,
}

/// A node.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ReportedNode {
    /// Its name.
    pub name: String,
    /// Its `InternalIP`.
    pub address: String,
    /// The link that has it.
    pub link: Option<String>,
    /// Whether it is ready.
    pub is_ready: bool,
}

/// Something that is wrong.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ReportedProblem {
    /// What was found.
    #[serde(flatten)]
    pub accusation: Accusation,
    /// Its causes in words.
    pub told: Vec<ReportedCause>,
}

/// A cause in words.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ReportedCause {
    /// Its name, for `pontoon explain`.
    pub code: DiagnosisCode,
    /// What it is.
    pub is: String,
    /// The fact that tells it from others.
    pub apart: String,
    /// Where the command runs that shows it.
    pub on: CheckLocation,
    /// That command.
    pub command: String,
    /// What to do.
    pub cure: String,
}

impl ClusterReport {
    /// Judges.
    #[must_use]
    pub fn of(facts: &ClusterFacts) -> Self {
        let nodes = facts.objects().map(|objects| &objects.nodes[..]).unwrap_or_default();
        let row = |node: &crate::objects::ClusterNode| {
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
        Self {
            schema: SCHEMA.to_owned(),
            is_starting: facts.objects().is_some_and(|all| is_starting(all, facts.now_s)),
            nodes: nodes.iter().map(row).collect(),
            wrong: diagnose_cluster(facts).into_iter().map(ReportedProblem::of).collect(),
            tried: facts.connectivity_tests.clone(),
            unreached: facts.record.unreached.clone(),
            unasked: unasked.map(|node| node.name.clone()).collect(),
        }
    }

    /// What it amounts to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let of = |wrong: &ReportedProblem| match wrong.accusation.certainty {
            Certainty::Certain | Certainty::Likely if !self.is_starting => Exit::Failed,
            _ => Exit::Warned,
        };
        let worst = self.wrong.iter().map(of).min().unwrap_or(Exit::Good);
        let worst = if self.is_starting { worst.or(Exit::Warned) } else { worst };
        if !self.unreached.is_empty() {
            worst.or(Exit::Unreachable)
        } else if !self.unasked.is_empty() {
            worst.or(Exit::Warned)
        } else {
            worst
        }
    }
}

impl ReportedProblem {
    /// Puts the causes into words.
    #[must_use]
    pub fn of(accusation: Accusation) -> Self {
        let held = &accusation.held;
        let told = accusation.rows().map(|cause| ReportedCause {
            code: cause.code,
            is: held.fill(cause.summary),
            apart: held.fill(cause.distinguished_by),
            on: cause.check.on,
            command: held.fill(cause.check.command),
            cure: held.fill(cause.remedy),
        });
        let told = told.collect();
        Self { accusation, told }
    }
}
