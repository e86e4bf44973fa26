//! A way to the other end of a check, on a node.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::Clock;
use pontoon_probe::framing::{self, Reader};

use crate::question::{Ask, PREAMBLE, Told};

/// The longest answer is that of a control plane whose kubectl waits for its own limits.
const ANSWER_MS: u64 = 60_000;
/// ssh has its own, shorter, limit for the connection; sudo and the program take some time.
const BEGIN_MS: u64 = 15_000;
/// What a login shell may say before.
const GREETING_MAX: usize = 64 * 1024;
/// How long the other end may take to remove what it made.
const END_MS: u64 = 15_000;
/// What is kept of what it complains about.
const STDERR_KEPT: u64 = 2_048;

/// A connection.
#[derive(Debug)]
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    reader: Reader,
}

impl Session {
    /// Talks to a program that was started with pipes, and waits until it answers.
    ///
    /// # Errors
    ///
    /// What it said instead.
    pub fn begin(mut child: Child) -> Result<Self, Untrusted> {
        let missing = || Untrusted::new("it was not started with pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take();
        // Whoever copied the program there read without waiting.
        block(&input);
        block(&output);
        let mut session = Self { child, input: Some(input), output, reader: Reader::default() };
        match session.greeted() {
            Ok(()) => Ok(session),
            Err(error) => Err(Untrusted::new(&session.complaint(stderr, &error))),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// Why there is none, or what the other end says.
    pub fn ask(&mut self, ask: &Ask) -> Result<Told, Untrusted> {
        self.ask_within(ask, Duration::ZERO)
    }

    /// The same of a question that may take so much longer than others.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub fn ask_within(&mut self, ask: &Ask, longer: Duration) -> Result<Told, Untrusted> {
        let within_ms = u64::try_from(longer.as_millis()).unwrap_or(u64::MAX);
        let within_ms = within_ms.saturating_add(ANSWER_MS);
        let said = |error: &dyn std::fmt::Display| Untrusted::new(&error.to_string());
        let wire = framing::write(ask).map_err(|error| said(&error))?;
        let input = self.input.as_mut().ok_or_else(|| said(&"the connection has ended"))?;
        input.write_all(&wire).and_then(|()| input.flush()).map_err(|error| said(&error))?;
        let clock = Clock::start();
        loop {
            match self.reader.read::<Told>().map_err(|error| said(&error))? {
                Some(Told::Failed(why)) => return Err(why),
                Some(told) => return Ok(told),
                None => {}
            }
            let bytes = self.read(within_ms.saturating_sub(clock.now().0));
            self.reader.push(&bytes.map_err(|error| said(&error))?);
        }
    }

    /// Waits for the first words that are ours.
    fn greeted(&mut self) -> io::Result<()> {
        let clock = Clock::start();
        let mut said = Vec::new();
        loop {
            said.extend(self.read(BEGIN_MS.saturating_sub(clock.now().0))?);
            let preamble = PREAMBLE.as_bytes();
            if let Some(at) = said.windows(preamble.len()).position(|part| part == preamble) {
                self.reader.push(&said[at + preamble.len()..]);
                return Ok(());
            }
            if said.len() > GREETING_MAX {
                return Err(io::Error::other("what answers is no pontoon"));
            }
            if is_another_version(&said) {
                return Err(io::Error::other(
                    "another version of pontoon is on it: install the same on both, or use --push",
                ));
            }
        }
    }

    /// Bytes that come in this time; of an end that goes on and on none come after it.
    fn read(&mut self, within_ms: u64) -> io::Result<Vec<u8>> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "it does not answer in time");
        if within_ms == 0 {
            return Err(late());
        }
        let limit = PollTimeout::try_from(within_ms).unwrap_or(PollTimeout::MAX);
        let ready = poll(&mut [PollFd::new(self.output.as_fd(), PollFlags::POLLIN)], limit)?;
        if ready == 0 {
            return Err(late());
        }
        let mut bytes = vec![0; framing::FRAME_MAX];
        let count = self.output.read(&mut bytes)?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended"));
        }
        bytes.truncate(count);
        Ok(bytes)
    }

    /// What it wrote to its standard error counts for more than that it ended.
    fn complaint(&mut self, stderr: Option<ChildStderr>, error: &io::Error) -> String {
        self.input = None;
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return error.to_string();
        }
        let mut said = Vec::new();
        if let Some(stderr) = stderr {
            block(&stderr);
            // It has ended, so that this does as well.
            let _ = stderr.take(STDERR_KEPT).read_to_end(&mut said);
        }
        let said = String::from_utf8_lossy(&said);
        if said.trim().is_empty() { error.to_string() } else { said.trim().to_owned() }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its input ends, then it takes back what it made, then it ends.
        self.input = None;
        let clock = Clock::start();
        while self.read(END_MS.saturating_sub(clock.now().0)).is_ok() {}
        // One that has ended is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a whole line is the preamble of another version.
fn is_another_version(said: &[u8]) -> bool {
    let name = PREAMBLE.split_inclusive('/').next().unwrap_or_default();
    let whole = said.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &said[..end]);
    whole.split(|byte| *byte == b'\n').any(|line| line.starts_with(name.as_bytes()))
}

fn block(pipe: &impl AsFd) {
    // One that stays as it is gives an error where it would have waited.
    let _ = fcntl(pipe, FcntlArg::F_SETFL(OFlag::empty()));
}
