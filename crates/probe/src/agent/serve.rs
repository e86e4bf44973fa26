//! The agent's one loop.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::part::Part;
use super::pipe::{Pipe, PipeError};
use crate::edge::clock::{Clock, unix_s};
use crate::node_name;
use crate::protocol::{FromAgent, ToAgent, VERSION};
use crate::snapshot::{self, Sources};
use crate::token::Keys;
use crate::witness::Identity;

/// Most observations in one message.
const SAW_MAX: usize = 200;

/// Why an agent ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[error("the agent ends: {why}")]
pub struct ServeError {
    why: String,
}

/// Serves one coordinator until it closes its end.
///
/// # Errors
///
/// When the coordinator is gone or says what cannot be read.
pub fn serve<R: Read + AsFd, W: Write + AsFd>(input: R, output: W) -> Result<(), ServeError> {
    let ends = |error: PipeError| ServeError { why: error.to_string() };
    for fd in [input.as_fd(), output.as_fd()] {
        // A pipe that cannot be set is read as it is: slower, not wrong.
        let _ = fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
    }
    let polled = (duplicate(&input)?, duplicate(&output)?);
    let mut pipe = Pipe::new(input, output);
    pipe.flush().map_err(ends)?;
    let mut agent = Agent::new();
    while !pipe.is_closed() {
        for message in pipe.hear().map_err(ends)? {
            for reply in agent.obey(message) {
                pipe.say(&reply).map_err(ends)?;
            }
        }
        for message in agent.turn() {
            pipe.say(&message).map_err(ends)?;
        }
        pipe.flush().map_err(ends)?;
        if !pipe.is_closed() {
            agent.wait(polled.0.as_fd(), pipe.is_waiting().then(|| polled.1.as_fd()));
        }
    }
    Ok(())
}

fn duplicate(fd: &impl AsFd) -> Result<OwnedFd, ServeError> {
    fd.as_fd()
        .try_clone_to_owned()
        .map_err(|error| ServeError { why: format!("stdin and stdout cannot be used: {error}") })
}

struct Agent {
    clock: Clock,
    part: Option<Part>,
}

impl Agent {
    fn new() -> Self {
        Self { clock: Clock::start(), part: None }
    }

    fn obey(&mut self, message: ToAgent) -> Vec<FromAgent> {
        let now = self.clock.now();
        match (message, &mut self.part) {
            (ToAgent::Begin { version, .. }, _) if version != VERSION => vec![fault(&format!(
                "this pontoon speaks version {VERSION} of the agent protocol, the other end \
                 version {version}: install the same pontoon on both hosts"
            ))],
            (ToAgent::Begin { run, seat, host, run_key, own_key, asks_own_name, .. }, slot) => {
                let identity = Identity { run, host, seat, run_key: run_key.clone() };
                let mut snapshot = snapshot::take(&Sources::live(unix_s(), std::env::vars_os()));
                if asks_own_name {
                    node_name::complete(&mut snapshot);
                }
                let ready =
                    FromAgent::Ready { version: VERSION, snapshot: Box::new(snapshot.clone()) };
                *slot = Some(Part::new(identity, Keys { run: run_key, own: own_key }, snapshot));
                vec![ready]
            }
            (ToAgent::Watch { links, port }, Some(part)) => vec![part.watch(&links, port)],
            (ToAgent::Peers { peers }, Some(part)) => {
                part.set_peers(peers);
                Vec::new()
            }
            (ToAgent::Listen { ports }, Some(part)) => vec![part.listen(&ports)],
            (ToAgent::Do { courses, tasks }, Some(part)) => {
                part.enqueue(now, tasks.into_iter());
                for course in &courses {
                    part.enqueue(now, course.tasks());
                }
                Vec::new()
            }
            (ToAgent::Cancel { groups }, Some(part)) => {
                part.cancel(&groups.into_iter().collect());
                Vec::new()
            }
            (ToAgent::Finish, Some(part)) => vec![part.finish()],
            (_, None) => vec![fault("the first message has to be `begin`")],
        }
    }

    fn turn(&mut self) -> Vec<FromAgent> {
        let Some(part) = &mut self.part else { return Vec::new() };
        let seen = part.turn(self.clock.now());
        part.left_by(self.clock.now());
        let mut messages: Vec<_> =
            seen.chunks(SAW_MAX).map(|some| FromAgent::Saw { seen: some.to_vec() }).collect();
        messages.extend(part.has_become_idle().then_some(FromAgent::Idle));
        messages
    }

    /// Waits for the coordinator, a frame, a flow or the next deadline.
    fn wait(&self, input: BorrowedFd<'_>, output: Option<BorrowedFd<'_>>) {
        let mut fds = vec![PollFd::new(input, PollFlags::POLLIN)];
        fds.extend(output.map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
        let mut deadline = None;
        if let Some(part) = &self.part {
            fds.extend(part.fds().map(|(fd, flags)| PollFd::new(fd, flags)));
            deadline = part.deadline();
        }
        let timeout = deadline.map_or(PollTimeout::NONE, |deadline| {
            let left = deadline.0.saturating_sub(self.clock.now().0);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        // An interrupted wait is a short one.
        let _ = poll(&mut fds, timeout);
    }
}

fn fault(why: &str) -> FromAgent {
    FromAgent::Fault { why: why.to_owned() }
}
