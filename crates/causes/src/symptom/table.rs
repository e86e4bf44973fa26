//! The table of symptoms: texts with one meaning, what they prove, and the possible causes.

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
    /// Patterns; one match suffices.
    pub(super) words: &'static [&'static str],
    /// What it proves, and no more; placeholders are filled.
    pub(super) proves: &'static str,
    /// The codes of the possible causes.
    pub(super) causes: &'static [DiagnosisCode],
    /// How specific the symptom is.
    pub(super) class: SymptomClass,
    /// Whose words the line is, and so which host dialled.
    pub(super) origin: TextOrigin,
}

/// How specific a symptom is compared with others.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SymptomClass {
    /// It is specific: it states what happened.
    Plain,
    /// It is a consequence of other symptoms in this group and is not reported beside them.
    After(SymptomGroup),
    /// It counts only if none of these texts follows, as they show that the program recovered.
    Unless(&'static [&'static str]),
}

/// Groups of symptoms in which general ones are consequences of specific ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SymptomGroup {
    /// Names that are not resolved.
    Dns,
    /// Images that are not pulled.
    Pull,
    /// A Node that is not ready.
    Node,
    /// Any symptom at all.
    Any,
}

/// What follows from a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SymptomCauses {
    /// What is proven; with placeholders.
    pub(super) proves: String,
    /// The codes of the possible causes.
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

    /// The result of this row.
    pub(super) fn row(&self) -> SymptomCauses {
        SymptomCauses {
            proves: self.proves.to_owned(),
            causes: self.causes.to_vec(),
            origin: self.origin,
        }
    }

    /// Whether the symptom belongs to a group, by the subject of its causes.
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

/// The tables, the most specific first: the first row that matches a line is taken.
const TABLES: [&[Symptom]; 4] = [kubeadm::TABLE, node::TABLE, pods::TABLE, network::TABLE];

/// A row with compiled patterns.
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

/// All codes that occur in rows.
#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = (&'static Symptom, DiagnosisCode)> {
    let rows = TABLES.into_iter().flatten();
    rows.flat_map(|symptom| symptom.causes.iter().map(move |code| (symptom, *code)))
}
