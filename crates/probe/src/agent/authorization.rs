//! Which questions an agent puts, whatever it is told: from its own addresses, to hosts of its run
//! and their gateways, and to third parties that the run was begun with. Pure.
//!
//! An agent may have rights that its coordinator has not (a file with capabilities, sudo), so it
//! must not do for others what they could not do themselves.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::snapshot::Snapshot;

use crate::probes::ProbeQuestion;
use crate::protocol::{SurveyPeer, ThirdParties};
use crate::round_schedule::ProbeTask;

/// Why a question is not put.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum QuestionRefusal {
    /// Its frames would have the address of another host.
    #[error("{0} is not an address of this host on that link")]
    ForeignSource(IpAddr),
    /// It is about a gateway that the link does not have.
    #[error("{0} is not the gateway of that link")]
    ForeignGateway(IpAddr),
    /// Its frame would go to a card that the host does not have.
    #[error("{mac} is not a MAC address of {host}")]
    ForeignMac {
        /// The address that is asked.
        host: IpAddr,
        /// Where the frame would go.
        mac: Mac,
    },
    /// It goes to a host that is neither of the run nor among its third parties.
    #[error("{0} is not a host of this run")]
    Stranger(IpAddr),
    /// It goes to third parties on the internet, and the run asks none.
    #[error("this run asks no name servers and public servers")]
    Internet,
}

/// What decides whether a question is put.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authorization<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// The other hosts of the run, by their numbers.
    pub(super) peers: &'a BTreeMap<u16, SurveyPeer>,
    pub(super) third_parties: &'a ThirdParties,
}

impl Authorization<'_> {
    /// Decides about a question before anything of it is sent.
    pub(super) fn check(&self, task: &ProbeTask) -> Result<(), QuestionRefusal> {
        use ProbeQuestion as Question;
        let link = task.link.as_ref();
        match &task.question {
            Question::Neighbour { from, target, to_mac } => {
                self.check_source(link, *from)?;
                match to_mac {
                    Some(mac) => self.check_frame(*target, *mac),
                    None => self.check_host(*target),
                }
            }
            Question::OwnAddress { address: from }
            | Question::Broadcast { from, .. }
            | Question::Multicast { from, .. } => self.check_source(link, *from),
            Question::Udp { from, to, to_mac } => {
                self.check_source(link, *from)?;
                self.check_frame(to.ip(), *to_mac)
            }
            Question::Echo { from, to, to_mac } => {
                self.check_source(link, *from)?;
                self.check_frame(*to, *to_mac)
            }
            Question::Control { from, gateway } => {
                self.check_source(link, *from)?;
                self.check_gateway(link, *gateway)
            }
            Question::Bounce { from, to, gateway } => {
                self.check_source(link, *from)?;
                self.check_gateway(link, *gateway)?;
                self.check_peer(to.ip())
            }
            // It carries the token of the run.
            Question::RoutedUdp { to, .. } => self.check_peer(to.ip()),
            Question::RoutedEcho { to, .. } | Question::EchoServer { to, .. } => {
                self.check_host(*to)
            }
            Question::PathMtu { to, .. }
            | Question::Port { to, .. }
            | Question::Portal { to, .. }
            | Question::Sntp { server: to } => self.check_host(to.ip()),
            Question::Traceroute { to, .. } => {
                let mut beyond = self.peers.values().flat_map(|peer| &peer.gateways);
                if beyond.any(|gateway| *gateway == to.ip()) {
                    return Ok(());
                }
                self.check_host(to.ip())
            }
            Question::Dns { server, .. } => {
                self.check_host(server.ip()).or_else(|_| self.check_internet(&[server.ip()]))
            }
            Question::Internet { servers, .. } => self.check_internet(servers),
        }
    }

    /// A frame is sent from an address that its link has.
    fn check_source(&self, link: Option<&IfName>, from: IpAddr) -> Result<(), QuestionRefusal> {
        let link = link.and_then(|name| self.snapshot.link(name));
        let mut own = link.into_iter().flat_map(|link| &link.addresses);
        let is_own = own.any(|own| own.prefix.address == from);
        is_own.then_some(()).ok_or(QuestionRefusal::ForeignSource(from))
    }

    fn check_gateway(&self, link: Option<&IfName>, gateway: IpAddr) -> Result<(), QuestionRefusal> {
        let own = link.and_then(|link| self.snapshot.gateway(link, IpFamily::of(gateway)));
        (own == Some(gateway)).then_some(()).ok_or(QuestionRefusal::ForeignGateway(gateway))
    }

    /// A frame to one host goes to a card of the host that has the address.
    fn check_frame(&self, host: IpAddr, mac: Mac) -> Result<(), QuestionRefusal> {
        self.check_peer(host)?;
        let mut holders = self.peers.values().filter(|peer| peer.has_address(host));
        let is_theirs = !mac.is_group() && holders.any(|peer| peer.macs.contains(&mac));
        is_theirs.then_some(()).ok_or(QuestionRefusal::ForeignMac { host, mac })
    }

    fn check_peer(&self, host: IpAddr) -> Result<(), QuestionRefusal> {
        let is_peer = self.peers.values().any(|peer| peer.has_address(host));
        is_peer.then_some(()).ok_or(QuestionRefusal::Stranger(host))
    }

    /// A host of the run, or one that the user named.
    fn check_host(&self, host: IpAddr) -> Result<(), QuestionRefusal> {
        if self.third_parties.hosts.contains(&host) {
            return Ok(());
        }
        self.check_peer(host)
    }

    /// This host's own name servers, and what they name.
    fn check_internet(&self, servers: &[IpAddr]) -> Result<(), QuestionRefusal> {
        if !self.third_parties.has_internet {
            return Err(QuestionRefusal::Internet);
        }
        let own = &self.snapshot.resolver.servers;
        let stranger = servers.iter().find(|server| !own.contains(server));
        stranger.map_or(Ok(()), |server| Err(QuestionRefusal::Stranger(*server)))
    }
}

#[cfg(test)]
mod tests;
