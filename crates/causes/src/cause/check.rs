//! The check of a cause: a command that shows the fact, and the interpretation of its output.

use schemars::JsonSchema;
use serde::Serialize;

/// A command that changes nothing, with patterns for its output.
#[derive(Clone, Copy, Debug)]
pub struct CauseCheck {
    /// The host on which it has to run.
    pub on: CheckLocation,
    /// The command line, words separated by blanks. With `patterns` it is one program with
    /// arguments, which pontoon can run without a shell; without, it is for the user and may be a
    /// pipe.
    pub command: &'static str,
    /// What the output implies: the first matching pattern decides.
    pub patterns: &'static [(OutputPattern, CauseImplication)],
}

/// The host on which a command has to run.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
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

/// A pattern for the result of a command.
#[derive(Clone, Copy, Debug)]
pub enum OutputPattern {
    /// The output contains this text, ignoring case, with placeholders replaced.
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

/// What a matching pattern implies for the cause.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Privileges, usually root.
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
    /// What the result implies for the cause; `None` if nothing. `fill` replaces placeholders.
    #[must_use]
    pub fn evaluate(
        &self,
        outcome: &CommandResult,
        fill: &dyn Fn(&str) -> String,
    ) -> Option<CauseImplication> {
        // A command that lacks privileges or a cluster shows nothing about the cause.
        if outcome.missing_requirement().is_some() {
            return None;
        }
        let text = outcome.text.to_lowercase();
        let says = |word: &str| text.contains(&fill(word).to_lowercase());
        let holds = |sign: &OutputPattern| match sign {
            OutputPattern::Says(word) => says(word),
            OutputPattern::SaysAny(words) => words.iter().any(|word| says(word)),
            OutputPattern::Line(one, other) => {
                let (one, other) = (fill(one).to_lowercase(), fill(other).to_lowercase());
                text.lines().any(|line| line.contains(&one) && line.contains(&other))
            }
            OutputPattern::Silent => outcome.is_good() && text.trim().is_empty(),
            OutputPattern::Succeeds => outcome.is_good(),
            OutputPattern::Fails => outcome.status.is_some_and(|status| status != 0),
        };
        self.patterns.iter().find(|(sign, _)| holds(sign)).map(|(_, means)| *means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(signs: &'static [(OutputPattern, CauseImplication)]) -> CauseCheck {
        CauseCheck { on: CheckLocation::Here, command: "ip route get {address}", patterns: signs }
    }

    fn ended(status: i32, text: &str) -> CommandResult {
        CommandResult { status: Some(status), text: text.to_owned() }
    }

    #[test]
    fn the_first_sign_decides() {
        let look = look(&[
            (OutputPattern::Line("{address}", "unreachable"), CauseImplication::Proves),
            (OutputPattern::Silent, CauseImplication::Fits),
            (OutputPattern::Succeeds, CauseImplication::Excludes),
            (OutputPattern::Fails, CauseImplication::Fits),
        ]);
        let fill = |text: &str| text.replace("{address}", "10.96.0.1");
        let table = [
            (ended(2, "10.96.0.1: Network is UNREACHABLE"), Some(CauseImplication::Proves)),
            (ended(2, "10.96.0.1\nunreachable"), Some(CauseImplication::Fits)),
            (ended(0, " \n"), Some(CauseImplication::Fits)),
            (ended(0, "10.96.0.1 dev eth0"), Some(CauseImplication::Excludes)),
            (CommandResult { status: None, text: "10.0.0.9".to_owned() }, None),
        ];
        for (outcome, means) in table {
            assert_eq!(look.evaluate(&outcome, &fill), means, "{outcome:?}");
        }
    }

    #[test]
    fn a_command_in_trouble_of_its_own_says_nothing() {
        let look = look(&[
            (OutputPattern::Succeeds, CauseImplication::Excludes),
            (OutputPattern::Fails, CauseImplication::Proves),
        ]);
        let trouble = [
            ended(1, "Operation not permitted (you must be root)\nnetlink: Error: cache"),
            ended(1, "The connection to the server localhost:8080 was refused - did you"),
            ended(1, "open /run/containerd/containerd.sock: permission denied"),
        ];
        for outcome in trouble {
            assert_eq!(look.evaluate(&outcome, &str::to_owned), None, "{outcome:?}");
        }
    }
}
