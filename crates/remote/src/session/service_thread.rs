//! Services that may block: each runs in a thread that starts with its first request.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use pontoon_model::untrusted::Untrusted;

use crate::far_end::ServiceMessage;
use crate::message::{RequestId, ServiceName};

/// A service with a thread of its own. It is dropped in that thread when the session ends, for
/// whatever reason; its `Drop` undoes its changes on the host.
pub trait ThreadService {
    /// Processes a request and returns the body of the response.
    ///
    /// # Errors
    ///
    /// The reason, which is sent to the near end as a refusal.
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Untrusted>;
}

type Answer = (RequestId, Result<Vec<u8>, Untrusted>);

/// The threads, and the channel for their responses.
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

    /// The descriptor to poll until there may be a response.
    pub(super) fn readable(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Passes a message to its service; returns it if there is no such service.
    pub(super) fn hand_over(&mut self, message: ServiceMessage) -> Option<ServiceMessage> {
        let Some(make) = self.makers.get(&message.service).copied() else { return Some(message) };
        // Only requests: notices are for services that share the loop.
        let id = message.id?;
        if !self.running.contains_key(&message.service) {
            // Out of descriptors: the caller refuses the request.
            let Ok(waker) = self.waker.try_clone() else { return Some(message) };
            self.running.insert(message.service, start(make, self.say.clone(), waker));
        }
        if let Some(one) = self.running.get(&message.service) {
            // Sending fails if the service has panicked; the request then times out at the near
            // end.
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
            // If the socket is full, the reader will wake up anyway.
            let _ = waker.write(&[1]);
        }
    });
    ServiceThread { requests, thread }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        for (_, one) in std::mem::take(&mut self.running) {
            // A closed channel ends the thread, which drops its service.
            drop(one.requests);
            // A panic has been reported on standard error already.
            let _ = one.thread.join();
        }
    }
}
