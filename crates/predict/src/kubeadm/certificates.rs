//! The names in the certificates that kubeadm makes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::go_net::parse_ip_sloppy;
use pontoon_model::net::Prefix;

use super::endpoint::{EndpointHost, HostPort, is_dns_subdomain};
use super::networking::api_server_address;

/// Where the rules were read.
pub const SOURCE: &str =
    "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/pkiutil/pki_helpers.go";

/// Subject alternative names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AltNames {
    /// Names.
    pub names: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// What is neither, and is left out with a warning.
    pub dropped: Vec<String>,
}

/// What an API server's certificate is made for.
#[derive(Clone, Debug)]
pub struct ApiServerCertificateSpec<'a> {
    /// The node's name.
    pub node_name: &'a str,
    /// The advertise address.
    pub advertise_address: IpAddr,
    /// `controlPlaneEndpoint`.
    pub endpoint: Option<&'a HostPort>,
    /// The first Service network.
    pub services: Prefix,
    /// `dnsDomain`.
    pub dns_domain: &'a str,
    /// `apiServer.certSANs`.
    pub extra: &'a [String],
}

impl ApiServerCertificateSpec<'_> {
    /// `GetAPIServerAltNames`.
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

/// `GetEtcdAltNames` and `GetEtcdPeerAltNames`, which are alike.
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
    /// `appendSANsToAltNames`.
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

/// `ValidateCertSANs`: addresses, names, and names of which the first label is `*`.
#[must_use]
pub fn is_alt_name(text: &str) -> bool {
    parse_ip_sloppy(text).is_some() || is_name(text)
}

fn is_name(text: &str) -> bool {
    is_dns_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// `LowercaseSANs`.
#[must_use]
pub fn lower_case(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.to_lowercase()).collect()
}
