//! The sentence about a failed connection: who contacted whom, and how it ended.

use super::dial_context::DialContext;
use super::failed_dial::{DialFailure, DialTarget, FailedDial};
use crate::placeholder::PlaceholderKind;

/// What is proven, with placeholders.
pub(super) fn proves(dial: &FailedDial) -> String {
    format!("{}: {}", doing(dial), ending(dial))
}

/// A placeholder where the text had a value, else other words.
fn whom(dial: &FailedDial, kind: PlaceholderKind, otherwise: &str) -> String {
    match dial.values.get(kind) {
        Some(_) => format!("{{{}}}", kind.name()),
        None => otherwise.to_owned(),
    }
}

/// Which program contacted which server.
fn doing(dial: &FailedDial) -> String {
    let whom = |kind, otherwise| whom(dial, kind, otherwise);
    match dial.setting {
        DialContext::Discovery => {
            format!(
                "kubeadm join requested cluster-info from {}",
                whom(PlaceholderKind::Endpoint, "the server")
            )
        }
        DialContext::Config => format!(
            "kubeadm join had cluster-info, and contacted the server that it names, {}",
            whom(PlaceholderKind::Endpoint, "the server")
        ),
        DialContext::ApiToKubelet if dial.target == DialTarget::Kubelet => {
            format!("request to the kubelet at {}", whom(PlaceholderKind::Endpoint, "the node"))
        }
        DialContext::Webhook => "the API server called a webhook".to_owned(),
        DialContext::Pull => {
            format!(
                "the node requested an image from {}",
                whom(PlaceholderKind::Endpoint, "the registry")
            )
        }
        DialContext::Kubelet => {
            format!(
                "kubelet contacted the API server at {}",
                whom(PlaceholderKind::Endpoint, "its address")
            )
        }
        DialContext::Kubectl => match dial.values.get(PlaceholderKind::Endpoint) {
            Some(_) => "kubectl contacted the API server at {endpoint}".to_owned(),
            None => "kubectl contacted its API server".to_owned(),
        },
        DialContext::ApiToKubelet | DialContext::Plain => match dial.target {
            DialTarget::Service => {
                format!("connection to the Service {}", whom(PlaceholderKind::Endpoint, ""))
            }
            DialTarget::Kubelet => {
                format!("request to the kubelet at {}", whom(PlaceholderKind::Endpoint, "the node"))
            }
            DialTarget::Proxy => {
                format!("connection to the HTTP proxy {}", whom(PlaceholderKind::Endpoint, ""))
            }
            DialTarget::Resolver if dial.is_udp => {
                format!("DNS query to {}", whom(PlaceholderKind::Endpoint, "a resolver"))
            }
            _ if dial.is_udp => format!("UDP to {}", whom(PlaceholderKind::Endpoint, "a server")),
            _ => format!("connection to {}", whom(PlaceholderKind::Endpoint, "a server")),
        },
    }
}

/// How the connection ended, in words.
fn ending(dial: &FailedDial) -> String {
    let whom = |kind, otherwise| whom(dial, kind, otherwise);
    let host = whom(PlaceholderKind::Host, "it");
    match dial.end {
        DialFailure::NoRoute if dial.target == DialTarget::Loopback => {
            "a filter of this host rejected it".to_owned()
        }
        DialFailure::NoRoute if dial.target == DialTarget::Service => {
            "a filter rejected it, or the endpoint behind the Service was not reached".to_owned()
        }
        DialFailure::NoRoute => format!(
            "{host} was not reached: no ARP or NDP reply, or a filter answered \"prohibited\""
        ),
        DialFailure::NetUnreachable => format!("there is no route to {host} from there"),
        DialFailure::Timeout | DialFailure::Silence if dial.is_udp => {
            "no response in time".to_owned()
        }
        DialFailure::Timeout => "no response, not even a refusal".to_owned(),
        DialFailure::Silence => {
            "no response in time; the text does not say whether TCP connected".to_owned()
        }
        DialFailure::Refused => format!("{host} answered that nothing listens on that port"),
        DialFailure::TlsTimeout => {
            "TCP connected, but the TLS handshake was not complete after 10 s".to_owned()
        }
        DialFailure::Lost => "a connection that had worked got no more responses".to_owned(),
        DialFailure::Reset => "the other side cut the connection".to_owned(),
        DialFailure::NameUnknown => {
            format!(
                "{} answered that {{name}} does not exist",
                whom(PlaceholderKind::Server, "the resolver")
            )
        }
        DialFailure::NameRefused => format!(
            "{} answered the query for {{name}} with an error",
            whom(PlaceholderKind::Server, "the resolver")
        ),
        DialFailure::Unstated => "not established; the text does not say why".to_owned(),
        DialFailure::NameUnasked => {
            format!("{} did not resolve {{name}}", whom(PlaceholderKind::Server, "the resolver"))
        }
        DialFailure::CertificateName => match dial.values.get(PlaceholderKind::Names) {
            Some(_) => {
                "the certificate presented is valid for {names}, and not for {wanted}".to_owned()
            }
            None => format!(
                "the certificate presented is not valid for {}",
                whom(PlaceholderKind::Wanted, "the name that was asked")
            ),
        },
        DialFailure::CertificateAuthority => {
            "the certificate presented is not from a CA that the client trusts".to_owned()
        }
        DialFailure::CertificateExpired => {
            "by the clock of the client the certificate has expired".to_owned()
        }
        DialFailure::CertificateFuture => {
            "by the clock of the client the certificate is not valid yet".to_owned()
        }
        DialFailure::CertificateTime => {
            "by the clock of the client the certificate has expired, or is not valid yet".to_owned()
        }
        DialFailure::NotTls => "what answered does not speak TLS".to_owned(),
    }
}
