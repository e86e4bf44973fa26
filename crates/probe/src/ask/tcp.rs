//! A TCP port: open, closed, or filtered.

use std::net::SocketAddr;

use pontoon_model::observation::{Answer, Kind};

use super::asker::{Asker, Ingress, failure};
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Machine, Moment, Next};

/// Connects once and hangs up ([`Kind::Tcp`]). The kernel repeats the SYN by itself after a
/// second, so that the window holds two.
#[derive(Debug)]
pub(crate) struct Tcp {
    asker: Asker,
    to: SocketAddr,
    tries: Tries,
}

impl Tcp {
    /// From the first SYN to "filtered".
    pub(crate) const WINDOW_MS: u64 = 1_500;

    pub(crate) fn new(asker: Asker, to: SocketAddr, delay_ms: u64) -> Self {
        let pace = Pace { count: 1, delay_ms, every_ms: 0, window_ms: Self::WINDOW_MS };
        Self { asker, to, tries: Tries::new(pace) }
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
                self.tries.made(flow);
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind(), self.to.ip());
                Next::Do(Action::Connect { flow, way: self.asker.way(self.to.ip()), to: self.to })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let answer = match event {
            Event::Connected { .. } => Answer::Reply,
            event => match failure(event) {
                Some(answer) => answer,
                None => return,
            },
        };
        self.tries.answered(nth);
        self.asker.act(Action::Close { flow: event.flow() });
        let (round, kind) = (self.asker.round(nth), self.kind());
        self.asker.answered(now, round, kind, self.to.ip(), answer, Ingress::default());
    }
}
