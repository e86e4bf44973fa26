//! Failures of an API server, and the results of kubeadm 1.36.2.

use pontoon_model::code::{self, DiagnosisCode};
use std::net::Ipv4Addr;

use pontoon_join::verdict::JoinStage;

use crate::server::{Behaviour, Manner};

/// The time of the rehearsals, 25 November 2026.
pub(crate) const NOW_S: i64 = 1_795_600_800;
const FIVE_MINUTES: u64 = 300_000;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) behaviour: Behaviour,
    /// The join line, made from the one that init printed.
    pub(crate) line: fn(&str) -> String,
    pub(crate) now_s: i64,
    pub(crate) stage: JoinStage,
    pub(crate) causes: &'static [DiagnosisCode],
    pub(crate) after_ms: u64,
    pub(crate) words: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            name: "",
            behaviour: Behaviour::default(),
            line: str::to_owned,
            now_s: NOW_S,
            stage: JoinStage::Tls,
            causes: &[],
            after_ms: FIVE_MINUTES,
            words: "",
        }
    }
}

pub(crate) fn unpinned(line: &str) -> String {
    let begin = line.split(" --discovery-token-ca").next().unwrap_or_default().to_owned();
    format!("{begin} --discovery-token-unsafe-skip-ca-verification")
}

fn as_control_plane(line: &str) -> String {
    format!("{line} --control-plane --certificate-key {}", "0f".repeat(32))
}

pub(crate) fn wifi_only() -> Behaviour {
    let addresses = vec![Ipv4Addr::new(172, 20, 5, 1), Ipv4Addr::new(10, 96, 0, 1)];
    Behaviour { addresses, ..Behaviour::default() }
}

pub(crate) fn by_manner(manner: Manner) -> Behaviour {
    Behaviour { manner, ..Behaviour::default() }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = certificates();
    cases.extend(trust());
    cases.extend(conversations());
    cases.extend(afterwards());
    cases
}

#[expect(clippy::too_many_lines, reason = "rows of a table")]
fn certificates() -> Vec<Case> {
    vec![
        Case {
            name: "san-missing-pinned",
            behaviour: wifi_only(),
            stage: JoinStage::Certificate,
            causes: &[code::API_CERTIFICATE_LACKS_NAME],
            words: "x509: certificate is valid for 172.20.5.1, 10.96.0.1, not 127.0.0.1",
            ..Case::default()
        },
        Case {
            name: "san-missing-unpinned",
            behaviour: wifi_only(),
            line: unpinned,
            stage: JoinStage::InsideCertificate,
            causes: &[code::API_CERTIFICATE_LACKS_NAME],
            after_ms: 400,
            words: "unable to fetch the kubeadm-config ConfigMap: failed to get config map",
            ..Case::default()
        },
        Case {
            name: "clock-behind-pinned",
            now_s: 1_500_000_000,
            stage: JoinStage::Certificate,
            causes: &[code::CLOCK_BEFORE_CERTIFICATE],
            words: "x509: certificate has expired or is not yet valid: current time \
                    2017-07-14T02:40:00Z is before 2025-01-01T00:00:00Z",
            ..Case::default()
        },
        Case {
            name: "clock-behind-unpinned",
            line: unpinned,
            now_s: 1_500_000_000,
            stage: JoinStage::InsideCertificate,
            causes: &[code::CLOCK_BEFORE_CERTIFICATE],
            after_ms: 400,
            words: "unable to fetch the kubeadm-config ConfigMap",
            ..Case::default()
        },
        Case {
            name: "made while the control plane's clock was ahead",
            behaviour: Behaviour { years: (2030, 2031), ..Behaviour::default() },
            stage: JoinStage::Certificate,
            causes: &[code::CERTIFICATE_FROM_THE_FUTURE],
            words: "is before 2030-01-01T00:00:00Z",
            ..Case::default()
        },
        Case {
            name: "expired",
            behaviour: Behaviour { years: (2025, 2026), ..Behaviour::default() },
            stage: JoinStage::Certificate,
            causes: &[code::CERTIFICATE_EXPIRED],
            words: "is after 2026-01-01T00:00:00Z",
            ..Case::default()
        },
        Case {
            name: "this clock is ahead",
            now_s: NOW_S + 10 * 365 * 86_400,
            stage: JoinStage::Certificate,
            causes: &[code::CLOCK_AHEAD],
            words: "is after 2035-01-01T00:00:00Z",
            ..Case::default()
        },
        Case {
            name: "another CA",
            behaviour: Behaviour { has_other_ca: true, ..Behaviour::default() },
            stage: JoinStage::Certificate,
            causes: &[code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS],
            words: "x509: certificate signed by unknown authority",
            ..Case::default()
        },
    ]
}

