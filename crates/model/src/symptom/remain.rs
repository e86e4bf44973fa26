//! What a failed connection proves, and which causes remain.

use super::dial::{Dial, End, Setting, Target, is_service_address};
use super::hole::Hole;
use super::table::{Row, Speaker};

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
fn causes(dial: &Dial) -> Vec<&'static str> {
    let of_any = match dial.end {
        End::CertificateFuture if dial.target == Target::Registry => {
            Some(vec!["clock-before-certificate"])
        }
        End::CertificateFuture => {
            Some(vec!["clock-before-certificate", "certificate-from-the-future"])
        }
        End::CertificateExpired if dial.target == Target::Registry => {
            Some(vec!["clock-ahead", "portal-intercepts"])
        }
        End::CertificateExpired => Some(vec!["certificate-expired", "clock-ahead"]),
        End::CertificateTime => {
            Some(vec!["clock-before-certificate", "certificate-expired", "clock-ahead"])
        }
        End::CertificateName if is_of_api_server(dial) => Some(vec!["api-certificate-lacks-name"]),
        End::NotTls => Some(vec!["not-a-tls-port"]),
        // Without an InternalIP the API server goes by the Node's name.
        End::NameUnknown if dial.target == Target::Kubelet => {
            Some(vec!["no-internal-ip", "name-unknown", "name-of-other-resolver"])
        }
        End::NameUnknown => Some(vec!["name-unknown", "name-of-other-resolver"]),
        End::NameUnasked if dial.held.get(Hole::Server).is_some_and(is_service_address) => {
            Some(of_cluster_dns())
        }
        End::NameUnasked => Some(vec!["resolver-unreachable", "dns-packets-blocked"]),
        _ => None,
    };
    of_any.unwrap_or_else(|| match dial.target {
        Target::Api => of_api(dial),
        Target::Kubelet => of_kubelet(dial.end),
        Target::Service => of_service(dial),
        Target::Registry => of_registry(dial.end),
        Target::Webhook => of_webhook(dial.end),
        Target::Resolver => vec!["resolver-unreachable", "dns-packets-blocked"],
        Target::Etcd => match dial.end {
            End::Refused => vec!["etcd-not-running", "still-starting"],
            _ => of_other(dial.end),
        },
        Target::Other => of_other(dial.end),
    })
}

fn of_api(dial: &Dial) -> Vec<&'static str> {
    let unreachable = if dial.setting == Setting::Config {
        "cluster-info-names-unreachable-server"
    } else {
        "api-address-unreachable"
    };
    let mut causes = match dial.end {
        End::NoRoute => vec![unreachable, "host-off", "firewall-reject"],
        End::NetUnreachable if dial.setting == Setting::Config => {
            vec!["cluster-info-names-unreachable-server", "no-route-from-here"]
        }
        End::NetUnreachable => vec!["no-route-from-here"],
        End::Timeout => vec![unreachable, "firewall-drop", "host-off"],
        End::Silence => vec![unreachable, "path-mtu-hole", "firewall-drop", "server-overloaded"],
        End::Refused => vec!["api-server-not-running", "wrong-endpoint", "still-starting"],
        End::TlsTimeout => vec!["path-mtu-hole", "server-overloaded"],
        End::Lost => vec!["path-mtu-hole", "way-lost", "host-off"],
        End::Reset => vec!["connection-cut", "still-starting"],
        End::CertificateName => vec!["api-certificate-lacks-name", "another-server-answers"],
        _ => vec!["kubeconfig-of-another-ca", "another-server-answers"],
    };
    let is_silent = matches!(dial.end, End::Timeout | End::Silence);
    if is_silent && dial.is_in_service_range() {
        causes.insert(0, "node-network-in-service-range");
    }
    if dial.setting == Setting::Kubectl && matches!(dial.end, End::NoRoute | End::Refused) {
        causes.push("kubeconfig-stale-address");
    }
    causes
}

/// Only an API server's certificate names the Service `kubernetes`.
fn is_of_api_server(dial: &Dial) -> bool {
    let names = dial.held.get(Hole::Names).unwrap_or_default();
    names.split(", ").any(|name| name.starts_with("kubernetes") || is_service_address(name))
}

