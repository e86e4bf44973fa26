//! The table of causes for which a cluster does not work, described by facts instead of log texts.
//!
//! `explain` gets to them from a text, join-check from a stage of a join, cluster check from
//! measurements. Each cause has a one-sentence summary, the fact that distinguishes it from similar
//! ones, one command that shows the fact, and a remedy.

pub mod check;
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

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_model::code::DiagnosisCode;

pub use check::{
    CauseCheck, CauseImplication, CheckLocation, CommandRequirement, CommandResult, OutputPattern,
};

/// A row of the table of causes.
///
/// `summary`, `distinguished_by`, `check` and `remedy` may contain placeholders such as `{address}`
/// (`symptom::placeholder::PlaceholderKind`), which are replaced by values of that kind; without a
/// value, the placeholder is printed in capitals.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The stable code, in kebab-case, for scripts and `explain`. No finding has the same code.
    pub code: DiagnosisCode,
    /// How severe it is.
    pub weight: CauseSeverity,
    /// What is wrong, as a sentence without its full stop.
    pub summary: &'static str,
    /// The fact that is true for this cause and false for similar ones.
    pub distinguished_by: &'static str,
    /// The command that shows the fact.
    pub check: CauseCheck,
    /// What to do about it.
    pub remedy: &'static str,
    /// Source: code or documentation that was read, or a measurement.
    pub source: &'static str,
}

/// Causes are equal if their codes are.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

/// How bad a cause is.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseSeverity {
    /// It stays until someone fixes it.
    Fault,
    /// It resolves on its own.
    Passing,
    /// Nothing is wrong: the text is expected.
    Harmless,
}

/// The tables of all causes, grouped by component.
const TABLES: [&[Cause]; 10] = [
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
];

/// All causes, in the order of the tables.
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
            let parts = [
                cause.summary,
                cause.distinguished_by,
                cause.check.command,
                cause.remedy,
                cause.source,
            ];
            assert!(parts.iter().all(|part| !part.is_empty()), "{}", cause.code);
            assert!(
                !cause.summary.ends_with('.') && !cause.distinguished_by.ends_with('.'),
                "{}",
                cause.code
            );
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
