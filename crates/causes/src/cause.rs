//! Why a cluster does not work: one table of causes, by what they are and not by what they say.
//!
//! `explain` comes to them from a text, a rehearsed join from a stage, a check of a cluster from
//! what it measured. A cause says in one sentence what it is, which fact tells it from the others
//! that look alike, the one command that shows the fact, and what cures it.

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
/// `is`, `apart`, `look` and `cure` may hold holes such as `{address}` (`symptom::hole::Hole`),
/// which a value of that kind fills; without a value the hole stands there in capitals.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Its name, in kebab-case: stable, for scripts and `explain`. No finding has the same.
    pub code: DiagnosisCode,
    /// How bad it is.
    pub weight: CauseSeverity,
    /// What it is, in a sentence without its full stop.
    pub summary: &'static str,
    /// The fact that holds of it, and not of those that look alike.
    pub distinguished_by: &'static str,
    /// The command that shows the fact.
    pub check: CauseCheck,
    /// What to do.
    pub remedy: &'static str,
    /// Where this was read or measured.
    pub source: &'static str,
}

/// A code names one cause.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

/// How bad a cause is.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseSeverity {
    /// It stays until somebody does something.
    Fault,
    /// It goes by itself.
    Passing,
    /// Nothing is wrong.
    Harmless,
}

/// All, by what they are about.
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

/// Every cause.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    TABLES.into_iter().flatten()
}

/// The row of a cause; none where the code is a finding's.
#[must_use]
pub fn cause(code: DiagnosisCode) -> Option<&'static Cause> {
    all().find(|cause| cause.code == code)
}

/// The cause that a user means by this name.
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

    /// `--prove` runs what has signs: nothing of that may change anything.
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
