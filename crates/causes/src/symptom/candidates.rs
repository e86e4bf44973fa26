//! What a failed connection proves, and which causes remain.

use super::failed_dial::{DialContext, DialFailure, DialTarget, FailedDial, is_service_address};
use super::placeholder::PlaceholderKind;
use super::table::{LogSource, SymptomCauses};
use pontoon_model::code::{self, DiagnosisCode};

/// What a failed connection proves, as a sentence, and the causes that remain.
pub(super) fn row(dial: &FailedDial) -> SymptomCauses {
    SymptomCauses {
        proves: proves(dial),
        causes: causes(dial),
        source: match dial.setting {
            DialContext::ApiToKubelet | DialContext::Webhook => LogSource::ApiServer,
            _ => LogSource::Host,
        },
    }
}

fn proves(dial: &FailedDial) -> String {
    format!("{}: {}", doing(dial), ending(dial))
}

/// A hole where the text had a value, else other words.
fn whom(dial: &FailedDial, hole: PlaceholderKind, otherwise: &str) -> String {
    match dial.held.get(hole) {
        Some(_) => format!("{{{}}}", hole.name()),
        None => otherwise.to_owned(),
    }
}

/// Who asked whom.
fn doing(dial: &FailedDial) -> String {
    let whom = |hole, otherwise| whom(dial, hole, otherwise);
    match dial.setting {
        DialContext::Discovery => {
            format!(
                "kubeadm join asked {} for cluster-info",
                whom(PlaceholderKind::Endpoint, "the server")
            )
        }
        DialContext::Config => format!(
            "kubeadm join had cluster-info, and asked the server that it names, {}",
            whom(PlaceholderKind::Endpoint, "the server")
        ),
        DialContext::ApiToKubelet if dial.target == DialTarget::Kubelet => {
            format!("the kubelet at {} was asked", whom(PlaceholderKind::Endpoint, "the node"))
        }
        DialContext::Webhook => "the API server asked a webhook".to_owned(),
        DialContext::Pull => {
            format!(
                "the node asked {} for an image",
                whom(PlaceholderKind::Endpoint, "the registry")
            )
        }
        DialContext::Kubelet => {
            format!(
                "kubelet asked the API server at {}",
                whom(PlaceholderKind::Endpoint, "its address")
            )
        }
        DialContext::Kubectl => match dial.held.get(PlaceholderKind::Endpoint) {
            Some(_) => "kubectl asked the API server at {endpoint}".to_owned(),
            None => "kubectl asked its API server".to_owned(),
        },
        DialContext::ApiToKubelet | DialContext::Plain => match dial.target {
            DialTarget::Service => {
                format!("the Service {} was asked", whom(PlaceholderKind::Endpoint, ""))
            }
            _ => format!("{} was asked", whom(PlaceholderKind::Endpoint, "a server")),
        },
    }
}

/// How it ended.
fn ending(dial: &FailedDial) -> String {
    let whom = |hole, otherwise| whom(dial, hole, otherwise);
    let host = whom(PlaceholderKind::Host, "it");
    match dial.end {
        DialFailure::NoRoute => format!(
            "{host} was not reached: nobody answered for the address, or a filter said \
             \"prohibited\""
        ),
        DialFailure::NetUnreachable => format!("there is no route to {host} from there"),
        DialFailure::Timeout => "nothing came back, not even a refusal".to_owned(),
        DialFailure::Silence => {
            "no answer came in time; the text does not say whether TCP connected".to_owned()
        }
        DialFailure::Refused => format!("{host} answered that nothing listens on that port"),
        DialFailure::TlsTimeout => {
            "TCP connected, and the TLS handshake got no further in 10 s".to_owned()
        }
        DialFailure::Lost => "a connection that had worked got no answers any more".to_owned(),
        DialFailure::Reset => "the other side cut the connection".to_owned(),
        DialFailure::NameUnknown => {
            format!(
                "{} answered that there is no {{name}}",
                whom(PlaceholderKind::Server, "the resolver")
            )
        }
        DialFailure::NameUnasked => {
            format!(
                "{} gave no answer to what {{name}} is",
                whom(PlaceholderKind::Server, "the resolver")
            )
        }
        DialFailure::CertificateName => match dial.held.get(PlaceholderKind::Names) {
            Some(_) => "the certificate that was shown is valid for {names}, and not for {wanted}"
                .to_owned(),
            None => format!(
                "the certificate that was shown is not valid for {}",
                whom(PlaceholderKind::Wanted, "the name that was asked")
            ),
        },
        DialFailure::CertificateAuthority => {
            "the certificate that was shown is not of the CA that the asking side trusts".to_owned()
        }
        DialFailure::CertificateExpired => {
            "by the clock of the asking side the certificate has run out".to_owned()
        }
        DialFailure::CertificateFuture => {
            "by the clock of the asking side the certificate is not valid yet".to_owned()
        }
        DialFailure::CertificateTime => {
            "by the clock of the asking side the certificate has run out, or is \
                                 not valid yet"
                .to_owned()
        }
        DialFailure::NotTls => "what answered does not speak TLS".to_owned(),
    }
}

