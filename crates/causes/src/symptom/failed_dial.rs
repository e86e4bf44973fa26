//! Failed connections in the messages of Go programs: who dialled whom, and how it failed.

use std::net::{IpAddr, Ipv4Addr};

use pontoon_model::net::Prefix;

use super::dial_context::DialContext;
use super::log_text::LogLine;
use super::pattern::LinePattern;
use super::trigrams::Trigrams;
use crate::placeholder::{PlaceholderKind, PlaceholderValues, at};

/// The kind of the dialled server.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialTarget {
    /// An API server at its own address.
    Api,
    /// A kubelet's port, 10250.
    Kubelet,
    /// The address of a Service.
    Service,
    /// A port of etcd.
    Etcd,
    /// A resolver on port 53.
    Resolver,
    /// A registry of images.
    Registry,
    /// The HTTP proxy that a program was told to use.
    Proxy,
    /// The host that dialled, by its loopback address.
    Loopback,
    /// A webhook of the API server.
    Webhook,
    /// Anything else that has an address.
    Other,
}

/// How the connection failed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialFailure {
    /// EHOSTUNREACH: no neighbour, or an ICMP "prohibited".
    NoRoute,
    /// ENETUNREACH: the kernel has no route.
    NetUnreachable,
    /// The connection attempt had no response.
    Timeout,
    /// Some step timed out; the text does not show which.
    Silence,
    /// ECONNREFUSED: an RST came back.
    Refused,
    /// Connected, but the TLS handshake timed out.
    TlsTimeout,
    /// An established connection stopped getting responses.
    Lost,
    /// The other end reset or closed the connection.
    Reset,
    /// The name server responded that the name does not exist.
    NameUnknown,
    /// The name server did not respond.
    NameUnasked,
    /// The name server responded with an error, such as SERVFAIL or REFUSED.
    NameRefused,
    /// No connection; the program does not say how it failed.
    Unstated,
    /// The certificate is valid for other names only.
    CertificateName,
    /// The certificate is signed by another CA.
    CertificateAuthority,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate is not valid yet.
    CertificateFuture,
    /// The certificate has expired or is not valid yet: older programs do not distinguish these.
    CertificateTime,
    /// The server does not use TLS on this port.
    NotTls,
}

/// Texts of failures; the first one that occurs in a line decides.
const ENDS: [(&str, DialFailure); 34] = [
    ("x509: certificate is valid for", DialFailure::CertificateName),
    ("x509: certificate is not valid for any names", DialFailure::CertificateName),
    ("doesn't contain any ip sans", DialFailure::CertificateName),
    ("certificate signed by unknown authority", DialFailure::CertificateAuthority),
    ("certificate is not trusted", DialFailure::CertificateAuthority),
    ("certificate relies on legacy common name", DialFailure::CertificateName),
    ("not yet valid: current time{..}is before", DialFailure::CertificateFuture),
    ("not yet valid: current time{..}is after", DialFailure::CertificateExpired),
    ("certificate has expired or is not yet valid", DialFailure::CertificateTime),
    ("first record does not look like a tls handshake", DialFailure::NotTls),
    ("server gave http response to https client", DialFailure::NotTls),
    ("tls handshake timeout", DialFailure::TlsTimeout),
    ("http2: client connection lost", DialFailure::Lost),
    ("http2: client connection force closed", DialFailure::Lost),
    ("no route to host", DialFailure::NoRoute),
    ("network is unreachable", DialFailure::NetUnreachable),
    ("connection refused", DialFailure::Refused),
    ("was refused", DialFailure::Refused),
    ("actively refused it", DialFailure::Refused),
    ("while waiting for connection", DialFailure::Timeout),
    ("connect: connection timed out", DialFailure::Timeout),
    ("connect: operation timed out", DialFailure::Timeout),
    ("dial tcp{..}i/o timeout", DialFailure::Timeout),
    ("dial udp{..}i/o timeout", DialFailure::Timeout),
    ("i/o timeout", DialFailure::Silence),
    ("context deadline exceeded", DialFailure::Silence),
    ("client.timeout exceeded", DialFailure::Silence),
    ("connection timed out", DialFailure::Silence),
    ("connection reset by peer", DialFailure::Reset),
    ("broken pipe", DialFailure::Reset),
    ("unexpected eof", DialFailure::Reset),
    (": eof", DialFailure::Reset),
    ("use of closed network connection", DialFailure::Reset),
    ("couldn't connect", DialFailure::Unstated),
];

