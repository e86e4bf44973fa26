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
