//! Paths on which frames are lost.

use super::row::RuleMatch;
use pontoon_model::finding::Level;

use super::rule_context::RuleContext;

/// Smallest number of rounds for which a share is meaningful.
const ROUNDS: usize = 5;

/// Frames pass, but more than one in ten is lost.
pub(super) fn lossy_path(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for pair in &case.pairs {
        let is_lossy = pair.directions().iter().any(|way| {
            let (sent, arrived) = (way.sent().len(), way.arrived().len());
            way.is_witnessed && sent >= ROUNDS && arrived > 0 && arrived * 10 < sent * 9
        });
        if !is_lossy {
            continue;
        }
        let because = pair
            .directions()
            .iter()
            .map(|way| {
                let (sent, arrived) = (way.sent().len(), way.arrived().len());
                format!(
                    "{arrived} of {sent} rounds from {} to {} arrived",
                    way.from.host, way.to.host
                )
            })
            .collect();
        found.push(
            RuleMatch::new(pair.scope(), Level::Likely, because)
                .advise(["move nearer to the access point, or use the wire"])
                .or_decide("a longer run"),
        );
    }
    found
}
