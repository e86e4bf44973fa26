//! The check of a cause: a command that shows the fact, and the interpretation of its output.

use pontoon_diagnosis::CommandPlace;
use pontoon_model::shell::{ShellCommand, shell_line};

use crate::placeholder::PlaceholderValues;

/// A command that shows whether a cause holds, and how its output is read.
#[derive(Clone, Copy, Debug)]
pub struct CauseCheck {
    /// The host on which it has to run.
    pub on: CheckLocation,
    /// Words with blanks between them, as typed. With `patterns` it is one program and its
    /// arguments, run without a shell; without, it is for a person and may be a pipe.
    pub command: &'static str,
    /// What its output says of the cause: the first pattern that matches decides.
    pub patterns: &'static [(OutputPattern, CauseImplication)],
}

/// Where a command has to run, seen from the text or the node that shows the symptom.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CheckLocation {
    /// The host on which the text was written.
    Here,
    /// The host that dialled: that of the text, or the control plane if the API server did.
    Dialler,
    /// Any control-plane host.
    ControlPlane,
    /// The node that the text is about: that of the text, or the one that the API server dialled.
    Node,
    /// The host that was dialled.
    Peer,
    /// Any host where kubectl reaches the cluster.
    Kubectl,
}

/// What a symptom was read from: it decides which host "here" and "the one that dialled" are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextOrigin {
    /// A text of the host on which pontoon runs.
    ThisHost,
    /// A text of the API server, whichever program shows it.
    ApiServer,
    /// A node of a cluster that pontoon checks from elsewhere.
    ClusterNode,
}

impl CheckLocation {
    /// The place in a diagnosis of something that was read from `origin`.
    #[must_use]
    pub const fn place(self, origin: TextOrigin) -> CommandPlace {
        match (self, origin) {
            (Self::Here | Self::Dialler, TextOrigin::ClusterNode) | (Self::Node, _) => {
                CommandPlace::Node
            }
            (Self::Dialler, TextOrigin::ApiServer) | (Self::ControlPlane, _) => {
                CommandPlace::ControlPlane
            }
            (Self::Here | Self::Dialler, _) => CommandPlace::ThisHost,
            (Self::Peer, _) => CommandPlace::OtherHost,
            (Self::Kubectl, _) => CommandPlace::Kubectl,
        }
    }
}

/// What a command's output or exit status may show.
#[derive(Clone, Copy, Debug)]
pub enum OutputPattern {
    /// It wrote this (any case; placeholders are filled).
    Says(&'static str),
    /// The output contains one of these texts.
    SaysAny(&'static [&'static str]),
    /// One line of the output contains both texts.
    Line(&'static str, &'static str),
    /// Exit status 0 without any output.
    Silent,
    /// Exit status 0, whatever the output.
    Succeeds,
    /// Any other exit status.
    Fails,
}

/// What a pattern in the output says of the cause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CauseImplication {
    /// This is the cause.
    Proves,
    /// This may be the cause, no more likely than before.
    Fits,
    /// This is not the cause.
    Excludes,
}

/// The result of a command.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CommandResult {
    /// The exit status; `None` if a signal or the time limit ended it.
    pub status: Option<i32>,
    /// Both outputs, limited in size by the caller.
    pub text: String,
}

/// A requirement that a command did not meet, so that its result implies nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CommandRequirement {
    /// Rights that the user lacks.
    Rights,
    /// A cluster whose API server responds.
    Cluster,
}

impl CommandResult {
    /// The missing requirement, if the output shows one.
    #[must_use]
    pub fn missing_requirement(&self) -> Option<CommandRequirement> {
        // In the output of ping, "operation not permitted" is a result: a packet filter rejects.
        let text = self.text.to_lowercase();
        let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if self.status == Some(0) {
            return None;
        }
        if holds(&[
            "permission denied",
            "you must be root",
            "not permitted (you",
            "not seeing messages",
        ]) || (holds(&["operation not permitted"]) && !holds(&["bytes of data"]))
        {
            return Some(CommandRequirement::Rights);
        }
        let unreached = [
            "the connection to the server",
            "unable to connect to the server",
            "couldn't get current server api group list",
            "you must be logged in",
            "validate service connection",
        ];
        holds(&unreached).then_some(CommandRequirement::Cluster)
    }

    fn is_good(&self) -> bool {
        self.status == Some(0)
    }
}

impl CauseCheck {
    /// A command whose output is for a person to read.
    pub(super) const fn new(on: CheckLocation, command: &'static str) -> Self {
        Self { on, command, patterns: &[] }
    }

    /// Adds what its output says of the cause.
    pub(super) const fn judged_by(
        self,
        patterns: &'static [(OutputPattern, CauseImplication)],
    ) -> Self {
        Self { patterns, ..self }
    }