fn of_kubelet(end: End) -> Vec<&'static str> {
    match end {
        End::NoRoute => vec!["internal-ip-unreachable", "node-off", "firewall-reject"],
        End::NetUnreachable => vec!["no-route-from-here"],
        End::Timeout => vec!["internal-ip-unreachable", "firewall-drop", "node-off"],
        End::Silence => {
            vec!["internal-ip-unreachable", "firewall-drop", "path-mtu-hole", "node-off"]
        }
        End::Refused => vec!["kubelet-not-running", "internal-ip-of-another-host"],
        End::TlsTimeout => vec!["path-mtu-hole", "server-overloaded"],
        End::Lost => vec!["path-mtu-hole", "way-lost", "node-off"],
        End::Reset => vec!["connection-cut", "kubelet-just-restarted"],
        _ => vec!["kubelet-serves-own-certificate", "internal-ip-of-another-host"],
    }
}

/// A question to CoreDNS by its Service.
pub(super) fn of_cluster_dns() -> Vec<&'static str> {
    vec![
        "flannel-on-unreachable-link",
        "forward-policy-drop",
        "coredns-not-ready",
        "kube-proxy-without-rules",
    ]
}

fn of_service(dial: &Dial) -> Vec<&'static str> {
    let is_dns = dial.held.get(Hole::Port) == Some("53");
    match dial.end {
        End::NetUnreachable => vec!["no-route-to-service-range"],
        End::Refused if is_dns => vec!["coredns-not-ready", "kube-proxy-without-rules"],
        End::Refused => vec![
            "service-without-endpoints",
            "service-port-unassigned",
            "kube-proxy-without-rules",
            "api-server-not-running",
        ],
        End::TlsTimeout => vec!["path-mtu-hole", "server-overloaded"],
        End::CertificateAuthority => vec!["kubeconfig-of-another-ca", "another-server-answers"],
        End::CertificateName => vec!["api-certificate-lacks-name", "another-server-answers"],
        End::Reset | End::Lost => vec!["connection-cut", "path-mtu-hole"],
        _ if is_dns => of_cluster_dns(),
        _ => vec![
            "kube-proxy-without-rules",
            "api-service-leads-nowhere",
            "reply-into-other-network",
            "forward-policy-drop",
            "service-address-unassigned",
        ],
    }
}

fn of_registry(end: End) -> Vec<&'static str> {
    match end {
        End::NetUnreachable => vec!["no-way-to-internet"],
        End::NoRoute => vec!["gateway-off", "registry-filtered"],
        End::Timeout => vec!["nat-missing", "registry-filtered"],
        End::Silence => vec!["nat-missing", "registry-filtered", "path-mtu-hole"],
        End::TlsTimeout | End::Lost => vec!["path-mtu-hole", "registry-filtered"],
        End::CertificateAuthority => vec!["portal-intercepts", "private-registry-ca"],
        End::CertificateName => vec!["portal-intercepts", "name-of-other-resolver"],
        End::Refused => vec!["registry-filtered", "nothing-listens"],
        _ => vec!["registry-filtered", "connection-cut"],
    }
}

fn of_webhook(end: End) -> Vec<&'static str> {
    match end {
        End::Refused => vec!["service-without-endpoints", "webhook-without-answer"],
        End::CertificateAuthority | End::CertificateName => {
            vec!["kubeconfig-of-another-ca", "another-server-answers"]
        }
        _ => vec!["webhook-without-answer", "flannel-on-unreachable-link", "forward-policy-drop"],
    }
}

fn of_other(end: End) -> Vec<&'static str> {
    match end {
        End::NoRoute => vec!["address-unreachable", "host-off", "firewall-reject"],
        End::NetUnreachable => vec!["no-route-from-here"],
        End::Timeout => vec!["address-unreachable", "firewall-drop", "host-off"],
        End::Refused => vec!["nothing-listens", "still-starting"],
        End::TlsTimeout => vec!["path-mtu-hole", "server-overloaded"],
        End::Lost => vec!["path-mtu-hole", "way-lost", "host-off"],
        End::Reset => vec!["connection-cut", "still-starting"],
        End::CertificateName => vec!["api-certificate-lacks-name", "another-server-answers"],
        End::CertificateAuthority => vec!["kubeconfig-of-another-ca", "another-server-answers"],
        _ => vec!["address-unreachable", "firewall-drop", "path-mtu-hole", "server-overloaded"],
    }
}
