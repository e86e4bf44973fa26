//! What is wrong, how sure that is, and for whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::host::HostName;
use crate::net::{Family, IfName};
use crate::rule::Case;

/// How sure a finding is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The facts do not suffice; the finding names the test that would decide.
    Undecided,
    /// One end only, or lookalikes remain.
    Possible,
    /// Both ends, but short or lossy, or without a control.
    Likely,
    /// Both ends, enough rounds, controls good, two kinds of probe agree.
    Confirmed,
}

/// How bad a finding is for a cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works today, or costs something.
    Warning,
    /// Something does not work.
    Error,
}

/// For whom a finding holds. What is not given holds for any.
#[derive(
    Clone, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The host that is affected, or that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<HostName>,
    /// The host or address that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<HostName>,
    /// The link of `from` (of `to`, where there is no `from`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
}

impl Scope {
    /// Whether some pair, link and family is meant by both: a field that is not given meets any.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        fn meets<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
            one.zip(two).is_none_or(|(one, two)| one == two)
        }
        meets(self.from.as_ref(), other.from.as_ref())
            && meets(self.to.as_ref(), other.to.as_ref())
            && meets(self.link.as_ref(), other.link.as_ref())
            && meets(self.family.as_ref(), other.family.as_ref())
    }

    /// The hosts it names; the first owns the link.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &HostName> {
        self.from.iter().chain(&self.to)
    }

    /// A host as a whole.
    #[must_use]
    pub fn host(host: &HostName) -> Self {
        Self { from: Some(host.clone()), ..Self::default() }
    }

    /// A link of a host.
    #[must_use]
    pub fn link(host: &HostName, link: &IfName) -> Self {
        Self { link: Some(link.clone()), ..Self::host(host) }
    }

    /// The same scope seen from the other end.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }
}

/// A row of the table of findings.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name.
    pub code: Code,
    /// What is wrong, in one short sentence without a subject's name.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether the finding is about both directions of a pair: then `from` and `to` may be read
    /// either way round.
    pub is_symmetric: bool,
    /// Findings that are only its consequence, on overlapping scope.
    pub masks: &'static [Code],
    /// The page that `explain` shows: what it is, how it is told from its lookalikes, what to do.
    pub explain: &'static str,
    /// Where it holds.
    pub prove: fn(&Case<'_>) -> Vec<Proven>,
}

/// One place where a rule holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proven {
    /// For whom.
    pub scope: Scope,
    /// How sure.
    pub level: Level,
    /// What was seen: the lines after "because", never empty.
    pub because: Vec<String>,
    /// What to do, most useful first.
    pub advice: Vec<String>,
    /// The one test that would decide, where the level is below confirmed.
    pub would_decide: Option<String>,
}

impl Proven {
    /// What holds, how sure that is and why. Advice and what would decide are added.
    #[must_use]
    pub fn new(scope: Scope, level: Level, because: Vec<String>) -> Self {
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

/// Something wrong, with its proof.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// Its name.
    pub code: Code,
    /// What is wrong.
    pub title: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub level: Level,
    /// For whom.
    pub scope: Scope,
    /// Whether `from` and `to` may be read either way round.
    pub is_symmetric: bool,
    /// What was seen.
    pub because: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// What would decide, where it is not confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_decide: Option<String>,
}
