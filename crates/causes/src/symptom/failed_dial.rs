//! Connections that failed, as Go programs say it: who dialled whom, and how it ended.

use std::net::{IpAddr, Ipv4Addr};

use super::log_text::LogLine;
use super::pattern::LinePattern;
use super::placeholder::{PlaceholderKind, PlaceholderValues, at};
use pontoon_model::net::Prefix;

/// What was going on. The first whose words are there is it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialContext {
    /// `kubeadm join` asks the given address for cluster-info.
    Discovery,
    /// `kubeadm join` asks the server that cluster-info names.
    Config,
    /// The API server asks a kubelet (logs, exec, port-forward, metrics).
    ApiToKubelet,
    /// The API server asks a webhook.
    Webhook,
    /// A container runtime pulls an image.
    Pull,
    /// kubelet talks to its API server.
    Kubelet,
    /// kubectl.
    Kubectl,
    /// Nothing in the line says.
    Plain,
}

const SETTINGS: [(DialContext, &[&str]); 7] = [
    (
        DialContext::Discovery,
        &[
            "failed to request the cluster-info configmap",
            "couldn't validate the identity of the api server",
            "failed to request cluster info",
            "failed to request cluster-info",
        ],
    ),
    (
        DialContext::Config,
        &["unable to fetch the kubeadm-config configmap", "failed to get config map"],
    ),
    (DialContext::Webhook, &["failed calling webhook", "failed to call webhook"]),
    (
        DialContext::ApiToKubelet,
        &[
            "containerlogs",
            "error dialing backend",
            ":10250/",
            ":10250:",
            "unable to fetch metrics",
        ],
    ),
    (
        DialContext::Pull,
        &[
            "failed to pull",
            "failed to resolve reference",
            "failed to do request: head",
            "failed to do request: get",
            "errimagepull",
            "imagepullbackoff",
            "failed to get sandbox image",
            "pulling image",
            "error pinging",
            "/v2/",
        ],
    ),
    (
        DialContext::Kubectl,
        &[
            "unable to connect to the server",
            "the connection to the server",
            "couldn't get current server api group list",
            "error from server",
            "kubernetes cluster unreachable",
        ],
    ),
    (
        DialContext::Kubelet,
        &[
            "kubelet",
            "node-lease",
            "failed to update lease",
            "failed to ensure lease exists",
            "error updating node status",
            "error getting node",
            "unable to register node",
            "/api/v1/nodes",
            "csinode",
            "unable to write event",
            "failed while requesting a signed certificate",
            "certificatesigningrequest",
        ],
    ),
];

/// What was dialled.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialTarget {
    /// An API server by its own address.
    Api,
    /// A kubelet.
    Kubelet,
    /// A Service's address.
    Service,
    /// etcd.
    Etcd,
    /// A resolver.
    Resolver,
    /// A registry.
    Registry,
    /// A webhook.
    Webhook,
    /// Anything else.
    Other,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum DialFailure {
    /// EHOSTUNREACH.
    NoRoute,
    /// ENETUNREACH.
    NetUnreachable,
    /// Nothing came back while connecting.
    Timeout,
    /// No answer in time; the words do not say in which stage.
    Silence,
    /// ECONNREFUSED.
    Refused,
    /// Connected, and the TLS handshake did not end.
    TlsTimeout,
    /// A connection in use got no answers any more.
    Lost,
    /// The other side cut it.
    Reset,
    /// The resolver says that there is no such name.
    NameUnknown,
    /// The resolver gave no answer, or one of no use.
    NameUnasked,
    /// The certificate is for other names.
    CertificateName,
    /// The certificate is of another CA.
    CertificateAuthority,
    /// The certificate has run out.
    CertificateExpired,
    /// The certificate is not valid yet.
    CertificateFuture,
    /// The certificate has run out or is not valid yet: older programs do not say which.
    CertificateTime,
    /// No TLS is spoken there.
    NotTls,
}

/// Words of how it ended; the first that are there decide.
const ENDS: [(&str, DialFailure); 33] = [
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
];

/// Where it says whom it dialled.
const PLACES: [&str; 12] = [
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

/// What a client that found no settings asks: a symptom of its own.
const NO_SETTINGS: &str = "localhost:8080";

/// Ranges of Services by default: kubeadm's and k0s', k3s' and RKE2's, that of `MicroK8s`.
const SERVICE_RANGES: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 96, 0, 0), 12),
    (Ipv4Addr::new(10, 43, 0, 0), 16),
    (Ipv4Addr::new(10, 152, 183, 0), 24),
];

