//! The coordinator's end of the pipe to an agent.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::poll;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use crate::framing::{self, FramingError, Reader};
use crate::protocol::{FromAgent, PREAMBLE, ToAgent};

/// Most bytes of one agent in one run: what 50,000 observations need, and no more.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most bytes before the preamble: the greeting of a login shell.
const GREETING_MAX: usize = 64 * 1024;
/// What is kept of what the program writes to stderr.
const STDERR_KEPT: usize = 2048;

/// A way to an agent: two pipes, and the program behind them if we started it.
#[derive(Debug)]
pub struct Channel {
    input: File,
    output: File,
    stderr: Option<File>,
    child: Option<Child>,
    greeting: Option<Vec<u8>>,
    reader: Reader,
    bytes: usize,
    waiting: Vec<u8>,
    complaint: Vec<u8>,
}

/// An agent cannot be talked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The program could not be started.
    #[error("`{program}` could not be started: {source}")]
    Start {
        /// Its name.
        program: Untrusted,
        /// Why.
        source: io::Error,
    },
    /// It ended or closed its pipe.
    #[error("the agent ended{}", complaint(.stderr))]
    Ended {
        /// The last it wrote to stderr.
        stderr: Untrusted,
    },
    /// What it writes is not the agent protocol.
    #[error("what answers is not a pontoon agent: it said `{said}`")]
    NotAnAgent {
        /// The beginning of it.
        said: Untrusted,
    },
    /// It broke the protocol.
    #[error("the agent broke the protocol")]
    Framing(#[source] FramingError),
    /// It is there but says nothing.
    #[error("the agent does not answer in time")]
    Silent,
    /// It is another pontoon.
    #[error(
        "the agent speaks version {theirs} of the protocol, this pontoon version {ours}: install the same pontoon on both hosts"
    )]
    OtherVersion {
        /// Its version.
        theirs: u32,
        /// Ours.
        ours: u32,
    },
    /// It cannot go on.
    #[error("the agent cannot go on: {why}")]
    Fault {
        /// Its words.
        why: Untrusted,
    },
    /// It is a host that takes part under another name.
    #[error("it is the same host as {other}: both names lead to one machine")]
    SameHost {
        /// The other name.
        other: HostName,
    },
    /// It says more than any run needs.
    #[error("the agent floods: more than {BYTES_MAX} bytes came")]
    Floods,
}

fn complaint(stderr: &Untrusted) -> String {
    let text = stderr.raw().trim();
    if text.is_empty() { String::new() } else { format!(": {}", Untrusted::new(text)) }
}

impl Channel {
    /// Starts a program that speaks the agent protocol on its standard streams.
    ///
    /// # Errors
    ///
    /// [`ChannelError::Start`].
    pub fn start(mut command: Command) -> Result<Self, ChannelError> {
        let program = Untrusted::new(&command.get_program().to_string_lossy());
        let start = |source| ChannelError::Start { program: program.clone(), source };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(start)?;
        Self::of(child).ok_or_else(|| start(io::ErrorKind::BrokenPipe.into()))
    }

    /// Talks to a program that was started with pipes; `None` when one of them is missing.
    #[must_use]
    pub fn of(mut child: Child) -> Option<Self> {
        let input = child.stdout.take()?;
        let output = child.stdin.take()?;
        let stderr = child.stderr.take().map(|stderr| File::from(OwnedFd::from(stderr)));
        let mut channel = Self::over(OwnedFd::from(input), OwnedFd::from(output));
        if let Some(stderr) = &stderr {
            unblock(stderr);
        }
        channel.stderr = stderr;
        channel.child = Some(child);
        Some(channel)
    }

    /// What a program says last that is about to end.
    #[must_use]
    pub fn last_words(mut self) -> ChannelError {
        /// ssh(1) ends within milliseconds of its connection.
        const TURNS: usize = 100;
        const TURN_MS: u8 = 20;
        for _ in 0..TURNS {
            let is_over = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
            if self.child.as_mut().is_none_or(is_over) {
                break;
            }
            self.hear_complaint();
            // Nothing to wait for but time.
            let _ = poll(&mut [], TURN_MS);
        }
        self.ended()
    }

