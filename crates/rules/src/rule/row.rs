//! A row of the table of rules, and what it proves of the facts.

use pontoon_model::code::DiagnosisCode;
use pontoon_model::finding::{DiagnosisScope, Level, Severity};

use super::rule_context::RuleContext;

/// A row of the table of findings.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisRule {
    /// Its name.
    pub code: DiagnosisCode,
    /// What is wrong, in one short sentence without a subject's name.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether the finding is about both directions of a pair: then `from` and `to` may be read
    /// either way round.
    pub is_symmetric: bool,
    /// Findings that are only its consequence, on overlapping scope.
    pub masks: &'static [DiagnosisCode],
    /// The page that `explain` shows: what it is, how it is told from its lookalikes, what to do.
    pub explain: &'static str,
    /// Where it holds.
    pub prove: fn(&RuleContext<'_>) -> Vec<RuleMatch>,
}

/// One place where a rule holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleMatch {
    /// For whom.
    pub scope: DiagnosisScope,
    /// How sure.
    pub level: Level,
    /// What was seen: the lines after "because", never empty.
    pub because: Vec<String>,
    /// What to do, most useful first.
    pub advice: Vec<String>,
    /// The one test that would decide, where the level is below confirmed.
    pub would_decide: Option<String>,
}

impl RuleMatch {
    /// What holds, how sure that is and why. Advice and what would decide are added.
    #[must_use]
    pub fn new(scope: DiagnosisScope, level: Level, because: Vec<String>) -> Self {
        Self { scope, level, because, advice: Vec::new(), would_decide: None }
    }

    /// Adds what to do, most useful first.
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
