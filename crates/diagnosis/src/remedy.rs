//! What to do about a diagnosis.

use std::borrow::Cow;
use std::fmt;

use pontoon_model::host::HostName;
use pontoon_model::shell::ShellCommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::distinguishing_check::CommandPlace;

/// One thing to do: a command where there is one, and in words where there is none.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Remedy {
    /// Where the command has to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<CommandPlace>,
    /// What it does, or what a person has to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Cow<'static, str>>,
    /// The command, as a shell takes it; words in capitals are for the reader to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<ShellCommand>,
}

impl Remedy {
    /// Something that a person has to do, or to ask somebody for.
    #[must_use]
    pub fn action(action: impl Into<Cow<'static, str>>) -> Self {
        Self { place: None, action: Some(action.into()), command: None }
    }

    /// A command for wherever the reader is.
    #[must_use]
    pub fn command(command: impl Into<ShellCommand>) -> Self {
        Self { place: None, action: None, command: Some(command.into()) }
    }

    /// A command for a host.
    #[must_use]
    pub fn on(host: &HostName, command: impl Into<ShellCommand>) -> Self {
        Self::command(command).at(CommandPlace::Host(host.clone()))
    }

    /// Adds where it has to run.
    #[must_use]
    pub fn at(self, place: CommandPlace) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Adds what the command is for.
    #[must_use]
    pub fn to(self, action: impl Into<Cow<'static, str>>) -> Self {
        Self { action: Some(action.into()), ..self }
    }
}

/// "on pi1: keep it over a reboot: echo …".
impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A command of kubectl says so itself.
        let is_told = self.command.is_some() && self.place == Some(CommandPlace::Kubectl);
        if let Some(place) = self.place.as_ref().filter(|_| !is_told) {
            write!(f, "{place}: ")?;
        }
        match (&self.action, &self.command) {
            (Some(action), Some(command)) => write!(f, "{action}: {command}"),
            (Some(action), None) => f.write_str(action),
            (None, Some(command)) => f.write_str(command.as_str()),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_reads_as_place_action_command() {
        let pi1 = HostName::lossy("pi1");
        let table = [
            (Remedy::action("ask the operators"), "ask the operators"),
            (Remedy::on(&pi1, "sysctl -w a=1"), "on pi1: sysctl -w a=1"),
            (
                Remedy::on(&pi1, "tee f").to("keep it over a reboot"),
                "on pi1: keep it over a reboot: tee f",
            ),
            (Remedy::command("pontoon mesh"), "pontoon mesh"),
            (Remedy::command("kubectl get csr").at(CommandPlace::Kubectl), "kubectl get csr"),
            (Remedy::action("edit it").at(CommandPlace::Kubectl), "with kubectl: edit it"),
        ];
        for (remedy, text) in table {
            assert_eq!(remedy.to_string(), text);
        }
    }
}
