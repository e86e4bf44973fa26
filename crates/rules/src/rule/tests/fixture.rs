//! Facts as agents make them, in few words.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::rule::diagnose;
use pontoon_diagnosis::evidence::Evidence;
use pontoon_diagnosis::{Diagnosis, Severity};
use pontoon_model::code::DiagnosisCode;
use pontoon_model::facts::{AgentOutcome, Facts, HostFacts, LinkCapture};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId,
};
use pontoon_model::shared_links::usable_address;
use pontoon_model::snapshot::{
    Link, LinkAddress, LinkKind, LinkSysctls, Route, RouteKind, Snapshot,
};

/// What became of something that was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProbeFate {
    /// It vanished.
    Lost,
    /// It arrived, and was not answered.
    Arrives,
    /// It arrived and was answered.
    Answered,
    /// It arrived and was answered by this link of the asker.
    AnsweredBy(&'static str),
}

/// Hosts `pi1`, `pi2` .. with wlan0 (172.20.5.N/16, gateway 172.20.0.1, default route) and eth0
/// (192.168.50.N/24), all links up, every frame seen.
pub(crate) struct TestFacts {
    pub(crate) facts: Facts,
}

pub(crate) fn host_name(name: &str) -> HostName {
    name.parse().unwrap()
}

