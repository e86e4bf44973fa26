//! Access to the internet over one link: DNS, a check page and the time.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, Observation};

use super::dns::{self, DnsExchange, DnsName};
use super::parallel::poll_all;
use super::portal::{self, PortalExchange, PortalPage};
use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::RetriedProbe;
use super::sntp::{self, SntpExchange, WallClockReading};
use crate::machine::{FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// Asks every server, all at once: the addresses of the check page and of the time server, and a
/// name that must not exist; then page and time at the first usable address.
///
/// What cannot be resolved is not asked. When all is silent this takes 2 × 1.5 s for DNS; when
/// DNS answers at the last moment, 1.5 s more for page and time.
pub(crate) struct InternetProbe {
    template: Observation,
    page: PortalPage,
    clock: WallClockReading,
    nonces: NonceGenerator,
    page_lookups: Vec<RetriedProbe<DnsExchange>>,
    time_lookups: Vec<RetriedProbe<DnsExchange>>,
    invalid_lookups: Vec<RetriedProbe<DnsExchange>>,
    portal: Option<RetriedProbe<PortalExchange>>,
    sntp: Option<RetriedProbe<SntpExchange>>,
    next_child: u16,
}

impl InternetProbe {
    /// Servers asked at most: as many as the C library uses (`MAXNS`, resolv.conf(5)).
    pub(crate) const MAX_SERVERS: usize = 3;

    pub(crate) fn new(
        template: Observation,
        servers: &[IpAddr],
        page: PortalPage,
        time: &DnsName,
        clock: WallClockReading,
        random: u64,
    ) -> Self {
        let mut internet = Self {
            template,
            page,
            clock,
            nonces: NonceGenerator::new(random),
            page_lookups: Vec::new(),
            time_lookups: Vec::new(),
            invalid_lookups: Vec::new(),
            portal: None,
            sntp: None,
            next_child: 0,
        };
        let page_name = internet.page.host().parse::<DnsName>();
        let is_address = internet.page.host().parse::<IpAddr>().is_ok();
        let invalid = DnsName::random_invalid(internet.nonces.next());
        for server in servers.iter().take(Self::MAX_SERVERS) {
            if let Some(name) = page_name.as_ref().ok().filter(|_| !is_address) {
                let lookup = internet.lookup(*server, DnsQuery::Known, name, 0);
                internet.page_lookups.push(lookup);
            }
            // Its tries follow those of the page in the record: 1 and 2, then 3 and 4.
            let lookup = internet.lookup(*server, DnsQuery::Known, time, dns::PACE.count);
            internet.time_lookups.push(lookup);
            let lookup = internet.lookup(*server, DnsQuery::Invalid, &invalid, 0);
            internet.invalid_lookups.push(lookup);
        }
        internet
    }

    fn lookup(
        &mut self,
        server: IpAddr,
        query: DnsQuery,
        name: &DnsName,
        later: u16,
    ) -> RetriedProbe<DnsExchange> {
        let context = self.child(later);
        let server = SocketAddr::new(server, dns::PORT);
        dns::probe(context, server, query, name.clone(), self.nonces.next())
    }

    /// A context with flows of its own, whose rounds begin `later`.
    fn child(&mut self, later: u16) -> ProbeContext {
        let mut template = self.template.clone();
        template.round = template.round.max(1).saturating_add(later);
        let nth = self.next_child;
        self.next_child += 1;
        ProbeContext::nth(template, nth)
    }

    /// Starts what the lookups have made possible.
    fn advance(&mut self, now: RunInstant) {
        self.clock.begin(now);
        if self.portal.is_none() {
            let literal: Option<IpAddr> = self.page.host().parse().ok();
            let address = literal.or_else(|| self.usable(&self.page_lookups));
            if let Some(address) = address {
                let to = SocketAddr::new(address, self.page.port());
                let (context, page) = (self.child(0), self.page.clone());
                self.portal =
                    Some(portal::probe(context, to, page, self.clock, self.nonces.next()));
            }
        }
        if self.sntp.is_none()
            && let Some(address) = self.usable(&self.time_lookups)
        {
            let server = SocketAddr::new(address, sntp::PORT);
            let context = self.child(0);
            self.sntp = Some(sntp::probe(context, server, self.clock, self.nonces.next()));
        }
    }

    /// The first address found that a server on the network could have. A private one is: that is
    /// how portals answer. One of this host itself is not: a hostile resolver must not make us
    /// talk to local services.
    fn usable(&self, lookups: &[RetriedProbe<DnsExchange>]) -> Option<IpAddr> {
        let family = self.template.family;
        let is_usable = |address: &IpAddr| {
            let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
            IpFamily::of(*address) == family
                && !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_multicast()
                    || is_broadcast)
        };
        let found = lookups.iter().filter_map(|lookup| lookup.exchange().found());
        found.flatten().copied().find(is_usable)
    }

    fn children(&mut self) -> impl Iterator<Item = &mut dyn ProbeMachine> {
        let lookups = self.page_lookups.iter_mut();
        let lookups = lookups.chain(&mut self.time_lookups).chain(&mut self.invalid_lookups);
        let page = self.portal.iter_mut().map(|portal| portal as &mut dyn ProbeMachine);
        let time = self.sntp.iter_mut().map(|sntp| sntp as &mut dyn ProbeMachine);
        lookups.map(|lookup| lookup as &mut dyn ProbeMachine).chain(page).chain(time)
    }
}

impl ProbeMachine for InternetProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        self.advance(now);
        poll_all(self.children(), now)
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        for child in self.children() {
            child.receive(now, event);
        }
    }
}

#[cfg(test)]
mod tests;
