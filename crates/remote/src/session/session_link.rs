//! The near end of a session with its pipes: non-blocking reads and writes, and a queue for each
//! service.
//!
//! Several services may share a session, each in a thread of its own. Any of them reads for all,
//! and wakes the others for which something arrived.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use pontoon_model::untrusted::Untrusted;

use crate::carrier::CarrierError;
use crate::edge::session_clock::{SessionClock, poll_timeout};
use crate::edge::stderr_tail::{StderrTail, set_nonblocking};
use crate::limits::{END_WITHIN, NEAR_TURN_MAX, READ_MAX};
use crate::message::ServiceName;
use crate::near_end::{NearEnd, NearEvent, ServiceEvent};
use crate::protocol_error::ProtocolError;

/// A program on a host, and the state of the session with it.
#[derive(Debug)]
pub(crate) struct SessionLink {
    input: File,
    /// `None` once closed, which makes the far end finish.
    output: Option<File>,
    child: Option<Child>,
    state: Mutex<LinkState>,
}

#[derive(Debug)]
pub(crate) struct LinkState {
    pub(crate) near: NearEnd,
    clock: SessionClock,
    stderr: StderrTail,
    queues: BTreeMap<ServiceName, ServiceQueue>,
    end: Option<LinkEnd>,
    /// Whether a service made changes that the far end undoes once its input is closed.
    takes_back: bool,
}

/// How a session ended; a copy for each service.
#[derive(Clone, Debug)]
enum LinkEnd {
    Ended { stderr: Untrusted, said: Untrusted },
    Protocol(ProtocolError),
}

#[derive(Debug, Default)]
struct ServiceQueue {
    events: VecDeque<ServiceEvent>,
    /// Wakes the service's thread after another thread has read for it.
    wake: Option<UnixStream>,
}

impl SessionLink {
    pub(crate) fn of(mut child: Child) -> Option<Self> {
        let input = OwnedFd::from(child.stdout.take()?);
        let output = OwnedFd::from(child.stdin.take()?);
        let stderr = StderrTail::of(child.stderr.take());
        let mut link = Self::over(input, output);
        link.lock().stderr = stderr;
        link.child = Some(child);
        Some(link)
    }

