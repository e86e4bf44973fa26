//! Records without personal names.
//!
//! MAC addresses, SSIDs, host names, machine ids and what contains them (IPv6 addresses derived
//! from a MAC address, link names such as `enxb827eb010203`, URLs) become pseudonyms. IP addresses
//! stay, as the rules need them. Equal names get equal pseudonyms, so a redacted record leads to
//! the same findings as the original.

mod node_files;

use std::net::{IpAddr, Ipv6Addr};

use crate::facts::{AgentOutcome, Facts, HostFacts, RunParameters};
use crate::host::HostName;
use crate::net::{IfName, Mac, Prefix};
use crate::observation::{Observation, ProbeAnswer, ProbeKind};
use crate::record::Record;
use crate::snapshot::{MachineIdentity, Snapshot, WifiAssociation};
use crate::untrusted::Untrusted;

/// Names that are the same on every machine, so that they reveal nothing (Debian's `/etc/hosts`,
/// RFC 6761).
const PUBLIC_NAMES: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-allnodes",
    "ip6-allrouters",
    "invalid",
];

/// The replacement of free text, which may contain any name.
pub const REDACTED: &str = "(redacted)";

/// Replaces names by pseudonyms.
///
/// `tag` is a keyed hash, such as HMAC-SHA256 under a secret of the run. Without a key, a reader of
/// the record could find each MAC address by trying all. Redacted records of several hosts can be
/// merged if `tag` uses the same key for all.
#[must_use]
pub fn redact(record: &Record, tag: &dyn Fn(&[u8]) -> [u8; 32]) -> Record {
    let mask = RecordRedactor { tag };
    let Record { facts, unreached } = record;
    let intent = RunParameters {
        server: facts.intent.server.as_ref().map(|server| mask.host(server)),
        one_ended: facts.intent.one_ended.iter().map(|peer| mask.host(peer)).collect(),
        ..facts.intent.clone()
    };
    let hosts = facts.hosts.iter().map(|(name, host)| (mask.host(name), mask.facts(host)));
    let facts = Facts {
        run: facts.run,
        hosts: hosts.collect(),
        observations: facts.observations.iter().map(|seen| mask.observation(seen)).collect(),
        intent,
    };
    let unreached = unreached.keys().map(|host| (mask.host(host), Untrusted::new(REDACTED)));
    Record { facts, unreached: unreached.collect() }
}

struct RecordRedactor<'a> {
    tag: &'a dyn Fn(&[u8]) -> [u8; 32],
}

