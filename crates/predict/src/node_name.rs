//! The name of a node, and the addresses to which its own host resolves it.
//!
//! kubelet looks up its own name before it considers routes, so one line in `/etc/hosts` can
//! decide.

use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;

use super::go_net::own_address_rank;

/// The addresses of a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameLookup {
    /// The name resolves to these addresses, in this order; to none if the list is empty.
    Known {
        /// The addresses, in the resolver's order.
        addresses: Vec<IpAddr>,
        /// The source of the addresses: a file or a program.
        by: &'static str,
    },
    /// The answer depends on a name service that was not queried.
    Unknown {
        /// The missing answer, with the command that shows it.
        missing: String,
    },
}

/// The resolver of a Go program. Go's own resolver sorts addresses, that of the C library keeps the
/// order of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GoResolver {
    /// The C library's, as in released kubelets (kubelet is not among `KUBE_STATIC_BINARIES` in
    /// kubernetes/kubernetes, `hack/lib/golang.sh`).
    Cgo,
    /// Go's own (`CGO_ENABLED=0`).
    PureGo,
}

/// `GetHostname` (kubernetes/component-helpers, `node/util/hostname.go`): the override, or the host
/// name of the system, in lower case.
///
/// # Errors
///
/// The message of kubelet.
pub fn node_name(host_name: &str, hostname_override: Option<&str>) -> Result<String, &'static str> {
    let name = hostname_override.filter(|name| !name.is_empty()).unwrap_or(host_name).trim();
    if name.is_empty() { Err("empty hostname is invalid") } else { Ok(name.to_lowercase()) }
}

/// Resolves `name` as this host would, as far as its files determine the result.
#[must_use]
pub fn look_up(node: &Snapshot, name: &str, linkage: GoResolver) -> NameLookup {
    if let Some(addresses) = &node.node.looked_up {
        return NameLookup::Known { addresses: addresses.clone(), by: "getent" };
    }
    let services: Vec<&str> =
        node.node.name_services.iter().map(pontoon_model::untrusted::Untrusted::raw).collect();
    // The default without a `hosts:` line (nsswitch.conf(5)).
    let services = if services.is_empty() { vec!["files", "dns"] } else { services };
    let is_local = name.rsplit('.').next() == Some("local");
    for service in services {
        match service {
            "files" => {
                let addresses = in_hosts_file(node, name, linkage);
                if !addresses.is_empty() {
                    return NameLookup::Known { addresses, by: "/etc/hosts" };
                }
            }
            // Without a name server the query fails at once.
            "dns" if node.resolver.servers.is_empty() => {}
            // These services resolve names in `.local` only (nss-mdns).
            "mdns4_minimal" | "mdns6_minimal" | "mdns_minimal" if !is_local => {}
            // `[NOTFOUND=return]` and other actions apply to the service before them.
            reaction if reaction.starts_with('[') => {}
            other => {
                let other = pontoon_model::untrusted::Untrusted::new(other);
                let missing = format!("what {other} answers for {name}: getent ahosts {name}");
                return NameLookup::Unknown { missing };
            }
        }
    }
    NameLookup::Known { addresses: Vec::new(), by: "/etc/hosts" }
}

fn in_hosts_file(node: &Snapshot, name: &str, linkage: GoResolver) -> Vec<IpAddr> {
    let lines = node
        .hosts_file
        .iter()
        .filter(|line| line.names.iter().any(|other| other.raw().eq_ignore_ascii_case(name)));
    let mut addresses: Vec<IpAddr> = lines.map(|line| line.address.to_canonical()).collect();
    if linkage == GoResolver::PureGo {
        // Only the order among the host's IPv6 addresses affects a prediction.
        let mut v6: Vec<_> =
            addresses.extract_if(.., |address| IpFamily::of(*address) == IpFamily::V6).collect();
        v6.sort_by_key(|address| match address {
            IpAddr::V6(v6) => own_address_rank(*v6),
            IpAddr::V4(_) => (0, 0),
        });
        addresses.extend(v6);
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_override_wins_over_the_host_name() {
        let table = [
            ("Pi1", None, Ok("pi1")),
            ("pi1", Some("OTHER"), Ok("other")),
            ("pi1", Some(""), Ok("pi1")),
            ("pi1", Some(" "), Err("empty hostname is invalid")),
        ];
        for (host, told, expected) in table {
            let name = node_name(host, told);
            assert_eq!(name.as_deref().map_err(|error| *error), expected, "{host} {told:?}");
        }
    }
}
