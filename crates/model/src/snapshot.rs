//! The snapshot of one host: its network configuration, read once without sending packets.

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

/// The network configuration of one host, from the kernel and from files.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Snapshot {
    /// The name from `gethostname(2)`.
    pub host_name: HostName,
    /// What distinguishes its machine from others.
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
    /// Whether the host forwards packets of others.
    pub forwarding: IpForwarding,
    /// `net.ipv4.conf.all.*`, which the kernel combines with the values of each link.
    pub all_links: LinkSysctls,
    /// The name servers and search domains.
    pub resolver: ResolverConfig,
    /// The lines of `/etc/hosts`.
    pub hosts_file: Vec<HostsLine>,
    /// Further files that decide which address Kubernetes components choose.
    #[serde(default, skip_serializing_if = "NodeFiles::is_empty")]
    pub node: NodeFiles,
    /// The state of the clock when the snapshot was taken.
    pub clock: ClockState,
    /// Packet filter rules and the programs that own them.
    pub netfilter: NetfilterSnapshot,
    /// `http_proxy` and similar variables, names in lower case. Passwords in the URLs are removed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proxies: BTreeMap<String, Untrusted>,
    /// The capabilities of the process that took the snapshot.
    pub privileges: NetCapabilities,
    /// What could not be read, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<CollectionGap>,
}

impl Snapshot {
    /// The link of that name, if there is one.
    #[must_use]
    pub fn link(&self, name: &IfName) -> Option<&Link> {
        self.links.iter().find(|link| link.name == *name)
    }

    /// Whether its routes were not read, or not all: that one is absent proves nothing then.
    #[must_use]
    pub fn lacks_routes(&self) -> bool {
        self.unread.iter().any(|gap| gap.what.contains("routes"))
    }

    /// Default routes of the main table, in kernel order: kubeadm takes the first IPv4 route that
    /// is up (`getDefaultRoutes` in k8s.io/apimachinery/pkg/util/net/interface.go).
    pub fn default_routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| route.is_default() && route.table == Route::MAIN)
    }

    /// The first route of the main table that covers the whole network.
    #[must_use]
    pub fn route_to(&self, network: Prefix) -> Option<&Route> {
        self.routes.iter().find(|route| {
            // A route to a part of the network does not count: the rest would be unreachable.
            route.table == Route::MAIN
                && route.destination.length <= network.length
                && route.destination.contains(network.address)
        })
    }

    /// Addresses of links to other hosts whose network overlaps `range`, with their links.
    pub fn overlapping(&self, range: Prefix) -> impl Iterator<Item = (&Link, Prefix)> {
        let links = self.links.iter().filter(|link| link.reaches_hosts());
        links.flat_map(move |link| {
            // Scope 0 is global: link-local networks exist on every link and overlap by design.
            let own = link.addresses.iter().filter(|own| own.scope == 0).map(|own| own.prefix);
            own.filter(move |own| own.overlaps(range)).map(move |own| (link, own))
        })
    }

    /// The gateway of the default route over a link in that family, if any.
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
    /// The name of the interface.
    pub name: IfName,
    /// The index in the host's network namespace.
    pub index: u32,
    /// The MAC address; absent for loopback and most tunnels.
    pub mac: Option<Mac>,
    /// The MTU: largest packet in bytes.
    pub mtu: u32,
    /// The kind of interface.
    pub kind: LinkKind,
    /// Switched on by the administrator (`IFF_UP`).
    pub is_up: bool,
    /// The cable or association is up (`IFF_LOWER_UP`).
    pub has_carrier: bool,
    /// The link has exactly one other end (`IFF_POINTOPOINT`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_point_to_point: bool,
    /// The addresses of the link, in kernel order.
    pub addresses: Vec<LinkAddress>,
    /// Index of the bridge or bond that the link belongs to.
    pub master: Option<u32>,
    /// The sysctls of this link.
    pub sysctls: LinkSysctls,
    /// The Wi-Fi association; absent for other links.
    pub radio: Option<WifiAssociation>,
}

impl Link {
    /// Whether the link can send frames: it is up and has a carrier.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.is_up && self.has_carrier
    }

    /// Whether the link is Wi-Fi, by its driver or by its name (systemd and the kernel begin such
    /// names with `wl`).
    #[must_use]
    pub fn is_radio(&self) -> bool {
        self.kind == LinkKind::Wifi || self.radio.is_some() || self.name.as_str().starts_with("wl")
    }

    /// Whether other hosts may be on the link: it is no loopback, tunnel or link to containers.
    #[must_use]
    pub fn reaches_hosts(&self) -> bool {
        // Veth counts, as the links of a host in a container or namespace are such.
        matches!(self.kind, LinkKind::Ethernet | LinkKind::Wifi | LinkKind::Veth | LinkKind::Bridge)
            && self.mac.is_some()
            // The master has the addresses, not its ports.
            && self.master.is_none()
            && !is_container_link(self.name.as_str())
    }
}

