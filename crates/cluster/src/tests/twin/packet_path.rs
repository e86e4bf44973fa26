//! The way of a packet through the cluster: Services, routes, the forward hook, flannel's tunnel,
//! the switch; and back.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::snapshot::Link;

use super::cluster::{ClusterTwin, TEST_SERVICE};
use super::node::{FilterAction, TwinNode, ip, network};
use super::packet_filter::{ForwardedPacket, ProxyMode, lets_pass};
use crate::connectivity_test::ConnectivityOutcome;

/// What a connection that nobody answers comes to.
const SILENT: ConnectivityOutcome = ConnectivityOutcome::Silent { ms: 3_500 };
/// What is lost because of its size is not told from other silence by a packet.
const SMALL: u32 = 100;
/// What VXLAN adds to a packet of IPv4 (RFC 7348).
const VXLAN: u32 = 50;

/// Where a packet begins or ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PacketPlace {
    /// A node itself, by its number.
    Node(u8),
    /// The pod of a node with this address.
    Pod(u8, IpAddr),
}

impl PacketPlace {
    const fn node(self) -> u8 {
        match self {
            Self::Node(number) | Self::Pod(number, _) => number,
        }
    }
}

/// A packet after translation.
#[derive(Clone, Copy, Debug)]
struct TwinPacket {
    source: IpAddr,
    to: IpAddr,
    bytes: u32,
    is_reply: bool,
}

impl TwinPacket {
    const fn reply(self, bytes: u32) -> Self {
        Self { source: self.to, to: self.source, bytes, is_reply: true }
    }
}

/// A connection that stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwinConnection {
    from: PacketPlace,
    server: PacketPlace,
    packet: TwinPacket,
}

impl ClusterTwin {
    fn at(&self, place: PacketPlace) -> &TwinNode {
        &self.nodes[usize::from(place.node()) - 1]
    }

    /// Connects from a place to an address, as a Service or not.
    pub(super) fn connect(
        &self,
        from: PacketPlace,
        to: SocketAddr,
    ) -> Result<TwinConnection, ConnectivityOutcome> {
        let node = self.at(from);
        if let (PacketPlace::Node(_), Some(action)) = (from, node.outbound.get(&to.port())) {
            return Err(refusal(*action));
        }
        let target = self.translated(from, to)?;
        let packet = TwinPacket {
            source: self.source(from, to.ip(), target.ip())?,
            to: target.ip(),
            bytes: SMALL,
            is_reply: false,
        };
        let server = self.carry(from, packet)?;
        self.listens(from, server, target.port())?;
        self.carry(server, packet.reply(SMALL)).map_err(|_| SILENT)?;
        Ok(TwinConnection { from, server, packet })
    }

    /// Whether what a server sends in packets of full size arrives.
    pub(super) fn sends_large(&self, connection: TwinConnection) -> bool {
        let TwinConnection { from, server, packet } = connection;
        let bytes = self.mtu(from, packet.source).min(self.mtu(server, packet.to));
        self.carry(server, packet.reply(bytes)).is_ok()
    }

    /// Echoes of two sizes.
    pub(super) fn echo(&self, from: PacketPlace, to: IpAddr) -> Option<Result<(), u32>> {
        let source = self.source(from, to, to).ok()?;
        let there = TwinPacket { source, to, bytes: SMALL, is_reply: false };
        let server = self.carry(from, there).ok()?;
        self.carry(server, there.reply(SMALL)).ok()?;
        self.at(server).answers_echo.then_some(())?;
        let mtu = self.mtu(from, source);
        let arrives = self.carry(from, TwinPacket { bytes: mtu, ..there }).is_ok()
            && self.carry(server, there.reply(mtu)).is_ok();
        Some(if arrives { Ok(()) } else { Err(mtu) })
    }

    /// Where a connection goes after kube-proxy's rules on its node.
    fn translated(
        &self,
        from: PacketPlace,
        to: SocketAddr,
    ) -> Result<SocketAddr, ConnectivityOutcome> {
        let Some(endpoints) = self.endpoints(to.ip()) else { return Ok(to) };
        let node = self.at(from);
        match from {
            // The kernel looks the route up before the rules see the packet.
            PacketPlace::Node(_) if route(node, to.ip()).is_none() => {
                return Err(ConnectivityOutcome::NoRoute);
            }
            _ if node.refuses_services => return Err(ConnectivityOutcome::Refused),
            PacketPlace::Pod(..) if node.drops_services_of_pods => return Err(SILENT),
            PacketPlace::Pod(..) if node.dropped_service == Some(to.ip()) => return Err(SILENT),
            _ => {}
        }
        if !self.knows_service(node, to.ip()) {
            return Ok(to);
        }
        let at = usize::from(node.number) % endpoints.len().max(1);
        let (address, port) = endpoints.get(at).ok_or(ConnectivityOutcome::Refused)?;
        Ok((*address, *port).into())
    }

    fn knows_service(&self, node: &TwinNode, service: IpAddr) -> bool {
        let is_new = service == ip(TEST_SERVICE);
        let since = self.created.as_ref().map(|created| created.at + node.service_rules_after);
        node.has_service_rules
            && (!is_new || node.runs("kube-proxy") && since.is_some_and(|since| self.now >= since))
    }

