//! The explanation of a pasted text, and how results of commands narrow it down.

use schemars::JsonSchema;
use serde::Serialize;

use super::placeholder::PlaceholderValues;
use super::table::{LogSource, SymptomCauses};
use crate::cause::{
    Cause, CauseImplication, CauseSeverity, CheckLocation, CommandRequirement, CommandResult, cause,
};
use pontoon_model::code::DiagnosisCode;
use pontoon_model::exit::Exit;
use pontoon_model::shell::quoted;

/// Name and version of the format. Within a version, fields are only ever added.
pub const SCHEMA: &str = "pontoon/explanation/v1";

/// The explanation of a pasted text.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Explanation {
    /// Always `pontoon/explanation/v1`.
    pub schema: String,
    /// Whether any symptom was recognised.
    pub is_recognised: bool,
    /// Number of lines read, without empty ones.
    pub lines: usize,
    /// Whether the text or one of its lines exceeded the limit and was cut.
    pub is_cut: bool,
    /// The proven symptoms, the most specific first.
    pub proven: Vec<ExplainedSymptom>,
}

/// One symptom that the text proves.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct ExplainedSymptom {
    /// What is proven, in one sentence.
    pub what: String,
    /// The number of the first line that proves it, from 1.
    pub line: usize,
    /// Number of lines that prove it.
    pub times: usize,
    /// Whether one cause, several or none remain.
    pub verdict: SymptomVerdict,
    /// The causes; excluded ones come last.
    pub causes: Vec<RemainingCause>,
}

/// The number of remaining causes.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SymptomVerdict {
    /// Exactly one cause remains.
    Certain,
    /// Several causes remain.
    Undecided,
    /// No cause remains: commands on this host excluded all.
    Cleared,
}

/// A possible cause of a proven symptom.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct RemainingCause {
    /// The code of the cause, for `pontoon explain`.
    pub code: DiagnosisCode,
    /// How bad it is.
    pub weight: CauseSeverity,
    /// What is wrong, in one sentence.
    pub is: String,
    /// The fact that distinguishes it from the other causes.
    pub apart: String,
    /// The host on which the command has to run.
    pub on: CheckLocation,
    /// The command that shows the fact, quoted for a shell.
    pub command: String,
    /// What to do about it.
    pub cure: String,
    /// Source: code or documentation that was read, or a measurement.
    pub source: &'static str,
    /// What the command implied, if it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<CauseImplication>,
    /// Why the command was not run, or had no usable result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    row: &'static Cause,
    #[serde(skip)]
    #[schemars(skip)]
    held: PlaceholderValues,
    #[serde(skip)]
    #[schemars(skip)]
    is_elsewhere: bool,
}

impl Explanation {
    pub(super) fn new(proven: Vec<ExplainedSymptom>, lines: usize, is_cut: bool) -> Self {
        let is_recognised = !proven.is_empty();
        Self { schema: SCHEMA.to_owned(), is_recognised, lines, is_cut, proven }
    }

    /// The exit code: certain faults are errors, undecided ones warnings.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let of = |proven: &ExplainedSymptom| match (proven.verdict, proven.possible_causes().next())
        {
            (SymptomVerdict::Certain, Some(told)) => match told.weight {
                CauseSeverity::Fault => Exit::Failed,
                CauseSeverity::Passing => Exit::Warned,
                CauseSeverity::Harmless => Exit::Good,
            },
            _ => Exit::Warned,
        };
        // Nothing recognised is a warning: it does not show that nothing is wrong.
        self.proven.iter().map(of).min().unwrap_or(Exit::Warned)
    }

    /// The commands that can run on this host to exclude causes, each once. They change nothing and
    /// need no shell.
    #[must_use]
    pub fn commands(&self, is_control_plane: bool) -> Vec<Vec<String>> {
        let mut questions = Vec::new();
        for remaining in self.proven.iter().flat_map(|proven| &proven.causes) {
            if remaining.not_run_reason(is_control_plane).is_some() {
                continue;
            }
            let words = remaining.words();
            if !questions.contains(&words) {
                questions.push(words);
            }
        }
        questions
    }

    /// Applies the results of the commands to all causes.
    pub fn apply_results(
        &mut self,
        is_control_plane: bool,
        outcome_of: &dyn Fn(&[String]) -> CommandResult,
    ) {
        for proven in &mut self.proven {
            for remaining in &mut proven.causes {
                remaining.untold = remaining.not_run_reason(is_control_plane);
                if remaining.untold.is_none() {
                    remaining.apply_result(&outcome_of(&remaining.words()));
                }
            }
            // Proven causes first, excluded ones last. The sort is stable.
            proven.causes.sort_by_key(|remaining| match remaining.means {
                Some(CauseImplication::Proves) => 0,
                Some(CauseImplication::Fits) => 1,
                None => 2,
                Some(CauseImplication::Excludes) => 3,
            });
            proven.judge();
        }
    }
}

