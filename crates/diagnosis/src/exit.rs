//! The one rule by which diagnoses decide how a command ends.

use pontoon_model::exit::Exit;

use crate::certainty::{Certainty, Severity};
use crate::diagnosis::Diagnosis;

/// What these diagnoses alone amount to: the worst of them.
#[must_use]
pub fn exit_of<'a>(diagnoses: impl IntoIterator<Item = &'a Diagnosis>) -> Exit {
    let one = |diagnosis: &Diagnosis| weight(diagnosis.severity, diagnosis.certainty);
    diagnoses.into_iter().map(one).min().unwrap_or(Exit::Good)
}

const fn weight(severity: Severity, certainty: Certainty) -> Exit {
    match (severity, certainty) {
        (Severity::Error, Certainty::Confirmed | Certainty::Likely) => Exit::Failed,
        (Severity::Error, Certainty::Possible | Certainty::Undecided) | (Severity::Warning, _) => {
            Exit::Warned
        }
        (Severity::Info, _) => Exit::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::DiagnosisScope;
    use pontoon_model::code;

    fn diagnosis(severity: Severity, certainty: Certainty) -> Diagnosis {
        Diagnosis {
            code: code::CLIENT_ISOLATION,
            summary: "a test".into(),
            severity,
            certainty,
            scope: DiagnosisScope::default(),
            is_symmetric: false,
            evidence: Vec::new(),
            alternatives: Vec::new(),
            distinguished_by: None,
            remedies: Vec::new(),
            source: None,
        }
    }

    #[test]
    fn severity_and_certainty_decide_the_exit_code() {
        let table = [
            (Severity::Error, Certainty::Confirmed, 3),
            (Severity::Error, Certainty::Likely, 3),
            (Severity::Error, Certainty::Possible, 4),
            (Severity::Error, Certainty::Undecided, 4),
            (Severity::Warning, Certainty::Confirmed, 4),
            (Severity::Warning, Certainty::Undecided, 4),
            (Severity::Info, Certainty::Confirmed, 0),
            (Severity::Info, Certainty::Undecided, 0),
        ];
        for (severity, certainty, code) in table {
            let exit = exit_of(&[diagnosis(severity, certainty)]);
            assert_eq!(exit.code(), code, "{severity:?} {certainty:?}");
        }
        assert_eq!(exit_of(&[]).code(), 0);
    }

    #[test]
    fn the_worst_diagnosis_decides_wherever_it_stands() {
        let error = diagnosis(Severity::Error, Certainty::Likely);
        let warning = diagnosis(Severity::Warning, Certainty::Confirmed);
        assert_eq!(exit_of(&[warning.clone(), error.clone()]), Exit::Failed);
        assert_eq!(exit_of(&[error, warning]), Exit::Failed);
    }
}