/// Which causes remain. The one that is met most often on networks like these stands first.
fn causes(dial: &FailedDial) -> Vec<DiagnosisCode> {
    let of_any = match dial.end {
        DialFailure::CertificateFuture if dial.target == DialTarget::Registry => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE])
        }
        DialFailure::CertificateFuture => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_FROM_THE_FUTURE])
        }
        DialFailure::CertificateExpired if dial.target == DialTarget::Registry => {
            Some(vec![code::CLOCK_AHEAD, code::PORTAL_INTERCEPTS])
        }
        DialFailure::CertificateExpired => Some(vec![code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD]),
        DialFailure::CertificateTime => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD])
        }
        DialFailure::CertificateName if is_of_api_server(dial) => {
            Some(vec![code::API_CERTIFICATE_LACKS_NAME])
        }
        DialFailure::NotTls => Some(vec![code::NOT_A_TLS_PORT]),
        // Without an InternalIP the API server goes by the Node's name.
        DialFailure::NameUnknown if dial.target == DialTarget::Kubelet => {
            Some(vec![code::NO_INTERNAL_IP, code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER])
        }
        DialFailure::NameUnknown => Some(vec![code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER]),
        DialFailure::NameUnasked
            if dial.held.get(PlaceholderKind::Server).is_some_and(is_service_address) =>
        {
            Some(of_cluster_dns())
        }
        DialFailure::NameUnasked => {
            Some(vec![code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED])
        }
        _ => None,
    };
    of_any.unwrap_or_else(|| match dial.target {
        DialTarget::Api => of_api(dial),
        DialTarget::Kubelet => of_kubelet(dial.end),
        DialTarget::Service => of_service(dial),
        DialTarget::Registry => of_registry(dial.end),
        DialTarget::Webhook => of_webhook(dial.end),
        DialTarget::Resolver => vec![code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED],
        DialTarget::Etcd => match dial.end {
            DialFailure::Refused => vec![code::ETCD_NOT_RUNNING, code::STILL_STARTING],
            _ => of_other(dial.end),
        },
        DialTarget::Other => of_other(dial.end),
    })
}

fn of_api(dial: &FailedDial) -> Vec<DiagnosisCode> {
    let unreachable = if dial.setting == DialContext::Config {
        code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER
    } else {
        code::API_ADDRESS_UNREACHABLE
    };
    let mut causes = match dial.end {
        DialFailure::NoRoute => vec![unreachable, code::HOST_OFF, code::FIREWALL_REJECT],
        DialFailure::NetUnreachable if dial.setting == DialContext::Config => {
            vec![code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER, code::NO_ROUTE_FROM_HERE]
        }
        DialFailure::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        DialFailure::Timeout => vec![unreachable, code::FIREWALL_DROP, code::HOST_OFF],
        DialFailure::Silence => {
            vec![unreachable, code::PATH_MTU_HOLE, code::FIREWALL_DROP, code::SERVER_OVERLOADED]
        }
        DialFailure::Refused => {
            vec![code::API_SERVER_NOT_RUNNING, code::WRONG_ENDPOINT, code::STILL_STARTING]
        }
        DialFailure::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        DialFailure::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::HOST_OFF],
        DialFailure::Reset => vec![code::CONNECTION_CUT, code::STILL_STARTING],
        DialFailure::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        _ => vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS],
    };
    let is_silent = matches!(dial.end, DialFailure::Timeout | DialFailure::Silence);
    if is_silent && dial.is_in_service_range() {
        causes.insert(0, code::NODE_NETWORK_IN_SERVICE_RANGE);
    }
    if dial.setting == DialContext::Kubectl
        && matches!(dial.end, DialFailure::NoRoute | DialFailure::Refused)
    {
        causes.push(code::KUBECONFIG_STALE_ADDRESS);
    }
    causes
}

/// Only an API server's certificate names the Service `kubernetes`.
fn is_of_api_server(dial: &FailedDial) -> bool {
    let names = dial.held.get(PlaceholderKind::Names).unwrap_or_default();
    names.split(", ").any(|name| name.starts_with("kubernetes") || is_service_address(name))
}

fn of_kubelet(end: DialFailure) -> Vec<DiagnosisCode> {
    match end {
        DialFailure::NoRoute => {
            vec![code::INTERNAL_IP_UNREACHABLE, code::NODE_OFF, code::FIREWALL_REJECT]
        }
        DialFailure::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        DialFailure::Timeout => {
            vec![code::INTERNAL_IP_UNREACHABLE, code::FIREWALL_DROP, code::NODE_OFF]
        }
        DialFailure::Silence => {
            vec![
                code::INTERNAL_IP_UNREACHABLE,
                code::FIREWALL_DROP,
                code::PATH_MTU_HOLE,
                code::NODE_OFF,
            ]
        }
        DialFailure::Refused => vec![code::KUBELET_NOT_RUNNING, code::INTERNAL_IP_OF_ANOTHER_HOST],
        DialFailure::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        DialFailure::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::NODE_OFF],
        DialFailure::Reset => vec![code::CONNECTION_CUT, code::KUBELET_JUST_RESTARTED],
        _ => vec![code::KUBELET_SERVES_OWN_CERTIFICATE, code::INTERNAL_IP_OF_ANOTHER_HOST],
    }
}

