//! Agents that die, lie, flood or are none: scripted ones over socket pairs, so that nothing is
//! sent on any network.

use pontoon_model::code;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

use pontoon_model::facts::{AgentOutcome, LinkCapture, RunParameters};
use pontoon_model::net::Mac;
use pontoon_model::observation::{FrameDestination, Observation, ObservedEvent, ProbeKind};
use pontoon_model::snapshot::Snapshot;
use pontoon_remote::carrier::{CarrierError, RemoteProgram};
use pontoon_remote::far_end::FarEnd;
use pontoon_remote::message::{RequestId, ServiceName, read_body, write_body};
use pontoon_remote::preamble::{VERSIONS, VersionRange};
use pontoon_remote::session::host_session::HostSession;

use super::pair_code::{PairCode, PairSecret};
use super::{
    AgentChannel, RendezvousSide, SurveyError, SurveyOptions, SurveyParticipant, SurveyResult, run,
    run_rendezvous,
};
use crate::edge::clock::unix_ms;
use crate::probe_token::{AgentKeys, ProbeToken, TokenHeader};
use crate::probes::ProbeQuestion;
use crate::protocol::{FromAgent, ReportedObservation, ToAgent};
use crate::round_schedule::{ProbeTask, RoundSchedule};
use crate::run_key::{RunKey, to_hex};

/// How an agent behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum AgentScript {
    /// It does what it is told and hears nothing.
    Deaf,
    /// It dies when it is given its first questions.
    Dies,
    /// It reports frames that nobody sent.
    Lies,
    /// It reports observations as if its peer had made them.
    Impersonates,
    /// It never stops talking.
    Floods,
    /// It is a login shell.
    Greets,
    /// It is a login shell that greets and then starts the agent.
    GreetsThenHears,
    /// It is from the future.
    OtherVersion,
}

#[test]
fn a_greeting_before_the_agent_does_no_harm() {
    let survey = survey([AgentScript::GreetsThenHears, AgentScript::GreetsThenHears]);
    assert!(arrived(&survey, "b") >= 3);
}

/// By how much the clock of `b` is ahead of that of `a`, which is ours.
const AHEAD_MS: u64 = 90_000;

#[test]
fn clocks_are_told_apart_within_their_uncertainty() {
    let survey = survey([AgentScript::Deaf, AgentScript::Deaf]);
    for (host, truth) in [("a", 0), ("b", 90_000)] {
        let clock = &survey.facts.hosts[&host.parse().unwrap()].snapshot.clock;
        let found = clock.difference.unwrap();
        let off = found.offset_ms.abs_diff(truth);
        assert!(off <= u64::from(found.uncertainty_ms), "{host}: {found:?}");
    }
    let findings = pontoon_rules::rule::diagnose(&survey.facts);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&code::CLOCK_SKEW_BETWEEN_HOSTS), "{codes:?}");
}

#[test]
fn an_agent_that_dies_is_said_to_have_died() {
    let survey = survey([AgentScript::Deaf, AgentScript::Dies]);
    let ending = &survey.facts.hosts[&"b".parse().unwrap()].ending;
    assert!(matches!(ending, AgentOutcome::Died { why } if why.contains("ended")), "{ending:?}");
    assert_eq!(survey.facts.hosts[&"a".parse().unwrap()].ending, AgentOutcome::Complete);
}

#[test]
fn what_a_liar_says_is_not_counted() {
    for script in [AgentScript::Lies, AgentScript::Impersonates] {
        let survey = survey([AgentScript::Deaf, script]);
        assert_eq!(arrived(&survey, "b") + arrived(&survey, "a"), 0, "{script:?}");
        let ending = &survey.facts.hosts[&"b".parse().unwrap()].ending;
        assert!(
            matches!(ending, AgentOutcome::Died { why } if why.contains("nobody sent")),
            "{ending:?}"
        );
    }
}

#[test]
fn a_flood_is_cut_off() {
    let survey = survey([AgentScript::Deaf, AgentScript::Floods]);
    let ending = &survey.facts.hosts[&"b".parse().unwrap()].ending;
    assert!(matches!(ending, AgentOutcome::Died { why } if why.contains("floods")), "{ending:?}");
}

