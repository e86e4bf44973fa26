//! How far one comes with a server: its name, the way there, the connection, TLS.

use pontoon_model::code::{self, DiagnosisCode};
use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::IfName;
use pontoon_predict::kubeadm::endpoint::{EndpointHost, HostPort};

use crate::certificate::{CertificateRefusal, ServerCertificate, rfc3339};
use crate::trial::{
    JoinTrial, PacketSizes, QueryOutcome, ResolveFailure, ServerContact, TcpOutcome, TlsOutcome,
};

use super::shared_text::seconds;
use super::{JoinStage, StageResult, Stop, proxy};

/// The stages up to the certificate, each passed or the one that is not. The words of a stop are
/// what Go says after the URL.
pub(super) fn reach(
    contact: &ServerContact,
    link: Option<&IfName>,
) -> Vec<Result<StageResult, Box<Stop>>> {
    let by_proxy = contact.by_proxy();
    let mut steps: Vec<_> = resolve(contact).into_iter().collect();
    if is_good(&steps) {
        steps.extend(connect(contact, link));
    }
    if let Some(proxied) = by_proxy {
        match steps.pop() {
            Some(Err(stop)) => {
                steps.push(Err(Box::new(proxy::unreached(contact, proxied, *stop))));
            }
            last => {
                steps.extend(last);
                steps.push(proxy::proxy_stage(contact, proxied));
            }
        }
    }
    if is_good(&steps) {
        steps.push(tls(contact));
    }
    steps
}

const DNS_PORT: u16 = 53;

fn is_good(steps: &[Result<StageResult, Box<Stop>>]) -> bool {
    steps.last().is_none_or(Result::is_ok)
}

#[expect(clippy::unnecessary_box_returns, reason = "a stop is the large error of a small step")]
fn stop(
    stage: JoinStage,
    causes: &[DiagnosisCode],
    because: String,
    advice: Vec<String>,
    words: String,
) -> Box<Stop> {
    let causes = causes.to_vec();
    Box::new(Stop { stage, causes, because: vec![because], advice, after_ms: 0, words })
}

fn resolve(contact: &ServerContact) -> Option<Result<StageResult, Box<Stop>>> {
    let EndpointHost::Name(name) = &contact.peer().host else { return None };
    let add = format!("a line in /etc/hosts of every node: ADDRESS {name}");
    Some(match &contact.resolved {
        Ok(addresses) => {
            let all: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let seen = format!("{name} is {}", all.join(", "));
            Ok(StageResult { stage: JoinStage::Resolve, is_passed: Some(true), seen })
        }
        Err(ResolveFailure::Unknown { name_server }) => Err(stop(
            JoinStage::Resolve,
            &[code::NAME_UNKNOWN],
            format!("nobody knows the name {name}"),
            vec![add],
            format!(
                "dial tcp: lookup {name} on {}: no such host",
                SocketAddr::new(*name_server, DNS_PORT)
            ),
        )),
        Err(ResolveFailure::Silent) => Err(stop(
            JoinStage::Resolve,
            &[code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED],
            format!("no name server answers for {name}"),
            vec![add, "pontoon check says which name servers answer, over which link".to_owned()],
            format!("dial tcp: lookup {name}: i/o timeout"),
        )),
    })
}

fn connect(contact: &ServerContact, link: Option<&IfName>) -> Vec<Result<StageResult, Box<Stop>>> {
    let address = contact.resolved.as_ref().ok().and_then(|all| all.first());
    let Some(address) = address else { return Vec::new() };
    let port = contact.peer().port_or_default();
    let at = HostPort { host: EndpointHost::Address(*address), port: Some(port) }.authority();
    let by = contact.way.as_ref().map(|way| match &way.link {
        Some(link) => format!("from {} on {link}", way.source),
        None => format!("from {}", way.source),
    });
    let good = |stage, seen: String| Ok(StageResult { stage, is_passed: Some(true), seen });
    let mut steps: Vec<Result<StageResult, Box<Stop>>> = Vec::new();
    if let Some(by) = by.as_ref().filter(|_| contact.tcp != TcpOutcome::NoRoute) {
        steps.push(good(JoinStage::Route, by.clone()));
    }
    match contact.tcp {
        TcpOutcome::NotTried => {}
        TcpOutcome::Open => steps.push(good(JoinStage::Tcp, format!("{at} takes connections"))),
        tcp => {
            let by = by.or_else(|| link.map(|link| format!("on {link}")));
            let by = by.map(|by| format!(" ({by})")).unwrap_or_default();
            steps.push(Err(unconnected(tcp, *address, &at, &by)));
        }
    }
    steps
}

