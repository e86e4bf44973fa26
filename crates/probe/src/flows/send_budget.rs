//! What decides when packets of a [`FlowDriver`](super::FlowDriver) may leave.

use std::net::IpAddr;

use pontoon_model::net::IfName;

use crate::budget::FrameLoad;
use crate::machine::{FlowAction, RunInstant};

/// A limit on what is sent: lets packets leave, or has them wait.
pub trait SendBudget {
    /// Lets these frames leave for `to`, by `link` or, without one, as the kernel routes them.
    ///
    /// # Errors
    ///
    /// When to ask again. Until then nothing of this leaves.
    fn pass(
        &mut self,
        now: RunInstant,
        link: Option<&IfName>,
        to: IpAddr,
        frames: FrameLoad,
    ) -> Result<(), RunInstant>;
}

/// No limit, for links that no foreign host shares.
#[derive(Clone, Copy, Debug)]
pub struct UnlimitedBudget;

impl SendBudget for UnlimitedBudget {
    fn pass(
        &mut self,
        _: RunInstant,
        _: Option<&IfName>,
        _: IpAddr,
        _: FrameLoad,
    ) -> Result<(), RunInstant> {
        Ok(())
    }
}

/// The frames that an action sends at once or draws from this host's kernel: a connection is a SYN
/// and, as soon as it is answered, an ACK (or, if it is not, the SYN once more); what is written to
/// it is a segment, its answer draws another ACK, and so does its end (RFC 9293, section 3.8).
pub(super) const fn frames(action: &FlowAction) -> FrameLoad {
    match action {
        FlowAction::SendUdp { .. } | FlowAction::SendEcho { .. } => FrameLoad::of(1),
        FlowAction::Connect { .. } => FrameLoad::of(1).and_later(1),
        FlowAction::Write { .. } => FrameLoad::of(1).and_later(2),
        FlowAction::Close { .. } | FlowAction::Report(_) => FrameLoad::of(0),
    }
}
