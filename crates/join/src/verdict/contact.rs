//! How far one comes with a server: its name, the way there, the connection, TLS.

use std::net::{IpAddr, SocketAddr};

use pontoon_diagnosis::Remedy;
use pontoon_diagnosis::evidence::{JoinAnswerEvidence, JoinEvidence};
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::net::IfName;
use pontoon_model::shell_command;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::{EndpointHost, HostPort};

use crate::certificate::{CertificateRefusal, ServerCertificate};
use crate::trial::{
    JoinTrial, PacketSizes, QueryOutcome, ResolveFailure, ServerContact, TcpOutcome, TlsOutcome,
};

use super::endpoint_name::{endpoint, host_name};
use super::join_remedies::{
    be_patient, compare_links, new_join_command, on_control_plane, see_what_answers,
};
use super::stage_failure::{StageFailure, StageOutcome};
use super::{JoinStage, StageResult, proxy, stage_causes};

/// The stages up to the certificate, each passed or the one that is not. The response of a failure
/// is what Go says after the URL.
pub(super) fn reach(contact: &ServerContact, link: Option<&IfName>) -> Vec<StageOutcome> {
    let by_proxy = contact.by_proxy();
    let mut stages: Vec<_> = resolve(contact).into_iter().collect();
    if is_good(&stages) {
        stages.extend(connect(contact, link));
    }
    if let Some(proxied) = by_proxy {
        match stages.pop() {
            Some(Err(failure)) => {
                stages.push(Err(Box::new(proxy::unreached(contact, proxied, *failure))));
            }
            last => {
                stages.extend(last);
                stages.push(proxy::proxy_stage(contact, proxied));
            }
        }
    }
    if is_good(&stages) {
        stages.push(tls(contact));
    }
    stages
}

const DNS_PORT: u16 = 53;

fn is_good(stages: &[StageOutcome]) -> bool {
    stages.last().is_none_or(Result::is_ok)
}

fn resolve(contact: &ServerContact) -> Option<StageOutcome> {
    let host = &contact.peer().host;
    let EndpointHost::Name(text) = host else { return None };
    let name = host_name(host);
    let add = Remedy::command(shell_command!("echo {} >> /etc/hosts", format!("ADDRESS {name}")))
        .to("name its address on every node");
    let failure = match &contact.resolved {
        Ok(addresses) => {
            let resolved = JoinEvidence::NameResolved { name, addresses: addresses.clone() };
            return Some(Ok(StageResult::passed(JoinStage::Resolve, resolved)));
        }
        Err(ResolveFailure::Unknown { name_server }) => StageFailure::new(
            JoinStage::Resolve,
            &[code::NAME_UNKNOWN],
            JoinEvidence::NameUnknown { name },
            format!(
                "dial tcp: lookup {text} on {}: no such host",
                SocketAddr::new(*name_server, DNS_PORT)
            ),
        )
        .remedies([add]),
        Err(ResolveFailure::Silent) => StageFailure::new(
            JoinStage::Resolve,
            &[code::RESOLVER_UNREACHABLE, code::DNS_PACKETS_BLOCKED],
            JoinEvidence::NameServersSilent { name },
            format!("dial tcp: lookup {text}: i/o timeout"),
        )
        .remedies([
            add,
            Remedy::command("pontoon check").to("see which name servers answer, over which link"),
        ]),
    };
    Some(Err(Box::new(failure)))
}

fn connect(contact: &ServerContact, link: Option<&IfName>) -> Vec<StageOutcome> {
    let address = contact.resolved.as_ref().ok().and_then(|all| all.first());
    let Some(address) = address else { return Vec::new() };
    let server = HostPort {
        host: EndpointHost::Address(*address),
        port: contact.peer().port_or_default().into(),
    };
    let mut stages: Vec<StageOutcome> = Vec::new();
    if let Some(way) = contact.way.as_ref().filter(|_| contact.tcp != TcpOutcome::NoRoute) {
        let chosen = JoinEvidence::RouteChosen { source: way.source, link: way.link.clone() };
        stages.push(Ok(StageResult::passed(JoinStage::Route, chosen)));
    }
    match contact.tcp {
        TcpOutcome::NotTried => {}
        TcpOutcome::Open => {
            let accepted = JoinEvidence::ConnectionAccepted { server: endpoint(&server) };
            stages.push(Ok(StageResult::passed(JoinStage::Tcp, accepted)));
        }
        tcp => {
            let source = contact.way.as_ref().map(|way| way.source);
            let link = match &contact.way {
                Some(way) => way.link.clone(),
                None => link.cloned(),
            };
            let attempt = ConnectionAttempt { address: *address, server, source, link };
            stages.push(Err(Box::new(unconnected(tcp, attempt))));
        }
    }
    stages
}

