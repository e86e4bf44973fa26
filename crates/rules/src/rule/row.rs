//! A row of the table of rules, and its matches.

use pontoon_model::code::DiagnosisCode;
use pontoon_model::finding::{DiagnosisScope, Level, Severity};

use super::rule_context::RuleContext;

/// A row of the table of findings.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisRule {
    /// The stable code of the finding.
    pub code: DiagnosisCode,
    /// What is wrong, in one short sentence without names of hosts.
    pub title: &'static str,
    /// How severe it is for a cluster.
    pub severity: Severity,
    /// Whether the finding is about both directions of a pair: then `from` and `to` may be read
    /// either way round.
    pub is_symmetric: bool,
    /// Findings that are only consequences of this one, on overlapping scope.
    pub masks: &'static [DiagnosisCode],
    /// The page for `explain`: what it is, how it differs from similar findings, what to do.
    pub explain: &'static str,
    /// The function that finds the matches.
    pub prove: fn(&RuleContext<'_>) -> Vec<RuleMatch>,
}

/// One match of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleMatch {
    /// The hosts, link and family of the match.
    pub scope: DiagnosisScope,
    /// How certain it is.
    pub level: Level,
    /// The evidence: lines after "because", never empty.
    pub because: Vec<String>,
    /// Remedies, the most useful first.
    pub advice: Vec<String>,
    /// The one test that would decide, where the level is below confirmed.
    pub would_decide: Option<String>,
}

impl RuleMatch {
    /// A match with its evidence. Remedies and the deciding test are added separately.
    #[must_use]
    pub fn new(scope: DiagnosisScope, level: Level, because: Vec<String>) -> Self {
        Self { scope, level, because, advice: Vec::new(), would_decide: None }
    }

    /// Adds remedies, the most useful first.
    #[must_use]
    pub fn advise<T: Into<String>>(mut self, advice: impl IntoIterator<Item = T>) -> Self {
        self.advice.extend(advice.into_iter().map(Into::into));
        self
    }

    /// Adds the one test that would decide; a confirmed finding needs none.
    #[must_use]
    pub fn or_decide(mut self, test: impl Into<String>) -> Self {
        if self.level < Level::Confirmed {
            self.would_decide = Some(test.into());
        }
        self
    }
}
