//! Sentences about what the API server answered to a rehearsed join.

use std::fmt;

use pontoon_model::untrusted::Untrusted;
use time::OffsetDateTime;

use super::words::Seconds;
use crate::evidence::{JoinAnswerEvidence, RequestedObject};

impl fmt::Display for JoinAnswerEvidence {
    #[expect(clippy::too_many_lines, reason = "one line of text for each kind of observation")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectTimeout { object, waited_ms, allowed_ms } => {
                write!(f, "no response for {object} within {}", Seconds(*waited_ms))?;
                allowed_ms.iter().try_for_each(|ms| write!(f, "; kubeadm allows {}", Seconds(*ms)))
            }
            Self::ObjectRefused { object, status, response } => {
                write!(f, "the server answers {status} for {object}")?;
                response.iter().try_for_each(|response| write!(f, ": {response}"))
            }
            Self::ObjectMalformed { object, reason } => {
                write!(f, "the answer for {object} cannot be read: {reason}")
            }
            Self::ObjectUnexpected { object: RequestedObject { resource, name } } => {
                write!(f, "the answer for {name} is not a {resource}")
            }
            Self::ObjectNotRequested { object } => {
                write!(f, "{object} could not be requested: the connection did not last")
            }
            Self::ClusterInfoSigned { tokens, count } => {
                write!(f, "cluster-info is signed for {}", Tokens(tokens, *count))
            }
            Self::TokenNotSigned { token, signed_for, count } => {
                write!(
                    f,
                    "cluster-info is signed for {}, not for {token}",
                    Tokens(signed_for, *count)
                )
            }
            Self::SignatureValid => f.write_str("signed with the token's secret"),
            Self::SignatureInvalid => {
                f.write_str("cluster-info was signed with another secret than the token's")
            }
            Self::KubeconfigMissing => f.write_str("cluster-info holds no kubeconfig"),
            Self::KubeconfigMalformed { reason } => {
                write!(f, "the kubeconfig in cluster-info cannot be read: {reason}")
            }
            Self::PinMatches => f.write_str("a CA in cluster-info matches the pin"),
            Self::PinMissing => {
                f.write_str("no pin given: any server that knows the token is trusted")
            }
            Self::PinMismatch { found } => {
                write!(f, "the cluster's CA is {}, which is not the pinned one", found.join(", "))
            }
            Self::SameServer => f.write_str("the same server as in the join command"),
            Self::OtherServer { server } => write!(
                f,
                "cluster-info names {server}, and every later request goes there, whatever the \
                 join command says"
            ),
            Self::OtherServerAnswers { server } => write!(f, "{server} answers"),
            Self::CertificateValid { host } => write!(f, "valid for {host}"),
            Self::CertificateForOthers { host, valid_for } if valid_for.is_empty() => {
                write!(f, "the certificate names no address or name that could be {host}")
            }
            Self::CertificateForOthers { host, valid_for } => {
                write!(f, "the certificate is valid for {}, not for {host}", Commas(valid_for))
            }
            Self::CertificateTime { clock_s, limit_s, is_early } => write!(
                f,
                "this host's clock says {}, the certificate is valid {} {}",
                Utc(*clock_s),
                if *is_early { "from" } else { "until" },
                Utc(*limit_s)
            ),
            Self::ServerClock { server_s } => {
                write!(f, "the server's clock says {}", Utc(*server_s))
            }
            Self::CertificateIssuer { issuer } => {
                write!(f, "the certificate was issued by {issuer}, not by the CA in cluster-info")
            }
            Self::SettingsRead { names } => f.write_str(&names.join(", ")),
            Self::ControlPlaneEndpoint { is_set: true } => {
                f.write_str("the cluster has a controlPlaneEndpoint")
            }
            Self::ControlPlaneEndpoint { is_set: false } => {
                f.write_str("the cluster has no controlPlaneEndpoint")
            }
            Self::CertificateKeyValid => {
                f.write_str("the certificate key decrypts the certificates")
            }
            Self::CertificateKeyInvalid => {
                f.write_str("the certificates were encrypted with another key")
            }
            Self::SharedCertificateMissing { name } => {
                write!(f, "{name} is not among the certificates")
            }
            Self::CertificatesNeverUploaded => {
                f.write_str("the token may not read the certificates: they were never uploaded")
            }
            Self::NodeNameFree { name } => write!(f, "no Ready node is named {name}"),
            Self::NodeNameTaken { name } => write!(f, "a Ready node is already named {name}"),
            Self::TokenNotSent => f.write_str(
                "not tested: it takes the token, which stays on the host that runs pontoon",
            ),
        }
    }
}

