//! What a failed connection proves, and which causes remain.

use super::dial::{Dial, End, Setting, Target, is_service_address};
use super::hole::Hole;
use super::table::{Row, Speaker};
use pontoon_model::code::{self, Code};

/// Sentence and causes.
pub(super) fn row(dial: &Dial) -> Row {
    Row {
        proves: proves(dial),
        causes: causes(dial),
        speaker: match dial.setting {
            Setting::ApiToKubelet | Setting::Webhook => Speaker::ApiServer,
            _ => Speaker::Host,
        },
    }
}

fn proves(dial: &Dial) -> String {
    format!("{}: {}", doing(dial), ending(dial))
}

/// A hole where the text had a value, else other words.
fn whom(dial: &Dial, hole: Hole, otherwise: &str) -> String {
    match dial.held.get(hole) {
        Some(_) => format!("{{{}}}", hole.name()),
        None => otherwise.to_owned(),
    }
}

/// Who asked whom.
fn doing(dial: &Dial) -> String {
    let whom = |hole, otherwise| whom(dial, hole, otherwise);
    match dial.setting {
        Setting::Discovery => {
            format!("kubeadm join asked {} for cluster-info", whom(Hole::Endpoint, "the server"))
        }
        Setting::Config => format!(
            "kubeadm join had cluster-info, and asked the server that it names, {}",
            whom(Hole::Endpoint, "the server")
        ),
        Setting::ApiToKubelet if dial.target == Target::Kubelet => {
            format!("the kubelet at {} was asked", whom(Hole::Endpoint, "the node"))
        }
        Setting::Webhook => "the API server asked a webhook".to_owned(),
        Setting::Pull => {
            format!("the node asked {} for an image", whom(Hole::Endpoint, "the registry"))
        }
        Setting::Kubelet => {
            format!("kubelet asked the API server at {}", whom(Hole::Endpoint, "its address"))
        }
        Setting::Kubectl => match dial.held.get(Hole::Endpoint) {
            Some(_) => "kubectl asked the API server at {endpoint}".to_owned(),
            None => "kubectl asked its API server".to_owned(),
        },
        Setting::ApiToKubelet | Setting::Plain => match dial.target {
            Target::Service => format!("the Service {} was asked", whom(Hole::Endpoint, "")),
            _ => format!("{} was asked", whom(Hole::Endpoint, "a server")),
        },
    }
}

/// How it ended.
fn ending(dial: &Dial) -> String {
    let whom = |hole, otherwise| whom(dial, hole, otherwise);
    let host = whom(Hole::Host, "it");
    match dial.end {
        End::NoRoute => format!(
            "{host} was not reached: nobody answered for the address, or a filter said \
             \"prohibited\""
        ),
        End::NetUnreachable => format!("there is no route to {host} from there"),
        End::Timeout => "nothing came back, not even a refusal".to_owned(),
        End::Silence => {
            "no answer came in time; the text does not say whether TCP connected".to_owned()
        }
        End::Refused => format!("{host} answered that nothing listens on that port"),
        End::TlsTimeout => "TCP connected, and the TLS handshake got no further in 10 s".to_owned(),
        End::Lost => "a connection that had worked got no answers any more".to_owned(),
        End::Reset => "the other side cut the connection".to_owned(),
        End::NameUnknown => {
            format!("{} answered that there is no {{name}}", whom(Hole::Server, "the resolver"))
        }
        End::NameUnasked => {
            format!("{} gave no answer to what {{name}} is", whom(Hole::Server, "the resolver"))
        }
        End::CertificateName => match dial.held.get(Hole::Names) {
            Some(_) => "the certificate that was shown is valid for {names}, and not for {wanted}"
                .to_owned(),
            None => format!(
                "the certificate that was shown is not valid for {}",
                whom(Hole::Wanted, "the name that was asked")
            ),
        },
        End::CertificateAuthority => {
            "the certificate that was shown is not of the CA that the asking side trusts".to_owned()
        }
        End::CertificateExpired => {
            "by the clock of the asking side the certificate has run out".to_owned()
        }
        End::CertificateFuture => {
            "by the clock of the asking side the certificate is not valid yet".to_owned()
        }
        End::CertificateTime => {
            "by the clock of the asking side the certificate has run out, or is \
                                 not valid yet"
                .to_owned()
        }
        End::NotTls => "what answered does not speak TLS".to_owned(),
    }
}

