//! A scripted agent over a socket pair: sound, dying, lying, flooding, or none at all.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

use pontoon_model::facts::LinkCapture;
use pontoon_model::observation::{FrameDestination, Observation, ObservedEvent, ProbeKind};
use pontoon_model::snapshot::Snapshot;
use pontoon_remote::far_end::FarEnd;
use pontoon_remote::message::{RequestId, ServiceName, read_body, write_body};
use pontoon_remote::preamble::{VERSIONS, VersionRange};
use pontoon_remote::session::host_session::HostSession;

use super::super::{AgentChannel, SurveyParticipant};
use crate::edge::clock::unix_ms;
use crate::probe_token::{AgentKeys, ProbeToken, TokenHeader};
use crate::probes::ProbeQuestion;
use crate::protocol::{FromAgent, ReportedObservation, ToAgent};
use crate::round_schedule::{ProbeTask, RoundSchedule};
use crate::run_key::{RunKey, to_hex};

/// How an agent behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AgentScript {
    /// It does what it is told and hears nothing.
    Deaf,
    /// It dies when it is given its first questions.
    Dies,
    /// It reports frames that nobody sent.
    Lies,
    /// It reports observations as if its peer had made them.
    Impersonates,
    /// It sends nothing more once it has questions, and stays.
    Freezes,
    /// It never stops talking.
    Floods,
    /// It is a login shell.
    Greets,
    /// It is a login shell that greets and then starts the agent.
    GreetsThenHears,
    /// It is from the future.
    OtherVersion,
}

/// By how much the clock of `b` is ahead of that of `a`, which is ours.
pub(super) const AHEAD_MS: u64 = 90_000;

pub(super) fn participant(
    name: &'static str,
    script: AgentScript,
) -> (SurveyParticipant, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let input = OwnedFd::from(ours.try_clone().unwrap());
    let participant = SurveyParticipant {
        host: name.parse().unwrap(),
        channel: Ok(AgentChannel::alone(HostSession::over(input, OwnedFd::from(ours)))),
        radios: std::collections::BTreeMap::new(),
    };
    (participant, start(name, script, theirs))
}

fn start(name: &'static str, script: AgentScript, stream: UnixStream) -> JoinHandle<()> {
    std::thread::spawn(move || {
        // The coordinator hanging up in mid-word is how every script ends.
        let _ = {
            let versions = match script {
                AgentScript::OtherVersion => VersionRange { lowest: 99, highest: 99 },
                _ => VERSIONS,
            };
            let far = FarEnd::of_versions(versions);
            ScriptedAgent { name, script, stream, far, asked: None, keys: None, number: 0 }.play()
        };
    })
}

struct ScriptedAgent {
    name: &'static str,
    script: AgentScript,
    stream: UnixStream,
    far: FarEnd,
    /// The request that is being answered.
    asked: Option<RequestId>,
    keys: Option<AgentKeys>,
    number: u16,
}

impl ScriptedAgent {
    fn play(&mut self) -> std::io::Result<()> {
        if matches!(self.script, AgentScript::Greets | AgentScript::GreetsThenHears) {
            self.stream.write_all(b"Welcome to \x1b[31mRaspberry Pi OS\n")?;
        }
        if self.script == AgentScript::Greets {
            return Ok(());
        }
        self.send()?;
        let mut buffer = [0; 4096];
        loop {
            while let Some(message) = self.far.poll_message() {
                assert_eq!(message.service, ServiceName::Survey);
                self.asked = message.id;
                if !self.obey(read_body(&message.body).unwrap())? {
                    return Ok(());
                }
            }
            match self.stream.read(&mut buffer)? {
                0 => return Ok(()),
                // The version may be another one; then nothing is answered.
                length if self.far.handle_bytes(&buffer[..length]).is_err() => return Ok(()),
                _ => {}
            }
        }
    }

    fn obey(&mut self, message: ToAgent) -> std::io::Result<bool> {
        match message {
            ToAgent::Begin { run_key, own_key, number, .. } => {
                self.keys = Some(AgentKeys { run: run_key, own: own_key });
                self.number = number;
                self.say(&FromAgent::Ready { snapshot: Box::new(snapshot(self.name)) })?;
            }
            ToAgent::Watch { port, .. } => {
                let watch = LinkCapture {
                    link: "eth0".parse().unwrap(),
                    sees_frames: true,
                    went_down: false,
                    lost: 0,
                    withheld: 0,
                };
                let port_v4 = port.or(Some(4000));
                let unix_ms = Some(unix_ms() + if self.name == "b" { AHEAD_MS } else { 0 });
                let watches = vec![watch];
                self.say(&FromAgent::Watching { watches, port_v4, port_v6: None, unix_ms })?;
            }
            ToAgent::Do { .. } if self.script == AgentScript::Dies => return Ok(false),
            ToAgent::Do { .. } if self.script == AgentScript::Freezes => {}
            ToAgent::Do { .. } if self.script == AgentScript::Floods => loop {
                self.say(&FromAgent::Finished {
                    watches: Vec::new(),
                    counters: [("x".repeat(60_000), 0)].into(),
                    frames_sent: std::collections::BTreeMap::new(),
                    untested: Vec::new(),
                })?;
            },
            ToAgent::Do { rounds, tasks } => {
                let tasks = tasks.into_iter().chain(rounds.iter().flat_map(RoundSchedule::tasks));
                let seen = tasks.flat_map(|task| self.perform(&task)).collect();
                self.say(&FromAgent::Saw { seen })?;
                self.say(&FromAgent::Idle)?;
            }
            ToAgent::Finish => self.say(&FromAgent::Finished {
                watches: Vec::new(),
                counters: std::collections::BTreeMap::new(),
                frames_sent: std::collections::BTreeMap::new(),
                untested: Vec::new(),
            })?,
            ToAgent::Peers { .. } | ToAgent::Listen { .. } | ToAgent::Cancel { .. } => {}
        }
        Ok(true)
    }

