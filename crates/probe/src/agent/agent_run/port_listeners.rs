//! The ports on which an agent listens while a run lasts.

use std::io;
use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::port::{PORTS_MAX, Port, PortAnswerer, PortListener, TransportProtocol};
use pontoon_model::snapshot::CollectionGap;

use super::AgentRun;
use crate::edge::listener;
use crate::edge::packet_socket::PacketSocket;
use crate::edge::reflector::UdpReflector;
use crate::machine::RunInstant;
use crate::protocol::FromAgent;

impl AgentRun {
    /// Listens where no service does, and reports what answers on each port.
    pub(in super::super) fn listen(&mut self, ports: &[Port]) -> FromAgent {
        let ports = &ports[..ports.len().min(PORTS_MAX)];
        let listeners = ports
            .iter()
            .map(|port| {
                let opened = match port.transport {
                    TransportProtocol::Tcp => self.listen_tcp(port.number),
                    TransportProtocol::Udp => self.listen_udp(port.number),
                };
                PortListener { port: *port, state: answerer(opened) }
            })
            .collect();
        self.witness.set_ports(ports.iter().copied());
        let has_tcp = ports.iter().any(|port| port.transport == TransportProtocol::Tcp);
        for link in self.links.iter_mut().filter(|_| has_tcp) {
            let seen = link.socket.as_ref().map(PacketSocket::capture_tcp_connections);
            if let Some(Err(error)) = seen {
                // What it does not see from now on must prove nothing.
                link.lost = link.lost.saturating_add(1);
                self.untested.insert(CollectionGap {
                    what: format!("which connections arrive on {}", link.name),
                    why: format!("the kernel did not take the filter: {error}"),
                });
            }
        }
        FromAgent::Listening { listeners }
    }

    fn listen_tcp(&mut self, port: u16) -> io::Result<()> {
        self.listeners.push(listener::TcpPortListener::open(port)?);
        Ok(())
    }

    /// The reflectors answer there as on their own port: packets of the run, and no others.
    fn listen_udp(&mut self, port: u16) -> io::Result<()> {
        let v4 = UdpReflector::open(IpFamily::V4, port)?;
        self.reflectors.push(v4);
        // A host without IPv6 has no socket for it.
        self.reflectors.extend(UdpReflector::open(IpFamily::V6, port).ok());
        Ok(())
    }

    /// Accepts connections from hosts of the run, and closes all others.
    pub(super) fn take_connections(&mut self, now: RunInstant) {
        let witness = &self.witness;
        let is_peer = |from: IpAddr| witness.peers().values().any(|peer| peer.has_address(from));
        for listener in &mut self.listeners {
            listener.turn(now, &is_peer);
        }
    }
}

fn answerer(opened: io::Result<()>) -> PortAnswerer {
    match opened {
        Ok(()) => PortAnswerer::Agent,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => PortAnswerer::Service,
        Err(error) => PortAnswerer::Nobody { why: error.to_string() },
    }
}
