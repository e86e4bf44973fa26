//! A host that was captured elsewhere: raw texts in one JSON object.
//!
//! The format is that of `facts` in `tests/kubernetes/cases/cluster-cases.json`: two files of
//! `/proc/net`, the interfaces as Go lists them, output of `ip address` and `ip route show table
//! all`, the hosts file and kubelet's environment files.

mod iproute2;

use std::net::IpAddr;

use serde::Deserialize;

use pontoon_model::host::HostName;
use pontoon_model::net::{Prefix, TextParseError};
use pontoon_model::snapshot::{
    ClockState, CollectionGap, HostsLine, IpForwarding, Link, LinkAddress, LinkKind, LinkSysctls,
    MachineIdentity, NetCapabilities, NetfilterSnapshot, ResolverConfig, Snapshot,
};
use pontoon_model::untrusted::Untrusted;

use super::kubelet_flags::effective_flags;
use pontoon_model::node_files::{FlannelFlags, KubeadmFiles, NodeFiles};

/// `IFA_F_PERMANENT` (`linux/if_addr.h`): the default for an address.
const PERMANENT: u32 = 0x80;
/// Largest number of interfaces, addresses per interface, and lines: more than any node has.
const MANY: usize = 4096;

/// A captured host. Unknown fields are ignored.
#[derive(Clone, Debug, Deserialize)]
pub struct CapturedHost {
    /// `/proc/net/route`; absent if the file does not exist.
    #[serde(default)]
    pub proc_net_route: Option<String>,
    /// `/proc/net/ipv6_route`; absent if the file does not exist.
    #[serde(default)]
    pub proc_net_ipv6_route: Option<String>,
    /// The interfaces in kernel order.
    #[serde(default)]
    pub interfaces: Vec<CapturedInterface>,
    /// Output of `ip address`, for the flags of addresses.
    #[serde(default)]
    pub ip_addr: String,
    /// Output of `ip route show table all`.
    #[serde(default)]
    pub ip_route_all: Option<String>,
    /// Output of `ip -6 route`.
    #[serde(default)]
    pub ip6_route_main: Option<String>,
    /// Content of `/etc/hosts`.
    #[serde(default)]
    pub hosts: String,
    /// Content of `/etc/nsswitch.conf`; empty if the file does not exist.
    #[serde(default)]
    pub nsswitch: String,
    /// Content of `/etc/resolv.conf`.
    #[serde(default)]
    pub resolv_conf: String,
    /// The host name.
    #[serde(default)]
    pub hostname: String,
    /// Content of `/var/lib/kubelet/kubeadm-flags.env`.
    #[serde(default)]
    pub flags: String,
    /// Content of `/etc/default/kubelet`.
    #[serde(default)]
    pub default_kubelet: String,
    /// Arguments of a running flanneld, as `ps` prints them, without the program name.
    #[serde(default)]
    pub flanneld: String,
}

/// An interface, as Go's `net.Interfaces` lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct CapturedInterface {
    /// The index; if it is 0 or absent, the position in the list, from 1.
    #[serde(default)]
    pub index: u32,
    /// The name of the interface.
    pub name: String,
    /// Flags: `up`, `loopback`, `pointtopoint`, `running` and others.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The MTU in bytes.
    #[serde(default)]
    pub mtu: u32,
    /// The addresses with their prefix lengths.
    #[serde(default)]
    pub addrs: Vec<String>,
}

impl CapturedHost {
    /// What was not captured, and would be taken for empty.
    fn unread(&self) -> Vec<CollectionGap> {
        let gap = || CollectionGap {
            what: "routes".to_owned(),
            why: "`ip route show table all` was not captured".to_owned(),
        };
        self.ip_route_all.is_none().then(gap).into_iter().collect()
    }

    /// A snapshot of the captured data; what was not captured is empty, and routes that were not
    /// are named as unread.
    ///
    /// # Errors
    ///
    /// The first interface name or address that is not valid.
    pub fn snapshot(&self) -> Result<Snapshot, TextParseError> {
        let mut links = Vec::new();
        for (at, interface) in (1..).zip(self.interfaces.iter().take(MANY)) {
            links.push(interface.link(at)?);
        }
        iproute2::give_flags(&mut links, &self.ip_addr);
        let mut routes = iproute2::routes(self.ip_route_all.as_deref().unwrap_or_default());
        if let Some(main) = &self.ip6_route_main {
            // `ip route show table all` prints `default` for both families without an address that
            // would tell them apart, so IPv6 routes come from `ip -6 route`.
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
            // kubeadm writes kubelet's flags when the host becomes a node.
            kubeadm: KubeadmFiles {
                is_node: !self.flags.trim().is_empty(),
                ..KubeadmFiles::default()
            },
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
            unread: self.unread(),
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
            // The capture has no kinds, so names have to do.
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
    // The C library uses three name servers at most (MAXNS in resolv.h).
    text.lines().filter_map(server).take(3).collect()
}