    /// The source address of a connection to `named` that goes to `target`.
    fn source(
        &self,
        from: PacketPlace,
        named: IpAddr,
        target: IpAddr,
    ) -> Result<IpAddr, ConnectivityOutcome> {
        let node = self.at(from);
        match from {
            // flannel masquerades what leaves the network of the pods (its `--ip-masq`).
            PacketPlace::Pod(_, own) if has_address(node, target) || is_of_pods(target) => {
                return Ok(own);
            }
            PacketPlace::Node(_) if has_address(node, target) => return Ok(target),
            PacketPlace::Pod(..) | PacketPlace::Node(_) => {}
        }
        let chooses = if named != target && !node.masquerades { named } else { target };
        let (link, _) = route(node, chooses).ok_or(ConnectivityOutcome::NoRoute)?;
        let link = node.link(link).and_then(|link| link.addresses.first());
        link.map(|own| own.prefix.address).ok_or(ConnectivityOutcome::NoRoute)
    }

    fn mtu(&self, place: PacketPlace, address: IpAddr) -> u32 {
        let node = self.at(place);
        let has = |link: &&Link| match place {
            PacketPlace::Pod(..) => link.name.as_str() == "cni0",
            PacketPlace::Node(_) => link.addresses.iter().any(|own| own.prefix.address == address),
        };
        node.snapshot.links.iter().find(has).map_or(1500, |link| link.mtu)
    }

    /// Carries a packet to where it ends, or says what its sender notices.
    fn carry(
        &self,
        from: PacketPlace,
        packet: TwinPacket,
    ) -> Result<PacketPlace, ConnectivityOutcome> {
        let node = self.at(from);
        let is_from_pod = matches!(from, PacketPlace::Pod(..));
        match from {
            PacketPlace::Pod(_, own) if own == packet.to => return Ok(from),
            PacketPlace::Pod(_, own) => {
                let bridge = node.link("cni0").into_iter().flat_map(|link| &link.addresses);
                let mut gateways = bridge.map(|own| own.prefix);
                if !gateways.any(|gateway| gateway.contains(own)) {
                    return Err(ConnectivityOutcome::NoNeighbour);
                }
            }
            PacketPlace::Node(_) => {}
        }
        if !is_from_pod && !packet.is_reply && self.drops_output(node, packet.to) {
            return Err(SILENT);
        }
        if has_address(node, packet.to) {
            return Ok(PacketPlace::Node(node.number));
        }
        let (out, gateway) = route(node, packet.to).ok_or(ConnectivityOutcome::NoRoute)?;
        if out == "cni0" {
            // Between pods of one node the bridge itself carries it.
            return self.to_pod(node, packet.to);
        }
        if let PacketPlace::Pod(_, source) = from {
            forwards(node, TwinPacket { source, ..packet }, "cni0", out)?;
        } else if self.endpoints(packet.to).is_some() {
            // An address of a Service that kube-proxy's rules do not know leads nowhere.
            return Err(SILENT);
        }
        let (peer, incoming) = if out == "flannel.1" {
            (self.through_tunnel(node, gateway, packet.bytes)?, "flannel.1")
        } else {
            (self.over_link(node, out, packet, gateway)?, out)
        };
        if has_address(peer, packet.to) {
            return Ok(PacketPlace::Node(peer.number));
        }
        let into = route(peer, packet.to).filter(|(link, _)| *link == "cni0").ok_or(SILENT)?;
        forwards(peer, packet, incoming, into.0)?;
        self.to_pod(peer, packet.to)
    }

    /// kube-proxy's nftables drop new connections of the node itself to addresses of the Services'
    /// network as well (`filter-output-post-dnat`).
    fn drops_output(&self, node: &TwinNode, to: IpAddr) -> bool {
        let is_of_services = self.networks.services.iter().any(|services| services.contains(to));
        self.mode == ProxyMode::Nftables && node.has_service_rules && is_of_services
    }

    /// The pod of a node that has an address.
    fn to_pod(&self, node: &TwinNode, to: IpAddr) -> Result<PacketPlace, ConnectivityOutcome> {
        let pods = self.objects().pods.into_iter();
        let mut own = pods.filter(|pod| pod.node.as_ref() == Some(&node.object.name));
        let is_there = own.any(|pod| pod.address == Some(to));
        if is_there {
            Ok(PacketPlace::Pod(node.number, to))
        } else {
            Err(ConnectivityOutcome::NoNeighbour)
        }
    }

