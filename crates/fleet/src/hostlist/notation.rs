//! Other ways to write a range, and how it is written here.

use std::fmt;

/// Whose notation it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notation {
    /// `pi[1:5]`, as in Ansible inventories.
    Ansible,
    /// `pi{1..5}`, as in bash and zsh.
    Shell,
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ansible => "Ansible's",
            Self::Shell => "the shell's",
        })
    }
}

/// Something was understood that is written otherwise here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// Whose notation it is.
    pub notation: Notation,
    /// The brackets as they were written.
    pub written: String,
    /// The same in the notation of host lists.
    pub instead: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { notation, written, instead } = self;
        write!(f, "`{written}` is {notation} notation; here it is written `{instead}`")
    }
}
