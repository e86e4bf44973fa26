//! What one host says about itself: read once, never probed.

mod clock;
mod identity;
mod netfilter;
mod radio;

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostName;
use crate::net::{IfName, Mac, Prefix};
use crate::node_files::NodeFiles;
use crate::untrusted::Untrusted;

pub use clock::{ClockDifference, ClockState};
pub use identity::MachineIdentity;
pub use netfilter::{BaseChain, FilterOwner, FilterTable, NetfilterSnapshot};
pub use radio::WifiAssociation;

/// One host's own account of its network, as the kernel and its files gave it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Snapshot {
    /// What the host calls itself (`gethostname(2)`).
    pub host_name: HostName,
    /// What tells its machine from others.
    #[serde(default, skip_serializing_if = "MachineIdentity::is_empty")]
    pub identity: MachineIdentity,
    /// Network interfaces in kernel order.
    pub links: Vec<Link>,
    /// Routes of all tables, both families, in kernel order.
    pub routes: Vec<Route>,
    /// Policy-routing rules, both families, by preference.
    pub rules: Vec<RoutingRule>,
    /// The neighbour caches (ARP and ND).
    pub neighbours: Vec<Neighbour>,
    /// Forwarding of the whole host.
    pub forwarding: IpForwarding,
    /// `net.ipv4.conf.all.*`, which the kernel combines with each link's own.
    pub all_links: LinkSysctls,
    /// Who answers names.
    pub resolver: ResolverConfig,
    /// What `/etc/hosts` says.
    pub hosts_file: Vec<HostsLine>,
    /// What else decides which address Kubernetes' components take.
    #[serde(default, skip_serializing_if = "NodeFiles::is_empty")]
    pub node: NodeFiles,
    /// The clock, when the snapshot was taken.
    pub clock: ClockState,
    /// Packet filter rules and whose they are.
    pub netfilter: NetfilterSnapshot,
    /// `http_proxy` and its kin, names in lower case. Passwords in the URLs are removed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proxies: BTreeMap<String, Untrusted>,
    /// What this process may do.
    pub privileges: NetCapabilities,
    /// What could not be read, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<CollectionGap>,
}

impl Snapshot {
    /// The link of that name.
    #[must_use]
    pub fn link(&self, name: &IfName) -> Option<&Link> {
        self.links.iter().find(|link| link.name == *name)
    }

    /// Default routes of the main table, in kernel order: kubeadm takes the first IPv4 one that is
    /// up (`getDefaultRoutes` in k8s.io/apimachinery/pkg/util/net/interface.go).
    pub fn default_routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| route.is_default() && route.table == Route::MAIN)
    }

    /// The first route of the main table that leads to a network as a whole.
    #[must_use]
    pub fn route_to(&self, network: Prefix) -> Option<&Route> {
        self.routes.iter().find(|route| {
            route.table == Route::MAIN
                && route.destination.length <= network.length
                && route.destination.contains(network.address)
        })
    }

    /// The networks of links that reach hosts, as far as they overlap `range`; each with this
    /// host's own address in it.
    pub fn overlapping(&self, range: Prefix) -> impl Iterator<Item = (&Link, Prefix)> {
        let links = self.links.iter().filter(|link| link.reaches_hosts());
        links.flat_map(move |link| {
            let own = link.addresses.iter().filter(|own| own.scope == 0).map(|own| own.prefix);
            own.filter(move |own| own.overlaps(range)).map(move |own| (link, own))
        })
    }

    /// The gateway configured on a link for that family, if any.
    #[must_use]
    pub fn gateway(&self, link: &IfName, family: crate::net::IpFamily) -> Option<IpAddr> {
        let on_link = |route: &&Route| {
            route.link.as_ref() == Some(link)
                && route.is_default()
                && route.kind == RouteKind::Unicast
        };
        self.routes
            .iter()
            .filter(on_link)
            .filter_map(|route| route.gateway)
            .find(|gateway| crate::net::IpFamily::of(*gateway) == family)
    }
}

/// A network interface.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Link {
    /// Its name.
    pub name: IfName,
    /// Its index in this network namespace.
    pub index: u32,
    /// Its MAC address; none for loopback and tunnels.
    pub mac: Option<Mac>,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// What it is.
    pub kind: LinkKind,
    /// Switched on by the administrator (`IFF_UP`).
    pub is_up: bool,
    /// The other end is there (`IFF_LOWER_UP`).
    pub has_carrier: bool,
    /// There is one other end, and no group (`IFF_POINTOPOINT`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_point_to_point: bool,
    /// Its addresses in kernel order.
    pub addresses: Vec<LinkAddress>,
    /// Index of the bridge or bond that owns it.
    pub master: Option<u32>,
    /// Its own sysctls.
    pub sysctls: LinkSysctls,
    /// What the radio says, where there is one.
    pub radio: Option<WifiAssociation>,
}

impl Link {
    /// Whether frames can leave: switched on and the other end is there.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.is_up && self.has_carrier
    }

    /// Whether this is radio, on which strangers share the air: by the driver, or by its name
    /// (systemd and the kernel call such links `wl…`).
    #[must_use]
    pub fn is_radio(&self) -> bool {
        self.kind == LinkKind::Wifi || self.radio.is_some() || self.name.as_str().starts_with("wl")
    }

    /// Whether other hosts may be on it: not loopback, tunnels, or what containers are wired to.
    #[must_use]
    pub fn reaches_hosts(&self) -> bool {
        matches!(self.kind, LinkKind::Ethernet | LinkKind::Wifi | LinkKind::Veth | LinkKind::Bridge)
            && self.mac.is_some()
            && self.master.is_none()
            && !is_container_link(self.name.as_str())
    }
}

