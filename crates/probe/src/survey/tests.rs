//! Agents that die, lie, flood or are none: scripted ones over socket pairs, so that nothing is
//! sent on any network.

mod scripted_agent;

use pontoon_model::code;
use pontoon_model::facts::{AgentOutcome, RunParameters};
use pontoon_model::net::Mac;
use pontoon_model::observation::ObservedEvent;
use pontoon_remote::carrier::{CarrierError, RemoteProgram};
use pontoon_remote::session::host_session::HostSession;

use super::pair_code::{PairCode, PairSecret};
use super::{RendezvousSide, SurveyError, SurveyOptions, SurveyResult, run, run_rendezvous};
use crate::edge::clock::unix_ms;
pub(crate) use scripted_agent::snapshot;
use scripted_agent::{AHEAD_MS, AgentScript, KEYS, participant};

#[test]
fn a_greeting_before_the_agent_does_no_harm() {
    let survey = survey([AgentScript::GreetsThenHears, AgentScript::GreetsThenHears]);
    assert!(arrived(&survey, "b") >= 3);
}

#[test]
fn clocks_are_told_apart_within_their_uncertainty() {
    let survey = survey([AgentScript::Deaf, AgentScript::Deaf]);
    for (host, truth) in [("a", 0), ("b", i64::try_from(AHEAD_MS).unwrap())] {
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
fn a_stopped_agent_is_given_up() {
    let survey = survey([AgentScript::Deaf, AgentScript::Freezes]);
    let ending = &survey.facts.hosts[&"b".parse().unwrap()].ending;
    assert!(
        matches!(ending, AgentOutcome::Died { why } if why.contains("stopped sending")),
        "{ending:?}"
    );
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
