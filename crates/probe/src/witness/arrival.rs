//! A frame as it came in, and the observations that are made of it.

use std::net::IpAddr;

use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{FrameDestination, Observation, ObservedEvent, ProbeAnswer};

use crate::frame::read::ParsedFrame;
use crate::machine::RunInstant;

/// A frame and where it came in.
pub(super) struct FrameArrival<'a> {
    pub(super) now: RunInstant,
    pub(super) link: &'a IfName,
    pub(super) cast: FrameDestination,
    pub(super) frame: &'a ParsedFrame<'a>,
}

impl FrameArrival<'_> {
    pub(super) fn question(
        &self,
        mut seen: Observation,
        from: IpAddr,
        ttl: Option<u8>,
    ) -> Observation {
        seen.link = Some(self.link.clone());
        seen.address = Some(from);
        seen.family = IpFamily::of(from);
        seen.source_mac = Some(self.frame.from_mac);
        seen.cast = Some(self.cast);
        seen.ttl = ttl;
        seen
    }

    /// The answer to a question of ARP or ND: `mac` holds the address.
    pub(super) fn neighbour_answer(&self, question: &Observation, mac: Mac) -> Observation {
        let question = Observation { source_mac: Some(mac), ..question.clone() };
        self.answer(question, None, ProbeAnswer::Reply)
    }

    pub(super) fn answer(
        &self,
        mut question: Observation,
        ttl: Option<u8>,
        answer: ProbeAnswer,
    ) -> Observation {
        question.direction = ObservedEvent::Answered;
        question.at_ms = self.now.at_ms();
        question.link = Some(self.link.clone());
        question.cast = Some(self.cast);
        question.ttl = ttl;
        question.answer = Some(answer);
        question
    }
}
