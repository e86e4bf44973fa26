//! Exit codes of the program (docs/exit-codes.md).

use crate::finding::{Finding, Level, Severity};

/// How a run ended, for scripts.
///
/// The variants are in order of precedence: when several apply, the first one is the exit code.
/// What prevented a check goes before what the checks found (docs/decisions/013-exit-codes.md).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exit {
    /// A defect of pontoon, or a failure of the machine it runs on.
    Internal,
    /// The command line, or a file that it names, is invalid.
    Usage,
    /// The check needs a privilege that was missing.
    NotPermitted,
    /// A change was rolled back.
    RolledBack,
    /// There is at least one error that is confirmed or likely.
    Failed,
    /// A host that the user named could not be reached.
    Unreachable,
    /// There are warnings, or errors that are only possible or undecided.
    Warned,
    /// No problem was found.
    Good,
}

impl Exit {
    /// All exit codes in order of precedence.
    pub const ALL: [Self; 8] = [
        Self::Internal,
        Self::Usage,
        Self::NotPermitted,
        Self::RolledBack,
        Self::Failed,
        Self::Unreachable,
        Self::Warned,
        Self::Good,
    ];

    /// The exit code, 0 to 7. A signal ends the program with 128 plus its number, as shells report
    /// it: 130 for SIGINT, 141 for SIGPIPE, 143 for SIGTERM.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Warned => 4,
            Self::NotPermitted => 5,
            Self::Unreachable => 6,
            Self::RolledBack => 7,
        }
    }

    /// The meaning of the exit code, for the help text and the docs.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Good => "nothing is wrong",
            Self::Internal => "pontoon itself failed",
            Self::Usage => "the command line, or a file that it names, is invalid",
            Self::Failed => "something is wrong, confirmed or likely",
            Self::Warned => "warnings, or errors that are only possible or undecided",
            Self::NotPermitted => "the check needs a privilege that is missing",
            Self::Unreachable => "a host that you named is unknown, or could not be reached",
            Self::RolledBack => "a change was rolled back",
        }
    }

    /// The exit code for these findings alone.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        findings.iter().map(Self::of_one).min().unwrap_or(Self::Good)
    }

    fn of_one(finding: &Finding) -> Self {
        match (finding.severity, finding.level) {
            (Severity::Error, Level::Confirmed | Level::Likely) => Self::Failed,
            (Severity::Error, Level::Possible | Level::Undecided) | (Severity::Warning, _) => {
                Self::Warned
            }
            (Severity::Info, _) => Self::Good,
        }
    }

    /// The one of two exit codes that takes precedence.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.min(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::finding::DiagnosisScope;

    fn finding(severity: Severity, level: Level) -> Finding {
        Finding {
            code: code::CLIENT_ISOLATION,
            title: "a test",
            severity,
            level,
            scope: DiagnosisScope::default(),
            is_symmetric: false,
            because: vec!["it was seen".to_owned()],
            advice: Vec::new(),
            would_decide: None,
        }
    }

    #[test]
    fn findings_weigh_what_they_should() {
        let table = [
            (Severity::Error, Level::Confirmed, 3),
            (Severity::Error, Level::Likely, 3),
            (Severity::Error, Level::Possible, 4),
            (Severity::Error, Level::Undecided, 4),
            (Severity::Warning, Level::Confirmed, 4),
            (Severity::Warning, Level::Undecided, 4),
            (Severity::Info, Level::Confirmed, 0),
            (Severity::Info, Level::Undecided, 0),
        ];
        for (severity, level, code) in table {
            assert_eq!(
                Exit::of(&[finding(severity, level)]).code(),
                code,
                "{severity:?} {level:?}"
            );
        }
        assert_eq!(Exit::of(&[]).code(), 0);
    }

    #[test]
    fn the_worst_finding_decides_wherever_it_stands() {
        let error = finding(Severity::Error, Level::Likely);
        let warning = finding(Severity::Warning, Level::Confirmed);
        assert_eq!(Exit::of(&[warning.clone(), error.clone()]), Exit::Failed);
        assert_eq!(Exit::of(&[error, warning]), Exit::Failed);
    }

    #[test]
    fn precedence_is_as_documented() {
        assert_eq!(Exit::ALL.map(Exit::code), [1, 2, 5, 7, 3, 6, 4, 0]);
        for (at, first) in Exit::ALL.iter().enumerate() {
            for second in &Exit::ALL[at..] {
                assert_eq!(first.or(*second), *first);
                assert_eq!(second.or(*first), *first);
            }
        }
    }
}
