//! Which stage stops a join, by which cause, after how long and with which message: the results of
//! kubeadm 1.36.2 in the same case.

use std::time::Duration;

use pontoon_causes::cause::cause;
use pontoon_diagnosis::evidence::{JoinAnswerEvidence, JoinEvidence};
use pontoon_diagnosis::{Certainty, Evidence};
use pontoon_model::code;

use pontoon_join::edge::{JoinAttempt, attempt};
use pontoon_join::join_line;
use pontoon_join::join_timeouts::JoinTimeouts;
use pontoon_join::trial::JoinObject;
use pontoon_join::verdict::{JoinStage, JoinVerdict, judge};
use pontoon_predict::proxy::ProxyEnvironment;

use crate::rows::{NOW_S, by_manner, cases, unpinned, wifi_only};
use crate::server::{Behaviour, Manner, Server, TOKEN};

pub(crate) const SHORT: JoinTimeouts = JoinTimeouts {
    resolve: Duration::from_secs(2),
    connect: Duration::from_secs(2),
    tls: Duration::from_secs(3),
    signature: Duration::ZERO,
    all: Duration::from_secs(8),
};

fn rehearsed(line: &str, now_s: i64, limits: JoinTimeouts) -> JoinVerdict {
    rehearsed_by(&ProxyEnvironment::default(), line, now_s, limits)
}

pub(crate) fn rehearsed_by(
    proxies: &ProxyEnvironment,
    line: &str,
    now_s: i64,
    limits: JoinTimeouts,
) -> JoinVerdict {
    let request = join_line::parse(line).expect("a line").complete(None).expect("a join");
    let trial = attempt(&JoinAttempt {
        request: &request,
        link: None,
        node_name: "pi1",
        proxies,
        now_s,
        limits,
    });
    judge(&request, &trial)
}

#[test]
fn every_failure_is_named_by_its_stage_and_cause_and_kubeadms_words() {
    for case in cases() {
        let server = Server::start(case.behaviour);
        let line = (case.line)(&server.line());
        let verdict = rehearsed(&line, case.now_s, SHORT);
        let name = case.name;
        let failure = verdict.failure.unwrap_or_else(|| panic!("{name}: {:?}", verdict.stages));
        // Who may send no echo cannot tell two silences apart.
        let untested: Evidence =
            JoinEvidence::PacketSizesUntested { is_behind_proxy: false }.into();
        let has_no_echo = failure.evidence().contains(&untested);
        let causes = if has_no_echo && case.causes == [code::SERVER_OVERLOADED] {
            &[code::PATH_MTU_HOLE, code::SERVER_OVERLOADED][..]
        } else {
            case.causes
        };
        let found: Vec<_> = failure.diagnoses.iter().map(|one| one.code).collect();
        assert_eq!((failure.stage, &found[..]), (case.stage, causes), "{name}: {failure:?}");
        assert_eq!(failure.after_ms, case.after_ms, "{name}");
        assert!(failure.response.contains(case.words), "{name}: {}", failure.response);
        for diagnosis in &failure.diagnoses {
            let code = diagnosis.code;
            let known = cause(code).unwrap_or_else(|| panic!("{name}: {code} is to be explained"));
            assert_eq!(diagnosis.source, Some(known.source), "{name}");
            assert_eq!(diagnosis.evidence, failure.evidence(), "{name}");
            let others = causes.iter().filter(|it| **it != code).copied();
            assert_eq!(diagnosis.alternatives, others.collect::<Vec<_>>(), "{name}");
            let is_possible = diagnosis.certainty == Certainty::Possible;
            assert_eq!(is_possible, causes.len() > 1, "{name}: {diagnosis:?}");
            let is_sure = diagnosis.certainty == Certainty::Confirmed;
            assert_eq!(diagnosis.distinguished_by.is_none(), is_sure, "{name}: {diagnosis:?}");
        }
        assert!(!failure.remedies().is_empty() && !failure.evidence().is_empty(), "{name}");
        let failed = verdict.stages.iter().filter(|stage| stage.is_passed == Some(false)).count();
        assert_eq!(failed, 1, "{name}: {:?}", verdict.stages);
    }
}

/// A Secret whose entries Go encrypted with the key below: their contents do not matter.
fn certificates() -> Behaviour {
    let names =
        ["ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub"];
    let entries =
        names.map(|name| format!("\"{name}\":\"AQIDBAUGBwgJCgsMcQw7n3CEWz6fXZVZfdbjOR4oa8j2\""));
    let body = format!("{{\"data\":{{{}}}}}", entries.join(","));
    Behaviour {
        statuses: vec![("kubeadm-certs", 200)],
        bodies: vec![("kubeadm-certs", body.into_bytes())],
        ..Behaviour::default()
    }
}

