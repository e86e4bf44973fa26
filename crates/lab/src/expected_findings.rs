//! Whether what was found is exactly what must be found.

use std::fmt;

use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A finding that must be there.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    /// Its code.
    pub code: String,
    /// For whom; what is omitted may be anything.
    #[serde(default)]
    pub scope: DiagnosisScope,
    /// How sure; omitted = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
}

impl ExpectedFinding {
    /// Whether this row means that finding.
    #[must_use]
    pub fn matches(&self, finding: &Diagnosis) -> bool {
        let scope_meets = self.scope.overlaps(&finding.scope)
            || (finding.is_symmetric && self.scope.reversed().overlaps(&finding.scope));
        self.code == finding.code.as_str()
            && self.certainty.is_none_or(|certainty| certainty == finding.certainty)
            && scope_meets
    }
}

/// What was found and not expected, and the other way round.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FindingDifference {
    /// Expected, but not found.
    pub missing: Vec<ExpectedFinding>,
    /// Found above severity info, but not expected.
    pub surplus: Vec<Diagnosis>,
}

impl FindingDifference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty()
    }
}

/// Compares findings with what must be found: every finding above severity info is met by a row,
/// and every row by a finding.
#[must_use]
pub fn compare(expected: &[ExpectedFinding], findings: &[Diagnosis]) -> FindingDifference {
    let grave = |finding: &&Diagnosis| finding.severity > Severity::Info;
    let is_expected = |finding: &&Diagnosis| expected.iter().any(|expect| expect.matches(finding));
    let is_found = |expect: &&ExpectedFinding| {
        findings.iter().filter(grave).any(|finding| expect.matches(finding))
    };
    FindingDifference {
        missing: expected.iter().filter(|expect| !is_found(expect)).cloned().collect(),
        surplus: findings.iter().filter(grave).filter(|f| !is_expected(f)).cloned().collect(),
    }
}

impl fmt::Display for FindingDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for expect in &self.missing {
            let certainty = expect.certainty.map_or("any certainty", Certainty::as_str);
            writeln!(f, "- missing {} {} ({certainty})", expect.code, shown(&expect.scope))?;
        }
        for finding in &self.surplus {
            let certainty = finding.certainty.as_str();
            writeln!(f, "+ surplus {} {} ({certainty})", finding.code, shown(&finding.scope))?;
            for line in &finding.evidence {
                writeln!(f, "      {line}")?;
            }
        }
        Ok(())
    }
}

/// A scope in the words of a scenario file.
fn shown(scope: &DiagnosisScope) -> String {
    let mut parts = Vec::new();
    parts.extend(scope.from.as_ref().map(|host| format!("from {host}")));
    parts.extend(scope.to.as_ref().map(|host| format!("to {host}")));
    parts.extend(scope.link.as_ref().map(|link| format!("on {link}")));
    parts.extend(scope.family.map(|family| family.to_string()));
    if parts.is_empty() { "anywhere".to_owned() } else { parts.join(" ") }
}
