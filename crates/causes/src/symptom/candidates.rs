//! What a failed connection proves, and which causes are possible.

use super::dial_context::DialContext;
use super::dial_sentence;
use super::failed_dial::{DialFailure, DialTarget, FailedDial, is_service_address};
use super::table::SymptomCauses;
use crate::cause::TextOrigin;
use crate::placeholder::PlaceholderKind;
use pontoon_model::code::{self, DiagnosisCode};

/// The proven statement and the possible causes.
pub(super) fn row(dial: &FailedDial) -> SymptomCauses {
    SymptomCauses {
        proves: dial_sentence::proves(dial),
        is_certain: is_certain(dial),
        causes: causes(dial),
        origin: match dial.setting {
            DialContext::ApiToKubelet | DialContext::Webhook => TextOrigin::ApiServer,
            _ => TextOrigin::ThisHost,
        },
    }
}

/// Whether the words exclude every other cause: the kernel says that it has no route, the
/// certificate itself shows its names, loopback is each host itself.
fn is_certain(dial: &FailedDial) -> bool {
    causes(dial).len() == 1
        && (dial.end == DialFailure::NetUnreachable
            || dial.end == DialFailure::CertificateName && is_of_api_server(dial)
            || dial.target == DialTarget::Loopback && dial.setting == DialContext::Config)
}

/// The possible causes, the most frequent one on hostile networks first.
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
        // Without an InternalIP the API server resolves the name of the Node.
        DialFailure::NameUnknown if dial.target == DialTarget::Kubelet => {
            Some(vec![code::NO_INTERNAL_IP, code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER])
        }
        DialFailure::NameUnknown => Some(vec![code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER]),
        DialFailure::NameRefused => {
            Some(vec![code::RESOLVER_ANSWERS_WITH_ERROR, code::RESOLVER_UNREACHABLE])
        }
        DialFailure::NameUnasked
            if dial.values.get(PlaceholderKind::Server).is_some_and(is_service_address) =>
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
        DialTarget::Resolver => vec![
            code::RESOLVER_UNREACHABLE,
            code::DNS_PACKETS_BLOCKED,
            code::IP_FORWARD_OFF,
            code::FORWARD_POLICY_DROP,
            code::NAT_MISSING,
        ],
        DialTarget::Etcd => match dial.end {
            DialFailure::Refused => {
                vec![code::ETCD_NOT_RUNNING, code::ETCD_PEER_UNREACHABLE, code::STILL_STARTING]
            }
            end => [vec![code::ETCD_PEER_UNREACHABLE], of_other(end)].concat(),
        },
        DialTarget::Proxy => vec![code::PROXY_UNREACHABLE, code::HTTP_PROXY_APPLIES],
        DialTarget::Loopback => of_loopback(dial),
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
        DialFailure::Unstated => {
            vec![code::API_SERVER_NOT_RUNNING, unreachable, code::WRONG_ENDPOINT, code::HOST_OFF]
        }
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

/// Causes of a connection of a host to itself: neither a network nor another host is among them.
fn of_loopback(dial: &FailedDial) -> Vec<DiagnosisCode> {
    if dial.setting == DialContext::Config {
        return vec![code::CLUSTER_INFO_NAMES_LOOPBACK];
    }
    // The local balancer of K3s and RKE2 (k3s, pkg/agent/loadbalancer).
    if dial.values.get(PlaceholderKind::Port) == Some("6444") {
        return vec![code::LOCAL_BALANCER_WITHOUT_SERVER, code::STILL_STARTING];
    }
    let port = dial.values.get(PlaceholderKind::Port).unwrap_or_default();
    let is_api = dial.setting == DialContext::Kubectl
        || dial.setting == DialContext::Kubelet
        || matches!(port, "6443" | "8443" | "16443" | "9345");
    match dial.end {
        DialFailure::Refused | DialFailure::Unstated if is_api => {
            vec![code::API_SERVER_NOT_RUNNING, code::WRONG_ENDPOINT, code::STILL_STARTING]
        }
        DialFailure::Refused | DialFailure::Unstated => {
            vec![code::NOTHING_LISTENS, code::STILL_STARTING]
        }
        DialFailure::Reset | DialFailure::Lost => vec![code::CONNECTION_CUT, code::STILL_STARTING],
        DialFailure::CertificateAuthority | DialFailure::CertificateName => of_other(dial.end),
        _ => vec![code::SERVER_OVERLOADED, code::SERVER_STALLS, code::FIREWALL_REJECT],
    }
}

/// Whether the certificate is that of an API server: no other has the name `kubernetes`.
fn is_of_api_server(dial: &FailedDial) -> bool {
    let names = dial.values.get(PlaceholderKind::Names).unwrap_or_default();
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

/// Possible causes of a failed query to CoreDNS by its Service.
pub(super) fn of_cluster_dns() -> Vec<DiagnosisCode> {
    vec![
        code::FLANNEL_ON_UNREACHABLE_LINK,
        code::FORWARD_POLICY_DROP,
        code::COREDNS_NOT_READY,
        code::KUBE_PROXY_WITHOUT_RULES,
    ]
}

fn of_service(dial: &FailedDial) -> Vec<DiagnosisCode> {
    let is_dns = dial.values.get(PlaceholderKind::Port) == Some("53");
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
        DialFailure::NoRoute => vec![
            code::SERVICE_PATH_REJECTED,
            code::ENDPOINT_UNREACHABLE,
            code::API_SERVICE_LEADS_NOWHERE,
        ],
        DialFailure::Unstated => vec![
            code::NO_ROUTE_TO_SERVICE_RANGE,
            code::SERVICE_WITHOUT_ENDPOINTS,
            code::SERVICE_PORT_UNASSIGNED,
            code::SERVICE_NETWORK_OVERLAPS,
            code::KUBE_PROXY_WITHOUT_RULES,
            code::SERVICE_PATH_REJECTED,
        ],
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
            vec![code::WEBHOOK_CA_STALE, code::CLOCK_BEFORE_CERTIFICATE]
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
        DialFailure::Unstated => vec![
            code::NOTHING_LISTENS,
            code::ADDRESS_UNREACHABLE,
            code::HOST_OFF,
            code::FIREWALL_REJECT,
            code::POD_NETWORK_OVERLAPS,
        ],
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
