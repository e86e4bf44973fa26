//! The table of symptoms: texts with one meaning, what they prove, and the possible causes.

mod kubeadm;
mod node;
mod pods;
mod network;
mod objects;

use pontoon_model::code::{self, DiagnosisCode};

use super::pattern::LinePattern;
use crate::cause::TextOrigin;
use crate::placeholder::{PlaceholderKind, PlaceholderValues};

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
    /// Whether the words exclude every other cause, also those that no table knows.
    pub(super) is_certain: bool,
    /// Whether it is a reason in the scheduler's sentence.
    pub(super) is_reason: bool,
    /// In how many lines it has to be.
    pub(super) times_min: usize,
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
    /// Whether the words exclude every other cause.
    pub(super) is_certain: bool,
    /// Whose words the line is, and so which host dialled.
    pub(super) origin: TextOrigin,
}

impl Symptom {
    const fn plain(
        words: &'static [&'static str],
        proves: &'static str,
        causes: &'static [DiagnosisCode],
    ) -> Self {
        Self {
            words,
            proves,
            causes,
            class: SymptomClass::Plain,
            origin: TextOrigin::ThisHost,
            is_certain: false,
            is_reason: false,
            times_min: 1,
        }
    }

    const fn after(self, group: SymptomGroup) -> Self {
        Self { class: SymptomClass::After(group), ..self }
    }

    /// Claims that the words exclude every other cause, also those that no table knows.
    const fn certain(self) -> Self {
        assert!(self.causes.len() == 1, "only one cause can be certain");
        Self { is_certain: true, ..self }
    }

    /// A reason in the scheduler's sentence, which holds for a number of nodes.
    const fn reason(self) -> Self {
        Self { is_reason: true, ..self }
    }

    /// Counts only from so many lines on: programs that start well say it a few times.
    const fn at_least(self, times_min: usize) -> Self {
        Self { times_min, ..self }
    }

    const fn by_api_server(self) -> Self {
        Self { origin: TextOrigin::ApiServer, ..self }
    }

    /// The result of this row.
    pub(super) fn row(&self, values: &PlaceholderValues) -> SymptomCauses {
        let nodes = match values.get(PlaceholderKind::Number).filter(|_| self.is_reason) {
            Some("1") => " (1 node)",
            Some(_) => " ({number} nodes)",
            None => "",
        };
        SymptomCauses {
            proves: format!("{}{nodes}", self.proves),
            causes: self.causes.to_vec(),
            is_certain: self.is_certain,
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
const TABLES: [&[Symptom]; 5] =
    [objects::TABLE, kubeadm::TABLE, node::TABLE, pods::TABLE, network::TABLE];

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
