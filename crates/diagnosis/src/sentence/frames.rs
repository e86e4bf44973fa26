//! Sentences about frames and packets between hosts of the run.

use std::fmt;

use pontoon_model::host::HostName;
use pontoon_model::net::Mac;

use crate::evidence::{
    ArpProxy, ControlTarget, EndControl, FrameEvidence, RoundProbes, SenderRounds,
};

impl fmt::Display for FrameEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundsArrived { from, to, sent, arrived } => {
                write!(f, "{arrived} of {sent} rounds from {from} to {to} arrived")
            }
            Self::NoRoundArrived { from, to, sent, probes, with_working_links } => {
                let probes = sent_probes(*probes);
                let working = working_links(*sent, *with_working_links);
                write!(f, "0 of {sent} rounds from {from} to {to} arrived ({probes}{working})")
            }
            Self::ReachedMeanwhile { ends } => meanwhile(f, ends),
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
            Self::ProxyArp { target, mac, by } => proxy_arp(f, target, *mac, *by),
            Self::ArpReply { target, mac } => write!(
                f,
                "{mac} answers ARP for {target}, which a gateway or an access point may do on its \
                 behalf"
            ),
            Self::Replies { from, to, arrived } => match arrived {
                true => write!(f, "replies from {from} to {to} do arrive: the filter is stateful"),
                false => write!(f, "not even replies from {from} to {to} arrive"),
            },
            Self::UnicastRounds { by_sender } => {
                shares(f, "frames to one MAC address arrive", by_sender, " rounds")
            }
            Self::NoGroupFrameArrived { by_sender } => shares(
                f,
                "no broadcast frame, multicast frame or ARP request arrives",
                by_sender,
                "",
            ),
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

fn meanwhile(f: &mut fmt::Formatter<'_>, ends: &[EndControl]) -> fmt::Result {
    let ends: Vec<_> = ends.iter().map(ToString::to_string).collect();
    write!(f, "meanwhile {}", ends.join(", "))
}

impl fmt::Display for EndControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.reached {
            ControlTarget::Gateway { rounds } => {
                write!(f, "{host} reached its gateway in {rounds} rounds")
            }
            ControlTarget::OtherHost { rounds } => {
                write!(f, "{host} heard another host there in {rounds} rounds")
            }
            ControlTarget::Nothing => {
                write!(f, "{host} has nothing else there to compare with")
            }
        }
    }
}

fn working_links(sent: usize, working: usize) -> String {
    if working < sent { format!("; in {working} of them both links worked") } else { String::new() }
}

/// What was sent, in words about the receiver.
const fn sent_probes(probes: RoundProbes) -> &'static str {
    match probes {
        RoundProbes::Unicast => "UDP to its MAC",
        RoundProbes::UnicastUdpAndPing => "UDP and ping to its MAC",
        RoundProbes::ArpAndBroadcast => "ARP and broadcast",
        RoundProbes::RoutedUdp => "UDP by the routing table",
    }
}

fn proxy_arp(f: &mut fmt::Formatter<'_>, target: &HostName, mac: Mac, by: ArpProxy) -> fmt::Result {
    match by {
        ArpProxy::AccessPoint => write!(
            f,
            "ARP requests for {target} are answered with its MAC address, although none reached \
             it: the access point replies on its behalf"
        ),
        ArpProxy::Gateway => write!(
            f,
            "ARP requests for {target} are answered with the gateway's MAC address ({mac}): proxy \
             ARP"
        ),
    }
}

