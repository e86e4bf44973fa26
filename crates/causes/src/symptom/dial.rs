//! Connections that failed, as Go programs say it: who dialled whom, and how it ended.

use std::net::{IpAddr, Ipv4Addr};

use super::hole::{Held, Hole, at};
use super::paste::Line;
use super::pattern::Pattern;
use super::remain;
use super::table::Row;
use pontoon_model::net::Prefix;

/// What was going on. The first whose words are there is it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Setting {
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

const SETTINGS: [(Setting, &[&str]); 7] = [
    (
        Setting::Discovery,
        &[
            "failed to request the cluster-info configmap",
            "couldn't validate the identity of the api server",
            "failed to request cluster info",
            "failed to request cluster-info",
        ],
    ),
    (
        Setting::Config,
        &["unable to fetch the kubeadm-config configmap", "failed to get config map"],
    ),
    (Setting::Webhook, &["failed calling webhook", "failed to call webhook"]),
    (
        Setting::ApiToKubelet,
        &[
            "containerlogs",
            "error dialing backend",
            ":10250/",
            ":10250:",
            "unable to fetch metrics",
        ],
    ),
    (
        Setting::Pull,
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
        Setting::Kubectl,
        &[
            "unable to connect to the server",
            "the connection to the server",
            "couldn't get current server api group list",
            "error from server",
            "kubernetes cluster unreachable",
        ],
    ),
    (
        Setting::Kubelet,
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
pub(super) enum Target {
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
pub(super) enum End {
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
const ENDS: [(&str, End); 33] = [
    ("x509: certificate is valid for", End::CertificateName),
    ("x509: certificate is not valid for any names", End::CertificateName),
    ("doesn't contain any ip sans", End::CertificateName),
    ("certificate signed by unknown authority", End::CertificateAuthority),
    ("certificate is not trusted", End::CertificateAuthority),
    ("certificate relies on legacy common name", End::CertificateName),
    ("not yet valid: current time{..}is before", End::CertificateFuture),
    ("not yet valid: current time{..}is after", End::CertificateExpired),
    ("certificate has expired or is not yet valid", End::CertificateTime),
    ("first record does not look like a tls handshake", End::NotTls),
    ("server gave http response to https client", End::NotTls),
    ("tls handshake timeout", End::TlsTimeout),
    ("http2: client connection lost", End::Lost),
    ("http2: client connection force closed", End::Lost),
    ("no route to host", End::NoRoute),
    ("network is unreachable", End::NetUnreachable),
    ("connection refused", End::Refused),
    ("was refused", End::Refused),
    ("actively refused it", End::Refused),
    ("while waiting for connection", End::Timeout),
    ("connect: connection timed out", End::Timeout),
    ("connect: operation timed out", End::Timeout),
    ("dial tcp{..}i/o timeout", End::Timeout),
    ("dial udp{..}i/o timeout", End::Timeout),
    ("i/o timeout", End::Silence),
    ("context deadline exceeded", End::Silence),
    ("client.timeout exceeded", End::Silence),
    ("connection timed out", End::Silence),
    ("connection reset by peer", End::Reset),
    ("broken pipe", End::Reset),
    ("unexpected eof", End::Reset),
    (": eof", End::Reset),
    ("use of closed network connection", End::Reset),
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
pub(super) struct Dial {
    pub(super) setting: Setting,
    pub(super) target: Target,
    pub(super) end: End,
    pub(super) held: Held,
}

/// The patterns, read once.
pub(super) struct Dialling {
    places: Vec<Pattern>,
    ends: Vec<(Pattern, End)>,
    lookup_at: Pattern,
    lookup: Pattern,
    names: Pattern,
    any_names: Pattern,
}

impl Dialling {
    pub(super) fn new() -> Self {
        Self {
            places: PLACES.map(Pattern::new).into(),
            ends: ENDS.map(|(words, end)| (Pattern::new(words), end)).into(),
            lookup_at: Pattern::new("lookup {name} on {endpoint}"),
            lookup: Pattern::new("lookup {name}: "),
            names: Pattern::new("certificate is valid for {names}, not {wanted}"),
            any_names: Pattern::new("cannot validate certificate for {wanted} because"),
        }
    }

    /// What failed in this line, if it is about a connection.
    pub(super) fn read(&self, line: &Line) -> Option<Dial> {
        let (text, lower) = (line.text.as_str(), line.lower.as_str());
        let setting = SETTINGS
            .iter()
            .find(|(_, words)| words.iter().any(|word| lower.contains(word)))
            .map_or(Setting::Plain, |(setting, _)| *setting);
        let is_go = ["dial tcp", "dial udp", "read udp", "read tcp", "x509: ", "tls: "];
        if setting == Setting::Plain && !is_go.iter().any(|word| lower.contains(word)) {
            return None;
        }
        let mut held =
            self.places.iter().find_map(|place| place.find(text, lower)).unwrap_or_default();
        if held.get(Hole::Endpoint) == Some(NO_SETTINGS) {
            return None;
        }
        if held.get(Hole::Port).is_none() {
            // A URL without a port.
            if let Some(host) = held.get(Hole::Host) {
                held = Held::of(at(host, 443));
            }
        }
        let end = self.lookup(text, lower, &mut held).or_else(|| {
            self.ends
                .iter()
                .find(|(words, _)| words.find(text, lower).is_some())
                .map(|(_, end)| *end)
        })?;
        if end == End::CertificateName {
            let names = [&self.names, &self.any_names];
            if let Some(found) = names.iter().find_map(|names| names.find(text, lower)) {
                held.complete(&found);
            }
            if let (None, Some(wanted)) = (held.get(Hole::Host), held.get(Hole::Wanted)) {
                let wanted = wanted.to_owned();
                held.complete(&Held::of(vec![(Hole::Host, wanted)]));
            }
        }
        // A deadline may be anybody's; a certificate is always a server's.
        let is_nowhere = held == Held::default();
        let is_telling = matches!(
            end,
            End::CertificateName
                | End::CertificateAuthority
                | End::CertificateExpired
                | End::CertificateFuture
                | End::CertificateTime
        );
        let is_vague = matches!(end, End::Silence | End::Reset | End::Refused | End::NoRoute);
        if is_nowhere && !is_telling && (setting == Setting::Plain || is_vague) {
            return None;
        }
        let target = target(setting, &held);
        Some(Dial { setting, target, end, held })
    }

    fn lookup(&self, text: &str, lower: &str, held: &mut Held) -> Option<End> {
        let found = match self.lookup_at.find(text, lower) {
            Some(found) => {
                let server = found.get(Hole::Host).unwrap_or_default().to_owned();
                let name = found.get(Hole::Name).unwrap_or_default().to_owned();
                Held::of(vec![(Hole::Name, name), (Hole::Server, server)])
            }
            None => self.lookup.find(text, lower)?,
        };
        held.complete(&found);
        let is_known = lower.contains("no such host") || lower.contains("not known");
        Some(if is_known { End::NameUnknown } else { End::NameUnasked })
    }
}

impl Dial {
    /// What follows from it.
    pub(super) fn row(&self) -> Row {
        remain::row(self)
    }

    /// Whether the address lies in a range that Services have by default.
    pub(super) fn is_in_service_range(&self) -> bool {
        self.held.get(Hole::Address).is_some_and(is_service_address)
    }
}

fn target(setting: Setting, held: &Held) -> Target {
    let port = held.get(Hole::Port).unwrap_or_default();
    let is_service = held.get(Hole::Address).is_some_and(is_service_address);
    match (setting, port) {
        (Setting::Webhook, _) => Target::Webhook,
        (_, "2379" | "2380") => Target::Etcd,
        (Setting::ApiToKubelet, _) | (_, "10250") => Target::Kubelet,
        (Setting::Pull, _) => Target::Registry,
        (_, "53") if is_service => Target::Service,
        (_, "53") => Target::Resolver,
        // Nobody gives an API server's own port to a Service of it.
        (_, "6443" | "8443" | "16443" | "9345") => Target::Api,
        _ if is_service => Target::Service,
        (Setting::Discovery | Setting::Config | Setting::Kubelet | Setting::Kubectl, _) => {
            Target::Api
        }
        _ => Target::Other,
    }
}

pub(super) fn is_service_address(text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let holds = |(net, length): (Ipv4Addr, u8)| {
        Prefix::new(IpAddr::V4(net), length).is_some_and(|range| range.contains(address))
    };
    SERVICE_RANGES.into_iter().any(holds)
}