fn trust() -> Vec<Case> {
    let signed = |tokens: &[&str]| Behaviour {
        signed_for: tokens.iter().map(ToString::to_string).collect(),
        ..Behaviour::default()
    };
    vec![
        Case {
            name: "token-secret-wrong",
            behaviour: signed(&["abcdef.fedcba9876543210"]),
            stage: JoinStage::Signature,
            causes: &[code::JOIN_TOKEN_SECRET_WRONG],
            after_ms: 0,
            words: "failed to verify JWS signature of received cluster info object, can't trust \
                    this API Server",
            ..Case::default()
        },
        Case {
            name: "token unknown or expired",
            behaviour: signed(&["zzzzzz.0123456789abcdef", "yyyyyy.0123456789abcdef"]),
            stage: JoinStage::Signature,
            causes: &[code::JOIN_TOKEN_UNKNOWN, code::STILL_STARTING],
            words: "could not find a JWS signature in the cluster-info ConfigMap for token ID \
                    \"abcdef\"",
            ..Case::default()
        },
        Case {
            name: "not signed at all",
            behaviour: signed(&[]),
            stage: JoinStage::Signature,
            causes: &[
                code::JOIN_TOKEN_UNKNOWN,
                code::STILL_STARTING,
                code::BOOTSTRAP_SIGNER_NOT_RUNNING,
            ],
            words: "could not find a JWS signature",
            ..Case::default()
        },
        Case {
            name: "pin-wrong",
            line: |line| {
                let begin = line.split("sha256:").next().unwrap_or_default().to_owned();
                format!("{begin}sha256:{}", "0".repeat(64))
            },
            stage: JoinStage::Pin,
            causes: &[code::CA_PIN_OF_ANOTHER_CLUSTER],
            after_ms: 0,
            words: "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \
                    \"sha256:",
            ..Case::default()
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "rows of a table")]
fn conversations() -> Vec<Case> {
    let status =
        |status| Behaviour { statuses: vec![("cluster-info", status)], ..Behaviour::default() };
    let body = |body: &[u8]| Behaviour {
        bodies: vec![("cluster-info", body.to_vec())],
        ..Behaviour::default()
    };
    let at = |name, behaviour, stage, causes, words| Case {
        name,
        behaviour,
        stage,
        causes,
        words,
        ..Case::default()
    };
    vec![
        at(
            "plain HTTP",
            by_manner(Manner::Http),
            JoinStage::Tls,
            &[code::NOT_A_TLS_PORT],
            "http: server gave HTTP response to HTTPS client",
        ),
        at(
            "ssh",
            by_manner(Manner::Ssh),
            JoinStage::Tls,
            &[code::NOT_A_TLS_PORT, code::CONNECTION_CUT],
            "couldn't validate the identity",
        ),
        at(
            "closes at once",
            by_manner(Manner::Closing),
            JoinStage::Tls,
            &[code::NOT_A_TLS_PORT, code::CONNECTION_CUT],
            "EOF",
        ),
        at(
            // Loopback passes packets of any size, so the server is the cause.
            "silent after the connection",
            by_manner(Manner::Silent),
            JoinStage::Tls,
            &[code::SERVER_OVERLOADED],
            "context deadline exceeded",
        ),
        at(
            "an endless answer",
            by_manner(Manner::Endless),
            JoinStage::ClusterInfo,
            &[code::ANOTHER_SERVER_ANSWERS],
            "failed to request the cluster-info ConfigMap",
        ),
        at(
            "a huge answer",
            body(&vec![b'x'; 3 << 20]),
            JoinStage::ClusterInfo,
            &[code::ANOTHER_SERVER_ANSWERS],
            "failed to request the cluster-info ConfigMap",
        ),
        at(
            "no ConfigMap",
            body(b"<html>log in</html>"),
            JoinStage::ClusterInfo,
            &[code::ANOTHER_SERVER_ANSWERS],
            "failed to request the cluster-info ConfigMap",
        ),
        at(
            "not there",
            status(404),
            JoinStage::ClusterInfo,
            &[code::BOOTSTRAP_SIGNER_NOT_RUNNING, code::ANOTHER_SERVER_ANSWERS],
            "cluster-info ConfigMap: cluster-info not found",
        ),
        at(
            "not there, and no API server either",
            Behaviour {
                bodies: vec![("cluster-info", b"404 page not found".to_vec())],
                ..status(404)
            },
            JoinStage::ClusterInfo,
            &[code::ANOTHER_SERVER_ANSWERS],
            "ConfigMap: the server could not find the requested resource (get configmaps \
             cluster-info)",
        ),
        at(
            "forbidden",
            status(403),
            JoinStage::ClusterInfo,
            &[code::RIGHTS_MISSING],
            "is forbidden",
        ),
        at(
            "starting",
            status(503),
            JoinStage::ClusterInfo,
            &[code::SERVER_OVERLOADED, code::STILL_STARTING],
            "failed to request the cluster-info ConfigMap",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "rows of a table")]
fn afterwards() -> Vec<Case> {
    let ready = br#"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#;
    vec![
        Case {
            name: "cluster-info names a server that is not there",
            behaviour: Behaviour {
                inside: Some("https://127.0.0.1:9".to_owned()),
                ..Behaviour::default()
            },
            stage: JoinStage::Inside,
            causes: &[code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER],
            after_ms: 400,
            words: "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \
                    \"https://127.0.0.1:9/api/v1/namespaces/kube-system/configmaps/\
                    kubeadm-config?timeout=10s\": dial tcp 127.0.0.1:9: connect: connection refused",
            ..Case::default()
        },
        Case {
            name: "the token may not read",
            behaviour: Behaviour {
                statuses: vec![("kubeadm-config", 403)],
                ..Behaviour::default()
            },
            stage: JoinStage::Reads,
            causes: &[code::RIGHTS_MISSING],
            after_ms: 400,
            words: "unable to fetch the kubeadm-config ConfigMap",
            ..Case::default()
        },
        Case {
            name: "control-plane-without-endpoint",
            behaviour: Behaviour { endpoint: "", ..Behaviour::default() },
            line: |line| format!("{line} --control-plane"),
            stage: JoinStage::ControlPlane,
            causes: &[code::CONTROL_PLANE_ENDPOINT_MISSING],
            after_ms: 0,
            words: "unable to add a new control plane instance to a cluster that doesn't have a \
                    stable controlPlaneEndpoint address",
            ..Case::default()
        },
        Case {
            name: "the certificates are gone",
            line: as_control_plane,
            stage: JoinStage::SharedCertificates,
            causes: &[code::CERTIFICATE_KEY_EXPIRED],
            after_ms: 0,
            words: "error execution phase control-plane-prepare/download-certs: error downloading \
                    certs: error downloading the secret: Secret \"kubeadm-certs\" was not found in \
                    the \"kube-system\" Namespace. This Secret might have expired.",
            ..Case::default()
        },
        Case {
            name: "the certificates were never there",
            behaviour: Behaviour { statuses: vec![("kubeadm-certs", 403)], ..Behaviour::default() },
            line: as_control_plane,
            stage: JoinStage::SharedCertificates,
            causes: &[code::CERTIFICATE_KEY_EXPIRED],
            after_ms: 0,
            words: "error downloading the secret: kubeadm-certs is forbidden: User cannot get it",
            ..Case::default()
        },
        Case {
            name: "another certificate key",
            behaviour: Behaviour {
                statuses: vec![("kubeadm-certs", 200)],
                bodies: vec![("kubeadm-certs", br#"{"data":{"ca.crt":"AAAA"}}"#.to_vec())],
                ..Behaviour::default()
            },
            line: as_control_plane,
            stage: JoinStage::SharedCertificates,
            causes: &[code::CERTIFICATE_KEY_WRONG],
            after_ms: 0,
            words: "error downloading certs: error decoding secret data with provided key: cipher: \
                    message authentication failed",
            ..Case::default()
        },
        Case {
            name: "a Ready node has the name",
            behaviour: Behaviour {
                statuses: vec![("pi1", 200)],
                bodies: vec![("pi1", ready.to_vec())],
                ..Behaviour::default()
            },
            stage: JoinStage::NodeName,
            causes: &[code::NODE_NAME_TAKEN],
            after_ms: 0,
            words: "error execution phase kubelet-start: a Node with name \"pi1\" and status \"Ready\" already exists in the cluster",
            ..Case::default()
        },
    ]
}