/// Which causes remain. The one that is met most often on networks like these stands first.
fn causes(dial: &Dial) -> Vec<Code> {
    let of_any = match dial.end {
        End::CertificateFuture if dial.target == Target::Registry => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE])
        }
        End::CertificateFuture => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_FROM_THE_FUTURE])
        }
        End::CertificateExpired if dial.target == Target::Registry => {
            Some(vec![code::CLOCK_AHEAD, code::PORTAL_INTERCEPTS])
        }
        End::CertificateExpired => Some(vec![code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD]),
        End::CertificateTime => {
            Some(vec![code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD])
        }
        End::CertificateName if is_of_api_server(dial) => {
            Some(vec![code::API_CERTIFICATE_LACKS_NAME])
        }
        End::NotTls => Some(vec![code::NOT_A_TLS_PORT]),
        // Without an InternalIP the API server goes by the Node's name.
        End::NameUnknown if dial.target == Target::Kubelet => {
            Some(vec![code::NO_INTERNAL_IP, code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER])
        }
        End::NameUnknown => Some(vec![code::NAME_UNKNOWN, code::NAME_OF_OTHER_RESOLVER]),
        End::NameUnasked if dial.held.get(Hole::Server).is_some_and(is_service_address) => {
            Some(of_cluster_dns())
        }
        End::NameUnasked => Some(vec![code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED]),
        _ => None,
    };
    of_any.unwrap_or_else(|| match dial.target {
        Target::Api => of_api(dial),
        Target::Kubelet => of_kubelet(dial.end),
        Target::Service => of_service(dial),
        Target::Registry => of_registry(dial.end),
        Target::Webhook => of_webhook(dial.end),
        Target::Resolver => vec![code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED],
        Target::Etcd => match dial.end {
            End::Refused => vec![code::ETCD_NOT_RUNNING, code::STILL_STARTING],
            _ => of_other(dial.end),
        },
        Target::Other => of_other(dial.end),
    })
}

fn of_api(dial: &Dial) -> Vec<Code> {
    let unreachable = if dial.setting == Setting::Config {
        code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER
    } else {
        code::API_ADDRESS_UNREACHABLE
    };
    let mut causes = match dial.end {
        End::NoRoute => vec![unreachable, code::HOST_OFF, code::FIREWALL_REJECT],
        End::NetUnreachable if dial.setting == Setting::Config => {
            vec![code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER, code::NO_ROUTE_FROM_HERE]
        }
        End::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        End::Timeout => vec![unreachable, code::FIREWALL_DROP, code::HOST_OFF],
        End::Silence => {
            vec![unreachable, code::PATH_MTU_HOLE, code::FIREWALL_DROP, code::SERVER_OVERLOADED]
        }
        End::Refused => {
            vec![code::API_SERVER_NOT_RUNNING, code::WRONG_ENDPOINT, code::STILL_STARTING]
        }
        End::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        End::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::HOST_OFF],
        End::Reset => vec![code::CONNECTION_CUT, code::STILL_STARTING],
        End::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        _ => vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS],
    };
    let is_silent = matches!(dial.end, End::Timeout | End::Silence);
    if is_silent && dial.is_in_service_range() {
        causes.insert(0, code::NODE_NETWORK_IN_SERVICE_RANGE);
    }
    if dial.setting == Setting::Kubectl && matches!(dial.end, End::NoRoute | End::Refused) {
        causes.push(code::KUBECONFIG_STALE_ADDRESS);
    }
    causes
}

/// Only an API server's certificate names the Service `kubernetes`.
fn is_of_api_server(dial: &Dial) -> bool {
    let names = dial.held.get(Hole::Names).unwrap_or_default();
    names.split(", ").any(|name| name.starts_with("kubernetes") || is_service_address(name))
}

