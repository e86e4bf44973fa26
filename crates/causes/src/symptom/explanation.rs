//! What a pasted text proves, the diagnoses that follow from it, and how commands narrow them.

use pontoon_diagnosis::evidence::LogEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, Diagnosis, Evidence, exit_of};
use pontoon_model::code::DiagnosisCode;
use pontoon_model::exit::Exit;
use pontoon_model::shell::ShellCommand;
use schemars::JsonSchema;
use serde::Serialize;

use super::narrowing::CandidateCause;
use super::table::SymptomCauses;
use crate::cause::{CauseImplication, CommandResult, TextOrigin, cause};
use crate::placeholder::PlaceholderValues;

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/explanation/v2";

/// What a pasted text proves, and what may be wrong.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Explanation {
    /// Always `pontoon/explanation/v1`.
    pub schema: String,
    /// Whether any symptom was recognised.
    pub is_recognised: bool,
    /// What the text says went well, where it has no symptom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<ReportedSuccess>,
    /// Number of lines read, without empty ones.
    pub lines: usize,
    /// Whether the text or one of its lines exceeded the limit and was cut.
    pub is_cut: bool,
    /// Each thing that the text proves, the most special first.
    pub symptoms: Vec<ExplainedSymptom>,
    /// The causes that remain, symptom by symptom: the evidence of each is its symptom. Several of
    /// one symptom are alternatives.
    pub diagnoses: Vec<Diagnosis>,
}

/// What a program says went well.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ReportedSuccess {
    /// In one sentence, without its full stop.
    pub what: String,
    /// The number of the line, from 1.
    pub line: usize,
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
    /// The causes that the output of a command excluded.
    pub excluded: Vec<ExcludedCause>,
    /// Causes that nothing excluded, left out because another one was proved.
    pub set_aside: Vec<DiagnosisCode>,
    #[serde(skip)]
    #[schemars(skip)]
    is_certain: bool,
    #[serde(skip)]
    #[schemars(skip)]
    candidates: Vec<CandidateCause>,
    #[serde(skip)]
    #[schemars(skip)]
    values: PlaceholderValues,
    #[serde(skip)]
    #[schemars(skip)]
    origin: TextOrigin,
}

/// A cause that it is not, and the command that showed it.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ExcludedCause {
    /// The code of the cause.
    pub code: DiagnosisCode,
    /// Where the command was run, seen from the text.
    pub place: CommandPlace,
    /// The command whose output excludes the cause.
    pub command: ShellCommand,
}

impl Explanation {
    pub(super) fn new(
        symptoms: Vec<ExplainedSymptom>,
        success: Option<(&'static str, usize)>,
        lines: usize,
        is_cut: bool,
    ) -> Self {
        let is_recognised = !symptoms.is_empty();
        let success = success.filter(|_| !is_recognised);
        let success = success.map(|(what, line)| ReportedSuccess { what: what.to_owned(), line });
        let diagnoses = symptoms.iter().flat_map(ExplainedSymptom::diagnoses).collect();
        let schema = SCHEMA.to_owned();
        Self { schema, is_recognised, success, lines, is_cut, symptoms, diagnoses }
    }

    /// The causes of one of its symptoms that remain.
    pub fn diagnoses_of<'a>(
        &'a self,
        symptom: &'a ExplainedSymptom,
    ) -> impl Iterator<Item = &'a Diagnosis> {
        // A line is of one symptom at most.
        self.diagnoses
            .iter()
            .filter(move |diagnosis| diagnosis.evidence[..] == [symptom.evidence()])
    }

    /// How the program ends: as its diagnoses say. What is not recognised, and what has no cause
    /// left, is for a person to look at.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let is_open = |symptom| self.diagnoses_of(symptom).next().is_none();
        let worst = exit_of(&self.diagnoses);
        let is_unknown = self.symptoms.is_empty() && self.success.is_none();
        if is_unknown || self.symptoms.iter().any(is_open) { worst.or(Exit::Warned) } else { worst }
    }

    /// The commands that can run on this host to exclude causes, each once. They change nothing and
    /// need no shell.
    #[must_use]
    pub fn commands(&self, is_control_plane: bool) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        for symptom in &self.symptoms {
            let (values, origin) = (&symptom.values, symptom.origin);
            let may_run = |candidate: &&CandidateCause| {
                candidate.not_run_reason(values, origin, is_control_plane).is_none()
            };
            for candidate in symptom.candidates.iter().filter(may_run) {
                let words = candidate.row.check.words(values);
                if !commands.contains(&words) {
                    commands.push(words);
                }
            }
        }
        commands
    }

    /// Applies the results of the commands to all causes.
    pub fn apply_results(
        &mut self,
        is_control_plane: bool,
        result_of: &dyn Fn(&[String]) -> CommandResult,
    ) {
        for symptom in &mut self.symptoms {
            symptom.apply_results(is_control_plane, result_of);
        }
        self.diagnoses = self.symptoms.iter().flat_map(ExplainedSymptom::diagnoses).collect();
    }
}

impl ExplainedSymptom {
    pub(super) fn new(
        row: &SymptomCauses,
        values: &PlaceholderValues,
        line: usize,
        times: usize,
    ) -> Self {
        let rows = row.causes.iter().filter_map(|code| cause(*code));
        Self {
            what: values.fill(&row.proves),
            line,
            times,
            excluded: Vec::new(),
            set_aside: Vec::new(),
            is_certain: row.is_certain,
            candidates: rows.map(CandidateCause::new).collect(),
            values: values.clone(),
            origin: row.origin,
        }
    }

