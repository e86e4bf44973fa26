//! Servers of a join as evidence names them.

use pontoon_diagnosis::evidence::ServerEndpoint;
use pontoon_model::host::HostName;
use pontoon_predict::kubeadm::endpoint::{EndpointHost, HostPort};

/// The host of a server: an address, or a name that DNS could hold.
pub(super) fn host_name(host: &EndpointHost) -> HostName {
    HostName::lossy(&host.to_string())
}

/// A server, with kubeadm's own port where none was given.
pub(super) fn endpoint(server: &HostPort) -> ServerEndpoint {
    ServerEndpoint { host: host_name(&server.host), port: server.port_or_default() }
}