/// An attempt to connect, and where it was made from as far as that is known.
struct ConnectionAttempt {
    address: IpAddr,
    server: HostPort,
    source: Option<IpAddr>,
    link: Option<IfName>,
}

/// Why there is no connection.
fn unconnected(tcp: TcpOutcome, attempt: ConnectionAttempt) -> StageFailure {
    let ConnectionAttempt { address, server, source, link } = attempt;
    let dial = format!("dial tcp {}: connect: ", server.authority());
    let port = server.port_or_default();
    let server = endpoint(&server);
    match tcp {
        TcpOutcome::NoRoute => StageFailure::new(
            JoinStage::Route,
            &[code::NO_ROUTE_FROM_HERE],
            JoinEvidence::NoRoute { address },
            format!("{dial}network is unreachable"),
        )
        .remedies([
            Remedy::command(shell_command!("ip route add {} dev IF", address)),
            Remedy::action("use a join command whose address is on a network of this host"),
        ]),
        TcpOutcome::NoNeighbour => StageFailure::new(
            JoinStage::Neighbour,
            &[code::API_ADDRESS_UNREACHABLE, code::HOST_OFF],
            JoinEvidence::NoNeighbour { address, source, link },
            format!("{dial}no route to host"),
        )
        .remedies(reachable_address()),
        TcpOutcome::Unreachable => StageFailure::new(
            JoinStage::Tcp,
            &[code::FIREWALL_REJECT, code::API_ADDRESS_UNREACHABLE],
            JoinEvidence::ConnectionUnreachable { address },
            format!("{dial}no route to host"),
        )
        .remedies([on_control_plane("nft list ruleset", "look for a reject with icmp(x)")]),
        TcpOutcome::Refused => StageFailure::new(
            JoinStage::Tcp,
            &[code::API_SERVER_NOT_RUNNING, code::WRONG_ENDPOINT, code::FIREWALL_REJECT],
            JoinEvidence::ConnectionRefused { server },
            format!("{dial}connection refused"),
        )
        .remedies([
            on_control_plane(
                shell_command!("ss -ltn {}", format!("sport = :{port}")),
                "see whether anything listens there",
            ),
            on_control_plane("crictl ps -a | grep apiserver", "see whether the API server runs"),
        ]),
        TcpOutcome::Silent { ms } => StageFailure::new(
            JoinStage::Tcp,
            &[code::FIREWALL_DROP, code::API_ADDRESS_UNREACHABLE],
            JoinEvidence::ConnectionTimeout { server, waited_ms: ms, source, link },
            // Or Go's own timer ends the last question first, and says it in more words.
            "context deadline exceeded",
        )
        .remedies([compare_links(), on_control_plane("nft list ruleset", "look for a drop")]),
        TcpOutcome::Failed { errno } => StageFailure::new(
            JoinStage::Tcp,
            &[code::API_ADDRESS_UNREACHABLE],
            JoinEvidence::ConnectionFailed { server, errno },
            format!("{dial}errno {errno}"),
        )
        .likely()
        .remedies([compare_links()]),
        // These two are no failures; the caller has handled them.
        TcpOutcome::NotTried | TcpOutcome::Open => StageFailure::new(
            JoinStage::Tcp,
            &[code::CONNECTION_CUT],
            JoinEvidence::ConnectionAccepted { server },
            "",
        ),
    }
}

/// Where the link isolates its clients, or that host is not there.
fn reachable_address() -> [Remedy; 3] {
    [
        on_control_plane(
            "pontoon kubeadm repair-advice",
            "move the cluster to an address that all nodes reach",
        ),
        on_control_plane("pontoon kubeadm init", "write settings for a cluster made anew"),
        compare_links(),
    ]
}

fn tls(contact: &ServerContact) -> StageOutcome {
    let server = endpoint(&contact.server);
    let fails = |causes: &[DiagnosisCode], evidence, response: &str| {
        StageFailure::new(JoinStage::Tls, causes, evidence, response)
            .remedies([see_what_answers(&contact.server)])
    };
    let failure = match &contact.tls {
        Some(TlsOutcome::Chain { leaf, .. }) => {
            let shown = JoinEvidence::CertificateShown { issuer: leaf.issuer.clone() };
            return Ok(StageResult::passed(JoinStage::Tls, shown));
        }
        Some(TlsOutcome::Http) => fails(
            &[code::NOT_A_TLS_PORT],
            JoinEvidence::PlainHttp { server },
            "http: server gave HTTP response to HTTPS client",
        ),
        Some(TlsOutcome::Broken(why)) => fails(
            &[code::NOT_A_TLS_PORT, code::CONNECTION_CUT],
            JoinEvidence::NotTls { server, reason: why.clone() },
            "EOF",
        ),
        Some(TlsOutcome::Silent { ms }) => silent(contact, *ms),
        None => fails(&[code::CONNECTION_CUT], JoinEvidence::ClosedBeforeTls { server }, "EOF"),
    };
    Err(Box::new(failure))
}

