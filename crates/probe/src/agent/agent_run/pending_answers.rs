//! What an agent answers: datagrams of its run, each in its turn.

use super::AgentRun;
use crate::budget::FrameLoad;
use crate::edge::reflector::ReceivedDatagram;
use crate::machine::RunInstant;
use crate::probe_token::{ProbeToken, TokenHeader, TokenPayload, answer, read_payload};
use crate::protocol::ReportedObservation;

/// Most answers that wait. An answer that is left out looks like a packet filter of this host.
const PENDING_MAX: usize = 256;

/// An answer to a datagram of the run.
#[derive(Clone, Copy)]
pub(super) struct PendingAnswer {
    reflector: usize,
    pub(super) received: ReceivedDatagram,
    question: ProbeToken,
}

impl AgentRun {
    /// Answers a question of the run; where no packet socket saw it arrive, this is its arrival.
    pub(super) fn take_datagram(
        &mut self,
        now: RunInstant,
        reflector: usize,
        received: &ReceivedDatagram,
        buffer: &[u8],
    ) -> Vec<ReportedObservation> {
        let payload = &buffer[..received.length.min(buffer.len())];
        let Some(TokenPayload::Question(token)) = read_payload(payload, &self.identity.run_key)
        else {
            return Vec::new();
        };
        let Some(sender) = self.witness.peers().get(&token.header.sender) else {
            return Vec::new();
        };
        // An answer to another address than the sender's would go to a host that did not ask.
        let is_from_sender = sender.has_address(received.from.ip());
        let link = self.links.iter().find(|link| link.index == received.link_index);
        let mut seen = Vec::new();
        if let Some(link) = link
            && link.socket.is_none()
        {
            let from = received.from.ip();
            let port = self.reflectors[reflector].port();
            seen = self.witness.receive_datagram(now, &link.name, from, port, &token);
        }
        if !is_from_sender {
            self.withhold(received.link_index);
            return seen;
        }
        let pending = PendingAnswer { reflector, received: *received, question: token };
        if let Err(when) = self.try_answer(now, &pending) {
            if self.pending_answers.len() < PENDING_MAX {
                self.pending_answers.push_back((when, pending));
            } else {
                self.withhold(pending.received.link_index);
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
    pub(super) fn send_pending_answers(&mut self, now: RunInstant) {
        while let Some((_, pending)) =
            self.pending_answers.front().filter(|(at, _)| *at <= now).copied()
        {
            if let Err(when) = self.try_answer(now, &pending) {
                self.pending_answers[0].0 = when.max(now.after_ms(1));
                return;
            }
            self.pending_answers.pop_front();
        }
    }

    /// Answers from the address that was asked; the error is the time at which there is room.
    fn try_answer(&mut self, now: RunInstant, pending: &PendingAnswer) -> Result<(), RunInstant> {
        let PendingAnswer { reflector, received, question } = pending;
        let link = self.links.iter_mut().find(|link| link.index == received.link_index);
        let number = link.as_ref().map_or(u8::MAX, |link| link.number);
        let budget = link.map_or(&mut self.elsewhere_answers, |link| &mut link.answers);
        budget.take(now, FrameLoad::one(false))?;
        let header = TokenHeader {
            sender: self.identity.number,
            link: number,
            is_answer: true,
            ..question.header
        };
        let own = ProbeToken::new(header, &self.keys);
        // An answer that cannot leave is an answer that does not come.
        let _ = self.reflectors[*reflector].answer(received, &answer(&own, question));
        Ok(())
    }
}