pub(crate) fn link_name(name: &str) -> IfName {
    name.parse().unwrap()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

impl TestFacts {
    pub(crate) fn of(hosts: u8) -> Self {
        let mut facts = Facts { run: RunId(1), ..Facts::default() };
        for number in 1..=hosts {
            facts.hosts.insert(host_name(&format!("pi{number}")), host(number));
        }
        Self { facts }
    }

    /// Hosts with one link each.
    pub(crate) fn wifi_only(hosts: u8) -> Self {
        let mut bench = Self::of(hosts);
        for host in bench.facts.hosts.values_mut() {
            host.snapshot.links.retain(|link| link.name.as_str() == "wlan0");
            host.snapshot.routes.retain(|route| route.link != Some(link_name("eth0")));
        }
        bench
    }

    pub(crate) fn host(&mut self, name: &str) -> &mut HostFacts {
        self.facts.hosts.get_mut(&host_name(name)).unwrap()
    }

    pub(crate) fn link(&mut self, name: &str, link: &str) -> &mut Link {
        let links = &mut self.host(name).snapshot.links;
        links.iter_mut().find(|one| one.name.as_str() == link).unwrap()
    }

    /// Adds a route; `None`: on the link itself.
    pub(crate) fn route(&mut self, host: &str, to: &str, gateway: Option<&str>, link: &str) {
        let route = route(to, gateway, link);
        self.host(host).snapshot.routes.push(route);
    }

    pub(crate) fn see(&mut self, seen: Observation) {
        self.facts.observations.insert(seen);
    }

    pub(crate) fn see_all(&mut self, seen: impl IntoIterator<Item = Observation>) {
        self.facts.observations.extend(seen);
    }

    /// The gateway of a link is asked in these rounds.
    pub(crate) fn control(
        &mut self,
        host: &str,
        link: &str,
        rounds: RangeInclusive<u16>,
        answers: bool,
    ) -> &mut Self {
        let gateway = self.host(host).snapshot.gateway(&link_name(link), IpFamily::V4).unwrap();
        for round in rounds {
            let kind = ProbeKind::Neighbour { cast: FrameDestination::Unicast };
            let sent = Observation {
                address: Some(gateway),
                ..seen(host, None, Some(link), round, ObservedEvent::Sent, kind)
            };
            if answers {
                self.see(Observation {
                    direction: ObservedEvent::Answered,
                    source_mac: Some(GATEWAY),
                    answer: Some(ProbeAnswer::Reply),
                    ..sent.clone()
                });
            }
            self.see(sent);
        }
        self
    }

    /// Good controls of these hosts on wlan0.
    pub(crate) fn controls(&mut self, hosts: &[&str], rounds: RangeInclusive<u16>) -> &mut Self {
        for host in hosts {
            self.control(host, "wlan0", rounds.clone(), true);
        }
        self
    }

    /// Frames of a kind from one host to another.
    pub(crate) fn put(
        &mut self,
        (from, to): (&str, &str),
        link: &str,
        kind: &ProbeKind,
        rounds: RangeInclusive<u16>,
        fate: ProbeFate,
    ) -> &mut Self {
        for round in rounds {
            self.one((from, to), link, kind, round, fate);
        }
        self
    }

    fn one(
        &mut self,
        (from, to): (&str, &str),
        link: &str,
        kind: &ProbeKind,
        round: u16,
        fate: ProbeFate,
    ) {
        let address = self
            .facts
            .hosts
            .get(&host_name(to))
            .and_then(|host| host.snapshot.link(&link_name(link)))
            .and_then(|link| usable_address(link, IpFamily::V4))
            .map(|address| address.prefix.address);
        let is_group = matches!(kind, ProbeKind::Broadcast | ProbeKind::Multicast);
        let sent = Observation {
            address: address.filter(|_| !is_group),
            ..seen(from, Some(to), Some(link), round, ObservedEvent::Sent, kind.clone())
        };
        self.see(sent.clone());
        if fate == ProbeFate::Lost {
            return;
        }
        self.see(Observation {
            link: Some(link_name(link)),
            asked_link: Some(link_name(link)),
            cast: Some(if is_group { FrameDestination::Group } else { FrameDestination::Unicast }),
            ..seen(to, Some(from), None, round, ObservedEvent::Arrived, kind.clone())
        });
        let by = match fate {
            ProbeFate::Lost | ProbeFate::Arrives => return,
            ProbeFate::Answered => link,
            ProbeFate::AnsweredBy(other) => other,
        };
        self.see(Observation {
            direction: ObservedEvent::Answered,
            link: Some(link_name(by)),
            answer: Some(ProbeAnswer::Reply),
            ..sent
        });
    }

    /// UDP in every round and ping in some, both ways, as a survey puts them.
    pub(crate) fn both(
        &mut self,
        (a, b): (&str, &str),
        link: &str,
        rounds: RangeInclusive<u16>,
        fate: ProbeFate,
    ) -> &mut Self {
        self.way((a, b), link, rounds.clone(), fate).way((b, a), link, rounds, fate)
    }

    /// The same one way.
    pub(crate) fn way(
        &mut self,
        pair: (&str, &str),
        link: &str,
        rounds: RangeInclusive<u16>,
        fate: ProbeFate,
    ) -> &mut Self {
        for round in rounds {
            self.one(pair, link, &ProbeKind::Udp, round, fate);
            if [2, 5, 8, 10].contains(&round) {
                self.one(pair, link, &ProbeKind::Echo, round, fate);
            }
        }
        self
    }

    /// Broadcast in these rounds, both ways.
    pub(crate) fn group(
        &mut self,
        (a, b): (&str, &str),
        rounds: RangeInclusive<u16>,
        fate: ProbeFate,
    ) -> &mut Self {
        self.put((a, b), "wlan0", &ProbeKind::Broadcast, rounds.clone(), fate);
        self.put((b, a), "wlan0", &ProbeKind::Broadcast, rounds, fate)
    }

    /// What is found above info: "code from>to@link certainty", sorted.
    pub(crate) fn found(&self) -> Vec<String> {
        let mut found: Vec<_> = diagnose(&self.facts)
            .iter()
            .filter(|finding| finding.severity > Severity::Info)
            .map(shown)
            .collect();
        found.sort();
        found
    }

    /// The first diagnosis of this code.
    pub(crate) fn diagnosis(&self, code: DiagnosisCode) -> Option<Diagnosis> {
        diagnose(&self.facts).into_iter().find(|one| one.code == code)
    }

    /// The evidence of that diagnosis; empty where there is none.
    pub(crate) fn evidence(&self, code: DiagnosisCode) -> Vec<Evidence> {
        self.diagnosis(code).map(|one| one.evidence).unwrap_or_default()
    }

    /// The remedies of that diagnosis, as they are shown.
    pub(crate) fn remedies(&self, code: DiagnosisCode) -> Vec<String> {
        let diagnosis = self.diagnosis(code);
        diagnosis.iter().flat_map(|one| &one.remedies).map(ToString::to_string).collect()
    }

    /// What is found at severity info.
    pub(crate) fn noted(&self) -> Vec<String> {
        let findings = diagnose(&self.facts);
        let noted = findings.iter().filter(|finding| finding.severity == Severity::Info);
        noted.map(shown).collect()
    }
}

/// The MAC of every gateway here.
pub(crate) const GATEWAY: Mac = Mac([2, 0xff, 0, 0, 0, 1]);

fn shown(diagnosis: &Diagnosis) -> String {
    let scope = &diagnosis.scope;
    let from = scope.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let to = scope.to.as_ref().map(|to| format!(">{to}")).unwrap_or_default();
    let link = scope.link.as_ref().map(|link| format!("@{link}")).unwrap_or_default();
    format!("{} {from}{to}{link} {}", diagnosis.code, diagnosis.certainty.as_str())
}

/// An observation with nothing but its place.
pub(crate) fn seen(
    host: &str,
    peer: Option<&str>,
    link: Option<&str>,
    round: u16,
    direction: ObservedEvent,
    kind: ProbeKind,
) -> Observation {
    Observation {
        run: RunId(1),
        host: host_name(host),
        peer: peer.map(host_name),
        address: None,
        link: link.map(link_name),
        asked_link: link.map(link_name),
        family: IpFamily::V4,
        direction,
        round,
        at_ms: u32::from(round) * 1000,
        source_mac: None,
        ttl: None,
        cast: None,
        kind,
        answer: None,
    }
}

fn host(number: u8) -> HostFacts {
    let wlan = link("wlan0", 2, number, &format!("172.20.5.{number}/16"));
    let eth = link("eth0", 1, number, &format!("192.168.50.{number}/24"));
    let snapshot = Snapshot {
        host_name: host_name(&format!("pi{number}")),
        identity: pontoon_model::snapshot::MachineIdentity::default(),
        links: vec![eth, wlan],
        routes: vec![
            route("0.0.0.0/0", Some("172.20.0.1"), "wlan0"),
            route("172.20.0.0/16", None, "wlan0"),
            route("192.168.50.0/24", None, "eth0"),
        ],
        rules: Vec::new(),
        neighbours: Vec::new(),
        forwarding: pontoon_model::snapshot::IpForwarding::default(),
        all_links: LinkSysctls::default(),
        resolver: pontoon_model::snapshot::ResolverConfig::default(),
        hosts_file: Vec::new(),
        node: pontoon_model::node_files::NodeFiles::default(),
        clock: pontoon_model::snapshot::ClockState::default(),
        netfilter: pontoon_model::snapshot::NetfilterSnapshot {
            is_readable: true,
            ..Default::default()
        },
        proxies: std::collections::BTreeMap::new(),
        privileges: pontoon_model::snapshot::NetCapabilities { net_raw: true, net_admin: true },
        unread: Vec::new(),
    };
    let watch = |link| LinkCapture {
        link: link_name(link),
        sees_frames: true,
        went_down: false,
        lost: 0,
        withheld: 0,
    };
    HostFacts {
        snapshot,
        watches: vec![watch("eth0"), watch("wlan0")],
        counters: std::collections::BTreeMap::new(),
        frames_sent: std::collections::BTreeMap::new(),
        listeners: Vec::new(),
        untested: Vec::new(),
        ending: AgentOutcome::Complete,
    }
}

fn link(name: &str, place: u8, number: u8, prefix: &str) -> Link {
    Link {
        name: link_name(name),
        index: u32::from(place) + 1,
        mac: Some(Mac([2, 0xaa, 0, 0, number, place])),
        mtu: 1500,
        kind: LinkKind::Veth,
        is_up: true,
        has_carrier: true,
        is_point_to_point: false,
        addresses: vec![address(prefix)],
        master: None,
        sysctls: LinkSysctls::default(),
        radio: None,
    }
}

pub(crate) fn address(prefix: &str) -> LinkAddress {
    LinkAddress { prefix: prefix.parse().unwrap(), scope: 0, flags: 128, valid_s: None }
}

pub(crate) fn route(to: &str, gateway: Option<&str>, link: &str) -> Route {
    Route {
        destination: to.parse().unwrap(),
        gateway: gateway.map(ip),
        link: Some(link_name(link)),
        source: None,
        metric: 0,
        table: Route::MAIN,
        protocol: 3,
        kind: RouteKind::Unicast,
        flags: 0,
        is_multipath: false,
    }
}
