//! Name servers, captive portals, UDP to the internet and clocks.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::observation::ClockSource;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of name servers, captive portals, UDP to the internet and clocks.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ServiceEvidence {
    /// A name server answered with something that is no DNS message.
    DnsGarbage {
        /// The name server's address.
        server: IpAddr,
        /// What is wrong with the message.
        what: Untrusted,
    },
    /// A name server answered that names which exist have no address.
    DnsNoAddress {
        /// The name server's address.
        server: IpAddr,
    },
    /// A name server answered with an error for names that exist.
    DnsError {
        /// The name server's address.
        server: IpAddr,
        /// The RCODE of its answer (RFC 1035, section 4.1.1).
        rcode: u16,
    },
    /// A name server answered no query for names that exist.
    DnsSilent {
        /// The name server's address.
        server: IpAddr,
        /// Queries that were sent.
        queries: usize,
    },
    /// Another configured name server resolves names.
    OtherServerResolves,
    /// No other configured name server resolves names.
    NoOtherServerResolves,
    /// A name server answered with an address for a name that cannot exist (RFC 6761, section 6.4).
    InvalidNameResolved {
        /// The name server's address.
        server: IpAddr,
        /// The address that it gave.
        address: IpAddr,
    },
    /// A DNS query to an address that runs no name server was answered.
    AnsweredWithoutServer {
        /// The address that was asked.
        address: IpAddr,
    },
    /// A web page that should have said something else answered.
    PortalAnswer {
        /// The page that was asked for.
        url: Untrusted,
        /// The HTTP status of the answer.
        status: u16,
        /// Where the answer redirects to.
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<Untrusted>,
    },
    /// Names that cannot exist have addresses there.
    PortalInventsNames,
    /// UDP ports of the user's own server were not reached.
    UdpPortsSilent {
        /// The server's address.
        server: IpAddr,
        /// The ports that were tried.
        ports: Vec<u16>,
        /// Tries that each port had at least.
        tries: usize,
    },
    /// A TCP port of the same server answers.
    TcpPortAnswers {
        /// The port that answers.
        port: u16,
    },
    /// The clock of a host differs from a source of time.
    ClockOffset {
        /// The host whose clock it is.
        host: HostName,
        /// The source it was compared with.
        source: ClockSource,
        /// Seconds by which the host is behind; negative: ahead.
        behind_s: i64,
    },
    /// The clocks of two hosts differ.
    ClocksApart {
        /// The host whose clock differs from most.
        host: HostName,
        /// The host whose clock is in the middle of all.
        other: HostName,
        /// Milliseconds by which the first is ahead; negative: behind.
        ahead_ms: i64,
        /// How wrong that may be, in milliseconds.
        uncertainty_ms: u64,
    },
    /// The kernel of a host reports its clock as unsynchronised (`STA_UNSYNC` in adjtimex(2)).
    ClockUnsynchronised {
        /// The host whose clock it is.
        host: HostName,
    },
}
