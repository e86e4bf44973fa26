//! A row of the table of rules, and its matches.

use pontoon_diagnosis::{
    Certainty, Diagnosis, DiagnosisScope, DistinguishingCheck, Evidence, Remedy, Severity,
};
use pontoon_model::code::DiagnosisCode;

use super::rule_context::RuleContext;

/// A row of the table of rules.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisRule {
    /// The name of its diagnoses, for `pontoon explain CODE`.
    pub code: DiagnosisCode,
    /// What is wrong, in one short sentence without the names of hosts. The verdict puts "Likely,"
    /// or "It is undecided whether" before it.
    pub summary: &'static str,
    /// How bad it is if it holds.
    pub severity: Severity,
    /// Whether the diagnosis is about both directions of a pair: then `from` and `to` may be read
    /// in either order.
    pub is_symmetric: bool,
    /// Diagnoses that are only its consequence, on overlapping scope.
    pub masks: &'static [DiagnosisCode],
    /// The page that `explain` shows: what it is, how it is detected, what looks similar, what to do.
    pub explain: &'static str,
    /// Where it holds, by the facts of a run.
    pub prove: fn(&RuleContext<'_>) -> Vec<RuleMatch>,
}

impl DiagnosisRule {
    /// The diagnosis of a place where the rule holds.
    pub(super) fn diagnosis(&self, found: RuleMatch) -> Diagnosis {
        let RuleMatch { scope, certainty, evidence, remedies, distinguished_by } = found;
        Diagnosis {
            code: self.code,
            summary: self.summary.into(),
            severity: self.severity,
            certainty,
            scope,
            is_symmetric: self.is_symmetric,
            evidence,
            alternatives: Vec::new(),
            distinguished_by,
            remedies,
            source: None,
        }
    }
}

/// One place where a rule holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleMatch {
    /// Whom it is about.
    pub scope: DiagnosisScope,
    /// How sure it is.
    pub certainty: Certainty,
    /// What was observed, the most telling first; never empty.
    pub evidence: Vec<Evidence>,
    /// What to do, the most useful first.
    pub remedies: Vec<Remedy>,
    /// The one check that would decide, where it is not confirmed.
    pub distinguished_by: Option<DistinguishingCheck>,
}

impl RuleMatch {
    /// What holds, how sure that is and by which evidence. Remedies and the check are added.
    #[must_use]
    pub fn new<T: Into<Evidence>>(
        scope: DiagnosisScope,
        certainty: Certainty,
        evidence: impl IntoIterator<Item = T>,
    ) -> Self {
        let evidence = evidence.into_iter().map(Into::into).collect();
        Self { scope, certainty, evidence, remedies: Vec::new(), distinguished_by: None }
    }

    /// Adds what to do, the most useful first.
    #[must_use]
    pub fn with_remedies(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.remedies.extend(remedies);
        self
    }

    /// Adds the one check that would decide; what is confirmed needs none.
    #[must_use]
    pub fn distinguished_by(mut self, check: DistinguishingCheck) -> Self {
        if self.certainty < Certainty::Confirmed {
            self.distinguished_by = Some(check);
        }
        self
    }
}
