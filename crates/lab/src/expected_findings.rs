//! Whether what was found is exactly what must be found.

use std::fmt;

use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A finding that must be there.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    /// The code of the finding.
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

#[cfg(test)]
mod tests {
    use pontoon_model::code;

    use super::*;

    fn found(severity: Severity, from: &str, to: &str) -> Diagnosis {
        let host = |name: &str| Some(name.parse().unwrap());
        Diagnosis {
            code: code::CLIENT_ISOLATION,
            summary: "t".into(),
            severity,
            certainty: Certainty::Confirmed,
            scope: DiagnosisScope { from: host(from), to: host(to), ..DiagnosisScope::default() },
            is_symmetric: true,
            evidence: Vec::new(),
            alternatives: Vec::new(),
            distinguished_by: None,
            remedies: Vec::new(),
            source: None,
        }
    }

    fn row(text: &str) -> ExpectedFinding {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn each_row_must_be_met_and_each_finding_be_meant() {
        let findings = [found(Severity::Error, "pi1", "pi2")];
        let code = "code = \"client-isolation\"\n";
        for (rows, missing, surplus) in [
            (vec![row(code)], 0, 0),
            (vec![row(&format!("{code}certainty = \"confirmed\""))], 0, 0),
            // A symmetric finding is meant from either end.
            (vec![row(&format!("{code}scope = {{ from = \"pi2\", to = \"pi1\" }}"))], 0, 0),
            (vec![row(&format!("{code}certainty = \"likely\""))], 1, 1),
            (vec![row(&format!("{code}scope = {{ from = \"pi3\" }}"))], 1, 1),
            (vec![row("code = \"one-way-filter\"")], 1, 1),
            (vec![row(code), row("code = \"one-way-filter\"")], 1, 0),
            (vec![], 0, 1),
        ] {
            let difference = compare(&rows, &findings);
            let counts = (difference.missing.len(), difference.surplus.len());
            assert_eq!(counts, (missing, surplus), "{rows:?}");
            assert_eq!(difference.is_empty(), difference.to_string().is_empty());
        }
    }

    #[test]
    fn what_is_for_information_only_need_not_be_meant() {
        let findings = [found(Severity::Info, "pi1", "pi2")];
        assert!(compare(&[], &findings).is_empty());
        assert_eq!(compare(&[row("code = \"client-isolation\"")], &findings).missing.len(), 1);
    }

    #[test]
    fn a_difference_names_what_a_scenario_would_say() {
        let findings = [found(Severity::Error, "pi1", "pi2")];
        let text = compare(&[row("code = \"one-way-filter\"")], &findings).to_string();
        assert_eq!(
            text,
            "- missing one-way-filter anywhere (any certainty)\n\
             + surplus client-isolation from pi1 to pi2 (confirmed)\n"
        );
    }
}