/// Whether container or virtualisation tools make links with such names.
#[must_use]
pub fn is_container_link(name: &str) -> bool {
    // Docker, CNI plug-ins, flannel, Calico, Cilium, LXC, kube-proxy (kube-ipvs0), libvirt, Podman.
    ["docker", "br-", "veth", "cni", "flannel", "cali", "cilium", "lxc", "kube-", "virbr", "podman"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The kinds of links.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// The loopback interface, `lo`.
    Loopback,
    /// An Ethernet adapter, or a virtual device that looks like one.
    Ethernet,
    /// An IEEE 802.11 radio.
    Wifi,
    /// One end of a virtual Ethernet pair.
    Veth,
    /// A software bridge.
    Bridge,
    /// TUN, `WireGuard`, VXLAN and other tunnels.
    Tunnel,
    /// Any other kind.
    Other,
}

/// An address of a link.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkAddress {
    /// The address and its prefix length.
    pub prefix: Prefix,
    /// The scope (`RT_SCOPE_*`): 0 global, 253 link, 254 host.
    pub scope: u8,
    /// The flags (`IFA_F_*` in `linux/if_addr.h`).
    pub flags: u32,
    /// Valid lifetime in seconds; absent means for ever. A DHCP lease has a limit.
    pub valid_s: Option<u32>,
}

/// The sysctls under `net.ipv4.conf.LINK` (Documentation/networking/ip-sysctl.rst).
///
/// `None`: the value could not be read.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkSysctls {
    /// 1: packets that arrive on the link may be forwarded.
    pub forwarding: Option<u32>,
    /// Reverse-path filter: 0 off, 1 strict, 2 loose; the larger of `all` and the link applies.
    pub rp_filter: Option<u32>,
    /// For which target addresses the link answers ARP requests, 0 to 8.
    pub arp_ignore: Option<u32>,
    /// Which source addresses ARP requests may carry, 0 to 2.
    pub arp_announce: Option<u32>,
    /// 1: answer ARP only on the link of the route back to the sender.
    pub arp_filter: Option<u32>,
    /// 1: the host follows ICMP redirects.
    pub accept_redirects: Option<u32>,
    /// 1: the host sends ICMP redirects.
    pub send_redirects: Option<u32>,
    /// 1: the host answers ARP requests for other hosts.
    pub proxy_arp: Option<u32>,
}

/// A route of any table.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Route {
    /// The destination network; the unspecified address with length 0 is the default route.
    pub destination: Prefix,
    /// The next hop; absent if the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The outgoing link.
    pub link: Option<IfName>,
    /// The preferred source address (`RTA_PREFSRC`).
    pub source: Option<IpAddr>,
    /// The metric: the lowest wins.
    pub metric: u32,
    /// The routing table (`RT_TABLE_*`).
    pub table: u32,
    /// The origin of the route (`RTPROT_*`): 2 kernel, 3 boot, 4 static, 9 RA, 16 DHCP.
    pub protocol: u8,
    /// What the route does with a packet.
    pub kind: RouteKind,
    /// Next-hop flags (`RTNH_F_*`): 1 dead, 16 link down.
    pub flags: u32,
    /// Whether this is one of several next hops of the same route.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_multipath: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Route {
    /// The main table (`RT_TABLE_MAIN`).
    pub const MAIN: u32 = 254;

    /// Whether it is a default route that forwards packets.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.destination.length == 0 && matches!(self.kind, RouteKind::Unicast)
    }
}

/// What a route does with a packet.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// Forwards it to the next hop.
    Unicast,
    /// Delivers it to this host.
    Local,
    /// Drops it, silently or with an ICMP error (blackhole, unreachable, prohibit).
    Refuse,
    /// Other types: broadcast, multicast, anycast.
    Other,
}

/// A policy-routing rule (`ip rule`).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RoutingRule {
    /// The preference: rules are tried in ascending order.
    pub preference: u32,
    /// Matches packets with a source in this network.
    pub from: Option<Prefix>,
    /// Matches packets with a destination in this network.
    pub to: Option<Prefix>,
    /// Matches packets that arrived on this link.
    pub in_link: Option<IfName>,
    /// Matches packets of sockets bound to this link.
    pub out_link: Option<IfName>,
    /// Matches packets with this firewall mark.
    pub mark: Option<u32>,
    /// The table that matching packets use.
    pub table: u32,
    /// The family of the rule.
    pub family: crate::net::IpFamily,
}

/// An entry of the neighbour cache (ARP or ND).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Neighbour {
    /// The link on which the neighbour is.
    pub link: IfName,
    /// The address of the neighbour.
    pub address: IpAddr,
    /// The neighbour's MAC address; absent while it is not resolved.
    pub mac: Option<Mac>,
    /// The state (`NUD_*`): 1 incomplete, 2 reachable, 4 stale, 32 failed, 128 permanent.
    pub state: u16,
}

/// Whether the host forwards packets of others; absent where it could not be read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct IpForwarding {
    /// `net.ipv4.ip_forward`, the switch of the whole host.
    pub ipv4: Option<bool>,
    /// `net.ipv6.conf.all.forwarding`, the switch of the whole host.
    pub ipv6: Option<bool>,
}

/// The configuration of the DNS resolver.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ResolverConfig {
    /// `nameserver` lines of `/etc/resolv.conf` in order. If they name the stub of
    /// systemd-resolved, its upstream servers instead (`/run/systemd/resolve/resolv.conf`).
    pub servers: Vec<IpAddr>,
    /// Search domains (`search` or `domain` lines).
    pub search: Vec<Untrusted>,
}

/// A line of `/etc/hosts`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostsLine {
    /// The address at the start of the line.
    pub address: IpAddr,
    /// The names that follow it.
    pub names: Vec<Untrusted>,
}

/// The capabilities of the process.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NetCapabilities {
    /// `CAP_NET_RAW`, for packet sockets.
    pub net_raw: bool,
    /// `CAP_NET_ADMIN`, for listing packet filter rules.
    pub net_admin: bool,
}

/// Something that could not be read or tested.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CollectionGap {
    /// What is missing.
    pub what: String,
    /// The reason, and what would help.
    pub why: String,
}
