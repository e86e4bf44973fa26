//! Both ends of a session in memory, for tests: bytes are delivered in pieces of any size.

use std::time::Duration;

use crate::far_end::FarEnd;
use crate::near_end::NearEnd;
use crate::protocol_error::ProtocolError;

/// A session without processes and pipes.
#[derive(Debug, Default)]
pub struct SessionTwin {
    /// The near end, which sends requests.
    pub near: NearEnd,
    /// The far end, which responds.
    pub far: FarEnd,
    /// The current time, since the start of the session.
    pub now: Duration,
}

impl SessionTwin {
    /// Delivers all waiting bytes to the other end, in pieces of at most `step` bytes.
    ///
    /// # Errors
    ///
    /// The first protocol violation of either end.
    pub fn deliver(&mut self, step: usize) -> Result<(), ProtocolError> {
        let to_far = self.near.poll_transmit().to_vec();
        self.near.handle_transmitted(to_far.len());
        to_far.chunks(step.max(1)).try_for_each(|piece| self.far.handle_bytes(piece))?;
        let to_near = self.far.poll_transmit().to_vec();
        self.far.handle_transmitted(to_near.len());
        to_near.chunks(step.max(1)).try_for_each(|piece| self.near.handle_bytes(piece))
    }

    /// Advances the time and handles timeouts.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Silent`] if the preamble is overdue.
    pub fn pass(&mut self, time: Duration) -> Result<(), ProtocolError> {
        self.now += time;
        self.near.handle_timeout(self.now)
    }
}

#[cfg(test)]
mod tests;