fn of_kubelet(end: End) -> Vec<Code> {
    match end {
        End::NoRoute => vec![code::INTERNAL_IP_UNREACHABLE, code::NODE_OFF, code::FIREWALL_REJECT],
        End::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        End::Timeout => vec![code::INTERNAL_IP_UNREACHABLE, code::FIREWALL_DROP, code::NODE_OFF],
        End::Silence => {
            vec![
                code::INTERNAL_IP_UNREACHABLE,
                code::FIREWALL_DROP,
                code::PATH_MTU_HOLE,
                code::NODE_OFF,
            ]
        }
        End::Refused => vec![code::KUBELET_NOT_RUNNING, code::INTERNAL_IP_OF_ANOTHER_HOST],
        End::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        End::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::NODE_OFF],
        End::Reset => vec![code::CONNECTION_CUT, code::KUBELET_JUST_RESTARTED],
        _ => vec![code::KUBELET_SERVES_OWN_CERTIFICATE, code::INTERNAL_IP_OF_ANOTHER_HOST],
    }
}

/// A question to CoreDNS by its Service.
pub(super) fn of_cluster_dns() -> Vec<Code> {
    vec![
        code::FLANNEL_ON_UNREACHABLE_LINK,
        code::FORWARD_POLICY_DROP,
        code::COREDNS_NOT_READY,
        code::KUBE_PROXY_WITHOUT_RULES,
    ]
}

fn of_service(dial: &Dial) -> Vec<Code> {
    let is_dns = dial.held.get(Hole::Port) == Some("53");
    match dial.end {
        End::NetUnreachable => vec![code::NO_ROUTE_TO_SERVICE_RANGE],
        End::Refused if is_dns => vec![code::COREDNS_NOT_READY, code::KUBE_PROXY_WITHOUT_RULES],
        End::Refused => vec![
            code::SERVICE_WITHOUT_ENDPOINTS,
            code::SERVICE_PORT_UNASSIGNED,
            code::KUBE_PROXY_WITHOUT_RULES,
            code::API_SERVER_NOT_RUNNING,
        ],
        End::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        End::CertificateAuthority => {
            vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        End::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        End::Reset | End::Lost => vec![code::CONNECTION_CUT, code::PATH_MTU_HOLE],
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

fn of_registry(end: End) -> Vec<Code> {
    match end {
        End::NetUnreachable => vec![code::NO_WAY_TO_INTERNET],
        End::NoRoute => vec![code::GATEWAY_OFF, code::REGISTRY_FILTERED],
        End::Timeout => vec![code::NAT_MISSING, code::REGISTRY_FILTERED],
        End::Silence => vec![code::NAT_MISSING, code::REGISTRY_FILTERED, code::PATH_MTU_HOLE],
        End::TlsTimeout | End::Lost => vec![code::PATH_MTU_HOLE, code::REGISTRY_FILTERED],
        End::CertificateAuthority => vec![code::PORTAL_INTERCEPTS, code::PRIVATE_REGISTRY_CA],
        End::CertificateName => vec![code::PORTAL_INTERCEPTS, code::NAME_OF_OTHER_RESOLVER],
        End::Refused => vec![code::REGISTRY_FILTERED, code::NOTHING_LISTENS],
        _ => vec![code::REGISTRY_FILTERED, code::CONNECTION_CUT],
    }
}

fn of_webhook(end: End) -> Vec<Code> {
    match end {
        End::Refused => vec![code::SERVICE_WITHOUT_ENDPOINTS, code::WEBHOOK_WITHOUT_ANSWER],
        End::CertificateAuthority | End::CertificateName => {
            vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        _ => vec![
            code::WEBHOOK_WITHOUT_ANSWER,
            code::FLANNEL_ON_UNREACHABLE_LINK,
            code::FORWARD_POLICY_DROP,
        ],
    }
}

fn of_other(end: End) -> Vec<Code> {
    match end {
        End::NoRoute => vec![code::ADDRESS_UNREACHABLE, code::HOST_OFF, code::FIREWALL_REJECT],
        End::NetUnreachable => vec![code::NO_ROUTE_FROM_HERE],
        End::Timeout => vec![code::ADDRESS_UNREACHABLE, code::FIREWALL_DROP, code::HOST_OFF],
        End::Refused => vec![code::NOTHING_LISTENS, code::STILL_STARTING],
        End::TlsTimeout => vec![code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
        End::Lost => vec![code::PATH_MTU_HOLE, code::WAY_LOST, code::HOST_OFF],
        End::Reset => vec![code::CONNECTION_CUT, code::STILL_STARTING],
        End::CertificateName => {
            vec![code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS]
        }
        End::CertificateAuthority => {
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