/// A connection that stands, and then no byte: large packets are dropped, or the server is busy.
/// Of either one packet of each size is the proof, so that it is no more than likely.
fn silent(contact: &ServerContact, ms: u64) -> StageFailure {
    const EITHER: &[DiagnosisCode] = &[code::PATH_MTU_HOLE, code::SERVER_OVERLOADED];
    let (causes, sizes): (&[DiagnosisCode], _) =
        if let Some(PacketSizes { small: true, large, mtu }) = contact.sizes {
            let cause = if large { &[code::SERVER_OVERLOADED] } else { &[code::PATH_MTU_HOLE] };
            (cause, JoinEvidence::LargePackets { mtu, is_answered: large })
        } else {
            let is_behind_proxy = contact.sizes.is_none() && contact.by_proxy().is_some();
            (EITHER, JoinEvidence::PacketSizesUntested { is_behind_proxy })
        };
    let link = contact.way.as_ref().and_then(|way| way.link.as_ref());
    let link = link.map_or_else(|| "IF".to_owned(), ToString::to_string);
    let remedies = match causes {
        [code::PATH_MTU_HOLE] => vec![
            Remedy::command(shell_command!("ip link set {} mtu 1400", link))
                .to("lower the MTU on EVERY node, and in its configuration, too"),
            compare_links(),
        ],
        [code::SERVER_OVERLOADED] => {
            vec![be_patient(), on_control_plane("uptime", "look at its load")]
        }
        _ => vec![compare_links()],
    };
    let timeout = JoinEvidence::TlsTimeout { server: endpoint(&contact.server), waited_ms: ms };
    let mut failure =
        StageFailure::new(JoinStage::Tls, causes, timeout, "context deadline exceeded")
            .likely()
            .remedies(remedies);
    failure.evidence.push(sizes.into());
    failure
}

/// Why a certificate is refused, and what to do; time and response are the caller's.
pub(super) fn certificate(
    refused: &CertificateRefusal,
    leaf: &ServerCertificate,
    trial: &JoinTrial,
    server: &HostPort,
) -> StageFailure {
    let ahead_s = match &trial.cluster_info {
        Some(QueryOutcome::Answer(answer)) => {
            answer.date_s.map(|date_s| date_s.saturating_sub(trial.now_s))
        }
        _ => None,
    };
    let causes = stage_causes::of_certificate(refused, ahead_s);
    let fails = |evidence| StageFailure::new(JoinStage::Certificate, causes, evidence, "");
    match refused {
        CertificateRefusal::Name { valid_for, .. } => {
            let host = host_name(&server.host);
            let valid_for = valid_for.iter().map(|name| Untrusted::new(name)).collect();
            let evidence = JoinAnswerEvidence::CertificateForOthers { host, valid_for };
            fails(evidence).remedies(another_name(leaf, server))
        }
        CertificateRefusal::Time { now_s, limit_s, is_early } => {
            let mut failure = fails(JoinAnswerEvidence::CertificateTime {
                clock_s: *now_s,
                limit_s: *limit_s,
                is_early: *is_early,
            });
            failure.evidence.extend(ahead_s.map(|ahead_s| {
                JoinAnswerEvidence::ServerClock { server_s: now_s.saturating_add(ahead_s) }.into()
            }));
            failure.remedies([
                Remedy::command("pontoon clock HOSTS").to("see whose clock is off"),
                Remedy::command("pontoon clock HOSTS --sync").to("set it"),
            ])
        }
        CertificateRefusal::Authority => {
            fails(JoinAnswerEvidence::CertificateIssuer { issuer: leaf.issuer.clone() })
                .remedies([new_join_command()])
        }
    }
}

/// How a server comes to have a certificate for the name by which it is asked, or is asked by one
/// that it has.
fn another_name(leaf: &ServerCertificate, server: &HostPort) -> Vec<Remedy> {
    let host = &server.host;
    let mut remedies = vec![
        on_control_plane("pontoon kubeadm repair-advice", format!("move the cluster to {host}")),
        on_control_plane(
            "rm /etc/kubernetes/pki/apiserver.* && kubeadm init phase certs apiserver --config FILE",
            format!("only add {host} to the certificate, after apiServer.certSANs of FILE"),
        ),
    ];
    // The last: the first is of the Service range.
    if let Some(other) = leaf.addresses.last() {
        remedies.push(Remedy::action(format!(
            "join by {other}, which is in the certificate, where this host reaches it"
        )));
    }
    remedies
}
