//! The sockets of [`discover`](crate::discover): frames on a packet socket, mDNS on one of the
//! kernel's for each family.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsFd as _;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::net::{IpFamily, Mac};
use socket2::{Domain, Socket, Type};

use super::clock::RunClock;
use super::packet_socket::{CAPTURE, PacketSocket};
use crate::discover::SweepTarget;
use crate::discover::mdns;
use crate::discover::report::{DiscoveryReport, FORM};
use crate::discover::sweep::{LinkSweep, SweepAction, SweepProbe};
use crate::discover::sweep_results::SweepResults;
use crate::frame::read::read;
use crate::frame::write::{self, FrameAddresses};
use crate::machine::RunInstant;

/// Frames and messages taken before the next question is due to be looked at.
const AT_ONCE: usize = 256;
/// mDNS messages and questions are for this link only: a router has lowered it (RFC 6762, section
/// 11).
const HOPS: u32 = 255;
/// The payload of our echo, by which an operator recognises it.
const PAYLOAD: &[u8] = b"pontoon discover";
/// All nodes on the link (RFC 4291, section 2.7.1), and the MAC of that group (RFC 2464, section
/// 7).
const ALL_NODES: (Ipv6Addr, Mac) =
    (Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1), Mac([0x33, 0x33, 0, 0, 0, 1]));

/// The sockets and findings of one sweep.
#[derive(Debug)]
pub struct LinkDiscovery {
    target: SweepTarget,
    frames: PacketSocket,
    names: Vec<(IpFamily, UdpSocket)>,
    found: SweepResults,
    identifier: u16,
    sent: u32,
    not_sent: u32,
    lost: u32,
}

impl LinkDiscovery {
    /// Opens the sockets. `random` goes into identifiers.
    ///
    /// # Errors
    ///
    /// EPERM without `CAP_NET_RAW`; ENODEV when the link has gone.
    pub fn open(target: SweepTarget, random: u16) -> io::Result<Self> {
        let frames = PacketSocket::open(target.index)?;
        let own = target.networks.iter().find_map(|net| match net.address {
            IpAddr::V4(own) => Some(own),
            IpAddr::V6(_) => None,
        });
        let v4 = own.map(|own| Ok((IpFamily::V4, socket_v4(&target, own)?)));
        let v6 = target.link_local.map(|_| Ok((IpFamily::V6, socket_v6(&target)?)));
        let names: io::Result<Vec<_>> = v4.into_iter().chain(v6).collect();
        Ok(Self {
            found: SweepResults::new(random),
            target,
            frames,
            names: names?,
            identifier: random,
            sent: 0,
            not_sent: 0,
            lost: 0,
        })
    }

    /// Asks and listens until all hosts have had time to answer.
    #[must_use]
    pub fn run(mut self) -> DiscoveryReport {
        let clock = RunClock::start();
        let mut sweep = LinkSweep::new(&self.target);
        loop {
            match sweep.poll(clock.now(), || self.found.addresses()) {
                SweepAction::Send(probe) => self.send(&probe),
                SweepAction::WaitUntil(until) => self.listen(&clock, until),
                SweepAction::Done => break,
            }
        }
        self.lost = self.lost.saturating_add(self.frames.lost());
        DiscoveryReport {
            schema: FORM.to_owned(),
            swept: self.target.swept().collect(),
            skipped: self.target.skipped().collect(),
            hosts: self.found.neighbours(),
            link: self.target.link,
            sent: self.sent,
            not_sent: self.not_sent,
            lost: self.lost,
        }
    }

