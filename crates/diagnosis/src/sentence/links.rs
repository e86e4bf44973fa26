//! Sentences about the links of a host.

use std::fmt;

use crate::evidence::{GatewayProbe, LinkDownState, LinkEvidence};

impl fmt::Display for LinkEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GatewaySilent { gateway, link, asked, by } => {
                let probes = match by {
                    GatewayProbe::Arp => "ARP requests for",
                    GatewayProbe::Ping => "pings to",
                };
                write!(f, "{asked} {probes} the gateway {gateway} on {link} got no reply")
            }
            Self::OtherHostsHeard => f.write_str(
                "other hosts are heard on that link: only the gateway is silent, or its address \
                 is wrong",
            ),
            Self::NothingElseHeard => f.write_str("nothing else was heard on that link either"),
            Self::GatewayMacsDiffer { gateway, a, a_mac, b, b_mac } => write!(
                f,
                "the gateway {gateway} has the MAC address {a_mac} for {a} and {b_mac} for {b}: \
                 these may be two networks with the same addresses"
            ),
            Self::LinkDown { host, link, prefix, state } => {
                let state = match state {
                    LinkDownState::WentDown => "went down during the run",
                    LinkDownState::NotAssociated => "is not associated with an access point",
                    LinkDownState::NoCarrier => "has no carrier",
                    LinkDownState::AdminDown => "is administratively down",
                };
                write!(f, "{host}'s {link} ({prefix}) {state}")
            }
            Self::NeighbourLinkUp { peer } => {
                write!(f, "{peer}'s link in the same network is up")
            }
            Self::NeighbourLinkWentDown { peer } => write!(
                f,
                "{peer}'s link in the same network went down as well: what connected them is gone"
            ),
            Self::PowerSaveOn { host, link } => write!(f, "power save is on for {host}'s {link}"),
            Self::SameSsid { ssid, a_bssid, b_bssid } => {
                write!(f, "both are in the WiFi network `{ssid}`")?;
                match (a_bssid, b_bssid) {
                    (Some(a), Some(b)) if a == b => write!(f, ", at one access point ({a})"),
                    (Some(a), Some(b)) => write!(f, ", at different access points ({a}, {b})"),
                    _ => Ok(()),
                }
            }
            Self::DifferentSsids { a, a_ssid, b, b_ssid } => {
                write!(f, "{a} is in the WiFi network `{a_ssid}`, {b} in `{b_ssid}`")
            }
            Self::LinkMtu { host, link, mtu } => write!(f, "the MTU of {host}'s {link} is {mtu}"),
            Self::UsualMtu { hosts, mtu } => {
                write!(f, "in the same network it is {mtu} on {hosts}")
            }
            Self::LinkName { host, link, usual, hosts } => write!(
                f,
                "{host}'s link into this network is {link}, while it is {usual} on {hosts}"
            ),
            Self::SizePasses { to, bytes } => write!(f, "packets of {bytes} bytes reach {to}"),
            Self::SizeLost { to, bytes, sent } => write!(
                f,
                "0 of {sent} packets of {bytes} bytes reach {to}, and no router reports an error"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use pontoon_model::host::HostName;
    use pontoon_model::net::{IfName, Mac};
    use pontoon_model::untrusted::Untrusted;

    use super::*;
    use crate::HostSample;
    use crate::sentence::tests::assert_sentences;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_links_has_its_sentence() {
        let host = HostName::lossy;
        let (pi1, pi2) = (host("pi1"), host("pi2"));
        let eth0: IfName = "eth0".parse().unwrap();
        let gateway: IpAddr = "172.20.0.1".parse().unwrap();
        let mac = |last| Mac([2, 0, 0, 0, 0, last]);
        let silent = |by| LinkEvidence::GatewaySilent { gateway, link: eth0.clone(), asked: 5, by };
        let down = |state| LinkEvidence::LinkDown {
            host: pi1.clone(),
            link: eth0.clone(),
            prefix: "172.20.5.1/16".parse().unwrap(),
            state,
        };
        let wifi = |a_bssid, b_bssid| LinkEvidence::SameSsid {
            ssid: Untrusted::new("\u{1b}[2J"),
            a_bssid,
            b_bssid,
        };
        let hosts = HostSample { names: vec![pi2.clone()], more: 3 };
        assert_sentences([
            (
                silent(GatewayProbe::Arp),
                "5 ARP requests for the gateway 172.20.0.1 on eth0 got no reply",
            ),
            (silent(GatewayProbe::Ping), "5 pings to the gateway 172.20.0.1 on eth0 got no reply"),
            (
                LinkEvidence::OtherHostsHeard,
                "other hosts are heard on that link: only the gateway is silent, or its address is \
                 wrong",
            ),
            (LinkEvidence::NothingElseHeard, "nothing else was heard on that link either"),
            (
                LinkEvidence::GatewayMacsDiffer {
                    gateway,
                    a: pi1.clone(),
                    a_mac: mac(1),
                    b: pi2.clone(),
                    b_mac: mac(2),
                },
                "the gateway 172.20.0.1 has the MAC address 02:00:00:00:00:01 for pi1 and \
                 02:00:00:00:00:02 for pi2: these may be two networks with the same addresses",
            ),
            (down(LinkDownState::WentDown), "pi1's eth0 (172.20.5.1/16) went down during the run"),
            (
                down(LinkDownState::NotAssociated),
                "pi1's eth0 (172.20.5.1/16) is not associated with an access point",
            ),
            (down(LinkDownState::NoCarrier), "pi1's eth0 (172.20.5.1/16) has no carrier"),
            (down(LinkDownState::AdminDown), "pi1's eth0 (172.20.5.1/16) is administratively down"),
            (
                LinkEvidence::NeighbourLinkUp { peer: pi2.clone() },
                "pi2's link in the same network is up",
            ),
            (
                LinkEvidence::NeighbourLinkWentDown { peer: pi2.clone() },
                "pi2's link in the same network went down as well: what connected them is gone",
            ),
            (
                LinkEvidence::PowerSaveOn { host: pi1.clone(), link: eth0.clone() },
                "power save is on for pi1's eth0",
            ),
            (wifi(None, Some(mac(2))), "both are in the WiFi network `\\u{1b}[2J`"),
            (
                wifi(Some(mac(1)), Some(mac(1))),
                "both are in the WiFi network `\\u{1b}[2J`, at one access point \
                 (02:00:00:00:00:01)",
            ),
            (
                wifi(Some(mac(1)), Some(mac(2))),
                "both are in the WiFi network `\\u{1b}[2J`, at different access points \
                 (02:00:00:00:00:01, 02:00:00:00:00:02)",
            ),
            (
                LinkEvidence::DifferentSsids {
                    a: pi1.clone(),
                    a_ssid: Untrusted::new("A"),
                    b: pi2.clone(),
                    b_ssid: Untrusted::new("B"),
                },
                "pi1 is in the WiFi network `A`, pi2 in `B`",
            ),
            (
                LinkEvidence::LinkMtu { host: pi1.clone(), link: eth0.clone(), mtu: 1400 },
                "the MTU of pi1's eth0 is 1400",
            ),
            (
                LinkEvidence::UsualMtu { hosts: hosts.clone(), mtu: 1500 },
                "in the same network it is 1500 on pi2 and 3 more",
            ),
            (
                LinkEvidence::LinkName {
                    host: pi1,
                    link: eth0,
                    usual: "enp1s0".parse().unwrap(),
                    hosts,
                },
                "pi1's link into this network is eth0, while it is enp1s0 on pi2 and 3 more",
            ),
            (
                LinkEvidence::SizePasses { to: pi2.clone(), bytes: 1400 },
                "packets of 1400 bytes reach pi2",
            ),
            (
                LinkEvidence::SizeLost { to: pi2, bytes: 1500, sent: 8 },
                "0 of 8 packets of 1500 bytes reach pi2, and no router reports an error",
            ),
        ]);
    }
}
