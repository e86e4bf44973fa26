//! A diagnosis with its evidence.

use std::borrow::Cow;

use pontoon_model::code::DiagnosisCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::certainty::{Certainty, Severity};
use crate::distinguishing_check::DistinguishingCheck;
use crate::evidence::Evidence;
use crate::remedy::Remedy;
use crate::scope::DiagnosisScope;

/// Something that is wrong, how sure that is, by which evidence, and what to do about it.
///
/// Where the same evidence fits several causes, each is a diagnosis of its own that is at most
/// [`Certainty::Possible`], names the others as [`Diagnosis::alternatives`] and stands beside them.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Its name, for `pontoon explain CODE`.
    pub code: DiagnosisCode,
    /// What is wrong, in one sentence without a full stop.
    pub summary: Cow<'static, str>,
    /// How bad it is if it holds.
    pub severity: Severity,
    /// How sure it is.
    pub certainty: Certainty,
    /// Whom it is about.
    pub scope: DiagnosisScope,
    /// Whether `scope.from` and `scope.to` may be read either way round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_symmetric: bool,
    /// What was observed, the most telling first.
    pub evidence: Vec<Evidence>,
    /// Other causes that fit the same evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<DiagnosisCode>,
    /// What holds for this cause and for none of its look-alikes, and the check that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinguished_by: Option<DistinguishingCheck>,
    /// What to do, the most useful first.
    pub remedies: Vec<Remedy>,
    /// Where the rule was read or measured: an RFC, a kernel document, a file of Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl Diagnosis {
    /// Whether two diagnoses are candidates for the same evidence, of which at most one holds.
    #[must_use]
    pub fn is_alternative_to(&self, other: &Self) -> bool {
        self.alternatives.contains(&other.code)
            && self.scope == other.scope
            && self.evidence == other.evidence
    }
}
