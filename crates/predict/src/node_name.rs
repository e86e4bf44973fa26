//! What a node is called, and what its name means to itself.
//!
//! kubelet asks for its own name before it looks at any route: one line in `/etc/hosts` decides.

use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;

use super::go_net::own_address_rank;

/// What a name means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameLookup {
    /// These addresses, in this order; none: the name means nothing.
    Known {
        /// They.
        addresses: Vec<IpAddr>,
        /// Who says so.
        by: &'static str,
    },
    /// Somebody would have to be asked.
    Unknown {
        /// Who.
        missing: String,
    },
}

/// How a program was linked: Go's own resolver sorts what it finds, the C library's keeps the
/// order of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GoResolver {
    /// With the C library, as kubelet is released (it is not among `KUBE_STATIC_BINARIES` in
    /// kubernetes/kubernetes, `hack/lib/golang.sh`).
    Cgo,
    /// Without (`CGO_ENABLED=0`).
    PureGo,
}

/// `GetHostname` (kubernetes/component-helpers, `node/util/hostname.go`): the override, or the
/// system's host name, in lower case.
///
/// # Errors
///
/// In its own words.
pub fn node_name(host_name: &str, hostname_override: Option<&str>) -> Result<String, &'static str> {
    let name = hostname_override.filter(|name| !name.is_empty()).unwrap_or(host_name).trim();
    if name.is_empty() { Err("empty hostname is invalid") } else { Ok(name.to_lowercase()) }
}

/// What `name` means on this host, as far as its files say.
#[must_use]
pub fn look_up(node: &Snapshot, name: &str, linkage: GoResolver) -> NameLookup {
    if let Some(addresses) = &node.node.looked_up {
        return NameLookup::Known { addresses: addresses.clone(), by: "getent" };
    }
    let services: Vec<&str> =
        node.node.name_services.iter().map(pontoon_model::untrusted::Untrusted::raw).collect();
    // nsswitch.conf(5): what holds without a line.
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
            // Without a server there is nobody to ask.
            "dns" if node.resolver.servers.is_empty() => {}
            // These answer for `.local` only (nss-mdns).
            "mdns4_minimal" | "mdns6_minimal" | "mdns_minimal" if !is_local => {}
            // `[NOTFOUND=return]` and the like speak of the service before them.
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
        // Only the order among IPv6 addresses of the host matters to anybody here.
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