impl ExplainedSymptom {
    pub(super) fn new(
        row: &SymptomCauses,
        held: &PlaceholderValues,
        line: usize,
        times: usize,
    ) -> Self {
        let causes = row.causes.iter().filter_map(|code| cause(*code));
        let causes = causes.map(|cause| RemainingCause::new(cause, held, row.source)).collect();
        let what = held.fill(&row.proves);
        let mut proven = Self { what, line, times, verdict: SymptomVerdict::Undecided, causes };
        proven.judge();
        proven
    }

    /// The remaining causes: those that are proven, else those that are not excluded.
    pub fn possible_causes(&self) -> impl Iterator<Item = &RemainingCause> {
        let is_proved = self.causes.iter().any(|one| one.means == Some(CauseImplication::Proves));
        self.causes.iter().filter(move |one| match one.means {
            Some(CauseImplication::Proves) => true,
            Some(CauseImplication::Excludes) => false,
            _ => !is_proved,
        })
    }

    fn judge(&mut self) {
        self.verdict = match self.possible_causes().count() {
            0 => SymptomVerdict::Cleared,
            1 => SymptomVerdict::Certain,
            _ => SymptomVerdict::Undecided,
        };
    }
}

impl RemainingCause {
    fn new(row: &'static Cause, held: &PlaceholderValues, speaker: LogSource) -> Self {
        let on = match (row.check.on, speaker) {
            (CheckLocation::Dialler, LogSource::ApiServer) => CheckLocation::ControlPlane,
            (CheckLocation::Dialler, LogSource::Host) => CheckLocation::Here,
            (on, _) => on,
        };
        let is_elsewhere = on == CheckLocation::Peer
            || (on == CheckLocation::Node && speaker == LogSource::ApiServer);
        // With patterns, pontoon can run the command, so each word is quoted on its own. Without,
        // the command may be a pipe, whose characters must stay as they are.
        let command = if row.check.patterns.is_empty() {
            held.fill(row.check.command)
        } else {
            let words = row.check.command.split(' ').map(|word| quoted(&held.fill(word)));
            words.collect::<Vec<_>>().join(" ")
        };
        Self {
            code: row.code,
            weight: row.weight,
            is: held.fill(row.summary),
            apart: held.fill(row.distinguished_by),
            on,
            command,
            cure: held.fill(row.remedy),
            source: row.source,
            means: None,
            untold: None,
            row,
            held: held.clone(),
            is_elsewhere,
        }
    }

    /// The program and its arguments.
    fn words(&self) -> Vec<String> {
        self.row.check.command.split(' ').map(|word| self.held.fill(word)).collect()
    }

    /// Why the command cannot run on this host.
    fn not_run_reason(&self, is_control_plane: bool) -> Option<String> {
        let look = &self.row.check;
        let why = if look.patterns.is_empty() {
            "its output is for a person to read"
        } else if !self.held.has_all(look.command) {
            "the text does not name what it asks about"
        } else if self.is_elsewhere || (self.on == CheckLocation::ControlPlane && !is_control_plane)
        {
            "it has to run on another host"
        } else {
            return None;
        };
        Some(why.to_owned())
    }