    /// The symptom as the evidence of its causes.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let Self { what, line, times, .. } = self;
        LogEvidence::TextProves { what: what.clone(), source: None, line: *line, times: *times }
            .into()
    }

    /// The causes that remain: those that were proved, else those that were not excluded.
    fn remaining(&self) -> impl Iterator<Item = &CandidateCause> {
        let is_proof = |one: &CandidateCause| one.implication == Some(CauseImplication::Proves);
        let is_proved = self.candidates.iter().any(is_proof);
        self.candidates.iter().filter(move |one| match one.implication {
            Some(CauseImplication::Proves) => true,
            Some(CauseImplication::Excludes) => false,
            _ => !is_proved,
        })
    }

    /// A diagnosis for each cause that remains. The only one left is not certain by that: the text
    /// may have a cause that no table knows.
    fn diagnoses(&self) -> Vec<Diagnosis> {
        let codes: Vec<DiagnosisCode> = self.remaining().map(|one| one.row.code).collect();
        let certainty = |one: &CandidateCause| {
            let is_proved = one.implication == Some(CauseImplication::Proves);
            match codes.len() {
                1 if self.is_certain || is_proved => Certainty::Confirmed,
                1 => Certainty::Likely,
                _ => Certainty::Possible,
            }
        };
        let diagnosis = |one: &CandidateCause| Diagnosis {
            evidence: vec![self.evidence()],
            alternatives: codes.iter().copied().filter(|code| *code != one.row.code).collect(),
            ..one.diagnosis(certainty(one), &self.values, self.origin)
        };
        self.remaining().map(diagnosis).collect()
    }

    fn apply_results(
        &mut self,
        is_control_plane: bool,
        result_of: &dyn Fn(&[String]) -> CommandResult,
    ) {
        let (values, origin) = (&self.values, self.origin);
        for candidate in &mut self.candidates {
            if let Some(why) = candidate.not_run_reason(values, origin, is_control_plane) {
                candidate.not_run(why);
            } else {
                candidate.apply_result(values, &result_of(&candidate.row.check.words(values)));
            }
        }
        self.candidates.sort_by_key(CandidateCause::rank);
        let excluded = |one: &CandidateCause| ExcludedCause {
            code: one.row.code,
            place: one.row.check.on.place(origin),
            command: one.row.check.shell_command(values),
        };
        let is_out = |one: &&CandidateCause| one.implication == Some(CauseImplication::Excludes);
        self.excluded = self.candidates.iter().filter(is_out).map(excluded).collect();
        let remaining: Vec<DiagnosisCode> = self.remaining().map(|one| one.row.code).collect();
        let codes = self.candidates.iter().filter(|one| !is_out(one)).map(|one| one.row.code);
        self.set_aside = codes.filter(|code| !remaining.contains(code)).collect();
    }
}

#[cfg(test)]
mod tests {
    use pontoon_diagnosis::CheckOutcome;
    use pontoon_model::code;

    use super::*;
    use crate::symptom::explain;

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

    fn codes(explanation: &Explanation) -> Vec<DiagnosisCode> {
        explanation.diagnoses.iter().map(|one| one.code).collect()
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
        for (is_control_plane, status, ping, expected) in table {
            let explanation = narrowed(is_control_plane, status, ping);
            assert_eq!(codes(&explanation), expected, "{status} {ping}");
            let is_certain = explanation.diagnoses[0].certainty != Certainty::Possible;
            assert_eq!(is_certain, expected.len() == 1);
            let (first, second) = (&explanation.diagnoses[0], explanation.diagnoses.get(1));
            assert!(second.is_none_or(|second| first.is_alternative_to(second)));
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
        assert_eq!(codes(&explanation), [code::NO_ROUTE_TO_SERVICE_RANGE]);
        let check = explanation.diagnoses[0].distinguished_by.clone().unwrap();
        assert_eq!(check.outcome, Some(CheckOutcome::Proves));
        let symptom = &explanation.symptoms[0];
        assert_eq!(symptom.excluded, []);
        assert!(symptom.set_aside.contains(&code::SERVICE_WITHOUT_ENDPOINTS), "{symptom:?}");
        assert_eq!(explanation.exit(), Exit::Failed);
    }

    #[test]
    fn what_is_not_run_says_why() {
        let explanation = narrowed(false, "Ready", "");
        let outcomes = explanation.diagnoses.iter().map(|one| {
            (one.code, one.distinguished_by.as_ref().and_then(|check| check.outcome.clone()))
        });
        let elsewhere = CheckOutcome::Unknown("it has to run on another host".into());
        assert_eq!(
            outcomes.collect::<Vec<_>>(),
            [
                (code::INTERNAL_IP_UNREACHABLE, Some(CheckOutcome::Fits)),
                (code::FIREWALL_REJECT, Some(elsewhere)),
            ]
        );
    }

    #[test]
    fn what_a_command_excludes_is_named_with_the_command() {
        let explanation = narrowed(false, "NotReady", "");
        assert_eq!(
            explanation.symptoms[0].excluded,
            [ExcludedCause {
                code: code::INTERNAL_IP_UNREACHABLE,
                place: CommandPlace::Kubectl,
                command: "kubectl get nodes -o wide".into(),
            }]
        );
    }

    /// Where commands exclude every cause, a person has to look.
    #[test]
    fn a_symptom_without_a_cause_is_a_warning() {
        let mut explanation = explain(b"[ERROR Swap]: running with swap on is not supported");
        assert_eq!(explanation.exit(), Exit::Failed);
        explanation.apply_results(false, &|_| CommandResult {
            status: Some(0),
            text: "Filename Type Size Used Priority".to_owned(),
        });
        assert_eq!(codes(&explanation), []);
        assert_eq!(explanation.exit(), Exit::Warned);
    }
}
