//! The scheduler's sentence: several reasons, each with the number of nodes it holds for.
//!
//! `0/3 nodes are available: 1 node(s) had untolerated taint {…}, 2 Insufficient cpu. preemption: …`
//! (kubernetes, `pkg/scheduler/framework/types.go`, `FitError`).

use crate::placeholder::{PlaceholderKind, PlaceholderValues};

const SUMMARY: &str = "nodes are available: ";

/// What follows the reasons repeats them, or tells of pods to evict.
const PREEMPTION: &str = "preemption: ";

/// Whether a line is such a sentence.
pub(super) fn is_summary(lower: &str) -> bool {
    lower.contains(SUMMARY)
}

/// The reasons of a line in lower case. A reason without a number holds for the pod, so for every
/// node; its number is 0.
pub(super) fn reasons(lower: &str) -> impl Iterator<Item = (String, u32)> {
    let (_, list) = lower.split_once(SUMMARY).unwrap_or_default();
    let list = list.split_once(PREEMPTION).map_or(list, |(list, _)| list);
    let mut reasons: Vec<(String, u32)> = Vec::new();
    for part in list.split(", ") {
        let part = part.trim_end_matches([' ', '.']);
        let (number, words) = part.split_once(' ').unwrap_or_default();
        match (number.parse(), reasons.last_mut()) {
            (Ok(nodes), _) => reasons.push((words.to_owned(), nodes)),
            // A comma within a reason.
            (Err(_), Some((reason, _))) => *reason = format!("{reason}, {part}"),
            (Err(_), None) => reasons.push((part.to_owned(), 0)),
        }
    }
    reasons.into_iter()
}

/// The number of nodes as a value.
pub(super) fn values(nodes: u32) -> PlaceholderValues {
    let number = (nodes > 0).then(|| (PlaceholderKind::Number, nodes.to_string()));
    PlaceholderValues::of(number.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_number_of_nodes() {
        let text = "0/6 nodes are available: 1 node(s) had untolerated taint {a: }, 2 insufficient \
                    cpu, 3 node(s) didn't match pod's node affinity/selector. preemption: 0/6 nodes \
                    are available: 6 preemption is not helpful for scheduling.";
        let found: Vec<_> = reasons(text).map(|(_, nodes)| nodes).collect();
        assert_eq!(found, [1, 2, 3]);
        let whole = "0/3 nodes are available: pod has unbound immediate persistentvolumeclaims.";
        let found: Vec<_> = reasons(whole).collect();
        assert_eq!(found, [("pod has unbound immediate persistentvolumeclaims".to_owned(), 0)]);
    }
}
