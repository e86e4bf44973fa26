//! Verdicts, and values in sentences and commands.

use super::certainty;
use crate::symptom::explain;
use pontoon_diagnosis::{Certainty, CommandPlace, DistinguishingCheck};

/// A text that several causes write proves none of them.
#[test]
fn these_stay_undecided_without_facts() {
    let texts = [
        "curl: (28) Connection timed out after 10001 milliseconds",
        "curl: (7) Failed to connect to 10.96.0.1 port 443 after 0 ms: Couldn't connect to server",
        ";; communications error to 10.96.0.10#53: timed out",
        "dial tcp 172.20.5.2:10250: connect: no route to host",
        "Unable to connect to the server: net/http: TLS handshake timeout",
        "\"Waiting for caches to sync\"",
        "x509: certificate signed by unknown authority",
        "certificate is valid for fritz.box, not 10.0.0.1: x509: certificate is valid for \
         fritz.box, not 10.0.0.1",
    ];
    for text in texts {
        assert_eq!(certainty(text), Some(Certainty::Possible), "{text}");
    }
}

#[test]
fn one_cause_is_certain() {
    let texts = [
        "x509: certificate is valid for 10.96.0.1, 172.20.5.1, not 10.0.0.1",
        "x509: certificate is valid for kubernetes, pi1, not pi1.local",
        "The connection to the server localhost:8080 was refused",
        "[ERROR Swap]: running with swap on is not supported",
    ];
    for text in texts {
        assert_eq!(certainty(text), Some(Certainty::Confirmed), "{text}");
    }
}

#[test]
fn values_of_the_text_stand_in_the_command() {
    let table = [
        ("dial tcp 172.20.5.7:10250: connect: no route to host", "ping -c 2 -W 2 172.20.5.7"),
        ("dial tcp [fd00::7]:10250: connect: no route to host", "ping -c 2 -W 2 fd00::7"),
        (
            "curl: (7) Failed to connect to 10.43.0.1 port 443 after 0 ms: Couldn't connect",
            "ip route get 10.43.0.1",
        ),
        (
            "Unable to connect to the server: dial tcp [2001:db8::1]:6443: connect: connection refused",
            "curl -sk -m 10 'https://[2001:db8::1]:6443/readyz'",
        ),
    ];
    for (text, command) in table {
        let explanation = explain(text.as_bytes());
        let checks = explanation.diagnoses.iter().filter_map(|one| one.distinguished_by.as_ref());
        let commands: Vec<_> = checks.filter_map(|check| check.command.as_ref()).collect();
        assert!(commands.iter().any(|one| one.as_str() == command), "{text}: {commands:?}");
    }
}

/// The command has to run on the host that dialled.
#[test]
fn where_to_look_is_where_it_was_dialled() {
    let place = |text: &str| {
        let explanation = explain(text.as_bytes());
        let mut checks = explanation.diagnoses.into_iter().filter_map(|one| one.distinguished_by);
        let is_ping = |check: &DistinguishingCheck| {
            check.command.as_ref().is_some_and(|command| command.as_str().starts_with("ping"))
        };
        checks.find(is_ping)?.place
    };
    let logs = "Error from server: Get \"https://10.0.0.2:10250/containerLogs/x\": dial tcp \
                10.0.0.2:10250: i/o timeout";
    assert_eq!(place(logs), Some(CommandPlace::ControlPlane));
    let join = "failed to request the cluster-info ConfigMap: dial tcp 10.0.0.1:6443: i/o timeout";
    assert_eq!(place(join), Some(CommandPlace::ThisHost));
}