/// Words of the errors of Go's net packages and of curl, beside which an address is a dialled one.
const GO: [&str; 13] = [
    "dial tcp",
    "dial udp",
    "read udp",
    "read tcp",
    "x509: ",
    "tls: ",
    "http2: ",
    "get \"http",
    "post \"http",
    "put \"http",
    "patch \"http",
    "get http",
    "curl: (7) ",
];

/// Texts that contain the dialled address.
const PLACES: [&str; 13] = [
    "failed to connect to {host} port {port}",
    "dial tcp {endpoint}",
    "dial udp {endpoint}",
    "dial tcp4 {endpoint}",
    "dial tcp6 {endpoint}",
    "->{endpoint}: ",
    "connection to the server {endpoint} ",
    "https://{endpoint}/",
    "https://{endpoint}\"",
    "https://{endpoint}:",
    "http://{endpoint}/",
    "https://{host}/",
    "https://{host}\"",
];

/// The default address of a client without a kubeconfig, which is a symptom of its own.
const NO_SETTINGS: &str = "localhost:8080";

/// Default Service CIDRs: of kubeadm and k0s, of K3s and RKE2, of `MicroK8s`.
const SERVICE_RANGES: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 96, 0, 0), 12),
    (Ipv4Addr::new(10, 43, 0, 0), 16),
    (Ipv4Addr::new(10, 152, 183, 0), 24),
];

/// A connection that failed, as one line describes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FailedDial {
    pub(super) setting: DialContext,
    pub(super) target: DialTarget,
    pub(super) end: DialFailure,
    /// Whether UDP packets were sent: nothing connects then.
    pub(super) is_udp: bool,
    pub(super) values: PlaceholderValues,
}

/// The compiled patterns.
pub(super) struct DialPatterns {
    contexts: Vec<(DialContext, Vec<LinePattern>)>,
    of_go: Vec<LinePattern>,
    places: Vec<LinePattern>,
    ends: Vec<(LinePattern, DialFailure)>,
    lookup_at: LinePattern,
    lookup: LinePattern,
    names: LinePattern,
    any_names: LinePattern,
}

impl DialPatterns {
    pub(super) fn new() -> Self {
        Self {
            contexts: DialContext::patterns(),
            of_go: GO.map(LinePattern::new).into(),
            places: PLACES.map(LinePattern::new).into(),
            ends: ENDS.map(|(words, end)| (LinePattern::new(words), end)).into(),
            lookup_at: LinePattern::new("lookup {name} on {endpoint}"),
            lookup: LinePattern::new("lookup {name}: "),
            names: LinePattern::new("certificate is valid for {names}, not {wanted}"),
            any_names: LinePattern::new("cannot validate certificate for {wanted} because"),
        }
    }

    /// The failed connection in this line, if there is one.
    pub(super) fn read(&self, line: &LogLine, trigrams: &Trigrams) -> Option<FailedDial> {
        let (text, lower) = (line.text.as_str(), line.lower.as_str());
        let has = |words: &LinePattern| words.find_in(line, trigrams).is_some();
        let of_words = self.contexts.iter().find(|(_, words)| words.iter().any(has));
        let setting = DialContext::of(of_words.map(|(context, _)| *context), text, lower);
        if setting == DialContext::Plain && !self.of_go.iter().any(has) {
            return None;
        }
        let mut values =
            self.places.iter().find_map(|place| place.find(text, lower)).unwrap_or_default();
        if let (None, Some(host), Some(port)) = (
            values.get(PlaceholderKind::Endpoint),
            values.get(PlaceholderKind::Host),
            values.get(PlaceholderKind::Port).and_then(|port| port.parse().ok()),
        ) {
            values = PlaceholderValues::of(at(host, port));
        }
        if values.get(PlaceholderKind::Endpoint) == Some(NO_SETTINGS) {
            return None;
        }
        if values.get(PlaceholderKind::Port).is_none() {
            // A URL without a port.
            if let Some(host) = values.get(PlaceholderKind::Host) {
                values = PlaceholderValues::of(at(host, 443));
            }
        }
        let end = self.lookup(text, lower, &mut values).or_else(|| {
            self.ends
                .iter()
                .find(|(words, _)| words.find(text, lower).is_some())
                .map(|(_, end)| *end)
        })?;
        if end == DialFailure::CertificateName {
            self.read_certificate_names(text, lower, &mut values);
        }
        // A deadline may be anybody's; a certificate is always a server's.
        let is_nowhere = values == PlaceholderValues::default();
        let is_telling = matches!(
            end,
            DialFailure::CertificateName
                | DialFailure::CertificateAuthority
                | DialFailure::CertificateExpired
                | DialFailure::CertificateFuture
                | DialFailure::CertificateTime
        );
        let is_vague = matches!(
            end,
            DialFailure::Silence | DialFailure::Reset | DialFailure::Refused | DialFailure::NoRoute
        );
        if is_nowhere && !is_telling && (setting == DialContext::Plain || is_vague) {
            return None;
        }
        let is_udp = ["read udp", "write udp", "dial udp"].iter().any(|word| lower.contains(word));
        let target = match target(setting, &values) {
            _ if lower.contains("proxyconnect tcp") => DialTarget::Proxy,
            target => target,
        };
        if let (DialTarget::Resolver, Some(host)) = (target, values.get(PlaceholderKind::Host)) {
            let server = vec![(PlaceholderKind::Server, host.to_owned())];
            values.fill_missing_from(&PlaceholderValues::of(server));
        }
        Some(FailedDial { setting, target, end, is_udp, values })
    }

