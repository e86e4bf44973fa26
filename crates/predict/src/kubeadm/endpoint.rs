//! Where an API server is: `HOST:PORT` as kubeadm reads it, and the URL that it makes of it.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::go_net::parse_ip_sloppy;
use pontoon_model::untrusted::Untrusted;

/// Where the rules were read.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/endpoint.go";

/// kube-apiserver's port unless told otherwise (`KubeAPIServerPort`, k/k
/// cmd/kubeadm/app/constants/constants.go).
pub const API_PORT: u16 = 6443;

/// A host as people name it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EndpointHost {
    /// By address.
    Address(IpAddr),
    /// By a name that DNS could hold, in lower case.
    Name(String),
}

impl EndpointHost {
    /// Reads a host: an address, or an RFC 1123 subdomain.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_ip_sloppy(text)
            .map(Self::Address)
            .or_else(|| is_dns_subdomain(text).then(|| Self::Name(text.to_owned())))
    }

    /// Its address, if it is named by one.
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

/// A host, and a port if one was given. Between programs it is text, and is read anew.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct HostPort {
    /// The host.
    pub host: EndpointHost,
    /// The port.
    pub port: Option<u16>,
}

impl HostPort {
    /// With kubeadm's own port where none was given.
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(API_PORT)
    }

    /// `https://HOST:PORT`.
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

/// `ParsePort`: 1 to 65535.
#[must_use]
pub fn parse_port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?.filter(|port| *port > 0)
}

/// `ParseHostPort`, which takes a `controlPlaneEndpoint`: the port may be missing.
///
/// # Errors
///
/// In kubeadm's words.
pub fn parse_host_port(text: &str) -> Result<HostPort, String> {
    // What cannot be taken apart is a host, to kubeadm.
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

/// `ValidateDiscoveryTokenAPIServer`, which takes the argument of a join: the port is required.
///
/// # Errors
///
/// In kubeadm's words.
pub fn parse_join_endpoint(text: &str) -> Result<HostPort, String> {
    split_host_port(text).map_err(|why| format!("address {}: {why}", Untrusted::new(text)))?;
    parse_host_port(text)
}

/// `GetControlPlaneEndpoint`: the server that kubeconfigs and cluster-info name.
///
/// # Errors
///
/// In kubeadm's words.
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

/// `net.SplitHostPort`, with its reasons.
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
    text.len() <= 253 && text.split('.').all(is_label)
}
