//! Which stage stops a join, by which cause, after how long and with which message: the results of
//! kubeadm 1.36.2 in the same case.

use pontoon_model::code::{self, DiagnosisCode};
use std::time::Duration;

use pontoon_join::edge::{JoinAttempt, attempt};
use pontoon_join::join_line;
use pontoon_join::join_timeouts::JoinTimeouts;
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
        let stop = verdict.stop.unwrap_or_else(|| panic!("{name}: {:?}", verdict.steps));
        // Without permission to send pings, two causes of silence cannot be distinguished.
        let has_no_echo = stop.because.iter().any(|because| because.contains("answers no ping"));
        let causes = if has_no_echo && case.causes == [code::SERVER_OVERLOADED] {
            &[code::PATH_MTU_HOLE, code::SERVER_OVERLOADED][..]
        } else {
            case.causes
        };
        assert_eq!((stop.stage, &stop.causes[..]), (case.stage, causes), "{name}: {stop:?}");
        assert_eq!(stop.after_ms, case.after_ms, "{name}");
        assert!(stop.words.contains(case.words), "{name}: {}", stop.words);
        let known = |code: &DiagnosisCode| pontoon_causes::cause::cause(*code).is_some();
        assert!(stop.causes.iter().all(known), "{name}: {:?} are to be explained", stop.causes);
        assert!(!stop.advice.is_empty() && !stop.because.is_empty(), "{name}");
        let failed = verdict.steps.iter().filter(|step| step.is_passed == Some(false)).count();
        assert_eq!(failed, 1, "{name}: {:?}", verdict.steps);
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
        assert_eq!(verdict.stop, None, "{name}: {:?}", verdict.steps);
        let bearers = server.bearers.lock().expect("no thread panicked").clone();
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
    assert_eq!(verdict.stop, None, "{:?}", verdict.steps);
    let open = verdict.open.unwrap_or_else(|| panic!("{:?}", verdict.steps));
    assert!(open.contains("the settings kube-proxy could not be asked for"), "{open}");
    let reads = verdict.steps.iter().find(|step| step.stage == JoinStage::Reads);
    assert_eq!(reads.map(|step| step.is_passed), Some(None), "{:?}", verdict.steps);
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
            assert!(verdict.stop.is_some(), "{name}");
            assert!(server.bearers.lock().expect("no thread panicked").is_empty(), "{name}");
        }
    }
}

/// kubeadm repeats the request as well: the cluster signs for a new token after some seconds.
#[test]
fn a_token_that_was_made_a_moment_ago_is_waited_for() {
    let server = Server::start(Behaviour { unsigned_answers: 2, ..Behaviour::default() });
    let limits = JoinTimeouts { signature: Duration::from_secs(6), ..SHORT };
    let verdict = rehearsed(&server.line(), NOW_S, limits);
    assert_eq!(verdict.stop, None, "{:?}", verdict.steps);
}

#[test]
fn nothing_listens() {
    let line = format!(
        "kubeadm join 127.0.0.1:9 --token {TOKEN} --discovery-token-unsafe-skip-ca-verification"
    );
    let stop = rehearsed(&line, NOW_S, SHORT).stop.expect("nothing listens");
    assert_eq!(stop.stage, JoinStage::Tcp);
    assert!(stop.words.ends_with("dial tcp 127.0.0.1:9: connect: connection refused"));
}

#[test]
fn a_slow_answer_is_waited_for_as_long_as_was_said() {
    let server = Server::start(by_manner(Manner::Dumb));
    let limits = JoinTimeouts { all: Duration::from_secs(3), ..SHORT };
    let stop = rehearsed(&server.line(), NOW_S, limits).stop.expect("no answer");
    assert_eq!(stop.stage, JoinStage::ClusterInfo);
    assert!(stop.because[0].contains("kubeadm allows 10 s"), "{:?}", stop.because);
}
