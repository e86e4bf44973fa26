//! Settings that are not decided: what is missing or cannot be, as a diagnosis.

mod table;

use std::borrow::Cow;
use std::fmt;

use pontoon_diagnosis::evidence::SettingsEvidence;
use pontoon_diagnosis::{
    Certainty, Diagnosis, DiagnosisScope, DistinguishingCheck, Remedy, Severity,
};
use pontoon_model::code::DiagnosisCode;
use pontoon_model::host::HostName;

pub use table::{REFUSALS, RefusalRow, refusal, refusal_named};

/// Whose fault it is that a value is not decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalKind {
    /// What the user asks for cannot be.
    Usage,
    /// The facts do not suffice.
    Undecided,
    /// The facts suffice: it cannot work.
    Impossible,
}

/// What keeps a value from being decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingsRefusal {
    /// What kind of refusal the code is.
    pub kind: RefusalKind,
    /// What is not decided, by which evidence, and what to do.
    pub diagnosis: Box<Diagnosis>,
}

impl SettingsRefusal {
    /// A refusal by its row of the table; `summary` says of which value.
    #[must_use]
    pub fn new(
        code: DiagnosisCode,
        summary: impl Into<Cow<'static, str>>,
        evidence: impl IntoIterator<Item = SettingsEvidence>,
    ) -> Self {
        // Each code has a row, by a test; without one nothing would be claimed.
        let kind = refusal(code).map_or(RefusalKind::Undecided, |row| row.kind);
        let certainty = match kind {
            RefusalKind::Undecided => Certainty::Undecided,
            RefusalKind::Usage | RefusalKind::Impossible => Certainty::Confirmed,
        };
        let diagnosis = Box::new(Diagnosis {
            code,
            summary: summary.into(),
            severity: Severity::Error,
            certainty,
            scope: DiagnosisScope::default(),
            is_symmetric: false,
            evidence: evidence.into_iter().map(Into::into).collect(),
            alternatives: Vec::new(),
            distinguished_by: None,
            remedies: Vec::new(),
            source: None,
        });
        Self { kind, diagnosis }
    }

    /// Adds the host that the settings are for.
    #[must_use]
    pub fn of_host(mut self, host: &HostName) -> Self {
        self.diagnosis.scope = DiagnosisScope::host(host);
        self
    }

    /// Adds what would decide it.
    #[must_use]
    pub fn decided_by(mut self, check: DistinguishingCheck) -> Self {
        self.diagnosis.distinguished_by = Some(check);
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.diagnosis.remedies.push(remedy);
        self
    }
}

/// "--pod-cidr 10.0.0.0/8 is refused: it overlaps …".
impl fmt::Display for SettingsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnosis { summary, evidence, .. } = &*self.diagnosis;
        f.write_str(summary)?;
        for (at, evidence) in evidence.iter().enumerate() {
            write!(f, "{} {evidence}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsRefusal {}
