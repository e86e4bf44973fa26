//! Who lets packets of [`Flows`](super::Flows) leave: a budget is kept elsewhere.

use std::net::IpAddr;

use pontoon_model::net::IfName;

use crate::budget::Load;
use crate::machine::{Action, Moment};

/// Lets packets leave, or has them wait.
pub trait Gate {
    /// Lets these frames leave for `to`, by `link` or, without one, as the kernel routes them.
    ///
    /// # Errors
    ///
    /// When to ask again. Until then nothing of this leaves.
    fn pass(
        &mut self,
        now: Moment,
        link: Option<&IfName>,
        to: IpAddr,
        frames: Load,
    ) -> Result<(), Moment>;
}

/// A gate that always stands open, for sockets that nobody shares.
#[derive(Clone, Copy, Debug)]
pub struct Open;

impl Gate for Open {
    fn pass(&mut self, _: Moment, _: Option<&IfName>, _: IpAddr, _: Load) -> Result<(), Moment> {
        Ok(())
    }
}

/// The frames that an action sends at once or draws from this host's kernel: a connection is a SYN
/// and, as soon as it is answered, an ACK (or, if it is not, the SYN once more); what is written to
/// it is a segment, its answer draws another ACK, and so does its end (RFC 9293, section 3.8).
pub(super) const fn frames(action: &Action) -> Load {
    match action {
        Action::SendUdp { .. } | Action::SendEcho { .. } => Load::of(1),
        Action::Connect { .. } => Load::of(1).and_later(1),
        Action::Write { .. } => Load::of(1).and_later(2),
        Action::Close { .. } | Action::Report(_) => Load::of(0),
    }
}
