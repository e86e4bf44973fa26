//! `pontoon join-check` as users run it.

use std::process::Output;

use pontoon_tests::program::pontoon_in;

use crate::server::{Behaviour, Server, TOKEN};

const SECRET: &str = "0123456789abcdef";

fn typed(words: &[&str], line: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let words = [&["join-check"], words].concat();
    pontoon_in(folder.path(), &[("HTTPS_PROXY", ""), ("https_proxy", "")], &words, line)
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn a_failure_is_told_with_the_stage_and_no_secret() {
    let behaviour = Behaviour { signed_for: Vec::new(), ..Behaviour::default() };
    let server = Server::start(behaviour);
    let output = typed(&["-"], &server.line());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("would hang for 5 minutes without output"), "{said}");
    assert!(said.contains("join-token-unknown") && said.contains("token ID \"abcdef\""), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    let wide = said.lines().filter(|line| line.chars().count() > 80);
    assert!(wide.clone().all(|line| line.contains("https://")), "{:?}", wide.collect::<Vec<_>>());
}

#[test]
fn the_report_is_json_on_demand_and_holds_no_secret() {
    let server = Server::start(Behaviour::default());
    let output = typed(&["-", "--json"], &server.line());
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    assert_eq!(report["schema"], "pontoon/join/v2");
    assert!(report["verdict"]["failure"].is_null(), "{report}");
    // What is beyond kubeadm's own stages, by the settings that were read.
    let beyond: Vec<_> = report["beyond_kubeadm"].as_array().expect("a list").iter().collect();
    for stage in ["service-route", "networks"] {
        assert!(beyond.iter().any(|step| step["stage"] == stage), "{stage}: {report}");
    }
    assert!(!text(&output).contains(SECRET));
}

#[test]
fn a_line_after_two_dashes_is_read_with_a_warning() {
    let server = Server::start(Behaviour::default());
    let line = server.line();
    let mut words = vec!["--"];
    words.extend(line.split(' '));
    let output = typed(&words, "");
    let said = text(&output);
    assert!(said.contains("shows in the list of processes"), "{said}");
    assert!(said.contains("go through") || said.contains("prevents the join"), "{said}");
}

#[test]
fn what_is_no_join_is_refused_with_what_to_do() {
    let table = [
        (&["-"][..], "hello", "no `kubeadm join`"),
        (&["-"], "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcde", "the token is not"),
        (&["-"], "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef", "neither"),
        (&[], "", "no `kubeadm join`"),
    ];
    for (words, line, expected) in table {
        let output = typed(words, line);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected) && said.contains("--print-join-command"), "{said}");
        assert!(!said.contains(SECRET) || line.is_empty(), "{said}");
    }
}

#[test]
fn a_configuration_is_a_join_too() {
    let server = Server::start(Behaviour::default());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("join.yaml");
    let text_of_file = format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  \
         bootstrapToken:\n    apiServerEndpoint: {}\n    token: {TOKEN}\n    caCertHashes: [\"{}\"]\n",
        server.address, server.pin
    );
    std::fs::write(&path, text_of_file).expect("a file");
    let output = typed(&["--config", path.to_str().expect("a path"), "--json"], "");
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    assert!(report["verdict"]["failure"].is_null(), "{report}");
}