/// Why there is no connection.
#[expect(clippy::unnecessary_box_returns, reason = "a stop is the large error of a small step")]
fn unconnected(tcp: TcpOutcome, address: IpAddr, at: &str, by: &str) -> Box<Stop> {
    let dial = format!("dial tcp {at}: ");
    let mesh = "pontoon mesh with both hosts says which of their links pass frames".to_owned();
    match tcp {
        TcpOutcome::NoRoute => stop(
            JoinStage::Route,
            &[code::NO_ROUTE_FROM_HERE],
            format!("this host has no route to {address}"),
            vec![format!(
                "ip route add {address} dev IF, or a line whose address is on a network \
                          of this host"
            )],
            format!("{dial}connect: network is unreachable"),
        ),
        TcpOutcome::NoNeighbour => stop(
            JoinStage::Neighbour,
            &[code::API_ADDRESS_UNREACHABLE, code::HOST_OFF],
            format!(
                "nobody answers for {address} on that network{by}: it keeps its clients apart, \
                 or that host is not there"
            ),
            vec![
                "the cluster needs an address that all nodes reach: pontoon kubeadm init writes \
                 it, and pontoon kubeadm repair-advice moves a cluster that stands"
                    .to_owned(),
                mesh,
            ],
            format!("{dial}connect: no route to host"),
        ),
        TcpOutcome::Unreachable => stop(
            JoinStage::Tcp,
            &[code::FIREWALL_REJECT, code::API_ADDRESS_UNREACHABLE],
            format!("{address} is there, and the connection is turned away as unreachable"),
            vec!["on the control plane: nft list ruleset, for a reject with icmp(x)".to_owned()],
            format!("{dial}connect: no route to host"),
        ),
        TcpOutcome::Refused => stop(
            JoinStage::Tcp,
            &[code::API_SERVER_NOT_RUNNING, code::WRONG_ENDPOINT, code::FIREWALL_REJECT],
            format!("{at} refuses: nothing listens there, or a packet filter says so"),
            vec![
                "on the control plane: ss -ltn 'sport = :6443', and crictl ps -a | grep \
                  apiserver"
                    .to_owned(),
            ],
            format!("{dial}connect: connection refused"),
        ),
        TcpOutcome::Silent { ms } => stop(
            JoinStage::Tcp,
            &[code::FIREWALL_DROP, code::API_ADDRESS_UNREACHABLE],
            format!("not a word from {at} in {}{by}: packets are dropped", seconds(ms)),
            vec![mesh, "on the control plane: nft list ruleset".to_owned()],
            // Or Go's own timer ends the last question first, and says it in more words.
            "context deadline exceeded".to_owned(),
        ),
        TcpOutcome::Failed { errno } => stop(
            JoinStage::Tcp,
            &[code::API_ADDRESS_UNREACHABLE],
            format!("the connection to {at} fails with errno {errno}"),
            vec![mesh],
            format!("{dial}connect: errno {errno}"),
        ),
        // These two are no failures.
        TcpOutcome::NotTried | TcpOutcome::Open => {
            stop(JoinStage::Tcp, &[code::CONNECTION_CUT], String::new(), Vec::new(), String::new())
        }
    }
}

fn tls(contact: &ServerContact) -> Result<StageResult, Box<Stop>> {
    let at = contact.server.authority();
    let stage = JoinStage::Tls;
    let look = format!("see what it is: curl -k https://{at}/version");
    match &contact.tls {
        Some(TlsOutcome::Chain { leaf, .. }) => {
            let seen = format!("issued by {}", leaf.issuer);
            Ok(StageResult { stage, is_passed: Some(true), seen })
        }
        Some(TlsOutcome::Http) => Err(stop(
            stage,
            &[code::NOT_A_TLS_PORT],
            format!("{at} speaks plain HTTP"),
            vec![look],
            "http: server gave HTTP response to HTTPS client".to_owned(),
        )),
        Some(TlsOutcome::Broken(why)) => Err(stop(
            stage,
            &[code::NOT_A_TLS_PORT, code::CONNECTION_CUT],
            format!("{at} does not speak TLS: {why}"),
            vec![look],
            "EOF".to_owned(),
        )),
        Some(TlsOutcome::Silent { ms }) => Err(silent(contact, *ms)),
        None => Err(stop(
            stage,
            &[code::CONNECTION_CUT],
            format!("the connection to {at} was gone before TLS began"),
            vec![look],
            "EOF".to_owned(),
        )),
    }
}

