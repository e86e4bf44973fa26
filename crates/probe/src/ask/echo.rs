//! ICMP echo as `ping` sends it.

use std::net::IpAddr;

use pontoon_model::observation::{Answer, Kind, Observation};

use super::asker::{Asker, Ingress, Nonces, failure};
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Machine, Moment, Next};

/// Asks until one echo is answered ([`Kind::RoutedEcho`]).
#[derive(Debug)]
pub(crate) struct Echo {
    asker: Asker,
    to: IpAddr,
    payload: [u8; 16],
    tries: Tries,
}

impl Echo {
    /// How long an echo may take on a network whose radio dozes.
    pub(crate) const WINDOW_MS: u64 = 1_500;

    pub(crate) fn new(template: Observation, to: IpAddr, pace: Pace, random: u64) -> Self {
        let mut nonces = Nonces::new(random);
        let payload = (u128::from(nonces.next()) << 64 | u128::from(nonces.next())).to_be_bytes();
        Self { asker: Asker::new(template), to, payload, tries: Tries::new(pace) }
    }
}

impl Machine for Echo {
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
                self.asker.sent(now, round, Kind::RoutedEcho, self.to);
                Next::Do(Action::SendEcho {
                    flow,
                    way: self.asker.way(self.to),
                    to: self.to,
                    sequence: nth + 1,
                    payload: self.payload.to_vec(),
                })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        self.tries.note_leaving(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            Event::EchoReply { from, link, sequence, ttl, payload, .. } => {
                let is_ours = *from == self.to && *sequence == nth + 1 && *payload == self.payload;
                if !is_ours {
                    return;
                }
                (Answer::Reply, Ingress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, Ingress::default()),
                None => return,
            },
        };
        self.tries.answered(nth);
        if matches!(answer, Answer::Reply | Answer::Refused { .. }) {
            self.tries.settle();
        }
        let round = self.asker.round(nth);
        self.asker.answered(now, round, Kind::RoutedEcho, self.to, answer, ingress);
    }
}
