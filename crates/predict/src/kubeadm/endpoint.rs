//! The endpoint of an API server: `HOST:PORT` as kubeadm parses it, and the URL that it builds.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::go_net::parse_ip_sloppy;
use pontoon_model::untrusted::Untrusted;

/// Source of the rules.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/endpoint.go";

/// Default port of kube-apiserver (`KubeAPIServerPort`, k/k
/// cmd/kubeadm/app/constants/constants.go).
pub const API_PORT: u16 = 6443;

/// The host part of an endpoint.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EndpointHost {
    /// An IP address.
    Address(IpAddr),
    /// A DNS name in lower case.
    Name(String),
}

impl EndpointHost {
    /// Parses a host: an address, or an RFC 1123 subdomain.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_ip_sloppy(text)
            .map(Self::Address)
            .or_else(|| is_dns_subdomain(text).then(|| Self::Name(text.to_owned())))
    }

    /// The address; `None` for a name.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for EndpointHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A host with an optional port. It is serialised as text.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct HostPort {
    /// The host part.
    pub host: EndpointHost,
    /// The port; absent if none was given.
    pub port: Option<u16>,
}

impl HostPort {
    /// The port, or kubeadm's default.
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(API_PORT)
    }

    /// The URL `https://HOST:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.authority())
    }

    /// `HOST:PORT`, IPv6 in brackets (`net.JoinHostPort`).
    #[must_use]
    pub fn authority(&self) -> String {
        let port = self.port_or_default();
        match &self.host {
            EndpointHost::Address(IpAddr::V6(v6)) => format!("[{v6}]:{port}"),
            host => format!("{host}:{port}"),
        }
    }
}

impl From<HostPort> for String {
    fn from(server: HostPort) -> Self {
        match server.port {
            Some(_) => server.authority(),
            None => server.host.to_string(),
        }
    }
}

impl TryFrom<String> for HostPort {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_host_port(&text)
    }
}

/// `ParsePort`: a decimal number from 1 to 65535.
#[must_use]
pub fn parse_port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?.filter(|port| *port > 0)
}

/// `ParseHostPort`, for `controlPlaneEndpoint`: the port is optional.
///
/// # Errors
///
/// The message of kubeadm.
pub fn parse_host_port(text: &str) -> Result<HostPort, String> {
    // kubeadm takes a text that cannot be split as a host without a port.
    let (host, port) = split_host_port(text).unwrap_or((text, ""));
    let shown = Untrusted::new(text);
    let port = match port {
        "" => None,
        port => Some(parse_port(port).ok_or_else(|| {
            format!(
                "hostport {shown}: port {} must be a valid number between 1 and 65535, inclusive",
                Untrusted::new(port)
            )
        })?),
    };
    let host = EndpointHost::parse(host).ok_or_else(|| {
        format!(
            "hostport {shown}: host '{}' must be a valid IP address or a valid RFC-1123 DNS \
             subdomain",
            Untrusted::new(host)
        )
    })?;
    Ok(HostPort { host, port })
}

/// `ValidateDiscoveryTokenAPIServer`, for the argument of a join: the port is required.
///
/// # Errors
///
/// The message of kubeadm.
pub fn parse_join_endpoint(text: &str) -> Result<HostPort, String> {
    split_host_port(text).map_err(|why| format!("address {}: {why}", Untrusted::new(text)))?;
    parse_host_port(text)
}

/// `GetControlPlaneEndpoint`: the server in kubeconfigs and in cluster-info.
///
/// # Errors
///
/// The message of kubeadm.
pub fn control_plane_url(
    endpoint: &str,
    advertise_address: &str,
    bind_port: u16,
) -> Result<String, String> {
    if bind_port == 0 {
        return Err("invalid value \"0\" given for api.bindPort: port must be a valid number \
                    between 1 and 65535, inclusive"
            .to_owned());
    }
    let address = parse_ip_sloppy(advertise_address).ok_or_else(|| {
        format!(
            "invalid value `{}` given for api.advertiseAddress",
            Untrusted::new(advertise_address)
        )
    })?;
    let own = HostPort { host: EndpointHost::Address(address), port: Some(bind_port) };
    if endpoint.is_empty() {
        return Ok(own.url());
    }
    let HostPort { host, port } = parse_host_port(endpoint).map_err(|why| {
        format!(
            "invalid value \"{}\" given for controlPlaneEndpoint: {why}",
            Untrusted::new(endpoint)
        )
    })?;
    Ok(HostPort { host, port: port.or(Some(bind_port)) }.url())
}

/// `net.SplitHostPort`, with its error messages.
fn split_host_port(text: &str) -> Result<(&str, &str), &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("missing port in address")?;
    let host = match host.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']').ok_or("missing port in address")?,
        None if host.contains(':') => return Err("too many colons in address"),
        None => host,
    };
    if host.contains(['[', ']']) || port.contains(['[', ']']) {
        return Err("unexpected bracket in address");
    }
    Ok((host, port))
}

/// `IsDNS1123Subdomain` (k8s.io/apimachinery, `pkg/util/validation/validation.go`).
#[must_use]
pub fn is_dns_subdomain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_end = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let bytes = label.as_bytes();
        is_end(bytes.first())
            && is_end(bytes.last())
            && bytes.iter().all(|byte| is_end(Some(byte)) || *byte == b'-')
    };
    // Limits of DNS1123Subdomain; a label's limit of 63 is not checked there either.
    text.len() <= 253 && text.split('.').all(is_label)
}
