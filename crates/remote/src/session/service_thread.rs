//! Services that take their time: each has a thread, made when it is asked for the first time.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use pontoon_model::untrusted::Untrusted;

use crate::far_end::ServiceMessage;
use crate::message::{RequestId, ServiceName};

/// A service with a thread of its own. It is dropped in that thread when the session ends,
/// however it ends: what it made on the host is taken back then.
pub trait ThreadService {
    /// Answers a request.
    ///
    /// # Errors
    ///
    /// What the near end is told instead of an answer.
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted>;
}

type Answer = (RequestId, Result<Vec<u8>, Untrusted>);

/// The threads, and what they have answered.
pub(super) struct ThreadPool {
    makers: BTreeMap<ServiceName, fn() -> Box<dyn ThreadService>>,
    running: BTreeMap<ServiceName, ServiceThread>,
    say: Sender<Answer>,
    answers: Receiver<Answer>,
    waker: UnixStream,
    woken: UnixStream,
}

struct ServiceThread {
    requests: Sender<(RequestId, Vec<u8>)>,
    thread: JoinHandle<()>,
}

impl ThreadPool {
    pub(super) fn new(
        makers: BTreeMap<ServiceName, fn() -> Box<dyn ThreadService>>,
    ) -> io::Result<Self> {
        let (say, answers) = channel();
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        Ok(Self { makers, running: BTreeMap::new(), say, answers, waker, woken })
    }

    /// What to wait for until there may be an answer.
    pub(super) fn readable(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Gives a message to its service; one that has no thread service comes back.
    pub(super) fn hand_over(&mut self, message: ServiceMessage) -> Option<ServiceMessage> {
        let Some(make) = self.makers.get(&message.service).copied() else { return Some(message) };
        // Requests only: a service that waits has no use for messages without answers.
        let id = message.id?;
        if !self.running.contains_key(&message.service) {
            let Ok(waker) = self.waker.try_clone() else { return Some(message) };
            self.running.insert(message.service, start(make, self.say.clone(), waker));
        }
        if let Some(one) = self.running.get(&message.service) {
            // One that has panicked answers nothing any more; the near end has its own limit.
            let _ = one.requests.send((id, message.body));
        }
        None
    }

    pub(super) fn next_answer(&mut self) -> Option<Answer> {
        let mut bytes = [0; 64];
        while let Ok(1..) = self.woken.read(&mut bytes) {}
        self.answers.try_recv().ok()
    }
}

fn start(
    make: fn() -> Box<dyn ThreadService>,
    say: Sender<Answer>,
    mut waker: UnixStream,
) -> ServiceThread {
    let (requests, asked) = channel::<(RequestId, Vec<u8>)>();
    let thread = thread::spawn(move || {
        let mut service = make();
        for (id, request) in asked {
            let answer = service.answer(&request);
            if say.send((id, answer)).is_err() {
                return;
            }
            // One that is full wakes as well.
            let _ = waker.write(&[1]);
        }
    });
    ServiceThread { requests, thread }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        for (_, one) in std::mem::take(&mut self.running) {
            drop(one.requests);
            // One that panicked has said so on standard error.
            let _ = one.thread.join();
        }
    }
}
