//! A host as somebody captured it elsewhere: raw texts in one JSON object.
//!
//! The form is that of the `facts` of `tests/kubernetes/cases/cluster-cases.json`: two files of
//! `/proc/net`, the interfaces as Go lists them, what `ip address` and `ip route show table all`
//! print, the hosts file and kubelet's environment files.

mod iproute2;

use std::net::IpAddr;

use serde::Deserialize;

use pontoon_model::host::HostName;
use pontoon_model::net::{Prefix, TextParseError};
use pontoon_model::snapshot::{
    ClockState, HostsLine, IpForwarding, Link, LinkAddress, LinkKind, LinkSysctls, MachineIdentity,
    NetCapabilities, NetfilterSnapshot, ResolverConfig, Snapshot,
};
use pontoon_model::untrusted::Untrusted;

use super::kubelet_flags::effective_flags;
use pontoon_model::node_files::{FlannelFlags, NodeFiles};

/// `IFA_F_PERMANENT` (`linux/if_addr.h`): what is not said otherwise.
const PERMANENT: u32 = 0x80;
/// Interfaces, addresses of one, lines of a text: more than any host of a cluster has.
const MANY: usize = 4096;

/// A captured host. Fields that are not here are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct CapturedHost {
    /// `/proc/net/route`; none: there is no such file.
    #[serde(default)]
    pub proc_net_route: Option<String>,
    /// `/proc/net/ipv6_route`.
    #[serde(default)]
    pub proc_net_ipv6_route: Option<String>,
    /// In the kernel's order.
    #[serde(default)]
    pub interfaces: Vec<CapturedInterface>,
    /// What `ip address` prints: the addresses' flags.
    #[serde(default)]
    pub ip_addr: String,
    /// What `ip route show table all` prints.
    #[serde(default)]
    pub ip_route_all: Option<String>,
    /// What `ip -6 route` prints.
    #[serde(default)]
    pub ip6_route_main: Option<String>,
    /// `/etc/hosts`.
    #[serde(default)]
    pub hosts: String,
    /// `/etc/nsswitch.conf`; empty: as if it were not there.
    #[serde(default)]
    pub nsswitch: String,
    /// `/etc/resolv.conf`.
    #[serde(default)]
    pub resolv_conf: String,
    /// What the host calls itself.
    #[serde(default)]
    pub hostname: String,
    /// `/var/lib/kubelet/kubeadm-flags.env`.
    #[serde(default)]
    pub flags: String,
    /// `/etc/default/kubelet`.
    #[serde(default)]
    pub default_kubelet: String,
    /// The arguments of a flanneld that runs there, as `ps` prints them, without its name.
    #[serde(default)]
    pub flanneld: String,
}

/// An interface, as Go's `net.Interfaces` has it.
#[derive(Clone, Debug, Deserialize)]
pub struct CapturedInterface {
    /// Its index; from 1 upwards where it is not given.
    #[serde(default)]
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `up`, `loopback`, `pointtopoint`, `running` and others.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Its MTU in bytes.
    #[serde(default)]
    pub mtu: u32,
    /// Its addresses with their prefixes.
    #[serde(default)]
    pub addrs: Vec<String>,
}

impl CapturedHost {
    /// The host's account of itself, as far as it was captured.
    ///
    /// # Errors
    ///
    /// The first name or address that is none.
    pub fn snapshot(&self) -> Result<Snapshot, TextParseError> {
        let mut links = Vec::new();
        for (at, interface) in (1..).zip(self.interfaces.iter().take(MANY)) {
            links.push(interface.link(at)?);
        }
        iproute2::give_flags(&mut links, &self.ip_addr);
        let mut routes = iproute2::routes(self.ip_route_all.as_deref().unwrap_or_default());
        if let Some(main) = &self.ip6_route_main {
            // Of all tables, the addresses tell the families apart; `default` does not.
            routes.retain(|route| route.destination.address.is_ipv4());
            routes.extend(iproute2::v6_routes(main));
        }
        let services = self.nsswitch.lines().find_map(|line| line.trim().strip_prefix("hosts:"));
        let node = NodeFiles {
            proc_net_route: self.proc_net_route.clone(),
            proc_net_ipv6_route: self.proc_net_ipv6_route.clone(),
            name_services: services
                .map(|line| line.split_ascii_whitespace().map(Untrusted::new).collect())
                .unwrap_or_default(),
            looked_up: None,
            kubelet: effective_flags(Some(&self.flags), Some(&self.default_kubelet)),
            flannel: FlannelFlags::of(self.flanneld.split_ascii_whitespace()),
        };
        Ok(Snapshot {
            host_name: HostName::lossy(&self.hostname),
            identity: MachineIdentity::default(),
            links,
            routes,
            rules: Vec::new(),
            neighbours: Vec::new(),
            forwarding: IpForwarding::default(),
            all_links: LinkSysctls::default(),
            resolver: ResolverConfig {
                servers: name_servers(&self.resolv_conf),
                search: Vec::new(),
            },
            hosts_file: hosts_lines(&self.hosts),
            node,
            clock: ClockState::default(),
            netfilter: NetfilterSnapshot::default(),
            proxies: std::collections::BTreeMap::new(),
            privileges: NetCapabilities::default(),
            unread: Vec::new(),
        })
    }
}

impl CapturedInterface {
    fn link(&self, place: u32) -> Result<Link, TextParseError> {
        let has = |flag: &str| self.flags.iter().any(|other| other == flag);
        let mut addresses = Vec::new();
        for text in self.addrs.iter().take(MANY) {
            let prefix: Prefix = text.parse()?;
            addresses.push(LinkAddress { prefix, scope: 0, flags: PERMANENT, valid_s: None });
        }
        let kind = match self.name.as_str() {
            _ if has("loopback") => LinkKind::Loopback,
            name if name.starts_with("wl") => LinkKind::Wifi,
            _ if has("pointtopoint") => LinkKind::Tunnel,
            _ => LinkKind::Ethernet,
        };
        Ok(Link {
            name: self.name.parse()?,
            index: if self.index == 0 { place } else { self.index },
            mac: None,
            mtu: self.mtu,
            kind,
            is_up: has("up"),
            has_carrier: has("running"),
            is_point_to_point: has("pointtopoint"),
            addresses,
            master: None,
            sysctls: LinkSysctls::default(),
            radio: None,
        })
    }
}

fn hosts_lines(text: &str) -> Vec<HostsLine> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address: IpAddr = words.next()?.split('%').next()?.parse().ok()?;
        Some(HostsLine { address, names: words.map(Untrusted::new).collect() })
    };
    text.lines().filter_map(line).take(MANY).collect()
}

fn name_servers(text: &str) -> Vec<IpAddr> {
    let server = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next()? == "nameserver").then(|| words.next()?.split('%').next()?.parse().ok())?
    };
    text.lines().filter_map(server).take(3).collect()
}
