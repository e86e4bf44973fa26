//! Sentences about name servers, captive portals, UDP to the internet and clocks.

use std::fmt;

use pontoon_model::observation::ClockSource;

use crate::evidence::ServiceEvidence;

impl fmt::Display for ServiceEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DnsGarbage { server, what } => {
                write!(f, "what {server} answers is not a DNS message ({what})")
            }
            Self::DnsNoAddress { server } => {
                write!(f, "{server} answers that existing names have no address")
            }
            Self::DnsError { server, rcode } => {
                write!(f, "{server} answers {} for existing names", rcode_name(*rcode))
            }
            Self::DnsSilent { server, queries } => {
                write!(f, "{queries} queries to {server} for existing names got no answer")
            }
            Self::OtherServerResolves => f.write_str(
                "another configured name server does resolve: lookups are slow, they do not fail",
            ),
            Self::NoOtherServerResolves => {
                f.write_str("no other configured name server resolves anything")
            }
            Self::InvalidNameResolved { server, address } => {
                write!(f, "{server} returns {address} for a random name below .invalid")
            }
            Self::AnsweredWithoutServer { address } => {
                write!(f, "a query to {address} was answered, although no DNS server runs there")
            }
            Self::PortalAnswer { url, status, location: Some(location) } => {
                write!(f, "{url} was answered with {status} and a redirect to {location}")
            }
            Self::PortalAnswer { url, status, location: None } => {
                write!(f, "{url} was answered with {status} and a page that is not its own")
            }
            Self::PortalInventsNames => {
                f.write_str("names that cannot exist resolve there, as with captive portals")
            }
            Self::UdpPortsSilent { server, ports, tries } => {
                let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
                let ports = ports.join(", ");
                write!(f, "UDP to {server} on ports {ports} got no answer ({tries} tries each)")
            }
            Self::TcpPortAnswers { port } => {
                write!(f, "TCP port {port} of the same server answers")
            }
            Self::ClockOffset { host, source, behind_s } => {
                let source = match source {
                    ClockSource::Sntp => "a time server (SNTP)",
                    ClockSource::HttpDate => "the Date header of a web server",
                };
                let side = if *behind_s > 0 { "behind" } else { "ahead of" };
                write!(f, "{host}'s clock is {} {side} {source}", span(behind_s.unsigned_abs()))
            }
            Self::ClocksApart { host, other, ahead_ms, uncertainty_ms } => {
                let side = if *ahead_ms < 0 { "behind" } else { "ahead of" };
                write!(
                    f,
                    "{host}'s clock is {} s {side} {other}'s (± {} s)",
                    tenths(ahead_ms.unsigned_abs()),
                    tenths(*uncertainty_ms)
                )
            }
            Self::ClockUnsynchronised { host } => {
                write!(f, "{host}'s kernel reports its clock as unsynchronised")
            }
        }
    }
}

/// The names of IANA's registry "DNS RCODEs".
fn rcode_name(rcode: u16) -> String {
    match rcode {
        1 => "FORMERR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        5 => "REFUSED".to_owned(),
        other => format!("RCODE {other}"),
    }
}

/// A span in the largest unit that fits twice.
fn span(seconds: u64) -> String {
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} hours", seconds / 3_600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

/// Seconds with one digit behind the point.
fn tenths(ms: u64) -> String {
    let tenths = ms.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use pontoon_model::host::HostName;
    use pontoon_model::untrusted::Untrusted;

    use super::*;
    use crate::sentence::tests::assert_sentences;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_services_has_its_sentence() {
        let (pi1, pi2) = (HostName::lossy("pi1"), HostName::lossy("pi2"));
        let server: IpAddr = "192.0.2.53".parse().unwrap();
        let error = |rcode| ServiceEvidence::DnsError { server, rcode };
        let portal = |location: Option<&str>| ServiceEvidence::PortalAnswer {
            url: Untrusted::new("http://example.org/"),
            status: 302,
            location: location.map(Untrusted::new),
        };
        let offset = |source, behind_s| ServiceEvidence::ClockOffset {
            host: HostName::lossy("pi1"),
            source,
            behind_s,
        };
        let apart = |ahead_ms| ServiceEvidence::ClocksApart {
            host: HostName::lossy("pi1"),
            other: pi2.clone(),
            ahead_ms,
            uncertainty_ms: 100,
        };
        assert_sentences([
            (
                ServiceEvidence::DnsGarbage { server, what: Untrusted::new("too short") },
                "what 192.0.2.53 answers is not a DNS message (too short)",
            ),
            (
                ServiceEvidence::DnsNoAddress { server },
                "192.0.2.53 answers that existing names have no address",
            ),
            (error(1), "192.0.2.53 answers FORMERR for existing names"),
            (error(2), "192.0.2.53 answers SERVFAIL for existing names"),
            (error(3), "192.0.2.53 answers NXDOMAIN for existing names"),
            (error(5), "192.0.2.53 answers REFUSED for existing names"),
            (error(9), "192.0.2.53 answers RCODE 9 for existing names"),
            (
                ServiceEvidence::DnsSilent { server, queries: 6 },
                "6 queries to 192.0.2.53 for existing names got no answer",
            ),
            (
                ServiceEvidence::OtherServerResolves,
                "another configured name server does resolve: lookups are slow, they do not fail",
            ),
            (
                ServiceEvidence::NoOtherServerResolves,
                "no other configured name server resolves anything",
            ),
            (
                ServiceEvidence::InvalidNameResolved {
                    server,
                    address: "198.51.100.1".parse().unwrap(),
                },
                "192.0.2.53 returns 198.51.100.1 for a random name below .invalid",
            ),
            (
                ServiceEvidence::AnsweredWithoutServer { address: server },
                "a query to 192.0.2.53 was answered, although no DNS server runs there",
            ),
            (
                portal(Some("http://login.example/")),
                "http://example.org/ was answered with 302 and a redirect to http://login.example/",
            ),
            (
                portal(None),
                "http://example.org/ was answered with 302 and a page that is not its own",
            ),
            (
                ServiceEvidence::PortalInventsNames,
                "names that cannot exist resolve there, as with captive portals",
            ),
            (
                ServiceEvidence::UdpPortsSilent { server, ports: vec![443, 51820], tries: 3 },
                "UDP to 192.0.2.53 on ports 443, 51820 got no answer (3 tries each)",
            ),
            (
                ServiceEvidence::TcpPortAnswers { port: 22 },
                "TCP port 22 of the same server answers",
            ),
            (
                offset(ClockSource::Sntp, 90),
                "pi1's clock is 90 seconds behind a time server (SNTP)",
            ),
            (
                offset(ClockSource::HttpDate, -7_200),
                "pi1's clock is 2 hours ahead of the Date header of a web server",
            ),
            (
                offset(ClockSource::Sntp, 120),
                "pi1's clock is 2 minutes behind a time server (SNTP)",
            ),
            (
                offset(ClockSource::Sntp, 345_600),
                "pi1's clock is 4 days behind a time server (SNTP)",
            ),
            (apart(2_450), "pi1's clock is 2.5 s ahead of pi2's (± 0.1 s)"),
            (apart(-1_200), "pi1's clock is 1.2 s behind pi2's (± 0.1 s)"),
            (
                ServiceEvidence::ClockUnsynchronised { host: pi1 },
                "pi1's kernel reports its clock as unsynchronised",
            ),
        ]);
    }
}