    /// The program and its arguments with their placeholders filled.
    #[must_use]
    pub fn words(&self, values: &PlaceholderValues) -> Vec<String> {
        self.command.split(' ').map(|word| values.fill(word)).collect()
    }

    /// The command as a shell takes it.
    #[must_use]
    pub fn shell_command(&self, values: &PlaceholderValues) -> ShellCommand {
        if self.patterns.is_empty() {
            return values.fill_command(self.command);
        }
        ShellCommand::of_quoted(shell_line(&self.words(values)))
    }

    /// What the output says of the cause; `None` when nothing.
    #[must_use]
    pub fn evaluate(
        &self,
        outcome: &CommandResult,
        values: &PlaceholderValues,
    ) -> Option<CauseImplication> {
        // A command that lacks privileges or a cluster shows nothing about the cause.
        if outcome.missing_requirement().is_some() {
            return None;
        }
        let text = outcome.text.to_lowercase();
        let fill = |word: &str| values.fill(word).to_lowercase();
        let says = |word: &str| text.contains(&fill(word));
        let holds = |pattern: &OutputPattern| match pattern {
            OutputPattern::Says(word) => says(word),
            OutputPattern::SaysAny(words) => words.iter().any(|word| says(word)),
            OutputPattern::Line(one, other) => {
                let (one, other) = (fill(one), fill(other));
                text.lines().any(|line| line.contains(&one) && line.contains(&other))
            }
            OutputPattern::Silent => outcome.is_good() && text.trim().is_empty(),
            OutputPattern::Succeeds => outcome.is_good(),
            OutputPattern::Fails => outcome.status.is_some_and(|status| status != 0),
        };
        self.patterns.iter().find(|(pattern, _)| holds(pattern)).map(|(_, means)| *means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placeholder::PlaceholderKind;

    const fn check(patterns: &'static [(OutputPattern, CauseImplication)]) -> CauseCheck {
        CauseCheck::new(CheckLocation::Here, "ip route get {address}").judged_by(patterns)
    }

    fn ended(status: i32, text: &str) -> CommandResult {
        CommandResult { status: Some(status), text: text.to_owned() }
    }

    #[test]
    fn the_first_sign_decides() {
        let check = check(&[
            (OutputPattern::Line("{address}", "unreachable"), CauseImplication::Proves),
            (OutputPattern::Silent, CauseImplication::Fits),
            (OutputPattern::Succeeds, CauseImplication::Excludes),
            (OutputPattern::Fails, CauseImplication::Fits),
        ]);
        let values = PlaceholderValues::default().with(PlaceholderKind::Address, &"10.96.0.1");
        let table = [
            (ended(2, "10.96.0.1: Network is UNREACHABLE"), Some(CauseImplication::Proves)),
            (ended(2, "10.96.0.1\nunreachable"), Some(CauseImplication::Fits)),
            (ended(0, " \n"), Some(CauseImplication::Fits)),
            (ended(0, "10.96.0.1 dev eth0"), Some(CauseImplication::Excludes)),
            (CommandResult { status: None, text: "10.0.0.9".to_owned() }, None),
        ];
        for (outcome, means) in table {
            assert_eq!(check.evaluate(&outcome, &values), means, "{outcome:?}");
        }
    }

    #[test]
    fn here_is_where_the_symptom_was_read() {
        let table = [
            (CheckLocation::Here, TextOrigin::ThisHost, CommandPlace::ThisHost),
            (CheckLocation::Here, TextOrigin::ApiServer, CommandPlace::ThisHost),
            (CheckLocation::Here, TextOrigin::ClusterNode, CommandPlace::Node),
            (CheckLocation::Dialler, TextOrigin::ThisHost, CommandPlace::ThisHost),
            (CheckLocation::Dialler, TextOrigin::ApiServer, CommandPlace::ControlPlane),
            (CheckLocation::Dialler, TextOrigin::ClusterNode, CommandPlace::Node),
            (CheckLocation::Peer, TextOrigin::ThisHost, CommandPlace::OtherHost),
        ];
        for (location, origin, place) in table {
            assert_eq!(location.place(origin), place, "{location:?} {origin:?}");
        }
    }

    #[test]
    fn a_command_in_trouble_of_its_own_says_nothing() {
        let check = check(&[
            (OutputPattern::Succeeds, CauseImplication::Excludes),
            (OutputPattern::Fails, CauseImplication::Proves),
        ]);
        let trouble = [
            ended(1, "Operation not permitted (you must be root)\nnetlink: Error: cache"),
            ended(1, "The connection to the server localhost:8080 was refused - did you"),
            ended(1, "open /run/containerd/containerd.sock: permission denied"),
        ];
        for outcome in trouble {
            assert_eq!(
                check.evaluate(&outcome, &PlaceholderValues::default()),
                None,
                "{outcome:?}"
            );
        }
    }
}