/// A connection that stands, and then not a word: large packets vanish, or the server sleeps.
#[expect(clippy::unnecessary_box_returns, reason = "a stop is the large error of a small step")]
fn silent(contact: &ServerContact, ms: u64) -> Box<Stop> {
    let at = contact.server.authority();
    let (causes, why): (&[DiagnosisCode], _) = match contact.sizes {
        Some(PacketSizes { small: true, large: false, mtu }) => (
            &[code::PATH_MTU_HOLE],
            format!("small packets are answered, packets of {mtu} bytes vanish without a word"),
        ),
        Some(PacketSizes { small: true, large: true, mtu }) => (
            &[code::SERVER_OVERLOADED],
            format!("packets of {mtu} bytes are answered, so it is the server that keeps silent"),
        ),
        None if contact.by_proxy().is_some() => (
            &[code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
            "behind a proxy the size of packets cannot be told".to_owned(),
        ),
        _ => (
            &[code::PATH_MTU_HOLE, code::SERVER_OVERLOADED],
            "it answers no ping, so that the size of packets cannot be told".to_owned(),
        ),
    };
    let link = contact.way.as_ref().and_then(|way| way.link.as_ref());
    let link = link.map_or_else(|| "IF".to_owned(), ToString::to_string);
    let advice = match causes {
        [code::PATH_MTU_HOLE] => vec![
            format!("ip link set {link} mtu 1400 on EVERY node, and in its configuration, too"),
            "pontoon mesh finds the largest size that passes".to_owned(),
        ],
        [code::SERVER_OVERLOADED] => {
            vec!["--patient waits as long as kubeadm; look at the control plane's load".to_owned()]
        }
        _ => vec!["pontoon mesh with both hosts tells the two apart".to_owned()],
    };
    let because = format!("{at} takes connections, then no TLS in {}", seconds(ms));
    let mut stop =
        stop(JoinStage::Tls, causes, because, advice, "context deadline exceeded".to_owned());
    stop.because.push(why);
    stop
}

/// Why a certificate is refused, and what to do; stage, time and words are the caller's.
pub(super) fn certificate(
    refused: &CertificateRefusal,
    leaf: &ServerCertificate,
    trial: &JoinTrial,
    server: &HostPort,
) -> Stop {
    let ahead_s = match &trial.cluster_info {
        Some(QueryOutcome::Answer(answer)) => {
            answer.date_s.map(|date_s| date_s.saturating_sub(trial.now_s))
        }
        _ => None,
    };
    let mut because = Vec::new();
    let mut advice = Vec::new();
    match refused {
        CertificateRefusal::Name { valid_for, .. } => {
            because.push(format!(
                "the certificate is for {}, not for {}",
                if valid_for.is_empty() { "no address".to_owned() } else { valid_for.join(", ") },
                server.host
            ));
            advice.push(format!(
                "on the control plane: pontoon kubeadm repair-advice moves the cluster to {}; or \
                 only add it to the certificate: apiServer.certSANs, rm \
                 /etc/kubernetes/pki/apiserver.*, kubeadm init phase certs apiserver --config F",
                server.host
            ));
            if let Some(EndpointHost::Address(other)) = first_address(leaf) {
                advice.push(format!("{other} is in the certificate; it must be reachable, too"));
            }
        }
        CertificateRefusal::Time { now_s, limit_s, is_early } => {
            let side = if *is_early { "begins" } else { "ended" };
            because.push(format!(
                "this host's clock says {}, the certificate {side} at {}",
                rfc3339(*now_s),
                rfc3339(*limit_s)
            ));
            because.extend(ahead_s.map(|ahead| {
                format!("the server's clock says {}", rfc3339(now_s.saturating_add(ahead)))
            }));
            advice.push(
                "pontoon clock HOSTS shows whose clock is off, and --sync sets it".to_owned(),
            );
        }
        CertificateRefusal::Authority => {
            because.push(format!(
                "the certificate is by {}, and not by the CA that cluster-info holds",
                leaf.issuer
            ));
            advice.push(
                "the control plane was made anew, or something else answers there: \
                         kubeadm token create --print-join-command on the control plane"
                    .to_owned(),
            );
        }
    }
    Stop {
        stage: JoinStage::Certificate,
        causes: refused.causes(ahead_s),
        because,
        advice,
        after_ms: 0,
        words: String::new(),
    }
}

/// An address of the certificate that is not of the Service range's first.
fn first_address(leaf: &ServerCertificate) -> Option<EndpointHost> {
    leaf.addresses.last().copied().map(EndpointHost::Address)
}