/// "frames arrive: 5 of 5 rounds from pi1, 4 of 5 from pi2".
fn shares(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    by_sender: &[SenderRounds],
    unit: &str,
) -> fmt::Result {
    for (at, SenderRounds { from, sent, arrived }) in by_sender.iter().enumerate() {
        match at {
            0 => write!(f, "{what}: {arrived} of {sent}{unit} from {from}")?,
            _ => write!(f, ", {arrived} of {sent} from {from}")?,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tests::assert_sentences;
    use pontoon_model::net::IfName;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_frames_has_its_sentence() {
        let host = HostName::lossy;
        let (pi1, pi2) = (host("pi1"), host("pi2"));
        let (from, to) = (pi1.clone(), pi2.clone());
        let mac = Mac([2, 0, 0, 0, 0, 1]);
        let link: IfName = "wlan0".parse().unwrap();
        let end = |name, reached| EndControl { host: host(name), reached };
        let rounds = |from, sent, arrived| SenderRounds { from: host(from), sent, arrived };
        assert_sentences([
            (
                FrameEvidence::RoundsArrived {
                    from: from.clone(),
                    to: to.clone(),
                    sent: 10,
                    arrived: 8,
                },
                "8 of 10 rounds from pi1 to pi2 arrived",
            ),
            (
                FrameEvidence::ReachedMeanwhile {
                    ends: vec![
                        end("pi1", ControlTarget::Gateway { rounds: 10 }),
                        end("pi2", ControlTarget::OtherHost { rounds: 9 }),
                    ],
                },
                "meanwhile pi1 reached its gateway in 10 rounds, pi2 heard another host there in 9 \
                 rounds",
            ),
            (
                FrameEvidence::ReachedMeanwhile { ends: vec![end("pi1", ControlTarget::Nothing)] },
                "meanwhile pi1 has nothing else there to compare with",
            ),
            (
                FrameEvidence::OnlyUnicastDropped,
                "broadcast and multicast frames do arrive: only frames to one host are dropped",
            ),
            (
                FrameEvidence::RelayedByGateway,
                "a packet in a frame to the gateway's MAC address does arrive: the network filters \
                 frames, not packets",
            ),
            (
                FrameEvidence::ArrivedFromGateway,
                "packets that the kernels route do arrive, in frames from the gateway's MAC address",
            ),
            (
                FrameEvidence::ProxyArp { target: pi2.clone(), mac, by: ArpProxy::AccessPoint },
                "ARP requests for pi2 are answered with its MAC address, although none reached it: \
                 the access point replies on its behalf",
            ),
            (
                FrameEvidence::ProxyArp { target: pi2.clone(), mac, by: ArpProxy::Gateway },
                "ARP requests for pi2 are answered with the gateway's MAC address \
                 (02:00:00:00:00:01): proxy ARP",
            ),
            (
                FrameEvidence::ArpReply { target: pi2.clone(), mac },
                "02:00:00:00:00:01 answers ARP for pi2, which a gateway or an access point may do \
                 on its behalf",
            ),
            (
                FrameEvidence::Replies { from: from.clone(), to: to.clone(), arrived: true },
                "replies from pi1 to pi2 do arrive: the filter is stateful",
            ),
            (
                FrameEvidence::Replies { from: from.clone(), to: to.clone(), arrived: false },
                "not even replies from pi1 to pi2 arrive",
            ),
            (
                FrameEvidence::UnicastRounds {
                    by_sender: vec![rounds("pi1", 5, 5), rounds("pi2", 5, 4)],
                },
                "frames to one MAC address arrive: 5 of 5 rounds from pi1, 4 of 5 from pi2",
            ),
            (
                FrameEvidence::NoGroupFrameArrived {
                    by_sender: vec![rounds("pi1", 4, 0), rounds("pi2", 4, 0)],
                },
                "no broadcast frame, multicast frame or ARP request arrives: 0 of 4 from pi1, 0 of \
                 4 from pi2",
            ),
            (FrameEvidence::ArpResolves, "ARP is answered, or was resolved before"),
            (
                FrameEvidence::ArpUnresolved,
                "so ARP requests get no reply, and answers cannot be addressed",
            ),
            (
                FrameEvidence::PeerSilent { arp_requests: 3, pings: 2, tcp_connections: 1 },
                "3 ARP requests, 2 pings and 1 TCP connections got no answer",
            ),
            (
                FrameEvidence::PeerSilent { arp_requests: 0, pings: 2, tcp_connections: 0 },
                "2 pings got no answer",
            ),
            (
                FrameEvidence::UdpReachedLink {
                    from: from.clone(),
                    to: to.clone(),
                    link: link.clone(),
                    sent: 5,
                    arrived: 5,
                },
                "5 of 5 UDP frames from pi1 reached pi2's wlan0, before any packet filter",
            ),
            (
                FrameEvidence::NoneAnswered { by: pi2.clone() },
                "pi2 answered none of them, although its own frames get through",
            ),
            (
                FrameEvidence::ArrivedUnanswered { from, to, link: link.clone(), arrived: 5 },
                "5 rounds from pi1 reached pi2's wlan0, none was answered",
            ),
            (
                FrameEvidence::PingsUnanswered { from: pi1.clone(), arrived: 4 },
                "4 pings from pi1 arrived, none was answered",
            ),
            (FrameEvidence::UdpAnswered { answered: 5 }, "5 UDP probes were answered"),
            (
                FrameEvidence::LinkWorks { link, address: "192.168.50.1".parse().unwrap() },
                "on wlan0 (192.168.50.1) frames pass both ways",
            ),
            (
                FrameEvidence::OneNetwork { a: pi1, b: pi2 },
                "frames pass between pi1 and pi2: it is one network",
            ),
        ]);
    }

    #[test]
    fn rounds_of_which_nothing_arrived_say_what_was_sent() {
        let table = [
            (RoundProbes::Unicast, 10, "UDP to its MAC"),
            (RoundProbes::UnicastUdpAndPing, 10, "UDP and ping to its MAC"),
            (RoundProbes::ArpAndBroadcast, 10, "ARP and broadcast"),
            (RoundProbes::RoutedUdp, 9, "UDP by the routing table; in 9 of them both links worked"),
        ];
        for (probes, with_working_links, said) in table {
            let evidence = FrameEvidence::NoRoundArrived {
                from: HostName::lossy("pi1"),
                to: HostName::lossy("pi2"),
                sent: 10,
                probes,
                with_working_links,
            };
            let sentence = format!("0 of 10 rounds from pi1 to pi2 arrived ({said})");
            assert_eq!(evidence.to_string(), sentence);
        }
    }
}