/// A connection that failed.
#[derive(Clone, Debug)]
pub(super) struct FailedDial {
    pub(super) setting: DialContext,
    pub(super) target: DialTarget,
    pub(super) end: DialFailure,
    pub(super) held: PlaceholderValues,
}

/// The patterns, read once.
pub(super) struct DialPatterns {
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
            places: PLACES.map(LinePattern::new).into(),
            ends: ENDS.map(|(words, end)| (LinePattern::new(words), end)).into(),
            lookup_at: LinePattern::new("lookup {name} on {endpoint}"),
            lookup: LinePattern::new("lookup {name}: "),
            names: LinePattern::new("certificate is valid for {names}, not {wanted}"),
            any_names: LinePattern::new("cannot validate certificate for {wanted} because"),
        }
    }

    /// What failed in this line, if it is about a connection.
    pub(super) fn read(&self, line: &LogLine) -> Option<FailedDial> {
        let (text, lower) = (line.text.as_str(), line.lower.as_str());
        let setting = SETTINGS
            .iter()
            .find(|(_, words)| words.iter().any(|word| lower.contains(word)))
            .map_or(DialContext::Plain, |(setting, _)| *setting);
        let is_go = ["dial tcp", "dial udp", "read udp", "read tcp", "x509: ", "tls: "];
        if setting == DialContext::Plain && !is_go.iter().any(|word| lower.contains(word)) {
            return None;
        }
        let mut held =
            self.places.iter().find_map(|place| place.find(text, lower)).unwrap_or_default();
        if held.get(PlaceholderKind::Endpoint) == Some(NO_SETTINGS) {
            return None;
        }
        if held.get(PlaceholderKind::Port).is_none() {
            // A URL without a port.
            if let Some(host) = held.get(PlaceholderKind::Host) {
                held = PlaceholderValues::of(at(host, 443));
            }
        }
        let end = self.lookup(text, lower, &mut held).or_else(|| {
            self.ends
                .iter()
                .find(|(words, _)| words.find(text, lower).is_some())
                .map(|(_, end)| *end)
        })?;
        if end == DialFailure::CertificateName {
            let names = [&self.names, &self.any_names];
            if let Some(found) = names.iter().find_map(|names| names.find(text, lower)) {
                held.fill_missing_from(&found);
            }
            if let (None, Some(wanted)) =
                (held.get(PlaceholderKind::Host), held.get(PlaceholderKind::Wanted))
            {
                let wanted = wanted.to_owned();
                held.fill_missing_from(&PlaceholderValues::of(vec![(
                    PlaceholderKind::Host,
                    wanted,
                )]));
            }
        }
        // A deadline may be anybody's; a certificate is always a server's.
        let is_nowhere = held == PlaceholderValues::default();
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
        let target = target(setting, &held);
        Some(FailedDial { setting, target, end, held })
    }

    fn lookup(&self, text: &str, lower: &str, held: &mut PlaceholderValues) -> Option<DialFailure> {
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
        held.fill_missing_from(&found);
        let is_known = lower.contains("no such host") || lower.contains("not known");
        Some(if is_known { DialFailure::NameUnknown } else { DialFailure::NameUnasked })
    }
}

impl FailedDial {
    /// Whether the address lies in a range that Services have by default.
    pub(super) fn is_in_service_range(&self) -> bool {
        self.held.get(PlaceholderKind::Address).is_some_and(is_service_address)
    }
}

fn target(setting: DialContext, held: &PlaceholderValues) -> DialTarget {
    let port = held.get(PlaceholderKind::Port).unwrap_or_default();
    let is_service = held.get(PlaceholderKind::Address).is_some_and(is_service_address);
    match (setting, port) {
        (DialContext::Webhook, _) => DialTarget::Webhook,
        (_, "2379" | "2380") => DialTarget::Etcd,
        (DialContext::ApiToKubelet, _) | (_, "10250") => DialTarget::Kubelet,
        (DialContext::Pull, _) => DialTarget::Registry,
        (_, "53") if is_service => DialTarget::Service,
        (_, "53") => DialTarget::Resolver,
        // Nobody gives an API server's own port to a Service of it.
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

pub(super) fn is_service_address(text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let holds = |(net, length): (Ipv4Addr, u8)| {
        Prefix::new(IpAddr::V4(net), length).is_some_and(|range| range.contains(address))
    };
    SERVICE_RANGES.into_iter().any(holds)
}