    /// Says that it asked; one that hears also knows what its peer will have sent in that round.
    fn perform(&self, task: &ProbeTask) -> Vec<ReportedObservation> {
        if !matches!(task.question, ProbeQuestion::Udp { .. }) {
            return Vec::new();
        }
        let own = Observation {
            peer: task.peer.clone(),
            link: task.link.clone(),
            asked_link: task.link.clone(),
            round: task.round,
            ..Observation::sent(
                pontoon_model::observation::RunId(0),
                self.name.parse().unwrap(),
                task.family,
                ProbeKind::Udp,
            )
        };
        let heard = Observation {
            direction: ObservedEvent::Arrived,
            cast: Some(FrameDestination::Unicast),
            ..own.clone()
        };
        let mut seen = vec![ReportedObservation { observation: own, proof: None }];
        let proof = match self.script {
            AgentScript::GreetsThenHears => self.proof_of_peer(task.round),
            AgentScript::Lies => "00".repeat(8),
            AgentScript::Impersonates => {
                let observation = Observation { host: task.peer.clone().unwrap(), ..heard };
                return vec![ReportedObservation {
                    observation,
                    proof: Some(self.proof_of_peer(task.round)),
                }];
            }
            _ => return seen,
        };
        seen.push(ReportedObservation { observation: heard, proof: Some(proof) });
        seen
    }

    /// The proof that the peer's packet bears. A real witness reads it off the wire; the test
    /// stands in for the wire.
    fn proof_of_peer(&self, round: u16) -> String {
        let number = 1 - self.number;
        let header = TokenHeader { sender: number, link: 0, code: 3, is_answer: false, round };
        let own = KEYS.lock().unwrap().get(&(self.run_tag(), number)).cloned();
        let own = own.unwrap_or_else(|| RunKey::from_bytes([0; 32]));
        let keys = AgentKeys { run: self.keys.as_ref().unwrap().run.clone(), own };
        to_hex(&ProbeToken::new(header, &keys).proof)
    }

    fn run_tag(&self) -> [u8; 32] {
        self.keys.as_ref().unwrap().run.tag(b"test")
    }

    fn say(&mut self, message: &FromAgent) -> std::io::Result<()> {
        if let (FromAgent::Ready { .. }, Some(keys)) = (message, &self.keys) {
            KEYS.lock().unwrap().insert((self.run_tag(), self.number), keys.own.clone());
        }
        let body = write_body(message).unwrap();
        match self.asked.take() {
            Some(id) => self.far.respond(id, &body).unwrap(),
            None => self.far.push(ServiceName::Survey, &body).unwrap(),
        }
        self.send()
    }

    fn send(&mut self) -> std::io::Result<()> {
        let wire = self.far.poll_transmit().to_vec();
        self.far.handle_transmitted(wire.len());
        self.stream.write_all(&wire)
    }
}

/// The wire between actors: which key each number of a run signs with.
pub(super) static KEYS: std::sync::Mutex<std::collections::BTreeMap<([u8; 32], u16), RunKey>> =
    std::sync::Mutex::new(std::collections::BTreeMap::new());

pub(crate) fn snapshot(name: &str) -> Snapshot {
    let last = if name == "a" { 1 } else { 2 };
    let text = format!(
        r#"{{"host_name":"{name}","links":[{{"name":"eth0","index":2,"mac":"02:00:00:00:00:0{last}",
        "mtu":1500,"kind":"ethernet","is_up":true,"has_carrier":true,"addresses":[{{"prefix":
        "192.168.50.{last}/24","scope":0,"flags":0,"valid_s":null}}],"master":null,"sysctls":{{}},
        "radio":null}}],"routes":[],"rules":[],"neighbours":[],"forwarding":{{"ipv4":null,"ipv6":null}},
        "all_links":{{}},"resolver":{{"servers":[],"search":[]}},"hosts_file":[],"clock":{{"unix_s":0,
        "is_synchronised":null}},"netfilter":{{"is_readable":false,"tables":[],"legacy_tables":[],
        "owners":[]}},"privileges":{{"net_raw":true,"net_admin":true}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}