    pub(crate) fn over(input: OwnedFd, output: OwnedFd) -> Self {
        let (input, output) = (File::from(input), File::from(output));
        set_nonblocking(&input);
        set_nonblocking(&output);
        let state = LinkState {
            near: NearEnd::default(),
            clock: SessionClock::start(),
            stderr: StderrTail::default(),
            queues: BTreeMap::new(),
            end: None,
            takes_back: false,
        };
        Self { input, output: Some(output), child: None, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LinkState> {
        // A panic in another thread cannot leave the state machine in the middle of a message.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptor to poll for reading.
    pub(crate) fn readable(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// The descriptor to poll for writing; `None` unless bytes are waiting.
    pub(crate) fn writable(&self, state: &LinkState) -> Option<BorrowedFd<'_>> {
        let waits = !state.near.poll_transmit().is_empty();
        self.output.as_ref().filter(|_| waits).map(File::as_fd)
    }

    /// Writes waiting bytes, reads received ones, and sorts the events.
    pub(crate) fn pump(&self, state: &mut LinkState, for_service: Option<ServiceName>) {
        if state.end.is_none() {
            // Timeouts last: what has arrived by now is not late.
            let end = self.send(state).and_then(|()| self.receive(state));
            let now = state.clock.elapsed();
            let end = end.and_then(|()| Ok(state.near.handle_timeout(now)?));
            state.end = end.err();
        }
        state.sort(for_service);
    }

    /// Writes waiting bytes, as far as the pipe takes them.
    fn send(&self, state: &mut LinkState) -> Result<(), LinkEnd> {
        let Some(mut output) = self.output.as_ref() else { return Ok(()) };
        while !state.near.poll_transmit().is_empty() {
            match output.write(state.near.poll_transmit()) {
                Ok(count) if count > 0 => state.near.handle_transmitted(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The far end may have sent its reason before it closed the pipe.
                _ => {
                    self.receive(state)?;
                    return Err(state.ended());
                }
            }
        }
        Ok(())
    }

    fn receive(&self, state: &mut LinkState) -> Result<(), LinkEnd> {
        state.stderr.drain();
        let mut buffer = [0; READ_MAX];
        let mut taken = 0;
        while taken < NEAR_TURN_MAX {
            match (&self.input).read(&mut buffer) {
                Ok(length) if length > 0 => {
                    taken += length;
                    state.near.handle_bytes(&buffer[..length])?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return Err(state.ended()),
            }
        }
        Ok(())
    }

    /// Waits until there may be something for a service.
    pub(crate) fn wait(&self, wake: Option<BorrowedFd<'_>>, has_unsent: bool, limit: Duration) {
        let mut fds = vec![PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
        fds.extend(wake.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        let output = self.output.as_ref().filter(|_| has_unsent);
        fds.extend(output.map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLOUT)));
        // If a signal interrupts the wait, the caller tries again.
        let _ = poll(&mut fds, poll_timeout(limit));
    }
}

impl From<ProtocolError> for LinkEnd {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl LinkState {
    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Adds the queue of a service. `wake` is written to when another thread reads for the service.
    pub(crate) fn open(&mut self, service: ServiceName, wake: Option<UnixStream>) {
        self.queues.insert(service, ServiceQueue { events: VecDeque::new(), wake });
    }

    /// Removes the queue of a service; its further events are dropped.
    pub(crate) fn close(&mut self, service: ServiceName) {
        self.queues.remove(&service);
    }

    pub(crate) const fn set_takes_back(&mut self) {
        self.takes_back = true;
    }

    pub(crate) fn next_event(&mut self, service: ServiceName) -> Option<ServiceEvent> {
        self.queues.get_mut(&service)?.events.pop_front()
    }

    pub(crate) fn has_events(&self, service: ServiceName) -> bool {
        self.queues.get(&service).is_some_and(|queue| !queue.events.is_empty())
    }

    /// Why the session ended; `None` while it is open.
    pub(crate) fn end(&self) -> Option<CarrierError> {
        self.end.clone().map(|end| match end {
            LinkEnd::Ended { stderr, said } => CarrierError::Ended { stderr, said },
            LinkEnd::Protocol(error) => CarrierError::Protocol(error),
        })
    }

    /// Distributes events to the queues, and wakes the services other than `for_service`.
    fn sort(&mut self, for_service: Option<ServiceName>) {
        let is_over = self.end.is_some();
        while let Some(event) = self.near.poll_event() {
            let NearEvent::Service(service, event) = event else { continue };
            // An event without a queue is for a service that has been closed.
            let Some(queue) = self.queues.get_mut(&service) else { continue };
            queue.events.push_back(event);
            if for_service != Some(service) {
                queue.wake_up();
            }
        }
        // Every service must learn about the end, whichever thread noticed it.
        if is_over {
            self.queues.values().for_each(ServiceQueue::wake_up);
        }
    }

    fn ended(&mut self) -> LinkEnd {
        self.stderr.drain();
        match self.near.handle_end() {
            ProtocolError::Ended { is_torn: false, said } => {
                LinkEnd::Ended { stderr: self.stderr.shown(), said }
            }
            // A message was cut off. Standard error, if there is any, explains more.
            error if self.stderr.shown().raw().trim().is_empty() => LinkEnd::Protocol(error),
            _ => LinkEnd::Ended { stderr: self.stderr.shown(), said: Untrusted::default() },
        }
    }
}

impl ServiceQueue {
    fn wake_up(&self) {
        if let Some(mut wake) = self.wake.as_ref() {
            // If the socket is full, the reader will wake up anyway.
            let _ = wake.write(&[1]);
        }
    }
}

impl Drop for SessionLink {
    /// Closes the far end's input, so that it undoes its changes and exits. A program that does not
    /// exit is killed.
    fn drop(&mut self) {
        self.output = None;
        let takes_back = self.lock().takes_back;
        let Some(child) = &mut self.child else { return };
        if takes_back {
            await_end(&self.input);
        }
        // Killing a process that has already ended fails, harmlessly.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Reads and drops remaining output until the pipe is closed, for at most [`END_WITHIN`].
fn await_end(input: &File) {
    let clock = SessionClock::start();
    let mut buffer = [0; READ_MAX];
    // Blocking reads are fine from here on, as each follows a poll(2).
    let _ = fcntl(input, FcntlArg::F_SETFL(OFlag::empty()));
    let mut input = input;
    loop {
        let left = clock.left_of(END_WITHIN);
        let mut fds = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        if left.is_zero() || poll(&mut fds, poll_timeout(left)) == Ok(0) {
            return;
        }
        match input.read(&mut buffer) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}
