//! What tells a cause from its look-alikes.

use std::borrow::Cow;
use std::fmt;

use pontoon_model::host::HostName;
use pontoon_model::shell::ShellCommand;
use schemars::JsonSchema;
use serde::Serialize;

/// Where a command has to run.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandPlace {
    /// On this host of the run.
    Host(HostName),
    /// On the host where pontoon runs.
    ThisHost,
    /// On a control plane of the cluster.
    ControlPlane,
    /// On the node that is affected.
    Node,
    /// On the other end of the connection.
    OtherHost,
    /// Wherever kubectl reaches the cluster.
    Kubectl,
}

impl fmt::Display for CommandPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "on {host}"),
            Self::ThisHost => f.write_str("on this host"),
            Self::ControlPlane => f.write_str("on the control plane"),
            Self::Node => f.write_str("on the node"),
            Self::OtherHost => f.write_str("on the other host"),
            Self::Kubectl => f.write_str("with kubectl"),
        }
    }
}

/// The check that distinguishes a cause from its look-alikes.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DistinguishingCheck {
    /// What holds for this cause alone, or what to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<Cow<'static, str>>,
    /// Where the command has to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<CommandPlace>,
    /// The command that shows it, as a shell takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<ShellCommand>,
    /// What the command showed, where it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CheckOutcome>,
}

impl DistinguishingCheck {
    /// A check that is no single command.
    #[must_use]
    pub fn by_fact(fact: impl Into<Cow<'static, str>>) -> Self {
        Self { fact: Some(fact.into()), place: None, command: None, outcome: None }
    }

    /// A command whose output decides.
    #[must_use]
    pub fn by_command(place: CommandPlace, command: impl Into<ShellCommand>) -> Self {
        Self { fact: None, place: Some(place), command: Some(command.into()), outcome: None }
    }

    /// Adds what the command's output has to show.
    #[must_use]
    pub fn showing(self, fact: impl Into<Cow<'static, str>>) -> Self {
        Self { fact: Some(fact.into()), ..self }
    }
}

/// "on pi1: dig @192.0.2.1 debian.org", "a longer run".
impl fmt::Display for DistinguishingCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.command, &self.fact) {
            (Some(place), Some(command), Some(fact)) => write!(f, "{place}: {command} ({fact})"),
            (Some(place), Some(command), None) => write!(f, "{place}: {command}"),
            (None, Some(command), Some(fact)) => write!(f, "{command} ({fact})"),
            (None, Some(command), None) => f.write_str(command.as_str()),
            (Some(place), None, Some(fact)) => write!(f, "{place}: {fact}"),
            (None, None, Some(fact)) => f.write_str(fact),
            (_, None, None) => Ok(()),
        }
    }
}

/// What a distinguishing check showed.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It is this cause and no other.
    Proves,
    /// It may be this cause.
    Fits,
    /// The command was not run, or its output says nothing about it, and why.
    Unknown(Cow<'static, str>),
}
