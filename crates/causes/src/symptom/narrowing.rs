//! A cause of a symptom, and what the output of its command says of it (`--prove`).

use pontoon_diagnosis::{Certainty, CheckOutcome, Diagnosis};

use crate::cause::{
    Cause, CauseImplication, CheckLocation, CommandRequirement, CommandResult, TextOrigin,
};
use crate::placeholder::PlaceholderValues;

/// A cause that a symptom may have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CandidateCause {
    pub(super) row: &'static Cause,
    /// What the output of its command says of it; none: it was not run, or says nothing.
    pub(super) implication: Option<CauseImplication>,
    /// Why nothing is known of it, where that was asked for.
    unknown: Option<&'static str>,
}

impl CandidateCause {
    pub(super) const fn new(row: &'static Cause) -> Self {
        Self { row, implication: None, unknown: None }
    }

    /// Proved ones first, excluded ones last.
    pub(super) const fn rank(&self) -> u8 {
        match self.implication {
            Some(CauseImplication::Proves) => 0,
            Some(CauseImplication::Fits) => 1,
            None => 2,
            Some(CauseImplication::Excludes) => 3,
        }
    }

    /// Why its command is not run on this host; none: it may be.
    pub(super) fn not_run_reason(
        &self,
        values: &PlaceholderValues,
        origin: TextOrigin,
        is_control_plane: bool,
    ) -> Option<&'static str> {
        let check = &self.row.check;
        let is_of_api_server = origin == TextOrigin::ApiServer;
        let is_elsewhere = match check.on {
            CheckLocation::Peer => true,
            CheckLocation::Node => is_of_api_server,
            CheckLocation::Dialler => is_of_api_server && !is_control_plane,
            CheckLocation::ControlPlane => !is_control_plane,
            CheckLocation::Here | CheckLocation::Kubectl => false,
        };
        if check.patterns.is_empty() {
            Some("its output is for a person to read")
        } else if !values.has_all(check.command) {
            Some("the text does not name what it asks about")
        } else if is_elsewhere {
            Some("it has to run on another host")
        } else {
            None
        }
    }

    /// Says why its command is not run.
    pub(super) const fn not_run(&mut self, why: &'static str) {
        self.unknown = Some(why);
    }

    /// Takes in how its command ended.
    pub(super) fn apply_result(&mut self, values: &PlaceholderValues, result: &CommandResult) {
        self.implication = self.row.check.evaluate(result, values);
        self.unknown = self.implication.is_none().then_some(
            match (result.missing_requirement(), result.status) {
                (Some(CommandRequirement::Rights), _) => "it needs root",
                (Some(CommandRequirement::Cluster), _) => "kubectl reaches no cluster from here",
                (None, None) => "it took too long",
                (None, Some(126 | 127)) => "the program is not installed",
                (None, Some(_)) => "its output says nothing about it",
            },
        );
    }

    /// Its diagnosis, with what its command showed.
    pub(super) fn diagnosis(
        &self,
        certainty: Certainty,
        values: &PlaceholderValues,
        origin: TextOrigin,
    ) -> Diagnosis {
        let mut diagnosis = self.row.diagnosis(certainty, values, origin);
        let outcome = match (self.implication, self.unknown) {
            (Some(CauseImplication::Proves), _) => Some(CheckOutcome::Proves),
            (Some(CauseImplication::Fits), _) => Some(CheckOutcome::Fits),
            (_, why) => why.map(|why| CheckOutcome::Unknown(why.into())),
        };
        if let Some(check) = &mut diagnosis.distinguished_by {
            check.outcome = outcome;
        }
        diagnosis
    }
}
