//! Sentences about frames and packets between hosts of the run.

use std::fmt;

use crate::evidence::{ArpProxy, ControlTarget, FrameEvidence, RoundProbes, SenderRounds};

impl fmt::Display for FrameEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundsArrived { from, to, sent, arrived } => {
                write!(f, "{arrived} of {sent} rounds from {from} to {to} arrived")
            }
            Self::NoRoundArrived { from, to, sent, probes, with_working_links } => {
                write!(f, "0 of {sent} rounds from {from} to {to} arrived (")?;
                match probes {
                    RoundProbes::Unicast => write!(f, "UDP to {to}'s MAC address")?,
                    RoundProbes::UnicastUdpAndPing => {
                        write!(f, "UDP and ping to {to}'s MAC address")?;
                    }
                    RoundProbes::ArpAndBroadcast => f.write_str("ARP and broadcast")?,
                    RoundProbes::RoutedUdp => f.write_str("UDP by the routing table")?,
                }
                if with_working_links < sent {
                    write!(f, "; in {with_working_links} of them both links worked")?;
                }
                f.write_str(")")
            }
            Self::ReachedMeanwhile { ends } => {
                for (at, end) in ends.iter().enumerate() {
                    f.write_str(if at == 0 { "meanwhile " } else { ", " })?;
                    let host = &end.host;
                    match end.reached {
                        ControlTarget::Gateway { rounds } => {
                            write!(f, "{host} reached its gateway in {rounds} rounds")?;
                        }
                        ControlTarget::OtherHost { rounds } => {
                            write!(f, "{host} heard another host there in {rounds} rounds")?;
                        }
                        ControlTarget::Nothing => {
                            write!(f, "{host} has nothing else there to compare with")?;
                        }
                    }
                }
                Ok(())
            }
            Self::OnlyUnicastDropped => f.write_str(
                "broadcast and multicast frames do arrive: only frames to one host are dropped",
            ),
            Self::RelayedByGateway => f.write_str(
                "a packet in a frame to the gateway's MAC address does arrive: the network \
                 filters frames, not packets",
            ),
            Self::ArrivedFromGateway => f.write_str(
                "packets that the kernels route do arrive, in frames from the gateway's MAC \
                 address",
            ),
            Self::ProxyArp { target, mac, by } => match by {
                ArpProxy::AccessPoint => write!(
                    f,
                    "ARP requests for {target} are answered with its MAC address, although none \
                     reached it: the access point replies on its behalf"
                ),
                ArpProxy::Gateway => write!(
                    f,
                    "ARP requests for {target} are answered with the gateway's MAC address \
                     ({mac}): proxy ARP"
                ),
            },
            Self::ArpReply { target, mac } => write!(
                f,
                "{mac} answers ARP for {target}, which a gateway or an access point may do on its \
                 behalf"
            ),
            Self::Replies { from, to, arrived: true } => {
                write!(f, "replies from {from} to {to} do arrive: the filter is stateful")
            }
            Self::Replies { from, to, arrived: false } => {
                write!(f, "not even replies from {from} to {to} arrive")
            }
            Self::UnicastRounds { by_sender } => {
                f.write_str("frames to one MAC address arrive: ")?;
                shares(f, by_sender, " rounds")
            }
            Self::NoGroupFrameArrived { by_sender } => {
                f.write_str("no broadcast frame, multicast frame or ARP request arrives: ")?;
                shares(f, by_sender, "")
            }
            Self::ArpResolves => f.write_str("ARP is answered, or was resolved before"),
            Self::ArpUnresolved => {
                f.write_str("so ARP requests get no reply, and answers cannot be addressed")
            }
            Self::PeerSilent { arp_requests, pings, tcp_connections } => {
                silent(f, *arp_requests, *pings, *tcp_connections)
            }
            Self::UdpReachedLink { from, to, link, sent, arrived } => write!(
                f,
                "{arrived} of {sent} UDP frames from {from} reached {to}'s {link}, before any \
                 packet filter"
            ),
            Self::NoneAnswered { by } => {
                write!(f, "{by} answered none of them, although its own frames get through")
            }
            Self::ArrivedUnanswered { from, to, link, arrived } => {
                write!(f, "{arrived} rounds from {from} reached {to}'s {link}, none was answered")
            }
            Self::PingsUnanswered { from, arrived } => {
                write!(f, "{arrived} pings from {from} arrived, none was answered")
            }
            Self::UdpAnswered { answered } => write!(f, "{answered} UDP probes were answered"),
            Self::LinkWorks { link, address } => {
                write!(f, "on {link} ({address}) frames pass both ways")
            }
            Self::OneNetwork { a, b } => {
                write!(f, "frames pass between {a} and {b}: it is one network")
            }
        }
    }
}

/// "5 of 5 rounds from pi1, 4 of 5 from pi2".
fn shares(f: &mut fmt::Formatter<'_>, by_sender: &[SenderRounds], unit: &str) -> fmt::Result {
    for (at, SenderRounds { from, sent, arrived }) in by_sender.iter().enumerate() {
        let (before, unit) = if at == 0 { ("", unit) } else { (", ", "") };
        write!(f, "{before}{arrived} of {sent}{unit} from {from}")?;
    }
    Ok(())
}

fn silent(f: &mut fmt::Formatter<'_>, arps: usize, pings: usize, tcp: usize) -> fmt::Result {
    let all = [(arps, "ARP requests"), (pings, "pings"), (tcp, "TCP connections")];
    let sent: Vec<_> = all.iter().filter(|(count, _)| *count > 0).collect();
    for (at, (count, what)) in sent.iter().enumerate() {
        let before = match at {
            0 => "",
            at if at + 1 == sent.len() => " and ",
            _ => ", ",
        };
        write!(f, "{before}{count} {what}")?;
    }
    f.write_str(" got no answer")
}
