//! A TCP port: open, closed, or filtered.

use std::net::SocketAddr;

use pontoon_model::observation::{Answer, Kind};

use super::asker::{Asker, Ingress, failure};
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Flow, Machine, Moment, Next};

/// Connects and hangs up ([`Kind::Tcp`]), until the port is open or closed. The kernel repeats the
/// SYN by itself after a second, so that the window of a try holds two.
#[derive(Debug)]
pub(crate) struct Tcp {
    asker: Asker,
    to: SocketAddr,
    tries: Tries,
    /// The flow of the last try.
    last: Option<Flow>,
}

impl Tcp {
    /// From the first SYN to "filtered".
    pub(crate) const WINDOW_MS: u64 = 1_500;
    /// From one try to the next: before the kernel repeats the SYN, so that each try is one.
    const EVERY_MS: u64 = 950;

    pub(crate) fn new(asker: Asker, to: SocketAddr, delay_ms: u64, tries: u16) -> Self {
        let every_ms = Self::EVERY_MS;
        let pace = Pace { count: tries, delay_ms, every_ms, window_ms: Self::WINDOW_MS };
        Self { asker, to, tries: Tries::new(pace), last: None }
    }

    fn kind(&self) -> Kind {
        Kind::Tcp { port: self.to.port() }
    }
}

impl Machine for Tcp {
    fn poll(&mut self, now: Moment) -> Next {
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            Due::Wait(until) => Next::WaitUntil(until),
            Due::Over => Next::Done,
            Due::Try(nth) => {
                let flow = self.asker.flow();
                // Left open, its kernel would go on repeating the SYN.
                let before = self.last.replace(flow);
                self.tries.made(flow);
                if let Some(flow) = before {
                    self.asker.act(Action::Close { flow });
                }
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind(), self.to.ip());
                Next::Do(Action::Connect { flow, way: self.asker.way(self.to.ip()), to: self.to })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        self.tries.note_leaving(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let answer = match event {
            Event::Connected { .. } => Answer::Reply,
            event => match failure(event) {
                Some(answer) => answer,
                None => return,
            },
        };
        self.tries.answered(nth);
        if matches!(answer, Answer::Reply | Answer::Reset) {
            self.tries.settle();
        }
        self.asker.act(Action::Close { flow: event.flow() });
        let (round, kind) = (self.asker.round(nth), self.kind());
        self.asker.answered(now, round, kind, self.to.ip(), answer, Ingress::default());
    }
}
