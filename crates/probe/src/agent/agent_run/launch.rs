//! What an agent asks: each question when it is due, if it is allowed, and when there is room.

use std::collections::VecDeque;
use std::net::{Ipv6Addr, UdpSocket};

use pontoon_model::observation::Observation;
use pontoon_model::snapshot::CollectionGap;

use super::super::authorization::Authorization;
use super::super::frame_builder::{EgressLink, SenderContext, build_frames};
use super::super::kernel_probe;
use super::super::watched_links::{lane, send};
use super::AgentRun;
use crate::budget::FrameLoad;
use crate::machine::RunInstant;
use crate::protocol::ReportedObservation;
use crate::round_schedule::ProbeTask;

impl AgentRun {
    pub(super) fn launch_due(&mut self, now: RunInstant) -> Vec<ReportedObservation> {
        let mut seen = Vec::new();
        loop {
            let (links, gateways) = (&self.links, &self.gateways);
            let Some(next) = self.queue.next(now, |task| lane(links, gateways, task)) else {
                return seen;
            };
            let lane = lane(links, gateways, &next.1);
            match self.put(now, &next.1) {
                Ok(observations) => seen.extend(
                    observations
                        .into_iter()
                        .map(|observation| ReportedObservation { observation, proof: None }),
                ),
                Err(when) => self.queue.requeue(next, lane, when.max(now.after_ms(1))),
            }
        }
    }

    /// Puts a question that is allowed; the error is the time at which there is room for it.
    fn put(&mut self, now: RunInstant, task: &ProbeTask) -> Result<Vec<Observation>, RunInstant> {
        let authorization = Authorization {
            snapshot: &self.snapshot,
            peers: self.witness.peers(),
            third_parties: &self.third_parties,
        };
        if let Err(refusal) = authorization.check(task) {
            let what = "a question of the coordinator, which was not put".to_owned();
            self.untested.insert(CollectionGap { what, why: refusal.to_string() });
            return Ok(Vec::new());
        }
        let sender = SenderContext {
            run: self.identity.run,
            host: &self.identity.host,
            number: self.identity.number,
            keys: &self.keys,
        };
        let at =
            task.link.as_ref().and_then(|name| self.links.iter().position(|l| l.name == *name));
        let named = at.map(|at| (self.links[at].name.clone(), self.links[at].number));
        let sees_frames = at.is_some_and(|at| self.links[at].socket.is_some());
        if let Some(machine) =
            kernel_probe::machine(task, &sender, named.as_ref(), sees_frames, now)
        {
            // What it sends waits for room when it comes to that.
            let id = self.flows.start(machine);
            self.running.push((task.group, id));
            return Ok(Vec::new());
        }
        let Some(at) = at.filter(|_| sees_frames) else {
            self.untested.insert(kernel_probe::untested(task));
            return Ok(Vec::new());
        };
        let link = &mut self.links[at];
        let gateway = task.question.gateway();
        let gateway = gateway.and_then(|gateway| self.gateways.get(&(link.name.clone(), gateway)));
        let gateway = gateway.copied();
        let egress = EgressLink { name: &link.name, number: link.number, mac: link.mac };
        let held = &mut self.held;
        let frames =
            build_frames(task, &sender, &egress, gateway, now, &mut || hold_port(held, now));
        let groups = frames.iter().filter(|frame| frame.is_group).count();
        link.take(now, FrameLoad { groups, ..FrameLoad::of(frames.len()) })?;
        let mut observations = Vec::new();
        for frame in frames {
            observations.extend(send(link, &mut self.witness, &mut self.untested, frame));
        }
        Ok(observations)
    }
}

/// A source port of our own: as long as it is held, the kernel does not answer for it.
fn hold_port(held: &mut VecDeque<(RunInstant, UdpSocket)>, now: RunInstant) -> u16 {
    let socket =
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).or_else(|_| UdpSocket::bind(("0.0.0.0", 0)));
    let Ok(socket) = socket else {
        /// The start of the dynamic range (RFC 6335, section 6): only where no socket is left.
        const FALLBACK: u16 = 49152;
        return FALLBACK + u16::try_from(now.0 % 16384).unwrap_or_default();
    };
    let port = socket.local_addr().map_or(0, |address| address.port());
    held.push_back((now, socket));
    port
}
