//! Remedies of the table of causes: words and commands apart, with placeholders.

use pontoon_diagnosis::Remedy;

use super::check::{CheckLocation, TextOrigin};
use crate::placeholder::PlaceholderValues;

/// One thing to do about a cause, with placeholders in its words and its command.
#[derive(Clone, Copy, Debug)]
pub struct CauseRemedy {
    /// Where the command has to run, where it matters.
    pub on: Option<CheckLocation>,
    /// What the command is for, or what a person has to do.
    pub action: Option<&'static str>,
    /// The command, as a shell takes it.
    pub command: Option<&'static str>,
}

/// Something that a person has to do.
pub(super) const fn action(action: &'static str) -> CauseRemedy {
    CauseRemedy { on: None, action: Some(action), command: None }
}

/// A command to run.
pub(super) const fn run(command: &'static str) -> CauseRemedy {
    CauseRemedy { on: None, action: None, command: Some(command) }
}

impl CauseRemedy {
    pub(super) const fn on(self, on: CheckLocation) -> Self {
        Self { on: Some(on), ..self }
    }

    pub(super) const fn to(self, action: &'static str) -> Self {
        Self { action: Some(action), ..self }
    }

    /// The remedy with its placeholders filled. `origin` says what "here" means.
    #[must_use]
    pub fn filled(&self, values: &PlaceholderValues, origin: TextOrigin) -> Remedy {
        Remedy {
            place: self.on.map(|on| on.place(origin)),
            action: self.action.map(|action| values.fill(action).into()),
            command: self.command.map(|command| values.fill_command(command)),
        }
    }
}
