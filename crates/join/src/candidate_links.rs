//! The links of a host by which a server could be reached.

use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::shared_links::usable_address;
use pontoon_model::snapshot::{Link, Snapshot};

use crate::request::JoinRequest;

/// The links that could lead there: those with an address of the server's family, or any for a
/// name.
#[must_use]
pub fn candidate_links(node: &Snapshot, request: &JoinRequest) -> Vec<IfName> {
    let server = request.discovery.endpoint().host.address();
    let own = node.links.iter().flat_map(|link| &link.addresses);
    if server.is_some_and(|server| own.clone().any(|own| own.prefix.address == server)) {
        // This host's own address is behind none of its links.
        return Vec::new();
    }
    let family = server.map(IpFamily::of);
    let has = |family| move |link: &&Link| usable_address(link, family).is_some();
    let usable = node.links.iter().filter(|link| link.is_usable() && link.reaches_hosts());
    usable
        .filter(|link| match family {
            Some(family) => has(family)(link),
            None => has(IpFamily::V4)(link) || has(IpFamily::V6)(link),
        })
        .map(|link| link.name.clone())
        .collect()
}