/// A question to CoreDNS by its Service.
pub(super) fn of_cluster_dns() -> Vec<DiagnosisCode> {
    vec![
        code::FLANNEL_ON_UNREACHABLE_LINK,
        code::FORWARD_POLICY_DROP,
        code::COREDNS_NOT_READY,
        code::KUBE_PROXY_WITHOUT_RULES,
    ]
}

fn of_service(dial: &FailedDial) -> Vec<DiagnosisCode> {
    let is_dns = dial.held.get(PlaceholderKind::Port) == Some("53");
    match dial.end {
        DialFailure::NetUnreachable => vec![code::NO_ROUTE_TO_SERVICE_RANGE],
        DialFailure::Refused if is_dns => {
            vec![code::COREDNS_NOT_READY, code::KUBE_PROXY_WITHOUT_RULES]
        }
        DialFailure::Refused => vec![
            code::SERVICE_WITHOUT_ENDPOINTS,
            code::SERVICE_PORT_UNASSIGNED,
            code::KUBE_PROXY_WITHOUT_RULES,
            code::API_SERVER_NOT_RUNNING,
        ],
        DialFailure::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        DialFailure::CertificateAuthority => {
            vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        DialFailure::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        DialFailure::Reset | DialFailure::Lost => vec![code::CONNECTION_CUT, code::PATH_MTU_HOLE],
        _ if is_dns => of_cluster_dns(),
        _ => vec![
            code::KUBE_PROXY_WITHOUT_RULES,
            code::API_SERVICE_LEADS_NOWHERE,
            code::REPLY_INTO_OTHER_NETWORK,
            code::FORWARD_POLICY_DROP,
            code::SERVICE_ADDRESS_UNASSIGNED,
        ],
    }
}

fn of_registry(end: DialFailure) -> Vec<DiagnosisCode> {
    match end {
        DialFailure::NetUnreachable => vec![code::NO_WAY_TO_INTERNET],
        DialFailure::NoRoute => vec![code::GATEWAY_OFF, code::REGISTRY_FILTERED],
        DialFailure::Timeout => vec![code::NAT_MISSING, code::REGISTRY_FILTERED],
        DialFailure::Silence => {
            vec![code::NAT_MISSING, code::REGISTRY_FILTERED, code::PATH_MTU_HOLE]
        }
        DialFailure::TlsTimeout | DialFailure::Lost => {
            vec![code::PATH_MTU_HOLE, code::REGISTRY_FILTERED]
        }
        DialFailure::CertificateAuthority => {
            vec![code::PORTAL_INTERCEPTS, code::PRIVATE_REGISTRY_CA]
        }
        DialFailure::CertificateName => vec![code::PORTAL_INTERCEPTS, code::NAME_OF_OTHER_RESOLVER],
        DialFailure::Refused => vec![code::REGISTRY_FILTERED, code::NOTHING_LISTENS],
        _ => vec![code::REGISTRY_FILTERED, code::CONNECTION_CUT],
    }
}

fn of_webhook(end: DialFailure) -> Vec<DiagnosisCode> {
    match end {
        DialFailure::Refused => vec![code::SERVICE_WITHOUT_ENDPOINTS, code::WEBHOOK_WITHOUT_ANSWER],
        DialFailure::CertificateAuthority | DialFailure::CertificateName => {
            vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        _ => vec![
            code::WEBHOOK_WITHOUT_ANSWER,
            code::FLANNEL_ON_UNREACHABLE_LINK,
            code::FORWARD_POLICY_DROP,
        ],
    }
}

fn of_other(end: DialFailure) -> Vec<DiagnosisCode> {
    match end {
        DialFailure::NoRoute => {
            vec![code::ADDRESS_UNREACHABLE, code::HOST_OFF, code::FIREWALL_REJECT]
        }
        DialFailure::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        DialFailure::Timeout => {
            vec![code::ADDRESS_UNREACHABLE, code::FIREWALL_DROP, code::HOST_OFF]
        }
        DialFailure::Refused => vec![code::NOTHING_LISTENS, code::STILL_STARTING],
        DialFailure::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        DialFailure::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::HOST_OFF],
        DialFailure::Reset => vec![code::CONNECTION_CUT, code::STILL_STARTING],
        DialFailure::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        DialFailure::CertificateAuthority => {
            vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        _ => vec![
            code::ADDRESS_UNREACHABLE,
            code::FIREWALL_DROP,
            code::PATH_MTU_HOLE,
            code::SERVER_OVERLOADED,
        ],
    }
}