impl RecordRedactor<'_> {
    fn digits(&self, kind: &str, text: &str) -> String {
        let tag = (self.tag)(format!("{kind}\0{text}").as_bytes());
        // 32 bits keep pseudonyms short; a run has 256 hosts at most, so collisions are unlikely.
        tag[..4].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// Group addresses and zero identify nobody; all others become locally administered addresses.
    fn mac(&self, mac: Mac) -> Mac {
        if mac.is_group() || mac == Mac::ZERO {
            return mac;
        }
        let tag = (self.tag)(format!("mac\0{mac}").as_bytes());
        // 0x02 marks a locally administered unicast address, which no vendor assigns.
        Mac([0x02, tag[0], tag[1], tag[2], tag[3], tag[4]])
    }

    /// Label by label, so that `pi1` and `pi1.example.org` stay recognisable as the same host.
    fn name(&self, text: &str) -> String {
        // Addresses are valid host names.
        if text.parse::<IpAddr>().is_ok() {
            return text.parse().map_or_else(|_| text.to_owned(), |ip| self.ip(ip).to_string());
        }
        let label = |label: &str| {
            if label.is_empty() || PUBLIC_NAMES.contains(&label) {
                label.to_owned()
            } else {
                format!("host-{}", self.digits("name", label))
            }
        };
        text.split('.').map(label).collect::<Vec<_>>().join(".")
    }

    fn host(&self, host: &HostName) -> HostName {
        HostName::lossy(&self.name(host.as_str()))
    }

    fn untrusted_name(&self, name: &Untrusted) -> Untrusted {
        Untrusted::new(&self.name(name.raw()))
    }

    fn ip(&self, address: IpAddr) -> IpAddr {
        let IpAddr::V6(v6) = address else { return address };
        let mut octets = v6.octets();
        // RFC 4291, appendix A: a modified EUI-64 identifier has ff:fe in its middle and the
        // universal/local bit of the MAC address inverted.
        if octets[11..13] != [0xff, 0xfe] {
            return address;
        }
        let mut mac = [0; 6];
        mac[..3].copy_from_slice(&octets[8..11]);
        mac[3..].copy_from_slice(&octets[13..]);
        mac[0] ^= 2;
        let mut masked = self.mac(Mac(mac)).0;
        masked[0] ^= 2;
        octets[8..11].copy_from_slice(&masked[..3]);
        octets[13..].copy_from_slice(&masked[3..]);
        IpAddr::V6(Ipv6Addr::from(octets))
    }

    fn prefix(&self, prefix: Prefix) -> Prefix {
        Prefix { address: self.ip(prefix.address), length: prefix.length }
    }

    /// systemd names USB network adapters by MAC address: `enx` or `wlx` and 12 hexadecimal digits.
    fn link(&self, link: &IfName) -> IfName {
        let name = link.as_str();
        let Some((kind, digits)) = name.split_at_checked(3) else { return link.clone() };
        let is_mac = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_mac || !kind.ends_with('x') {
            return link.clone();
        }
        let pairs: Vec<_> = (0..12).step_by(2).map(|at| &digits[at..at + 2]).collect();
        let masked = pairs.join(":").parse().map(|mac| self.mac(mac).to_string().replace(':', ""));
        masked
            .ok()
            .and_then(|digits| format!("{kind}{digits}").parse().ok())
            .unwrap_or_else(|| link.clone())
    }

    fn link_option(&self, link: Option<&IfName>) -> Option<IfName> {
        link.map(|link| self.link(link))
    }

    /// Keeps scheme and port, masks the host, drops the path: portal login URLs contain MAC
    /// addresses.
    fn url(&self, url: &Untrusted) -> Untrusted {
        let raw = url.raw();
        let (scheme, rest) = raw.split_once("://").unwrap_or(("", raw));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Whatever precedes an `@` are credentials.
        let host = host.rsplit('@').next().unwrap_or_default();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
            _ => (host, ""),
        };
        let colon = if port.is_empty() { "" } else { ":" };
        // An unknown scheme is free text, which may contain a name.
        let scheme = if matches!(scheme, "http" | "https") { scheme } else { "other" };
        Untrusted::new(&format!("{scheme}://{}{colon}{port}/", self.name(name)))
    }

    fn facts(&self, host: &HostFacts) -> HostFacts {
        let mut host = host.clone();
        host.snapshot = self.snapshot(host.snapshot);
        for watch in &mut host.watches {
            watch.link = self.link(&watch.link);
        }
        let sent = std::mem::take(&mut host.frames_sent);
        // The kinds of frames begin with the link's name.
        host.frames_sent = sent.iter().map(|(kind, count)| (self.prose(kind), *count)).collect();
        for gap in host.untested.iter_mut().chain(&mut host.snapshot.unread) {
            gap.why = self.prose(&gap.why);
            gap.what = self.prose(&gap.what);
        }
        if let AgentOutcome::Died { why } = &mut host.ending {
            // The last output of a remote program may contain anything.
            REDACTED.clone_into(why);
        }
        host
    }

    fn snapshot(&self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.host_name = self.host(&snapshot.host_name);
        snapshot.identity = self.identity(&snapshot.identity);
        for link in &mut snapshot.links {
            link.name = self.link(&link.name);
            link.mac = link.mac.map(|mac| self.mac(mac));
            for address in &mut link.addresses {
                address.prefix = self.prefix(address.prefix);
            }
            link.radio = link.radio.as_ref().map(|radio| self.radio(radio));
        }
        for route in &mut snapshot.routes {
            route.destination = self.prefix(route.destination);
            route.gateway = route.gateway.map(|gateway| self.ip(gateway));
            route.source = route.source.map(|source| self.ip(source));
            route.link = self.link_option(route.link.as_ref());
        }
        for rule in &mut snapshot.rules {
            rule.from = rule.from.map(|from| self.prefix(from));
            rule.to = rule.to.map(|to| self.prefix(to));
            rule.in_link = self.link_option(rule.in_link.as_ref());
            rule.out_link = self.link_option(rule.out_link.as_ref());
        }
        for neighbour in &mut snapshot.neighbours {
            neighbour.link = self.link(&neighbour.link);
            neighbour.address = self.ip(neighbour.address);
            neighbour.mac = neighbour.mac.map(|mac| self.mac(mac));
        }
        for server in &mut snapshot.resolver.servers {
            *server = self.ip(*server);
        }
        for name in &mut snapshot.resolver.search {
            *name = self.untrusted_name(name);
        }
        for line in &mut snapshot.hosts_file {
            line.address = self.ip(line.address);
            line.names = line.names.iter().map(|name| self.untrusted_name(name)).collect();
        }
        snapshot.node = self.node_files(&snapshot.node);
        for proxy in snapshot.proxies.values_mut() {
            *proxy = self.url(proxy);
        }
        snapshot
    }

    /// A placeholder UUID identifies no machine, and rules must still recognise it as a
    /// placeholder.
    fn identity(&self, identity: &MachineIdentity) -> MachineIdentity {
        let id = |kind: &str, id: &Untrusted| {
            Untrusted::new(&format!("{kind}-{}", self.digits(kind, id.raw())))
        };
        let uuid = |uuid: &Untrusted| {
            if MachineIdentity::is_placeholder(uuid.raw()) {
                uuid.clone()
            } else {
                id("uuid", uuid)
            }
        };
        MachineIdentity {
            machine_id: identity.machine_id.as_ref().map(|own| id("machine", own)),
            product_uuid: identity.product_uuid.as_ref().map(uuid),
            ssh_host_keys: identity.ssh_host_keys.iter().map(|key| id("key", key)).collect(),
            boot_id: identity.boot_id.as_ref().map(|own| id("boot", own)),
        }
    }

    fn radio(&self, radio: &WifiAssociation) -> WifiAssociation {
        let ssid =
            |ssid: &Untrusted| Untrusted::new(&format!("ssid-{}", self.digits("ssid", ssid.raw())));
        WifiAssociation {
            ssid: radio.ssid.as_ref().map(ssid),
            bssid: radio.bssid.map(|mac| self.mac(mac)),
            ..*radio
        }
    }

    /// pontoon's own sentences about collection gaps; they may contain link names and addresses.
    fn prose(&self, text: &str) -> String {
        let word = |word: &str| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let mac = bare.parse().ok().map(|mac| self.mac(mac).to_string());
            let address = || bare.parse().ok().map(|address| self.ip(address).to_string());
            let link = || bare.parse().ok().map(|link| self.link(&link).to_string());
            let Some(masked) = mac.or_else(address).or_else(link) else { return word.to_owned() };
            word.replacen(bare, &masked, 1)
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    fn observation(&self, seen: &Observation) -> Observation {
        let mut seen = seen.clone();
        seen.host = self.host(&seen.host);
        seen.peer = seen.peer.map(|peer| self.host(&peer));
        seen.address = seen.address.map(|address| self.ip(address));
        seen.link = self.link_option(seen.link.as_ref());
        seen.asked_link = self.link_option(seen.asked_link.as_ref());
        seen.source_mac = seen.source_mac.map(|mac| self.mac(mac));
        if let ProbeKind::Portal { url } = &mut seen.kind {
            *url = self.url(url);
        }
        seen.answer = seen.answer.map(|answer| self.answer(answer));
        seen
    }

    fn answer(&self, answer: ProbeAnswer) -> ProbeAnswer {
        match answer {
            ProbeAnswer::Icmp { kind, code, from } => {
                ProbeAnswer::Icmp { kind, code, from: self.ip(from) }
            }
            ProbeAnswer::Dns { rcode, addresses } => ProbeAnswer::Dns {
                rcode,
                addresses: addresses.into_iter().map(|address| self.ip(address)).collect(),
            },
            ProbeAnswer::Http { status, location, is_expected } => {
                let location = location.as_ref().map(|url| self.url(url));
                ProbeAnswer::Http { status, location, is_expected }
            }
            ProbeAnswer::Garbage { what } => {
                let what = format!("garbage-{}", self.digits("garbage", what.raw()));
                ProbeAnswer::Garbage { what: Untrusted::new(&what) }
            }
            same @ (ProbeAnswer::Reply
            | ProbeAnswer::Reset
            | ProbeAnswer::Refused { .. }
            | ProbeAnswer::Clock { .. }) => same,
        }
    }
}
