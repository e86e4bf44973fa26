//! What a node probes on behalf of others. The targets of a check come from a host that says it is
//! the control plane, and a node runs as root: it sends what a check of a cluster needs, and to
//! nothing else.

use std::net::IpAddr;

use crate::connectivity_test::LARGE_TRANSFER_BYTES;
use crate::node_protocol::ConnectivityProbe;
use crate::test_matrix::{API_SERVICE, KUBELET};

/// kubeadm's default for the API server (`DefaultAPIBindPort` in k/k
/// cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go), and that of K3s and RKE2.
const API_SERVER: u16 = 6443;

/// What a node knows of its cluster by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OwnCluster {
    /// The server that its kubelet talks to, `HOST:PORT`.
    pub kubelet_server: Option<String>,
    /// `clusterDomain` of its kubelet's configuration.
    pub domain: Option<String>,
}

/// Why a node does not make a probe.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProbeRefusal {
    /// No node or pod of a cluster has such an address.
    #[error("no node or pod can have this address")]
    Address,
    /// Neither the API server nor kubelet is there.
    #[error("neither an API server nor a kubelet is expected at this port")]
    Port,
    /// More bytes than a check asks for.
    #[error("a check asks for fewer bytes")]
    Bytes,
    /// A name outside the cluster.
    #[error(
        "this is not the DNS domain of the cluster, by the configuration of this node's kubelet"
    )]
    Domain,
}

impl OwnCluster {
    /// Whether the node makes a probe.
    ///
    /// # Errors
    ///
    /// [`ProbeRefusal`].
    pub fn authorize(&self, probe: &ConnectivityProbe) -> Result<(), ProbeRefusal> {
        let server = self.kubelet_server.as_deref().unwrap_or_default();
        // A local balancer of K3s or RKE2 is on loopback.
        if matches!(probe, ConnectivityProbe::Tls(to) if to.to_string() == server) {
            return Ok(());
        }
        let (address, refusal) = match probe {
            ConnectivityProbe::Tls(to) => {
                let own = server.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
                let is_api =
                    own.into_iter().chain([API_SERVICE, API_SERVER]).any(|api| api == to.port());
                (to.ip(), (!is_api).then_some(ProbeRefusal::Port))
            }
            ConnectivityProbe::Tcp(to) => {
                (to.ip(), (to.port() != KUBELET).then_some(ProbeRefusal::Port))
            }
            ConnectivityProbe::Echo(address, bytes) => {
                (*address, (*bytes > LARGE_TRANSFER_BYTES).then_some(ProbeRefusal::Bytes))
            }
            ConnectivityProbe::Dns(server, domain) => {
                let own = self.domain.as_deref().unwrap_or("cluster.local");
                let is_own = domain.trim_end_matches('.') == own.trim_end_matches('.');
                (*server, (!is_own).then_some(ProbeRefusal::Domain))
            }
            ConnectivityProbe::Sizes(address) => (*address, None),
        };
        match refusal {
            Some(refusal) => Err(refusal),
            None if is_of_one_host(address) => Err(ProbeRefusal::Address),
            None => Ok(()),
        }
    }
}

/// Loopback, link-local (also what clouds serve credentials at), multicast, none.
fn is_of_one_host(address: IpAddr) -> bool {
    let is_local = match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    is_local || address.is_loopback() || address.is_multicast() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_probes_what_a_check_of_a_cluster_needs() {
        let own = OwnCluster {
            kubelet_server: Some("127.0.0.1:6444".to_owned()),
            domain: Some("home.example".to_owned()),
        };
        let tls = |to: &str| ConnectivityProbe::Tls(to.parse().unwrap());
        let tcp = |to: &str| ConnectivityProbe::Tcp(to.parse().unwrap());
        let echo = |to: &str, bytes| ConnectivityProbe::Echo(to.parse().unwrap(), bytes);
        let dns = |name: &str| ConnectivityProbe::Dns([10, 96, 0, 10].into(), name.to_owned());
        let table = [
            (tls("10.0.0.1:6443"), Ok(())),
            (tls("10.96.0.1:443"), Ok(())),
            (tls("[2001:db8::1]:6444"), Ok(())),
            (tls("127.0.0.1:6444"), Ok(())),
            (tls("127.0.0.1:6443"), Err(ProbeRefusal::Address)),
            (tls("10.0.0.1:22"), Err(ProbeRefusal::Port)),
            (tls("169.254.169.254:443"), Err(ProbeRefusal::Address)),
            (tcp("10.0.0.2:10250"), Ok(())),
            (tcp("10.0.0.2:2222"), Err(ProbeRefusal::Port)),
            (tcp("[fe80::1]:10250"), Err(ProbeRefusal::Address)),
            (echo("10.244.1.2", LARGE_TRANSFER_BYTES), Ok(())),
            (echo("10.244.1.2", LARGE_TRANSFER_BYTES + 1), Err(ProbeRefusal::Bytes)),
            (echo("224.0.0.1", 0), Err(ProbeRefusal::Address)),
            (dns("home.example"), Ok(())),
            (dns("exfil.attacker.example"), Err(ProbeRefusal::Domain)),
            (ConnectivityProbe::Sizes([10, 0, 0, 2].into()), Ok(())),
            (ConnectivityProbe::Sizes([255; 4].into()), Err(ProbeRefusal::Address)),
        ];
        for (probe, expected) in table {
            assert_eq!(own.authorize(&probe), expected, "{probe:?}");
        }
        // kubelet's own default, where its configuration could not be read.
        let unread = OwnCluster::default();
        let default = ConnectivityProbe::Dns([10, 96, 0, 10].into(), "cluster.local".to_owned());
        assert_eq!(unread.authorize(&default), Ok(()));
        assert_eq!(unread.authorize(&dns("home.example")), Err(ProbeRefusal::Domain));
    }
}