    fn apply_result(&mut self, outcome: &CommandResult) {
        let look = &self.row.check;
        self.means = look.evaluate(outcome, &|text| self.held.fill(text));
        if self.means.is_none() {
            let why = match (outcome.missing_requirement(), outcome.status) {
                (Some(CommandRequirement::Rights), _) => "it needs root",
                (Some(CommandRequirement::Cluster), _) => "kubectl reaches no cluster from here",
                (None, None) => "it took too long",
                (None, Some(126 | 127)) => "the program is not there",
                (None, Some(_)) => "its output says nothing of this",
            };
            self.untold = Some(why.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symptom::explain;
    use pontoon_model::code;

    const NO_ARP: &str = "Error from server: Get \"https://172.20.5.2:10250/containerLogs/a/b/c\": \
                          dial tcp 172.20.5.2:10250: connect: no route to host";

    fn nodes(status: &str) -> CommandResult {
        CommandResult {
            status: Some(0),
            text: format!(
                "NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP\n\
                 m Ready control-plane 1h v1.36.2 10.0.0.1 <none>\n\
                 w {status} <none> 1h v1.36.2 172.20.5.2 <none>\n"
            ),
        }
    }

    fn narrowed(is_control_plane: bool, status: &str, ping: &str) -> Explanation {
        let mut explanation = explain(NO_ARP.as_bytes());
        let ping = CommandResult { status: Some(1), text: ping.to_owned() };
        explanation.apply_results(is_control_plane, &|words| match words[0].as_str() {
            "kubectl" => nodes(status),
            "ping" => ping.clone(),
            other => panic!("{other} was not expected"),
        });
        explanation
    }

    fn told(explanation: &Explanation) -> Vec<DiagnosisCode> {
        explanation.proven[0].possible_causes().map(|one| one.code).collect()
    }

    #[test]
    fn facts_split_the_causes_of_one_text() {
        let unreachable = "From 172.20.5.1 icmp_seq=1 Destination Host Unreachable";
        let answer = "64 bytes from 172.20.5.2: icmp_seq=1 ttl=64";
        let table = [
            (true, "Ready", unreachable, vec![code::INTERNAL_IP_UNREACHABLE]),
            (true, "NotReady", unreachable, vec![code::NODE_OFF]),
            (true, "Ready", answer, vec![code::INTERNAL_IP_UNREACHABLE, code::FIREWALL_REJECT]),
            // The ping would have to run on the control plane.
            (false, "NotReady", unreachable, vec![code::NODE_OFF, code::FIREWALL_REJECT]),
        ];
        for (is_control_plane, status, ping, codes) in table {
            let explanation = narrowed(is_control_plane, status, ping);
            assert_eq!(told(&explanation), codes, "{status} {ping}");
            let is_certain = explanation.proven[0].verdict == SymptomVerdict::Certain;
            assert_eq!(is_certain, codes.len() == 1);
            let exit = if is_certain { Exit::Failed } else { Exit::Warned };
            assert_eq!(explanation.exit(), exit);
        }
    }

    #[test]
    fn a_proof_leaves_the_others_out() {
        let text = "curl: (7) Failed to connect to 10.96.0.1 port 443 after 0 ms: Couldn't connect";
        let mut explanation = explain(text.as_bytes());
        let questions = explanation.commands(false);
        assert!(questions.contains(&["ip", "route", "get", "10.96.0.1"].map(str::to_owned).into()));
        explanation.apply_results(false, &|words| match words[0].as_str() {
            "ip" => CommandResult {
                status: Some(2),
                text: "RTNETLINK answers: Network is unreachable".to_owned(),
            },
            _ => CommandResult { status: Some(127), text: String::new() },
        });
        assert_eq!(told(&explanation), [code::NO_ROUTE_TO_SERVICE_RANGE]);
        assert_eq!(explanation.exit(), Exit::Failed);
    }

    #[test]
    fn what_is_not_run_says_why() {
        let explanation = narrowed(false, "Ready", "");
        let why: Vec<_> =
            explanation.proven[0].causes.iter().filter_map(|one| one.untold.as_deref()).collect();
        assert_eq!(why, ["it has to run on another host"]);
    }
}
