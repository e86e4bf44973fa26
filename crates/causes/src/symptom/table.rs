//! Texts that mean one thing wherever they stand: pattern, what it proves, which causes remain.

mod kubeadm;
mod node;
mod pods;
mod network;

use pontoon_model::code::{self, DiagnosisCode};

use super::pattern::LinePattern;
use crate::cause::TextOrigin;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symptom {
    /// Patterns, of which one suffices.
    pub(super) words: &'static [&'static str],
    /// What it proves, and no more; placeholders are filled.
    pub(super) proves: &'static str,
    /// The causes that remain, by their codes.
    pub(super) causes: &'static [DiagnosisCode],
    /// How much it says beside others.
    pub(super) class: SymptomClass,
    /// Whose words the line is, and so which host dialled.
    pub(super) origin: TextOrigin,
}

/// How much a symptom says beside others.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SymptomClass {
    /// It says what happened.
    Plain,
    /// It follows from others of this group, and says nothing beside them.
    After(SymptomGroup),
    /// It means something only where none of these words come later.
    Unless(&'static [&'static str]),
}

/// Symptoms of which a general one says nothing beside a special one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SymptomGroup {
    /// Names that are not resolved.
    Dns,
    /// Images that are not pulled.
    Pull,
    /// A node that is not ready.
    Node,
    /// Anything at all.
    Any,
}

/// What follows from a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SymptomCauses {
    /// What is proven; with placeholders.
    pub(super) proves: String,
    /// The causes that remain, by their codes.
    pub(super) causes: Vec<DiagnosisCode>,
    /// Whose words the line is, and so which host dialled.
    pub(super) origin: TextOrigin,
}

impl Symptom {
    const fn plain(
        words: &'static [&'static str],
        proves: &'static str,
        causes: &'static [DiagnosisCode],
    ) -> Self {
        Self { words, proves, causes, class: SymptomClass::Plain, origin: TextOrigin::ThisHost }
    }

    const fn after(self, group: SymptomGroup) -> Self {
        Self { class: SymptomClass::After(group), ..self }
    }

    const fn unless(self, later: &'static [&'static str]) -> Self {
        Self { class: SymptomClass::Unless(later), ..self }
    }

    const fn by_api_server(self) -> Self {
        Self { origin: TextOrigin::ApiServer, ..self }
    }

    /// What follows from it.
    pub(super) fn row(&self) -> SymptomCauses {
        SymptomCauses {
            proves: self.proves.to_owned(),
            causes: self.causes.to_vec(),
            origin: self.origin,
        }
    }

    /// Which group it is of, by its causes' subject.
    pub(super) fn is_of(&self, group: SymptomGroup) -> bool {
        self.groups().contains(&group)
    }

    fn groups(&self) -> Vec<SymptomGroup> {
        let of = |code: DiagnosisCode| match code {
            code::COREDNS_NOT_READY | code::RESOLVER_UNREACHABLE | code::NAME_UNKNOWN => {
                Some(SymptomGroup::Dns)
            }
            code::IMAGE_UNKNOWN
            | code::REGISTRY_RATE_LIMIT
            | code::NO_WAY_TO_INTERNET
            | code::NAT_MISSING => Some(SymptomGroup::Pull),
            code::CNI_NOT_INSTALLED | code::TUNNEL_DOWN | code::KUBELET_LOST_API_SERVER => {
                Some(SymptomGroup::Node)
            }
            _ => None,
        };
        self.causes.iter().filter_map(|code| of(*code)).chain([SymptomGroup::Any]).collect()
    }
}

/// The tables, the most special first: of a line the first that fits is told.
const TABLES: [&[Symptom]; 4] = [kubeadm::TABLE, node::TABLE, pods::TABLE, network::TABLE];

/// A row with its patterns read.
pub(super) struct CompiledSymptom {
    pub(super) symptom: &'static Symptom,
    pub(super) patterns: Vec<LinePattern>,
}

/// All rows, in the order in which they are tried.
pub(super) fn compiled() -> Vec<CompiledSymptom> {
    let compile = |symptom: &'static Symptom| CompiledSymptom {
        symptom,
        patterns: symptom.words.iter().map(|words| LinePattern::new(words)).collect(),
    };
    TABLES.into_iter().flatten().map(compile).collect()
}

/// Every code that a row names.
#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = (&'static Symptom, DiagnosisCode)> {
    let rows = TABLES.into_iter().flatten();
    rows.flat_map(|symptom| symptom.causes.iter().map(move |code| (symptom, *code)))
}
