//! Is the internet there? DNS, a check page and the time, through one link.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::Family;
use pontoon_model::observation::{DnsQuery, Observation};

use super::asker::{Asker, Nonces};
use super::dns::{self, Dns, DnsName};
use super::portal::{Portal, PortalPage};
use super::sntp::{self, OwnClock, Sntp};
use crate::machine::{Event, Machine, Moment, Next};

/// Asks every server, all at once: the addresses of the check page and of the time server, and a
/// name that must not exist; then page and time at the first usable address.
///
/// What cannot be resolved is not asked. When all is silent this takes 2 × 1.5 s for DNS; when
/// DNS answers at the last moment, 1.5 s more for page and time.
pub(crate) struct Internet {
    template: Observation,
    page: PortalPage,
    clock: OwnClock,
    nonces: Nonces,
    page_lookups: Vec<Dns>,
    time_lookups: Vec<Dns>,
    invalid_lookups: Vec<Dns>,
    portal: Option<Portal>,
    sntp: Option<Sntp>,
    next_child: u16,
}

impl Internet {
    /// Servers asked at most: as many as the C library uses (`MAXNS`, resolv.conf(5)).
    pub(crate) const MAX_SERVERS: usize = 3;

    pub(crate) fn new(
        template: Observation,
        servers: &[IpAddr],
        page: PortalPage,
        time: &DnsName,
        unix_s: i64,
        random: u64,
    ) -> Self {
        let mut internet = Self {
            template,
            page,
            clock: OwnClock::new(unix_s),
            nonces: Nonces::new(random),
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

    fn lookup(&mut self, server: IpAddr, query: DnsQuery, name: &DnsName, later: u16) -> Dns {
        let asker = self.child(later);
        let server = SocketAddr::new(server, dns::PORT);
        Dns::new(asker, server, query, name.clone(), self.nonces.next())
    }

    /// An asker with flows of its own, whose rounds begin `later`.
    fn child(&mut self, later: u16) -> Asker {
        let mut template = self.template.clone();
        template.round = template.round.max(1).saturating_add(later);
        let nth = self.next_child;
        self.next_child += 1;
        Asker::nth(template, nth)
    }

    /// Starts what the lookups have made possible.
    fn advance(&mut self, now: Moment) {
        self.clock.begin(now);
        if self.portal.is_none() {
            let literal: Option<IpAddr> = self.page.host().parse().ok();
            let address = literal.or_else(|| self.usable(&self.page_lookups));
            if let Some(address) = address {
                let to = SocketAddr::new(address, self.page.port());
                let (asker, page) = (self.child(0), self.page.clone());
                self.portal = Some(Portal::new(asker, to, page, self.clock, self.nonces.next()));
            }
        }
        if self.sntp.is_none()
            && let Some(address) = self.usable(&self.time_lookups)
        {
            let server = SocketAddr::new(address, sntp::PORT);
            let asker = self.child(0);
            self.sntp = Some(Sntp::new(asker, server, self.clock, self.nonces.next()));
        }
    }

    /// The first address found that a server on the network could have. A private one is: that is
    /// how portals answer. One of this host itself is not: a hostile resolver must not make us
    /// talk to local services.
    fn usable(&self, lookups: &[Dns]) -> Option<IpAddr> {
        let family = self.template.family;
        let is_usable = |address: &IpAddr| {
            let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
            Family::of(*address) == family
                && !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_multicast()
                    || is_broadcast)
        };
        lookups.iter().filter_map(Dns::found).flatten().copied().find(is_usable)
    }

    fn children(&mut self) -> impl Iterator<Item = &mut dyn Machine> {
        let lookups = self.page_lookups.iter_mut();
        let lookups = lookups.chain(&mut self.time_lookups).chain(&mut self.invalid_lookups);
        let page = self.portal.iter_mut().map(|portal| portal as &mut dyn Machine);
        let time = self.sntp.iter_mut().map(|sntp| sntp as &mut dyn Machine);
        lookups.map(|lookup| lookup as &mut dyn Machine).chain(page).chain(time)
    }
}

impl Machine for Internet {
    fn poll(&mut self, now: Moment) -> Next {
        self.advance(now);
        let mut wait: Option<Moment> = None;
        for child in self.children() {
            match child.poll(now) {
                Next::Do(action) => return Next::Do(action),
                Next::WaitUntil(until) => wait = Some(wait.map_or(until, |other| other.min(until))),
                Next::Done => {}
            }
        }
        wait.map_or(Next::Done, Next::WaitUntil)
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        for child in self.children() {
            child.receive(now, event);
        }
    }
}

#[cfg(test)]
mod tests;
