//! Exit codes of the program (docs/exit-codes.md).

/// How a run ended, for scripts.
///
/// When several hold, the one that comes first here counts: what kept the question from being
/// answered at all goes before what was found.
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

    /// The one of the two that counts.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.min(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
