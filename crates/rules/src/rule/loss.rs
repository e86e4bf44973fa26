//! Paths on which frames are lost.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::FrameEvidence;
use pontoon_diagnosis::{Certainty, DistinguishingCheck, Remedy};

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
        let evidence = pair.directions().map(|way| FrameEvidence::RoundsArrived {
            from: way.from.host.clone(),
            to: way.to.host.clone(),
            sent: way.sent().len(),
            arrived: way.arrived().len(),
        });
        found.push(
            RuleMatch::new(pair.scope(), Certainty::Likely, evidence)
                .with_remedies([Remedy::action("move closer to the access point, or use a cable")])
                .distinguished_by(DistinguishingCheck::by_fact("a longer run")),
        );
    }
    found
}
