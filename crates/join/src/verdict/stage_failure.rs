//! The stage in which a join fails, before the causes that it leaves are looked up.

use pontoon_causes::cause::{TextOrigin, cause};
use pontoon_causes::placeholder::{PlaceholderKind, PlaceholderValues};
use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, Evidence, Remedy};
use pontoon_model::code::DiagnosisCode;
use pontoon_model::host::HostName;

use super::{JoinFailure, JoinStage, StageResult};
use crate::request::{DiscoveryMethod, JoinRequest};
use crate::trial::JoinTrial;

/// A stage that was passed, or the failure that it ends with.
pub(super) type StageOutcome = Result<StageResult, Box<StageFailure>>;

/// A stage that fails, with what its observation leaves as causes.
#[derive(Clone, Debug)]
pub(super) struct StageFailure {
    pub(super) stage: JoinStage,
    /// One that is proven or likely, or several of which one holds.
    pub(super) causes: Vec<DiagnosisCode>,
    /// How sure a sole cause is.
    pub(super) certainty: Certainty,
    pub(super) evidence: Vec<Evidence>,
    pub(super) remedies: Vec<Remedy>,
    pub(super) after_ms: u64,
    /// kubeadm's own words; of the way to a server only what Go says after its URL.
    pub(super) response: String,
}

impl StageFailure {
    /// A failure at once, by what was observed last.
    pub(super) fn new(
        stage: JoinStage,
        causes: &[DiagnosisCode],
        evidence: impl Into<Evidence>,
        response: impl Into<String>,
    ) -> Self {
        Self {
            stage,
            causes: causes.to_vec(),
            certainty: Certainty::Confirmed,
            evidence: vec![evidence.into()],
            remedies: Vec::new(),
            after_ms: 0,
            response: response.into(),
        }
    }

    /// The sole cause is what is left, and not what was seen.
    pub(super) fn likely(mut self) -> Self {
        self.certainty = Certainty::Likely;
        self
    }

    /// What to do, the most useful first.
    pub(super) fn remedies(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.remedies.extend(remedies);
        self
    }

    /// How long kubeadm takes to give up.
    pub(super) fn after(mut self, ms: u64) -> Self {
        self.after_ms = ms;
        self
    }

    /// One diagnosis for each cause that is left, by the table of causes.
    pub(super) fn diagnosed(self, request: &JoinRequest, trial: &JoinTrial) -> JoinFailure {
        let values = values(self.stage, request, trial);
        let to = values.get(PlaceholderKind::Host).map(HostName::lossy);
        let scope = DiagnosisScope { to, link: trial.link.clone(), ..DiagnosisScope::default() };
        let certainty = if self.causes.len() == 1 { self.certainty } else { Certainty::Possible };
        // Stages name causes only, and each cause has a row (tested in `causes`).
        let rows = self.causes.iter().filter_map(|code| cause(*code));
        let diagnoses = rows.map(|row| {
            let bare = row.diagnosis(certainty, &values, TextOrigin::ThisHost);
            let is_sure = certainty == Certainty::Confirmed;
            Diagnosis {
                scope: scope.clone(),
                evidence: self.evidence.clone(),
                alternatives: self.causes.iter().filter(|it| **it != row.code).copied().collect(),
                distinguished_by: bare.distinguished_by.clone().filter(|_| !is_sure),
                remedies: self.remedies.clone(),
                ..bare
            }
        });
        let diagnoses = diagnoses.collect();
        let Self { stage, after_ms, response, .. } = self;
        JoinFailure { stage, after_ms, response, diagnoses }
    }
}

/// What fills the table's placeholders: the server that the stage asks, and the token.
fn values(stage: JoinStage, request: &JoinRequest, trial: &JoinTrial) -> PlaceholderValues {
    let inside = trial.inside.as_ref().filter(|_| stage >= JoinStage::Inside);
    let server = &inside.unwrap_or(&trial.first).server;
    let host = &server.host;
    let mut values = PlaceholderValues::default()
        .with(PlaceholderKind::Host, host)
        .with(PlaceholderKind::Port, &server.port_or_default())
        .with(PlaceholderKind::Endpoint, &server.authority())
        .with(PlaceholderKind::Wanted, host);
    values = match host.address() {
        Some(address) => values.with(PlaceholderKind::Address, &address),
        None => values.with(PlaceholderKind::Name, host),
    };
    match &request.discovery {
        DiscoveryMethod::Token { token, .. } => values.with(PlaceholderKind::Token, &token.id),
        DiscoveryMethod::File(_) => values,
    }
}
