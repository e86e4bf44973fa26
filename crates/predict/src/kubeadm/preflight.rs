//! Preflight checks of kubeadm that need only the host.

use std::net::IpAddr;

use crate::proxy::ProxyEnvironment;
use pontoon_model::net::{IpFamily, Prefix};

use super::endpoint::HostPort;

/// Source of the rules.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/preflight/checks.go";

/// The name of the forwarding check in `--ignore-preflight-errors`.
#[must_use]
pub const fn forwarding_check(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "FileContent--proc-sys-net-ipv4-ip_forward",
        IpFamily::V6 => "FileContent--proc-sys-net-ipv6-conf-default-forwarding",
    }
}

/// The family for which a join checks forwarding: that of the endpoint's address; none if it is a
/// name.
#[must_use]
pub fn join_forwarding(endpoint: &HostPort) -> Option<IpFamily> {
    endpoint.host.address().map(IpFamily::of)
}

/// The families for which an init checks forwarding, each once, IPv4 first.
#[must_use]
pub fn init_forwarding(networks: &[Prefix], advertise_address: Option<IpAddr>) -> Vec<IpFamily> {
    let of_networks = networks.iter().map(|network| network.family());
    let mut families: Vec<_> = of_networks.chain(advertise_address.map(IpFamily::of)).collect();
    families.sort_unstable();
    families.dedup();
    families
}

/// `HTTPProxyCheck`: the proxy that would be used for the API server; kubeadm warns about it.
#[must_use]
pub fn proxy_of_host<'a>(proxies: &'a ProxyEnvironment, host: &str) -> Option<&'a str> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    proxies.of_https(host)
}

/// `HTTPProxyCIDRCheck`: the proxy that would be used for the first address of a network.
#[must_use]
pub fn proxy_of_network(proxies: &ProxyEnvironment, network: Prefix) -> Option<&str> {
    proxies.of_https(&super::networking::api_server_address(network).to_string())
}

/// `setHasItemOrAll`: whether the check is in the list of ignored ones.
#[must_use]
pub fn is_ignored(ignored: &[String], check: &str) -> bool {
    let is_it = |name: &String| name == "all" || name.eq_ignore_ascii_case(check);
    ignored.iter().any(is_it)
}
