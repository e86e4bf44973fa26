//! Both ends of a session in memory, joined by a line that delivers bytes in pieces of any size.

use std::time::Duration;

use crate::far_end::FarEnd;
use crate::near_end::NearEnd;
use crate::protocol_error::ProtocolError;

/// A session without programs and pipes.
#[derive(Debug, Default)]
pub struct SessionTwin {
    /// The end that asks.
    pub near: NearEnd,
    /// The end that answers.
    pub far: FarEnd,
    /// What time it is since the beginning.
    pub now: Duration,
}

impl SessionTwin {
    /// Carries everything that waits to the other end, in pieces of at most `step` bytes.
    ///
    /// # Errors
    ///
    /// What one end finds wrong with the other.
    pub fn deliver(&mut self, step: usize) -> Result<(), ProtocolError> {
        let to_far = self.near.poll_transmit().to_vec();
        self.near.handle_transmitted(to_far.len());
        to_far.chunks(step.max(1)).try_for_each(|piece| self.far.handle_bytes(piece))?;
        let to_near = self.far.poll_transmit().to_vec();
        self.far.handle_transmitted(to_near.len());
        to_near.chunks(step.max(1)).try_for_each(|piece| self.near.handle_bytes(piece))
    }

    /// Lets time pass.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Silent`].
    pub fn pass(&mut self, time: Duration) -> Result<(), ProtocolError> {
        self.now += time;
        self.near.handle_timeout(self.now)
    }
}

#[cfg(test)]
mod tests;
