//! The numbers with which the program ends.

/// How a run ended, for scripts.
///
/// When several hold, the one that comes first here counts: what kept the question from being
/// answered at all goes before what was found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exit {
    /// A defect of the program or of the machine it runs on.
    Internal,
    /// The command line, or a file that it names, makes no sense.
    Usage,
    /// The question could not be answered without a privilege that was missing.
    NotPermitted,
    /// A change was taken back.
    RolledBack,
    /// Something is wrong: an error, confirmed or likely.
    Failed,
    /// A host that the user named could not be asked.
    Unreachable,
    /// Warnings, or errors that are only possible or undecided.
    Warned,
    /// Nothing is wrong.
    Good,
}

impl Exit {
    /// All, in the order of precedence.
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

    /// The number. Besides these, a signal ends the program as shells count it: 130 interrupted,
    /// 141 nobody reads the output, 143 terminated.
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

    /// What the number says, for the help and the docs.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Good => "nothing is wrong",
            Self::Internal => "pontoon itself failed",
            Self::Usage => "the command line, or a file it names, makes no sense",
            Self::Failed => "something is wrong, confirmed or likely",
            Self::Warned => "warnings, or errors that are only possible or undecided",
            Self::NotPermitted => "the question needs a privilege that was missing",
            Self::Unreachable => "a host that you named is not known, or could not be asked",
            Self::RolledBack => "a change was taken back",
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