    /// Talks over two descriptors.
    #[must_use]
    pub fn over(input: OwnedFd, output: OwnedFd) -> Self {
        let (input, output) = (File::from(input), File::from(output));
        unblock(&input);
        unblock(&output);
        Self {
            input,
            output,
            stderr: None,
            child: None,
            greeting: Some(Vec::new()),
            reader: Reader::default(),
            bytes: 0,
            waiting: Vec::new(),
            complaint: Vec::new(),
        }
    }

    /// What to wait for.
    #[must_use]
    pub fn readable(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// What to wait for besides, while bytes wait to be taken.
    #[must_use]
    pub fn writable(&self) -> Option<BorrowedFd<'_>> {
        (!self.waiting.is_empty()).then(|| self.output.as_fd())
    }

    /// Says something, now or as soon as the agent takes it.
    ///
    /// # Errors
    ///
    /// When the agent is gone.
    pub fn say(&mut self, message: &ToAgent) -> Result<(), ChannelError> {
        self.waiting.extend(framing::write(message).map_err(ChannelError::Framing)?);
        self.flush()
    }

    /// Hands over what waits.
    ///
    /// # Errors
    ///
    /// When the agent is gone.
    pub fn flush(&mut self) -> Result<(), ChannelError> {
        while !self.waiting.is_empty() {
            match self.output.write(&self.waiting) {
                Ok(written) if written > 0 => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It may have said why before it left.
                _ => return Err(self.hear().err().unwrap_or_else(|| self.ended())),
            }
        }
        Ok(())
    }

    /// Takes what came.
    ///
    /// # Errors
    ///
    /// When the agent is gone, floods, or is none.
    pub fn hear(&mut self) -> Result<Vec<FromAgent>, ChannelError> {
        /// At most this much in one turn, so that one agent cannot starve the others.
        const TURN_MAX: usize = 256 * 1024;
        self.hear_complaint();
        let mut buffer = [0; 16 * 1024];
        let mut taken = 0;
        let mut is_closed = false;
        while taken < TURN_MAX {
            match self.input.read(&mut buffer) {
                Ok(0) => {
                    is_closed = true;
                    break;
                }
                Ok(length) => {
                    taken += length;
                    self.take(&buffer[..length])?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(self.ended()),
            }
        }
        let mut messages = Vec::new();
        while let Some(message) = self.reader.read().map_err(ChannelError::Framing)? {
            messages.push(message);
        }
        if is_closed && messages.is_empty() {
            return Err(self.ended());
        }
        Ok(messages)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ChannelError> {
        self.bytes += bytes.len();
        if self.bytes > BYTES_MAX {
            return Err(ChannelError::Floods);
        }
        let Some(greeting) = &mut self.greeting else {
            self.reader.push(bytes);
            return Ok(());
        };
        greeting.extend_from_slice(bytes);
        let start = greeting.windows(PREAMBLE.len()).position(|window| window == PREAMBLE);
        if let Some(start) = start {
            self.reader.push(&greeting[start + PREAMBLE.len()..]);
            self.greeting = None;
        } else if greeting.len() > GREETING_MAX {
            let said = Untrusted::from_bytes(&greeting[..80]);
            return Err(ChannelError::NotAnAgent { said });
        }
        Ok(())
    }

    fn hear_complaint(&mut self) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut buffer = [0; 4096];
        // A few turns' worth; a program that writes more is cut off at its own pipe.
        for _ in 0..16 {
            match stderr.read(&mut buffer) {
                Ok(length) if length > 0 => {
                    self.complaint.extend_from_slice(&buffer[..length]);
                    let extra = self.complaint.len().saturating_sub(STDERR_KEPT);
                    self.complaint.drain(..extra);
                }
                _ => break,
            }
        }
    }

    /// How the agent ended.
    #[must_use]
    pub fn ended(&mut self) -> ChannelError {
        self.hear_complaint();
        if let Some(greeting) = &self.greeting
            && !greeting.is_empty()
        {
            return ChannelError::NotAnAgent {
                said: Untrusted::from_bytes(&greeting[..greeting.len().min(80)]),
            };
        }
        // The end of it: banners come first, and why it ended last.
        let start = self.complaint.len().saturating_sub(Untrusted::MAX_BYTES);
        ChannelError::Ended { stderr: Untrusted::from_bytes(&self.complaint[start..]) }
    }
}

impl Drop for Channel {
    /// Closing the pipe ends the agent; a program that does not heed that is killed.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.stdin.take());
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn unblock(file: &File) {
    // A pipe that cannot be set is read as it is: slower, not wrong.
    let _ = fcntl(file, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
}