impl fmt::Display for RequestedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource, self.name)
    }
}

/// The public halves of tokens, and how many there are in all.
struct Tokens<'a>(&'a [Untrusted], usize);

impl fmt::Display for Tokens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            0 => f.write_str("no token"),
            count if count > self.0.len() => write!(f, "token {} and others", Commas(self.0)),
            _ => write!(f, "token {}", Commas(self.0)),
        }
    }
}

/// Foreign words between commas.
struct Commas<'a>(&'a [Untrusted]);

/// Most words of a list in a sentence. A certificate may have thousands of names.
const WORDS_MAX: usize = 12;

impl fmt::Display for Commas<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().take(WORDS_MAX).enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}{word}")?;
        }
        match self.0.len().saturating_sub(WORDS_MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Seconds since 1970 as RFC 3339 has them, in UTC; the bare number outside the calendar.
struct Utc(i64);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(at) = OffsetDateTime::from_unix_timestamp(self.0) else {
            return write!(f, "{}", self.0);
        };
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second) = at.to_hms();
        let month = u8::from(month);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ServerEndpoint;
    use pontoon_model::host::HostName;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_answer_has_its_sentence() {
        let text = |text: &str| Untrusted::new(text);
        let object = RequestedObject { resource: "ConfigMap", name: text("kubeadm-config") };
        let server = ServerEndpoint { host: HostName::lossy("172.20.5.1"), port: 6443 };
        let host = HostName::lossy("10.0.0.1");
        let table = [
            (
                JoinAnswerEvidence::ObjectTimeout {
                    object: object.clone(),
                    waited_ms: 3_000,
                    allowed_ms: Some(10_000),
                },
                "no response for ConfigMap kubeadm-config within 3 s; kubeadm allows 10 s",
            ),
            (
                JoinAnswerEvidence::ObjectRefused {
                    object: object.clone(),
                    status: 404,
                    response: Some(text("not found")),
                },
                "the server answers 404 for ConfigMap kubeadm-config: not found",
            ),
            (
                JoinAnswerEvidence::ObjectRefused {
                    object: object.clone(),
                    status: 401,
                    response: None,
                },
                "the server answers 401 for ConfigMap kubeadm-config",
            ),
            (
                JoinAnswerEvidence::ObjectMalformed {
                    object: object.clone(),
                    reason: text("too long"),
                },
                "the answer for ConfigMap kubeadm-config cannot be read: too long",
            ),
            (
                JoinAnswerEvidence::ObjectUnexpected { object: object.clone() },
                "the answer for kubeadm-config is not a ConfigMap",
            ),
            (
                JoinAnswerEvidence::ObjectNotRequested { object },
                "ConfigMap kubeadm-config could not be requested: the connection did not last",
            ),
            (
                JoinAnswerEvidence::ClusterInfoSigned { tokens: vec![text("abcdef")], count: 1 },
                "cluster-info is signed for token abcdef",
            ),
            (
                JoinAnswerEvidence::TokenNotSigned {
                    token: text("abcdef"),
                    signed_for: vec![text("a\n"), text("b")],
                    count: 9,
                },
                "cluster-info is signed for token a\\u{a}, b and others, not for abcdef",
            ),
            (
                JoinAnswerEvidence::TokenNotSigned {
                    token: text("abcdef"),
                    signed_for: Vec::new(),
                    count: 0,
                },
                "cluster-info is signed for no token, not for abcdef",
            ),
            (JoinAnswerEvidence::SignatureValid, "signed with the token's secret"),
            (
                JoinAnswerEvidence::SignatureInvalid,
                "cluster-info was signed with another secret than the token's",
            ),
            (JoinAnswerEvidence::KubeconfigMissing, "cluster-info holds no kubeconfig"),
            (
                JoinAnswerEvidence::KubeconfigMalformed { reason: text("no server") },
                "the kubeconfig in cluster-info cannot be read: no server",
            ),
            (JoinAnswerEvidence::PinMatches, "a CA in cluster-info matches the pin"),
            (
                JoinAnswerEvidence::PinMissing,
                "no pin given: any server that knows the token is trusted",
            ),
            (
                JoinAnswerEvidence::PinMismatch { found: vec!["sha256:00".to_owned()] },
                "the cluster's CA is sha256:00, which is not the pinned one",
            ),
            (JoinAnswerEvidence::SameServer, "the same server as in the join command"),
            (
                JoinAnswerEvidence::OtherServer { server: server.clone() },
                "cluster-info names 172.20.5.1:6443, and every later request goes there, whatever \
                 the join command says",
            ),
            (JoinAnswerEvidence::OtherServerAnswers { server }, "172.20.5.1:6443 answers"),
            (JoinAnswerEvidence::CertificateValid { host: host.clone() }, "valid for 10.0.0.1"),
            (
                JoinAnswerEvidence::CertificateForOthers {
                    host: host.clone(),
                    valid_for: vec![text("172.20.5.1"), text("10.96.0.1")],
                },
                "the certificate is valid for 172.20.5.1, 10.96.0.1, not for 10.0.0.1",
            ),
            (
                JoinAnswerEvidence::CertificateForOthers {
                    host: host.clone(),
                    valid_for: vec![text("a"); 3_500],
                },
                "the certificate is valid for a, a, a, a, a, a, a, a, a, a, a, a and 3488 more, \
                 not for 10.0.0.1",
            ),
            (
                JoinAnswerEvidence::CertificateForOthers { host, valid_for: Vec::new() },
                "the certificate names no address or name that could be 10.0.0.1",
            ),
            (
                JoinAnswerEvidence::CertificateTime {
                    clock_s: 1_500_000_000,
                    limit_s: 1_735_689_600,
                    is_early: true,
                },
                "this host's clock says 2017-07-14T02:40:00Z, the certificate is valid from \
                 2025-01-01T00:00:00Z",
            ),
            (
                JoinAnswerEvidence::ServerClock { server_s: i64::MAX },
                "the server's clock says 9223372036854775807",
            ),
            (
                JoinAnswerEvidence::CertificateIssuer { issuer: text("CN=portal") },
                "the certificate was issued by CN=portal, not by the CA in cluster-info",
            ),
            (
                JoinAnswerEvidence::SettingsRead { names: vec!["kube-proxy", "kubelet-config"] },
                "kube-proxy, kubelet-config",
            ),
            (
                JoinAnswerEvidence::ControlPlaneEndpoint { is_set: true },
                "the cluster has a controlPlaneEndpoint",
            ),
            (
                JoinAnswerEvidence::ControlPlaneEndpoint { is_set: false },
                "the cluster has no controlPlaneEndpoint",
            ),
            (
                JoinAnswerEvidence::CertificateKeyValid,
                "the certificate key decrypts the certificates",
            ),
            (
                JoinAnswerEvidence::CertificateKeyInvalid,
                "the certificates were encrypted with another key",
            ),
            (
                JoinAnswerEvidence::SharedCertificateMissing { name: "sa.pub" },
                "sa.pub is not among the certificates",
            ),
            (
                JoinAnswerEvidence::CertificatesNeverUploaded,
                "the token may not read the certificates: they were never uploaded",
            ),
            (JoinAnswerEvidence::NodeNameFree { name: text("pi2") }, "no Ready node is named pi2"),
            (
                JoinAnswerEvidence::NodeNameTaken { name: text("pi2") },
                "a Ready node is already named pi2",
            ),
            (
                JoinAnswerEvidence::TokenNotSent,
                "not tested: it takes the token, which stays on the host that runs pontoon",
            ),
        ];
        for (evidence, sentence) in table {
            assert_eq!(evidence.to_string(), sentence);
        }
    }
}