/// Names that container tools give to links of their own.
#[must_use]
pub fn is_container_link(name: &str) -> bool {
    ["docker", "br-", "veth", "cni", "flannel", "cali", "cilium", "lxc", "kube-", "virbr", "podman"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// What a link is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// `lo`.
    Loopback,
    /// Wired, physical or seen as such.
    Ethernet,
    /// 802.11.
    Wifi,
    /// One end of a virtual cable.
    Veth,
    /// A software switch.
    Bridge,
    /// TUN, `WireGuard`, VXLAN and the like.
    Tunnel,
    /// Anything else.
    Other,
}

/// An address of a link.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkAddress {
    /// The address and its prefix.
    pub prefix: Prefix,
    /// `RT_SCOPE_*`: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// `IFA_F_*` flags (`linux/if_addr.h`).
    pub flags: u32,
    /// How long it is valid in seconds; none = for ever. A DHCP address has a limit.
    pub valid_s: Option<u32>,
}

/// The switches under `net.ipv4.conf.LINK` (Documentation/networking/ip-sysctl.rst).
///
/// `None`: could not be read.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkSysctls {
    /// Packets that come in here may be forwarded.
    pub forwarding: Option<u32>,
    /// 0 off, 1 strict, 2 loose; the larger of `all` and the link counts.
    pub rp_filter: Option<u32>,
    /// For which addresses ARP is answered.
    pub arp_ignore: Option<u32>,
    /// Which source address ARP requests carry.
    pub arp_announce: Option<u32>,
    /// Answer ARP only on the link by which the asker is routed.
    pub arp_filter: Option<u32>,
    /// ICMP redirects are obeyed.
    pub accept_redirects: Option<u32>,
    /// ICMP redirects are sent.
    pub send_redirects: Option<u32>,
    /// ARP is answered for others.
    pub proxy_arp: Option<u32>,
}

/// A route.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Route {
    /// Where to; the unspecified address with length 0 is the default.
    pub destination: Prefix,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The link it leaves by.
    pub link: Option<IfName>,
    /// The preferred source address.
    pub source: Option<IpAddr>,
    /// The priority: less is better.
    pub metric: u32,
    /// The table (`RT_TABLE_*`).
    pub table: u32,
    /// Who made it (`RTPROT_*`): 2 kernel, 3 boot, 4 static, 9 RA, 16 DHCP.
    pub protocol: u8,
    /// What it does.
    pub kind: RouteKind,
    /// `RTNH_F_*` flags: 1 dead, 16 link down.
    pub flags: u32,
    /// One of several next hops of the same route.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_multipath: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Route {
    /// `RT_TABLE_MAIN`.
    pub const MAIN: u32 = 254;

    /// Whether it leads everywhere.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.destination.length == 0 && matches!(self.kind, RouteKind::Unicast)
    }
}

/// What a route does with a packet.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// Sends it on.
    Unicast,
    /// Delivers it here.
    Local,
    /// Drops it, silently or with an error.
    Refuse,
    /// Broadcast, multicast, anycast.
    Other,
}

/// A policy-routing rule.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RoutingRule {
    /// Its place in the order.
    pub preference: u32,
    /// Packets from here.
    pub from: Option<Prefix>,
    /// Packets to there.
    pub to: Option<Prefix>,
    /// Packets that came in by this link.
    pub in_link: Option<IfName>,
    /// Packets that shall leave by this link.
    pub out_link: Option<IfName>,
    /// Packets with this mark.
    pub mark: Option<u32>,
    /// The table they use.
    pub table: u32,
    /// The family.
    pub family: crate::net::IpFamily,
}

/// An entry of a neighbour cache.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Neighbour {
    /// The link.
    pub link: IfName,
    /// The address.
    pub address: IpAddr,
    /// Its MAC, when known.
    pub mac: Option<Mac>,
    /// `NUD_*`: 1 incomplete, 2 reachable, 4 stale, 32 failed, 128 permanent.
    pub state: u16,
}

/// Whether packets of others are sent on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct IpForwarding {
    /// `net.ipv4.ip_forward`.
    pub ipv4: Option<bool>,
    /// `net.ipv6.conf.all.forwarding`.
    pub ipv6: Option<bool>,
}

/// Who answers names here.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ResolverConfig {
    /// `nameserver` lines of `/etc/resolv.conf` in order. Where systemd-resolved's stub is named,
    /// its own upstreams (`/run/systemd/resolve/resolv.conf`).
    pub servers: Vec<IpAddr>,
    /// `search` or `domain`.
    pub search: Vec<Untrusted>,
}

/// A line of `/etc/hosts`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostsLine {
    /// The address.
    pub address: IpAddr,
    /// Its names.
    pub names: Vec<Untrusted>,
}

/// What the process may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NetCapabilities {
    /// `CAP_NET_RAW`: packet sockets.
    pub net_raw: bool,
    /// `CAP_NET_ADMIN`: listing packet filter rules.
    pub net_admin: bool,
}

/// Something that could not be read.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CollectionGap {
    /// What.
    pub what: String,
    /// Why, and what would help.
    pub why: String,
}
