//! An ordinary UDP datagram, and what it draws.

use std::net::SocketAddr;

use pontoon_model::observation::{Answer, Kind};
use pontoon_model::untrusted::Untrusted;

use super::asker::{Asker, Ingress, failure, is_same};
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Machine, Moment, Next};

/// Sends the same datagram from a fresh port each time, until it is answered.
#[derive(Debug)]
pub(crate) struct Datagram {
    asker: Asker,
    kind: Kind,
    to: SocketAddr,
    payload: Vec<u8>,
    expected: Expected,
    tries: Tries,
}

/// Which datagrams from the one that was asked are the answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    /// Any.
    Any,
    /// These bytes. Others are recorded as garbage, and do not end the waiting.
    Exactly(Vec<u8>),
}

impl Datagram {
    pub(crate) fn new(
        asker: Asker,
        kind: Kind,
        to: SocketAddr,
        payload: Vec<u8>,
        expected: Expected,
        pace: Pace,
    ) -> Self {
        Self { asker, kind, to, payload, expected, tries: Tries::new(pace) }
    }
}

impl Machine for Datagram {
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
                self.asker.sent(now, round, self.kind.clone(), self.to.ip());
                Next::Do(Action::SendUdp {
                    flow,
                    way: self.asker.way(self.to.ip()),
                    to: self.to,
                    payload: self.payload.clone(),
                })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        self.tries.note_leaving(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            Event::Datagram { from, link, ttl, payload, .. } if is_same(*from, self.to) => {
                let answer = match &self.expected {
                    Expected::Exactly(bytes) if bytes != payload => {
                        Answer::Garbage { what: Untrusted::new("another datagram than was sent") }
                    }
                    Expected::Any | Expected::Exactly(_) => Answer::Reply,
                };
                (answer, Ingress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, Ingress::default()),
                None => return,
            },
        };
        if matches!(answer, Answer::Garbage { .. }) {
            if !self.tries.spoilt(nth) {
                return;
            }
        } else {
            self.tries.answered(nth);
        }
        if matches!(answer, Answer::Reply | Answer::Refused { .. }) {
            self.tries.settle();
        }
        let round = self.asker.round(nth);
        self.asker.answered(now, round, self.kind.clone(), self.to.ip(), answer, ingress);
    }
}