#[test]
fn a_program_that_is_no_agent_is_named_with_its_words() {
    for (script, expected) in
        [(AgentScript::Greets, "it said `Welcome"), (AgentScript::OtherVersion, "version 99")]
    {
        let survey = survey([AgentScript::Deaf, script]);
        let [(host, why)] = survey.unreached.as_slice() else { panic!("{:?}", survey.unreached) };
        assert_eq!(host.as_str(), "b");
        assert!(why.to_string().contains(expected), "{why}");
    }
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let program = RemoteProgram::via("b".parse().unwrap(), ["/no/such/program".into()]);
    let error = HostSession::start(program).unwrap_err();
    assert!(matches!(error, CarrierError::Start { .. }), "{error}");
}

#[test]
fn what_a_pairs_host_claims_to_have_heard_is_checked() {
    for (script, is_true) in [
        (AgentScript::GreetsThenHears, true),
        (AgentScript::Lies, false),
        (AgentScript::Impersonates, false),
    ] {
        let secret = PairSecret::random().unwrap();
        // Rounds are seconds since the epoch of the code.
        let epoch_s = u32::try_from(unix_ms() / 1000).unwrap();
        let code = PairCode::new(&secret, Mac([2, 0, 0, 0, 0, 2]), epoch_s);
        let key = secret.key();
        let run_tag = key.derive("run").tag(b"test");
        KEYS.lock().unwrap().insert((run_tag, 0), key.of_host(0));
        let (participant, agent) = participant("a", script);
        let options =
            SurveyOptions { is_offline: true, timeout_ms: Some(3_000), ..SurveyOptions::default() };
        let peer = "192.168.50.2".parse().unwrap();
        let side = RendezvousSide::Second(code);
        let survey = run_rendezvous(
            participant,
            peer,
            side,
            &RunParameters::default(),
            &options,
            &mut |_| {},
        )
        .unwrap();
        agent.join().unwrap();
        assert_eq!(arrived(&survey, "a") > 0, is_true, "{script:?}");
        assert!(survey.facts.observations.iter().all(|seen| seen.host.as_str() == "a"));
    }
}

#[test]
fn a_peer_in_no_network_of_ours_cannot_be_met() {
    let (participant, agent) = participant("a", AgentScript::Deaf);
    let side = RendezvousSide::First(&mut |_, _| panic!("no code is of use"));
    let peer = "10.0.0.1".parse().unwrap();
    let met = run_rendezvous(
        participant,
        peer,
        side,
        &RunParameters::default(),
        &SurveyOptions::default(),
        &mut |_| {},
    );
    agent.join().unwrap();
    assert!(matches!(met, Err(SurveyError::NotOurNetwork { .. })), "{met:?}");
}

fn arrived(survey: &SurveyResult, host: &str) -> usize {
    let arrivals = survey
        .facts
        .observations
        .iter()
        .filter(|seen| seen.direction == ObservedEvent::Arrived && seen.host.as_str() == host);
    arrivals.count()
}

/// A survey of two hosts, `a` and `b`, on one private wire.
fn survey(scripts: [AgentScript; 2]) -> SurveyResult {
    let mut participants = Vec::new();
    let mut agents = Vec::new();
    for (name, script) in ["a", "b"].into_iter().zip(scripts) {
        let (participant, agent) = participant(name, script);
        participants.push(participant);
        agents.push(agent);
    }
    let options = SurveyOptions { is_offline: true, ..SurveyOptions::default() };
    let survey = run(participants, &RunParameters::default(), &options, &mut |_| {}).unwrap();
    for agent in agents {
        agent.join().unwrap();
    }
    survey
}

fn participant(name: &'static str, script: AgentScript) -> (SurveyParticipant, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let input = OwnedFd::from(ours.try_clone().unwrap());
    let participant = SurveyParticipant {
        host: name.parse().unwrap(),
        channel: Ok(AgentChannel::alone(HostSession::over(input, OwnedFd::from(ours)))),
        asks: false,
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
static KEYS: std::sync::Mutex<std::collections::BTreeMap<([u8; 32], u16), RunKey>> =
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