    /// The names that a certificate has, and the one that it lacks, which was dialled.
    fn read_certificate_names(&self, text: &str, lower: &str, values: &mut PlaceholderValues) {
        let names = [&self.names, &self.any_names];
        if let Some(found) = names.iter().find_map(|names| names.find(text, lower)) {
            values.fill_missing_from(&found);
        }
        if let (None, Some(wanted)) =
            (values.get(PlaceholderKind::Host), values.get(PlaceholderKind::Wanted))
        {
            let wanted = wanted.to_owned();
            values.fill_missing_from(&PlaceholderValues::of(vec![(PlaceholderKind::Host, wanted)]));
        }
    }

    fn lookup(
        &self,
        text: &str,
        lower: &str,
        values: &mut PlaceholderValues,
    ) -> Option<DialFailure> {
        let found = match self.lookup_at.find(text, lower) {
            Some(found) => {
                let server = found.get(PlaceholderKind::Host).unwrap_or_default().to_owned();
                let name = found.get(PlaceholderKind::Name).unwrap_or_default().to_owned();
                PlaceholderValues::of(vec![
                    (PlaceholderKind::Name, name),
                    (PlaceholderKind::Server, server),
                ])
            }
            None => self.lookup.find(text, lower)?,
        };
        values.fill_missing_from(&found);
        let words = ["server misbehaving", "servfail", ": refused"];
        if words.iter().any(|word| lower.contains(word)) {
            return Some(DialFailure::NameRefused);
        }
        let is_known = lower.contains("no such host") || lower.contains("not known");
        Some(if is_known { DialFailure::NameUnknown } else { DialFailure::NameUnasked })
    }
}

impl FailedDial {
    /// Whether the address lies in a range that Services have by default.
    pub(super) fn is_in_service_range(&self) -> bool {
        self.values.get(PlaceholderKind::Address).is_some_and(is_service_address)
    }
}

fn target(setting: DialContext, values: &PlaceholderValues) -> DialTarget {
    let port = values.get(PlaceholderKind::Port).unwrap_or_default();
    let is_service = values.get(PlaceholderKind::Address).is_some_and(is_service_address);
    if is_loopback(values) && !matches!(port, "53" | "2379" | "2380" | "10250") {
        return DialTarget::Loopback;
    }
    match (setting, port) {
        (DialContext::Webhook, _) => DialTarget::Webhook,
        (_, "2379" | "2380") => DialTarget::Etcd,
        (DialContext::ApiToKubelet, _) | (_, "10250") => DialTarget::Kubelet,
        (DialContext::Pull, _) => DialTarget::Registry,
        (_, "53") if is_service => DialTarget::Service,
        (_, "53") => DialTarget::Resolver,
        // No Service of an API server has the API server's own port, so these are direct addresses.
        (_, "6443" | "8443" | "16443" | "9345") => DialTarget::Api,
        _ if is_service => DialTarget::Service,
        (
            DialContext::Discovery
            | DialContext::Config
            | DialContext::Kubelet
            | DialContext::Kubectl,
            _,
        ) => DialTarget::Api,
        _ => DialTarget::Other,
    }
}

/// Whether the host that dialled is itself the server.
fn is_loopback(values: &PlaceholderValues) -> bool {
    let host = values.get(PlaceholderKind::Host).unwrap_or_default();
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

pub(super) fn is_service_address(text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let holds = |(net, length): (Ipv4Addr, u8)| {
        Prefix::new(IpAddr::V4(net), length).is_some_and(|range| range.contains(address))
    };
    SERVICE_RANGES.into_iter().any(holds)
}
