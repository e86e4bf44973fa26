//! Where questions leave: sockets, clocks, and sessions with other hosts.

mod deadline;
mod connect;
mod tls_session;
mod proxy_connect;
mod packet_sizes;
pub mod preflight_reader;
pub mod endpoint_check;
pub mod join_service;
pub mod join_session;

use pontoon_model::net::IfName;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::proxy::ProxyEnvironment;

use crate::cluster_info::PATH;
use crate::discovery_flow::{DiscoveryFlow, DiscoveryQuery, DiscoveryReply};
use crate::join_timeouts::{JoinTimeouts, SIGNATURE_AGAIN_AFTER};
use crate::proxy::{ConnectReply, ProxyContact};
use crate::request::JoinRequest;
use crate::trial::{
    JoinTrial, QueryOutcome, ResolveFailure, ServerContact, TcpOutcome, TlsOutcome, TokenRead,
};
use crate::verdict::TrustedCluster;

use connect::{connect, resolve, way};
use deadline::Deadline;
use tls_session::UnverifiedTls;

/// What a trial is made with.
#[derive(Clone, Debug)]
pub struct JoinAttempt<'a> {
    /// The join that is attempted.
    pub request: &'a JoinRequest,
    /// The link to tie every question to; none: the kernel chooses.
    pub link: Option<IfName>,
    /// The name that the node will have.
    pub node_name: &'a str,
    /// What the environment says of proxies.
    pub proxies: &'a ProxyEnvironment,
    /// This host's clock, in seconds since 1970.
    pub now_s: i64,
    /// How long each part may take.
    pub limits: JoinTimeouts,
}

/// Goes one way to the cluster, up to where it ends.
#[must_use]
pub fn attempt(attempt: &JoinAttempt<'_>) -> JoinTrial {
    let deadline = Deadline::after(attempt.limits.all);
    let signed_by = deadline.at_most(attempt.limits.signature);
    let asker = attempt.asker();
    let first = DiscoveryQuery::first(attempt.request, attempt.link.as_ref());
    let answered = asker.ask(&first, deadline);
    let mut course = DiscoveryFlow::begin(attempt.request, attempt.link.as_ref(), answered);
    while let Some(next) = course.next() {
        if next.is_again && !signed_by.sleep(SIGNATURE_AGAIN_AFTER) {
            course.settle();
        } else {
            course.take(asker.ask(&next.question, deadline));
        }
    }
    let trust = course.trust();
    let mut trial = course.end(attempt.now_s);
    let asked = trial.inside.as_ref().unwrap_or(&trial.first);
    if let Some(trust) = trust.filter(|trust| trust.holds(asked, attempt.now_s)) {
        trial.reads = attempt.reads(&trust, &asked.server.clone());
    }
    trial
}

/// Answers a question as this host does. It takes no secret, so that it can be asked of any host.
#[must_use]
pub fn ask(
    question: &DiscoveryQuery,
    proxies: &ProxyEnvironment,
    limits: JoinTimeouts,
) -> DiscoveryReply {
    ServerQuerier { proxies, limits }.ask(question, Deadline::after(limits.all))
}

/// How a server is asked.
#[derive(Clone, Copy)]
struct ServerQuerier<'a> {
    proxies: &'a ProxyEnvironment,
    limits: JoinTimeouts,
}

impl ServerQuerier<'_> {
    fn ask(self, question: &DiscoveryQuery, deadline: Deadline) -> DiscoveryReply {
        let (contact, session) = self.contact(&question.server, question.link.as_ref(), deadline);
        let session = session.filter(|_| question.wants_cluster_info);
        let authority = question.server.authority();
        let page = session.map(|session| session.ask(&authority, PATH, None, deadline));
        DiscoveryReply { contact, page }
    }

    /// Asks a server up to its certificate.
    fn contact(
        self,
        server: &HostPort,
        link: Option<&IfName>,
        deadline: Deadline,
    ) -> (ServerContact, Option<UnverifiedTls>) {
        // By a link one asks directly: that is what NO_PROXY would lead to.
        let proxies = link.is_none().then_some(self.proxies);
        let proxy = proxies.and_then(|proxies| proxies.of_https(&server.host.to_string()));
        let mut contact = ServerContact {
            server: server.clone(),
            proxy: proxy.map(ProxyContact::by),
            resolved: Err(ResolveFailure::Silent),
            way: None,
            tcp: TcpOutcome::NotTried,
            tls: None,
            sizes: None,
        };
        let peer = contact.peer().clone();
        contact.resolved = resolve(&peer.host, deadline.at_most(self.limits.resolve));
        let Some(address) = contact.resolved.as_ref().ok().and_then(|all| all.first().copied())
        else {
            return (contact, None);
        };
        let to = (address, peer.port_or_default()).into();
        contact.way = way(to, link);
        let connected = connect(to, link, deadline.at_most(self.limits.connect));
        let mut stream = match connected {
            Ok(stream) => stream,
            Err(tcp) => {
                contact.tcp = tcp;
                return (contact, None);
            }
        };
        contact.tcp = TcpOutcome::Open;
        if let Some(proxied) = contact.proxy.as_mut().filter(|proxied| proxied.at.is_some()) {
            let tunnel =
                proxy_connect::ask(&mut stream, &peer, server, deadline.at_most(self.limits.tls));
            let is_open = tunnel == ConnectReply::Open;
            proxied.tunnel = Some(tunnel);
            if !is_open {
                return (contact, None);
            }
        }
        let begun = UnverifiedTls::begin(stream, &server.host, deadline.at_most(self.limits.tls));
        let (tls, session) = match begun {
            Ok((session, tls)) => (tls, Some(session)),
            Err(tls) => (tls, None),
        };
        // Beyond a proxy the sizes of packets are its own affair.
        if matches!(tls, TlsOutcome::Silent { .. }) && contact.by_proxy().is_none() {
            contact.sizes = packet_sizes::ask(address, link, deadline);
        }
        contact.tls = Some(tls);
        (contact, session)
    }
}

impl<'a> JoinAttempt<'a> {
    fn asker(&self) -> ServerQuerier<'a> {
        ServerQuerier { proxies: self.proxies, limits: self.limits }
    }

    /// Reads what kubeadm reads, of a server that is vouched for each time anew.
    fn reads(&self, trust: &TrustedCluster, server: &HostPort) -> Vec<TokenRead> {
        let Some(token) = self.request.bearer().map(crate::bootstrap_token::BootstrapToken::whole)
        else {
            return Vec::new();
        };
        let asker = self.asker();
        let mut reads = Vec::new();
        for object in self.request.objects(self.node_name) {
            // Each is a question of its own, as the first was.
            let deadline = Deadline::after(self.limits.all);
            let (contact, session) = asker.contact(server, self.link.as_ref(), deadline);
            let page = match session {
                Some(session) if trust.holds(&contact, self.now_s) => {
                    let path = object.path();
                    session.ask(&server.authority(), &path, Some(token.expose()), deadline)
                }
                _ => QueryOutcome::NotAsked,
            };
            let is_end = !matches!(&page, QueryOutcome::Answer(answer) if answer.status == 200);
            reads.push(TokenRead { object, page });
            if is_end {
                break;
            }
        }
        reads
    }
}
