//! The part of a trial that takes no token: which question follows which answer, by one way.
//!
//! Who asks may be another host: a [`DiscoveryQuery`] holds no secret, and what an [`DiscoveryReply`] is worth
//! is judged here, where the token is.

use pontoon_model::net::IfName;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;
use serde::{Deserialize, Serialize};

use crate::cluster_info::ClusterInfo;
use crate::request::{DiscoveryMethod, JoinRequest};
use crate::trial::{JoinTrial, QueryOutcome, ServerContact, TlsOutcome};
use crate::verdict::{TrustedCluster, trust};

/// Something to ask of a server, anonymously.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DiscoveryQuery {
    /// The server that is asked.
    pub server: HostPort,
    /// The link to tie the question to; none: the kernel chooses.
    pub link: Option<IfName>,
    /// Whether cluster-info is asked for; otherwise the certificate is the end.
    pub wants_cluster_info: bool,
}

impl DiscoveryQuery {
    /// The one that a join begins with.
    #[must_use]
    pub fn first(request: &JoinRequest, link: Option<&IfName>) -> Self {
        let server = request.discovery.endpoint().clone();
        Self { server, link: link.cloned(), wants_cluster_info: true }
    }
}

/// What came back.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DiscoveryReply {
    /// How far one came.
    pub contact: ServerContact,
    /// cluster-info, if it was asked for and there was somebody to ask.
    pub page: Option<QueryOutcome>,
}

/// The question that follows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NextQuery {
    /// The question to ask next.
    pub question: DiscoveryQuery,
    /// It is the one before, and the answer needs a while to be another.
    pub is_again: bool,
}

/// One way to the cluster, as far as it was gone.
#[derive(Debug)]
pub struct DiscoveryFlow<'a> {
    request: &'a JoinRequest,
    link: Option<IfName>,
    first: DiscoveryReply,
    info: Option<ClusterInfo>,
    inside: Option<ServerContact>,
    is_settled: bool,
}

impl<'a> DiscoveryFlow<'a> {
    /// Begins with the answer to [`DiscoveryQuery::first`].
    #[must_use]
    pub fn begin(
        request: &'a JoinRequest,
        link: Option<&IfName>,
        answered: DiscoveryReply,
    ) -> Self {
        let first = of(request.discovery.endpoint(), answered);
        let info = info(&first);
        Self { request, link: link.cloned(), first, info, inside: None, is_settled: false }
    }

    /// What is to be asked now; none: it is the end.
    #[must_use]
    pub fn next(&self) -> Option<NextQuery> {
        if self.awaits_signature() {
            let question = DiscoveryQuery::first(self.request, self.link.as_ref());
            return Some(NextQuery { question, is_again: true });
        }
        // A file vouches for the server it names; a token's signature for the one in cluster-info.
        let trust = self.trust().filter(|trust| !trust.is_first && self.inside.is_none())?;
        let (server, link) = (trust.cluster.server, self.link.clone());
        let question = DiscoveryQuery { server, link, wants_cluster_info: false };
        Some(NextQuery { question, is_again: false })
    }

    /// Takes the answer to [`Self::next`]. Which server it is of is known here, and not believed.
    pub fn take(&mut self, answered: DiscoveryReply) {
        match self.next() {
            Some(next) if next.is_again => {
                self.first = of(&next.question.server, answered);
                self.info = info(&self.first);
            }
            Some(next) => self.inside = Some(of(&next.question.server, answered).contact),
            None => {}
        }
    }

    /// A signature is not waited for any longer.
    pub fn settle(&mut self) {
        self.is_settled = true;
    }

    /// Whom the token may be shown to, if anybody.
    #[must_use]
    pub fn trust(&self) -> Option<TrustedCluster> {
        trust(self.request, &self.first.contact, self.info.as_ref())
    }

    /// All that was asked, by a host with this clock.
    #[must_use]
    pub fn end(self, now_s: i64) -> JoinTrial {
        JoinTrial {
            link: self.link,
            now_s,
            first: self.first.contact,
            cluster_info: self.first.page,
            inside: self.inside,
            reads: Vec::new(),
        }
    }

    /// Whether cluster-info is not signed by this token, or not yet.
    fn awaits_signature(&self) -> bool {
        match (&self.request.discovery, &self.info) {
            (DiscoveryMethod::Token { token, .. }, Some(info)) if !self.is_settled => {
                !info.token_ids().any(|id| id == token.id)
            }
            _ => false,
        }
    }
}

/// cluster-info is a kubeconfig and a line for each token: three kilobytes, with one of them.
const INFO_BYTES_MAX: usize = 128 * 1024;
/// A certificate of an API server and its chain have two or three.
const CHAIN_BYTES_MAX: usize = 64 * 1024;
/// Addresses of a name.
const ADDRESSES_MAX: usize = 16;

/// An answer as far as it is believed: of the server that was meant, and no longer than it can be.
fn of(server: &HostPort, answered: DiscoveryReply) -> DiscoveryReply {
    let DiscoveryReply { mut contact, page } = answered;
    let too_long = |max: usize| Untrusted::new(&format!("it is longer than {max} bytes"));
    contact.server = server.clone();
    if let Ok(addresses) = &mut contact.resolved {
        addresses.truncate(ADDRESSES_MAX);
    }
    if let Some(TlsOutcome::Chain { leaf, others }) = &contact.tls {
        let len = leaf.der.len() + others.iter().map(Vec::len).sum::<usize>();
        if len > CHAIN_BYTES_MAX {
            contact.tls = Some(TlsOutcome::Broken(too_long(CHAIN_BYTES_MAX)));
        }
    }
    let page = page.map(|page| match page {
        QueryOutcome::Answer(answer) if answer.body.len() > INFO_BYTES_MAX => {
            QueryOutcome::Bad(too_long(INFO_BYTES_MAX))
        }
        page => page,
    });
    DiscoveryReply { contact, page }
}

fn info(answered: &DiscoveryReply) -> Option<ClusterInfo> {
    match &answered.page {
        Some(QueryOutcome::Answer(answer)) if answer.status == 200 => {
            ClusterInfo::parse(&answer.body)
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