    fn send(&mut self, probe: &SweepProbe) {
        match probe {
            SweepProbe::Arp(address) => {
                let Some(from) = self.target.source(*address) else { return };
                let (mac, group) = (self.target.mac, Mac::BROADCAST);
                let frame = write::arp_request(mac, group, from, *address, None);
                let sent = self.frames.send(&frame);
                self.count(&sent);
            }
            SweepProbe::Echo => {
                let Some(from) = self.target.link_local else { return };
                let (to, to_mac) = ALL_NODES;
                let (from, to) = (IpAddr::V6(from), IpAddr::V6(to));
                let ends = FrameAddresses { from_mac: self.target.mac, to_mac, from, to };
                let sent = self.frames.send(&write::echo(&ends, self.identifier, 1, PAYLOAD));
                self.count(&sent);
            }
            SweepProbe::Browse(family) => self.ask(&mdns::browse(self.identifier), Some(*family)),
            SweepProbe::Names(addresses) => {
                self.ask(&mdns::reverse(self.identifier, addresses), None);
            }
        }
    }

    /// Sends a message to the group, over this family or the first there is.
    fn ask(&mut self, message: &[u8], wanted: Option<IpFamily>) {
        let is_wanted = |family: IpFamily| wanted.is_none_or(|wanted| wanted == family);
        let found = self.names.iter().find(|(family, _)| is_wanted(*family));
        let Some((family, socket)) = found else { return };
        let group = match family {
            IpFamily::V4 => SocketAddr::from((mdns::GROUP_V4, mdns::PORT)),
            IpFamily::V6 => {
                SocketAddrV6::new(mdns::GROUP_V6, mdns::PORT, 0, self.target.index).into()
            }
        };
        let sent = socket.send_to(message, group);
        self.count(&sent);
    }

    fn count<T>(&mut self, sent: &io::Result<T>) {
        let counter = if sent.is_ok() { &mut self.sent } else { &mut self.not_sent };
        *counter = counter.saturating_add(1);
    }

    fn listen(&mut self, clock: &RunClock, until: RunInstant) {
        loop {
            let now = clock.now();
            if now >= until {
                return;
            }
            let mut fds = vec![PollFd::new(self.frames.as_fd(), PollFlags::POLLIN)];
            let names = self.names.iter();
            fds.extend(names.map(|(_, socket)| PollFd::new(socket.as_fd(), PollFlags::POLLIN)));
            let timeout = PollTimeout::try_from(until.0 - now.0).unwrap_or(PollTimeout::MAX);
            // An interrupted wait is a short one.
            let _ = poll(&mut fds, timeout);
            self.take_frames();
            self.take_names();
        }
    }

    fn take_frames(&mut self) {
        let mut buffer = [0; CAPTURE];
        for _ in 0..AT_ONCE {
            // The socket reports once that the link went down (packet(7)).
            let Ok(Some(captured)) = self.frames.receive(&mut buffer) else { return };
            if let Some(frame) = read(&buffer[..captured.length]) {
                self.found.take(&frame, &self.target);
            }
        }
    }

    fn take_names(&mut self) {
        let mut buffer = [0; mdns::MESSAGE_MAX];
        for (_, socket) in &self.names {
            for _ in 0..AT_ONCE {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { break };
                // Responses come from the port of mDNS (RFC 6762, section 6).
                if from.port() == mdns::PORT && self.target.covers(from.ip()) {
                    self.found.claim(mdns::read(&buffer[..length], from.ip()));
                }
            }
        }
    }
}

fn socket_v4(target: &SweepTarget, own: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM.nonblocking(), None)?;
    socket.bind_device(Some(target.link.as_str().as_bytes()))?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into())?;
    socket.set_multicast_if_v4(&own)?;
    socket.set_multicast_ttl_v4(HOPS)?;
    socket.set_multicast_loop_v4(false)?;
    Ok(socket.into())
}

fn socket_v6(target: &SweepTarget) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM.nonblocking(), None)?;
    socket.bind_device(Some(target.link.as_str().as_bytes()))?;
    socket.set_only_v6(true)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into())?;
    socket.set_multicast_if_v6(target.index)?;
    socket.set_multicast_hops_v6(HOPS)?;
    socket.set_multicast_loop_v6(false)?;
    Ok(socket.into())
}
