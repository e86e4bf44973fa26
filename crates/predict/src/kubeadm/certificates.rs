//! Subject alternative names of the certificates that kubeadm creates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::go_net::parse_ip_sloppy;
use pontoon_model::net::Prefix;

use super::endpoint::{EndpointHost, HostPort, is_dns_subdomain};
use super::networking::api_server_address;

/// Source of the rules.
pub const SOURCE: &str =
    "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/pkiutil/pki_helpers.go";

/// The subject alternative names of a certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AltNames {
    /// DNS names, possibly with a wildcard label.
    pub names: Vec<String>,
    /// IPv4 and IPv6 addresses.
    pub addresses: Vec<IpAddr>,
    /// Values that are neither; kubeadm drops them with a warning.
    pub dropped: Vec<String>,
}

/// The inputs of an API server certificate.
#[derive(Clone, Debug)]
pub struct ApiServerCertificateSpec<'a> {
    /// The name of the Node.
    pub node_name: &'a str,
    /// The advertise address of the API server.
    pub advertise_address: IpAddr,
    /// `controlPlaneEndpoint` of the cluster, if set.
    pub endpoint: Option<&'a HostPort>,
    /// The first Service CIDR.
    pub services: Prefix,
    /// `dnsDomain` of the cluster, usually `cluster.local`.
    pub dns_domain: &'a str,
    /// `apiServer.certSANs`, further names and addresses.
    pub extra: &'a [String],
}

impl ApiServerCertificateSpec<'_> {
    /// `GetAPIServerAltNames`: the names of the API server certificate.
    #[must_use]
    pub fn alt_names(&self) -> AltNames {
        let mut all = AltNames {
            names: vec![
                self.node_name.to_owned(),
                "kubernetes".to_owned(),
                "kubernetes.default".to_owned(),
                "kubernetes.default.svc".to_owned(),
                format!("kubernetes.default.svc.{}", self.dns_domain),
            ],
            addresses: vec![api_server_address(self.services), self.advertise_address],
            dropped: Vec::new(),
        };
        match self.endpoint.map(|endpoint| &endpoint.host) {
            Some(EndpointHost::Address(address)) => all.addresses.push(*address),
            Some(EndpointHost::Name(name)) => all.names.push(name.clone()),
            None => {}
        }
        all.append(self.extra);
        all
    }
}

/// `GetEtcdAltNames` and `GetEtcdPeerAltNames`, which return the same.
#[must_use]
pub fn etcd_alt_names(node_name: &str, advertise_address: IpAddr, extra: &[String]) -> AltNames {
    let mut all = AltNames {
        names: vec![node_name.to_owned(), "localhost".to_owned()],
        addresses: vec![advertise_address],
        dropped: Vec::new(),
    };
    all.addresses.extend([IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]);
    all.append(extra);
    all
}

impl AltNames {
    /// `appendSANsToAltNames`: sorts texts into addresses, names and dropped values.
    pub fn append(&mut self, texts: &[String]) {
        for text in texts {
            if let Some(address) = parse_ip_sloppy(text) {
                self.addresses.push(address);
            } else if is_name(text) {
                self.names.push(text.clone());
            } else {
                self.dropped.push(text.clone());
            }
        }
    }
}

/// `ValidateCertSANs`: whether the text is an address, a name, or a name with `*` as first label.
#[must_use]
pub fn is_alt_name(text: &str) -> bool {
    parse_ip_sloppy(text).is_some() || is_name(text)
}

fn is_name(text: &str) -> bool {
    is_dns_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// `LowercaseSANs`: converts all names to lower case.
#[must_use]
pub fn lower_case(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.to_lowercase()).collect()
}
