//! What an agent answers: datagrams of its run, each in its turn.

use super::Part;
use crate::budget::Load;
use crate::edge::reflector::Received;
use crate::machine::Moment;
use crate::protocol::Seen;
use crate::token::{Content, Header, Token, answer, read_payload};

/// Most answers that wait. An answer that is left out looks like a packet filter of this host.
const OWED_MAX: usize = 256;

/// An answer to a datagram of the run.
#[derive(Clone, Copy)]
pub(super) struct Owed {
    reflector: usize,
    pub(super) received: Received,
    question: Token,
}

impl Part {
    /// Answers a question of the run; where no packet socket saw it arrive, this is its arrival.
    pub(super) fn take_datagram(
        &mut self,
        now: Moment,
        reflector: usize,
        received: &Received,
        buffer: &[u8],
    ) -> Vec<Seen> {
        let payload = &buffer[..received.length.min(buffer.len())];
        let Some(Content::Question(token)) = read_payload(payload, &self.identity.run_key) else {
            return Vec::new();
        };
        if !self.witness.peers().any(|peer| peer.seat == token.header.seat) {
            return Vec::new();
        }
        let link = self.links.iter().find(|link| link.index == received.link_index);
        let mut seen = Vec::new();
        if let Some(link) = link
            && link.socket.is_none()
        {
            let from = received.from.ip();
            let port = self.reflectors[reflector].port();
            seen = self.witness.receive_datagram(now, &link.name, from, port, &token);
        }
        let owed = Owed { reflector, received: *received, question: token };
        if let Err(when) = self.try_answer(now, &owed) {
            if self.owed.len() < OWED_MAX {
                self.owed.push_back((when, owed));
            } else {
                self.withhold(owed.received.link_index);
            }
        }
        seen
    }

    /// Notes that a question remains without an answer.
    pub(super) fn withhold(&mut self, link_index: u32) {
        if let Some(link) = self.links.iter_mut().find(|link| link.index == link_index) {
            link.withheld += 1;
        }
    }

    /// Answers what had to wait, first come, first served.
    pub(super) fn answer_owed(&mut self, now: Moment) {
        while let Some((_, owed)) = self.owed.front().filter(|(at, _)| *at <= now).copied() {
            if let Err(when) = self.try_answer(now, &owed) {
                self.owed[0].0 = when.max(now.after_ms(1));
                return;
            }
            self.owed.pop_front();
        }
    }

    /// Answers from the address that was asked, or says when there is room for it.
    fn try_answer(&mut self, now: Moment, owed: &Owed) -> Result<(), Moment> {
        let Owed { reflector, received, question } = owed;
        let link = self.links.iter_mut().find(|link| link.index == received.link_index);
        let number = link.as_ref().map_or(u8::MAX, |link| link.number);
        if let Some(link) = link {
            link.answers.take(now, Load::one(false))?;
        }
        let header =
            Header { seat: self.identity.seat, link: number, is_answer: true, ..question.header };
        let own = Token::new(header, &self.keys);
        // An answer that cannot leave is an answer that does not come.
        let _ = self.reflectors[*reflector].answer(received, &answer(&own, question));
        Ok(())
    }
}