#[test]
fn a_good_join_goes_through_and_asks_what_kubeadm_asks() {
    type Line = fn(&str) -> String;
    let as_control_plane: Line = |line| {
        let key = "0f0e0d0c0b0a09080706050403020100ffeeddccbbaa99887766554433221100";
        format!("{line} --control-plane --certificate-key {key}")
    };
    let worker = ["kubeadm-config", "kube-proxy", "kubelet-config", "pi1"];
    let control_plane = ["kubeadm-config", "kube-proxy", "kubelet-config", "kubeadm-certs", "pi1"];
    let table: [(&str, Behaviour, Line, &[&str]); 3] = [
        ("pinned", Behaviour::default(), str::to_owned, &worker),
        ("not", Behaviour::default(), unpinned, &worker),
        ("control plane", certificates(), as_control_plane, &control_plane),
    ];
    for (name, behaviour, line, expected) in table {
        let server = Server::start(behaviour);
        let verdict = rehearsed(&line(&server.line()), NOW_S, JoinTimeouts::USUAL);
        assert_eq!(verdict.failure, None, "{name}: {:?}", verdict.stages);
        let bearers = server.bearers.lock().expect("nobody panicked").clone();
        let ends: Vec<_> =
            bearers.iter().filter_map(|path| path.split('?').next()?.rsplit('/').next()).collect();
        assert_eq!(ends, expected, "{name}");
    }
}

/// The server returns cluster-info and one of the settings, then nothing more.
#[test]
fn what_could_not_be_asked_is_not_passed() {
    let server = Server::start(Behaviour { conversations: 2, ..Behaviour::default() });
    let verdict = rehearsed(&server.line(), NOW_S, SHORT);
    assert_eq!(verdict.failure, None, "{:?}", verdict.stages);
    let object = JoinObject::ConfigMap("kube-proxy").requested();
    let unasked: Evidence = JoinAnswerEvidence::ObjectNotRequested { object }.into();
    assert_eq!(verdict.undecided, Some(unasked), "{:?}", verdict.stages);
    let reads = verdict.stages.iter().find(|stage| stage.stage == JoinStage::Reads);
    assert_eq!(reads.map(|stage| stage.is_passed), Some(None), "{:?}", verdict.stages);
}

/// The token is sent only to servers that the signature and the pin authenticate.
#[test]
fn a_server_that_is_not_vouched_for_never_sees_the_token() {
    let table = [
        ("another CA", Behaviour { has_other_ca: true, ..Behaviour::default() }, NOW_S),
        ("another name", wifi_only(), NOW_S),
        ("not valid yet", Behaviour::default(), 1_500_000_000),
        ("another token", Behaviour { signed_for: Vec::new(), ..Behaviour::default() }, NOW_S),
    ];
    for (name, behaviour, now_s) in table {
        for line in [str::to_owned as fn(&str) -> String, unpinned] {
            let server = Server::start(behaviour.clone());
            let verdict = rehearsed(&line(&server.line()), now_s, SHORT);
            assert!(verdict.failure.is_some(), "{name}");
            assert!(server.bearers.lock().expect("nobody panicked").is_empty(), "{name}");
        }
    }
}

/// kubeadm repeats the request as well: the cluster signs for a new token after some seconds.
#[test]
fn a_token_that_was_made_a_moment_ago_is_waited_for() {
    let server = Server::start(Behaviour { unsigned_answers: 2, ..Behaviour::default() });
    let limits = JoinTimeouts { signature: Duration::from_secs(6), ..SHORT };
    let verdict = rehearsed(&server.line(), NOW_S, limits);
    assert_eq!(verdict.failure, None, "{:?}", verdict.stages);
}

#[test]
fn nothing_listens() {
    let line = format!(
        "kubeadm join 127.0.0.1:9 --token {TOKEN} --discovery-token-unsafe-skip-ca-verification"
    );
    let failure = rehearsed(&line, NOW_S, SHORT).failure.expect("nobody is there");
    assert_eq!(failure.stage, JoinStage::Tcp);
    assert!(failure.response.ends_with("dial tcp 127.0.0.1:9: connect: connection refused"));
}

#[test]
fn a_slow_answer_is_waited_for_as_long_as_was_said() {
    let server = Server::start(by_manner(Manner::Dumb));
    let limits = JoinTimeouts { all: Duration::from_secs(3), ..SHORT };
    let failure = rehearsed(&server.line(), NOW_S, limits).failure.expect("no answer");
    assert_eq!(failure.stage, JoinStage::ClusterInfo);
    let [Evidence::JoinAnswer(JoinAnswerEvidence::ObjectTimeout { allowed_ms, .. })] =
        failure.evidence()
    else {
        panic!("{:?}", failure.evidence())
    };
    assert_eq!(*allowed_ms, Some(10_000));
}
