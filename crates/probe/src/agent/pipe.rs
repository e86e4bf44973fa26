//! The agent's end of the pipe to its coordinator.

use std::io::{self, Read, Write};

use serde::Serialize;

use crate::framing::{self, FramingError, Reader};
use crate::protocol::ToAgent;

/// Most bytes that wait to be taken by the coordinator: one that does not read is gone.
const WAITING_MAX: usize = 8 * 1024 * 1024;

/// Messages in, messages out, without waiting.
#[derive(Debug)]
pub(super) struct Pipe<R, W> {
    input: R,
    output: W,
    reader: Reader,
    waiting: Vec<u8>,
    is_closed: bool,
}

/// Why an agent ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum PipeError {
    /// What came was not ours.
    #[error("the coordinator said what this agent cannot read")]
    Framing(#[source] FramingError),
    /// The pipe is broken or not read.
    #[error("the coordinator is gone")]
    Gone,
}

impl<R: Read, W: Write> Pipe<R, W> {
    pub(super) fn new(input: R, output: W) -> Self {
        let waiting = crate::protocol::PREAMBLE.to_vec();
        Self { input, output, reader: Reader::default(), waiting, is_closed: false }
    }

    /// Whether the coordinator closed its end.
    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether bytes wait to be written.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn say<T: Serialize>(&mut self, message: &T) -> Result<(), PipeError> {
        self.waiting.extend(framing::write(message).map_err(PipeError::Framing)?);
        if self.waiting.len() > WAITING_MAX {
            return Err(PipeError::Gone);
        }
        self.flush()
    }

    pub(super) fn flush(&mut self) -> Result<(), PipeError> {
        while !self.waiting.is_empty() {
            match self.output.write(&self.waiting) {
                Ok(0) => return Err(PipeError::Gone),
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(PipeError::Gone),
            }
        }
        // Stdout is line-buffered by Rust's standard library; nothing may stay in there.
        match self.output.flush() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(PipeError::Gone),
            _ => Ok(()),
        }
    }

    /// Takes what came, and returns every whole message in it.
    pub(super) fn hear(&mut self) -> Result<Vec<ToAgent>, PipeError> {
        /// At most this much in one turn, so that probes are not kept waiting.
        const TURN_MAX: usize = 1024 * 1024;
        let mut buffer = [0; 16 * 1024];
        let mut taken = 0;
        while taken < TURN_MAX {
            match self.input.read(&mut buffer) {
                Ok(0) => {
                    self.is_closed = true;
                    break;
                }
                Ok(length) => {
                    taken += length;
                    self.reader.push(&buffer[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(PipeError::Gone),
            }
        }
        let mut messages = Vec::new();
        while let Some(message) = self.reader.read().map_err(PipeError::Framing)? {
            messages.push(message);
        }
        Ok(messages)
    }
}
