//! The same join rehearsed on several hosts, most of which are asked without the token.

use std::collections::BTreeMap;

use pontoon_diagnosis::evidence::JoinAnswerEvidence;
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::report::JoinReport;
use crate::request::JoinRequest;
use crate::verdict::{JoinStage, JoinVerdict, StageResult};

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/join-hosts/v2";

/// Rehearsals of one join.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct JoinHostsReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The server that the line names.
    pub endpoint: String,
    /// Each host that could be asked. What takes the token is undecided, but on the host where
    /// pontoon runs.
    pub hosts: Vec<JoinReport>,
    /// The others, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

impl JoinHostsReport {
    /// What it amounts to: the worst of them.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let worst = self.hosts.iter().map(JoinReport::exit).min().unwrap_or(Exit::Good);
        if self.unreached.is_empty() { worst } else { worst.or(Exit::Unreachable) }
    }
}

impl JoinVerdict {
    /// Adds what is not decided of a host that the token was not taken to.
    #[must_use]
    pub fn without_token(mut self, request: &JoinRequest) -> Self {
        if self.failure.is_some() || self.undecided.is_some() || request.bearer().is_none() {
            return self;
        }
        let mut open = |stage| {
            self.stages.push(StageResult::undecided(stage, JoinAnswerEvidence::TokenNotSent));
        };
        open(JoinStage::Reads);
        if request.is_control_plane {
            open(JoinStage::ControlPlane);
            if request.certificate_key.is_some() {
                open(JoinStage::SharedCertificates);
            }
        }
        open(JoinStage::NodeName);
        self
    }

    /// Whether nothing stands in the way as far as was asked, and what is read with the token was
    /// not.
    #[must_use]
    pub fn lacks_token(&self) -> bool {
        let is_open =
            |stage: &StageResult| stage.stage == JoinStage::Reads && stage.is_passed.is_none();
        self.failure.is_none() && self.stages.iter().any(is_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join_line;

    fn report(lacks_something: bool) -> JoinReport {
        let lack = crate::preflight::PreflightFailure {
            check: None,
            evidence: pontoon_diagnosis::evidence::JoiningHostEvidence::SwapOn.into(),
            remedies: Vec::new(),
            is_fatal: false,
        };
        JoinReport {
            schema: crate::report::SCHEMA.to_owned(),
            host: HostName::lossy("pi2"),
            endpoint: String::new(),
            preflight: lacks_something.then_some(lack).into_iter().collect(),
            verdict: JoinVerdict::default(),
            links: Vec::new(),
            beyond_kubeadm: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn the_worst_host_decides_and_one_that_was_not_asked_is_no_good_one() {
        let table = [
            (vec![false], false, Exit::Good),
            (vec![false, true], false, Exit::Warned),
            (vec![false], true, Exit::Unreachable),
            (vec![true], true, Exit::Unreachable),
            (vec![], true, Exit::Unreachable),
        ];
        for (hosts, has_unreached, exit) in table {
            let why = (HostName::lossy("pi9"), Untrusted::new("it is off"));
            let all = JoinHostsReport {
                schema: SCHEMA.to_owned(),
                endpoint: String::new(),
                hosts: hosts.into_iter().map(report).collect(),
                unreached: has_unreached.then_some(why).into_iter().collect(),
            };
            assert_eq!(all.exit(), exit, "{all:?}");
        }
    }

    #[test]
    fn without_the_token_its_stages_are_open_and_nothing_else() {
        let line = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
                    --discovery-token-unsafe-skip-ca-verification";
        for (more, stages) in [
            ("", &[JoinStage::Reads, JoinStage::NodeName][..]),
            (" --control-plane", &[JoinStage::Reads, JoinStage::ControlPlane, JoinStage::NodeName]),
        ] {
            let told = join_line::parse(&format!("{line}{more}")).unwrap();
            let request = told.complete(None).unwrap();
            let verdict = JoinVerdict::default().without_token(&request);
            assert!(verdict.lacks_token());
            assert!(verdict.stages.iter().all(|stage| stage.is_passed.is_none()));
            assert_eq!(verdict.stages.iter().map(|stage| stage.stage).collect::<Vec<_>>(), stages);
        }
        assert!(!JoinVerdict::default().lacks_token());
    }
}