    /// The node whose end of the tunnel has this address.
    fn through_tunnel(
        &self,
        node: &TwinNode,
        gateway: Option<IpAddr>,
        bytes: u32,
    ) -> Result<&TwinNode, ConnectivityOutcome> {
        let ends = |one: &&TwinNode| {
            let own = one.link("flannel.1").into_iter().flat_map(|link| &link.addresses);
            own.into_iter().any(|own| Some(own.prefix.address) == gateway)
        };
        let peer = self.nodes.iter().find(ends).ok_or(SILENT)?;
        // Another plug-in takes the address of the node.
        let outer = peer.object.flannel_ip.unwrap_or(ip(&format!("10.0.0.{}", peer.number)));
        if !has_address(peer, outer) {
            return Err(SILENT);
        }
        let (link, _) = route(node, outer).ok_or(SILENT)?;
        let is_lost = self.drops_vxlan
            || !self.passes(node, peer, link)
            || bytes + VXLAN > path_mtu(node, peer, link);
        if is_lost { Err(SILENT) } else { Ok(peer) }
    }

    /// The node that has an address on a link, or the next hop there.
    fn over_link(
        &self,
        node: &TwinNode,
        link: &str,
        packet: TwinPacket,
        gateway: Option<IpAddr>,
    ) -> Result<&TwinNode, ConnectivityOutcome> {
        // The router of the WiFi knows none of the cluster's networks.
        let next = match gateway {
            Some(_) => return Err(SILENT),
            None => packet.to,
        };
        let owns = |one: &&TwinNode| {
            let own = one.link(link).into_iter().flat_map(|link| &link.addresses);
            own.into_iter().any(|own| own.prefix.address == next)
        };
        let peer = self.nodes.iter().find(owns).ok_or(ConnectivityOutcome::NoNeighbour)?;
        if !self.passes(node, peer, link) {
            return Err(ConnectivityOutcome::NoNeighbour);
        }
        if packet.bytes > path_mtu(node, peer, link) { Err(SILENT) } else { Ok(peer) }
    }

    /// Whether frames pass between two nodes on a link.
    pub(super) fn passes(&self, one: &TwinNode, other: &TwinNode, link: &str) -> bool {
        let is_apart = |node: &TwinNode| {
            self.apart.iter().any(|(number, apart)| *number == node.number && *apart == link)
        };
        let is_down = |node: &TwinNode| !node.link(link).is_some_and(Link::is_usable);
        link != "wlan0" && !is_down(one) && !is_down(other) && !is_apart(one) && !is_apart(other)
    }

    /// Whether a server takes a connection.
    fn listens(
        &self,
        from: PacketPlace,
        server: PacketPlace,
        port: u16,
    ) -> Result<(), ConnectivityOutcome> {
        let node = self.at(server);
        let is_own = from == server;
        if let (PacketPlace::Node(_), Some(action), false) =
            (server, node.inbound.get(&port), is_own)
        {
            return Err(refusal(*action));
        }
        let is_open = match (server, port) {
            (PacketPlace::Node(_), 10250) => node.runs("kubelet"),
            (PacketPlace::Node(_), 6443) => node.runs("kube-apiserver"),
            (PacketPlace::Pod(_, at), 53) => self.has_dns && at == ip("10.244.0.2"),
            (PacketPlace::Pod(number, _), 8080) => self.echo_servers.contains(&number),
            _ => false,
        };
        if is_open { Ok(()) } else { Err(ConnectivityOutcome::Refused) }
    }
}

const fn refusal(action: FilterAction) -> ConnectivityOutcome {
    match action {
        FilterAction::Drop => SILENT,
        FilterAction::Prohibit => ConnectivityOutcome::Prohibited,
        FilterAction::Refuse => ConnectivityOutcome::Refused,
    }
}

fn is_of_pods(address: IpAddr) -> bool {
    network("10.244.0.0/16").contains(address)
}

/// Largest packet that passes between two nodes on a link.
fn path_mtu(node: &TwinNode, peer: &TwinNode, link: &str) -> u32 {
    node.link(link).map_or(0, |link| link.mtu).min(node.path_mtu).min(peer.path_mtu)
}

fn has_address(node: &TwinNode, address: IpAddr) -> bool {
    let mut own = node.snapshot.links.iter().flat_map(|link| &link.addresses);
    own.any(|own| own.prefix.address == address)
}

/// The link and gateway of the longest prefix that has an address.
fn route(node: &TwinNode, to: IpAddr) -> Option<(&str, Option<IpAddr>)> {
    let links = node.snapshot.links.iter().filter(|link| link.is_usable());
    let connected = links
        .flat_map(|link| link.addresses.iter().map(|own| (own.prefix, link.name.as_str(), None)));
    let routes = node.snapshot.routes.iter().filter_map(|route| {
        Some((route.destination, route.link.as_ref()?.as_str(), route.gateway))
    });
    let all = connected.chain(routes).filter(|(prefix, ..)| prefix.contains(to));
    all.max_by_key(|(prefix, ..)| prefix.length).map(|(_, link, gateway)| (link, gateway))
}

/// Whether a node forwards a packet.
fn forwards(
    node: &TwinNode,
    packet: TwinPacket,
    in_link: &str,
    out_link: &str,
) -> Result<(), ConnectivityOutcome> {
    let TwinPacket { source, to, is_reply, .. } = packet;
    let packet = ForwardedPacket { source, to, in_link, out_link, is_reply };
    let passes = node.snapshot.forwarding.ipv4 == Some(true) && lets_pass(&node.ruleset, packet);
    if passes { Ok(()) } else { Err(SILENT) }
}
