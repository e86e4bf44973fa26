//! The table of causes for which a cluster does not work, described by facts instead of log texts.
//!
//! `explain` comes to them from a text, a rehearsed join from a stage, a check of a cluster from
//! what it measured. A cause says in one sentence what it is, which fact distinguishes it from its
//! look-alikes, which one command shows that fact, and what to do.

pub mod check;
mod remedy;
mod api;
mod certificate;
mod cni;
mod host;
mod join;
mod name_resolution;
mod kubelet;
mod pod;
mod registry;
mod runtime;
mod object;
mod node_program;
mod server;
mod unexplained;

use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope, DistinguishingCheck, Severity};
use pontoon_model::code::DiagnosisCode;

use crate::placeholder::PlaceholderValues;
pub use check::{
    CauseCheck, CauseImplication, CheckLocation, CommandRequirement, CommandResult, OutputPattern,
    TextOrigin,
};
pub use remedy::CauseRemedy;

/// A row of the table of causes.
///
/// `summary`, `distinguished_by`, `check` and `remedies` may contain placeholders such as
/// `{address}` ([`crate::placeholder::PlaceholderKind`]), which a value of that kind fills; without
/// a value the placeholder stands there in capitals.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The stable code, in kebab-case, for scripts and `explain`. No finding has the same code.
    pub code: DiagnosisCode,
    /// How bad it is: an error stays until somebody does something, a warning goes away by itself,
    /// an info is harmless.
    pub severity: Severity,
    /// What is wrong, in a sentence without its full stop.
    pub summary: &'static str,
    /// The fact that holds for this cause and for none of its look-alikes.
    pub distinguished_by: &'static str,
    /// The command that shows the fact.
    pub check: CauseCheck,
    /// What to do, the most useful first.
    pub remedies: &'static [CauseRemedy],
    /// Where this was read or measured.
    pub source: &'static str,
}

/// Causes are equal if their codes are.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Cause {
    /// The diagnosis that it is this cause, with the values of a text or of a cluster filled in;
    /// the caller adds evidence, alternatives and a scope. `origin` says where the commands
    /// have to run.
    #[must_use]
    pub fn diagnosis(
        &self,
        certainty: Certainty,
        values: &PlaceholderValues,
        origin: TextOrigin,
    ) -> Diagnosis {
        let place = self.check.on.place(origin);
        let check = DistinguishingCheck::by_command(place, self.check.shell_command(values));
        Diagnosis {
            code: self.code,
            summary: values.fill(self.summary).into(),
            severity: self.severity,
            certainty,
            scope: DiagnosisScope::default(),
            is_symmetric: false,
            evidence: Vec::new(),
            alternatives: Vec::new(),
            distinguished_by: Some(check.showing(values.fill(self.distinguished_by))),
            remedies: self.remedies.iter().map(|remedy| remedy.filled(values, origin)).collect(),
            source: Some(self.source),
        }
    }
}

/// All causes, by the component they are about.
const TABLES: [&[Cause]; 14] = [
    api::TABLE,
    certificate::TABLE,
    join::TABLE,
    kubelet::TABLE,
    host::TABLE,
    runtime::TABLE,
    cni::TABLE,
    pod::TABLE,
    name_resolution::TABLE,
    registry::TABLE,
    object::TABLE,
    node_program::TABLE,
    server::TABLE,
    unexplained::TABLE,
];

/// Every cause, in the order of [`pontoon_model::code::CAUSES`].
pub fn all() -> impl Iterator<Item = &'static Cause> {
    TABLES.into_iter().flatten()
}

/// The cause with that code; `None` if it is the code of a finding.
#[must_use]
pub fn cause(code: DiagnosisCode) -> Option<&'static Cause> {
    all().find(|cause| cause.code == code)
}

/// The cause with that name, as given by a user.
#[must_use]
pub fn cause_named(name: &str) -> Option<&'static Cause> {
    all().find(|cause| cause.code.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::code;

    #[test]
    fn each_cause_has_one_row() {
        let codes: Vec<_> = all().map(|cause| cause.code).collect();
        assert_eq!(codes, code::CAUSES);
    }

    #[test]
    fn every_cause_is_whole() {
        for cause in all() {
            let parts = [cause.summary, cause.distinguished_by, cause.check.command, cause.source];
            assert!(parts.iter().all(|part| !part.is_empty()), "{}", cause.code);
            assert!(!cause.remedies.is_empty(), "{}", cause.code);
            let actions = cause.remedies.iter().filter_map(|remedy| remedy.action);
            let commands = cause.remedies.iter().filter_map(|remedy| remedy.command);
            let mut words: Vec<_> = actions.chain(commands).collect();
            assert!(words.iter().all(|text| !text.is_empty()), "{}", cause.code);
            words.extend([cause.summary, cause.distinguished_by]);
            assert!(words.iter().all(|text| !text.ends_with('.')), "{}", cause.code);
        }
    }

    /// `--prove` runs commands that have patterns: none of them may change anything.
    #[test]
    fn what_is_judged_only_reads() {
        const READS: [&str; 20] = [
            "ping -c ",
            "ping -M do -c ",
            "ip neigh show ",
            "ip route get ",
            "ip route show",
            "ip -br address",
            "ip -br link",
            "ss -Hltn",
            "nft list ",
            "systemctl is-active ",
            "journalctl -u ",
            "crictl ps",
            "crictl info",
            "kubectl get ",
            "kubectl config view",
            "curl -sk -m ",
            "timedatectl show ",
            "cat /",
            "ls /",
            "getent hosts ",
        ];
        const READS_MORE: [&str; 4] = [
            "kubeadm token list",
            "kubeadm certs check-expiration",
            "kubeadm version",
            "openssl x509 -noout ",
        ];
        let changes = ["--delete", " -X ", "--flush", ">", "|", ";", "&", "`", "$"];
        for cause in all().filter(|cause| !cause.check.patterns.is_empty()) {
            let command = cause.check.command;
            let mut reads = READS.iter().chain(&READS_MORE);
            assert!(reads.any(|known| command.starts_with(known)), "{}: {command}", cause.code);
            assert!(!changes.iter().any(|word| command.contains(word)), "{command}");
        }
    }
}
