//! The command that shows a fact, and what its output means.

use schemars::JsonSchema;
use serde::Serialize;

/// A command that only reads.
#[derive(Clone, Copy, Debug)]
pub struct CauseCheck {
    /// Where it has to run.
    pub on: CheckLocation,
    /// Words with blanks between them, as typed. With `signs` it is one program and its
    /// arguments, run without a shell; without, it is for a person and may be a pipe.
    pub command: &'static str,
    /// What its output says of the cause: the first sign that is there decides.
    pub patterns: &'static [(OutputPattern, CauseImplication)],
}

/// Where a command has to run.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckLocation {
    /// On the host on which the text was written.
    Here,
    /// On the host that dialled: that of the text, or the control plane where the API server did.
    Dialler,
    /// On a host of the control plane.
    ControlPlane,
    /// On the node that the text is about: that of the text, or the one that the API server dialled.
    Node,
    /// On the host that was dialled.
    Peer,
    /// Anywhere where kubectl reaches the cluster.
    Kubectl,
}

/// What can be told by a command's end.
#[derive(Clone, Copy, Debug)]
pub enum OutputPattern {
    /// It wrote this (any case; holes are filled).
    Says(&'static str),
    /// It wrote one of these.
    SaysAny(&'static [&'static str]),
    /// It wrote one line that holds both.
    Line(&'static str, &'static str),
    /// It ended well, and wrote nothing.
    Silent,
    /// It ended well.
    Succeeds,
    /// It ended otherwise.
    Fails,
}

/// What a sign says of the cause.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseImplication {
    /// It is this.
    Proves,
    /// It may be this: no more than before.
    Fits,
    /// It is not this.
    Excludes,
}

/// How a command ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CommandResult {
    /// Its status; `None` when a signal ended it, or it was ended because it took too long.
    pub status: Option<i32>,
    /// What it wrote to both outputs, bounded by whoever ran it.
    pub text: String,
}

/// What a command needs that was missing: then its end says nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CommandRequirement {
    /// More rights.
    Rights,
    /// A cluster that answers.
    Cluster,
}

impl CommandResult {
    /// Whether the output is about the command's own trouble and not about what was asked.
    #[must_use]
    pub fn missing_requirement(&self) -> Option<CommandRequirement> {
        // Of ping these words are an answer: what a packet filter says.
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
    /// What the output says of the cause; `None` when nothing. `fill` puts values into holes.
    #[must_use]
    pub fn evaluate(
        &self,
        outcome: &CommandResult,
        fill: &dyn Fn(&str) -> String,
    ) -> Option<CauseImplication> {
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
