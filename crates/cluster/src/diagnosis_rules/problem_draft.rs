//! What a rule found wrong, before it is a diagnosis for each of its causes.

use std::collections::BTreeSet;
use std::fmt;

use pontoon_causes::cause::{TextOrigin, cause};
use pontoon_causes::placeholder::{PlaceholderKind, PlaceholderValues};
use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, Evidence, Remedy, Severity};
use pontoon_model::code::{self, DiagnosisCode};

/// A problem of some nodes: its causes in the table of causes, and its evidence.
pub(super) struct ProblemDraft {
    causes: Vec<DiagnosisCode>,
    certainty: Certainty,
    nodes: BTreeSet<String>,
    values: PlaceholderValues,
    evidence: Vec<Evidence>,
    remedies: Vec<Remedy>,
    /// Why it is a warning and no error.
    harmless_because: Option<&'static str>,
}

/// Whether a remedy would make the cluster, or the node's part in it, anew.
fn remakes_cluster(remedy: &Remedy) -> bool {
    let command = remedy.command.as_ref().map(ToString::to_string).unwrap_or_default();
    ["kubeadm init --", "kubeadm reset"].iter().any(|words| command.contains(words))
}

impl ProblemDraft {
    /// A cause at some nodes, by their names.
    pub(super) fn new(
        code: DiagnosisCode,
        certainty: Certainty,
        nodes: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        Self {
            causes: vec![code],
            certainty,
            nodes: nodes.into_iter().map(|node| node.to_string()).collect(),
            values: PlaceholderValues::default(),
            evidence: Vec::new(),
            remedies: Vec::new(),
            harmless_because: None,
        }
    }

    /// Candidates of which at most one holds: possible, if there are several; as certain as
    /// `if_alone`, if there is one; unexplained, if there is none.
    pub(super) fn candidates(
        causes: Vec<DiagnosisCode>,
        if_alone: Certainty,
        nodes: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        let (causes, certainty) = match causes.len() {
            0 => (vec![code::UNEXPLAINED], Certainty::Undecided),
            1 => (causes, if_alone),
            _ => (causes, Certainty::Possible),
        };
        Self { causes, ..Self::new(code::UNEXPLAINED, certainty, nodes) }
    }

    /// Something that no known cause explains.
    pub(super) fn unexplained(nodes: impl IntoIterator<Item = impl ToString>) -> Self {
        Self::candidates(Vec::new(), Certainty::Undecided, nodes)
    }

    /// Fills a placeholder in the words and commands of its causes.
    pub(super) fn about(mut self, kind: PlaceholderKind, value: &dyn fmt::Display) -> Self {
        self.values = self.values.with(kind, value);
        self
    }

    pub(super) fn evidence(mut self, evidence: impl Into<Evidence>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    pub(super) fn add_evidence(&mut self, evidence: impl IntoIterator<Item = Evidence>) {
        self.evidence.extend(evidence);
    }

    /// Adds a remedy for this very cluster, which goes before what the table of causes says.
    pub(super) fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }

    /// Makes it a warning, and says why.
    pub(super) fn harmless_because(mut self, why: &'static str) -> Self {
        self.harmless_because = Some(why);
        self
    }

    /// A diagnosis for each cause.
    pub(super) fn diagnoses(self) -> impl Iterator<Item = Diagnosis> {
        let rows: Vec<_> = self.causes.iter().filter_map(|code| cause(*code)).collect();
        rows.into_iter().map(move |row| {
            let others = self.causes.iter().copied().filter(|code| *code != row.code);
            let mut diagnosis =
                row.diagnosis(self.certainty, &self.values, TextOrigin::ClusterNode);
            diagnosis.scope = DiagnosisScope::nodes(&self.nodes);
            diagnosis.evidence.clone_from(&self.evidence);
            diagnosis.alternatives = others.collect();
            // What is asked runs a cluster: a cure does not destroy more than the fault.
            diagnosis.remedies.retain(|remedy| !remakes_cluster(remedy));
            if self.certainty == Certainty::Confirmed {
                diagnosis.distinguished_by = None;
            }
            if let Some(why) = self.harmless_because {
                diagnosis.severity = Severity::Warning;
                diagnosis.summary = format!("{}; {why}", diagnosis.summary).into();
            }
            if !self.remedies.is_empty() {
                diagnosis.remedies.clone_from(&self.remedies);
            }
            diagnosis
        })
    }
}
