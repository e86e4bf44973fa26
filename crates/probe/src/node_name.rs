//! What a host's own name means to it, before kubelet asks.

use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::node_name::{GoResolver, NameLookup, look_up, node_name};

use crate::edge::getent;

/// Asks this host's name services what its node name means, if its own files do not say it.
pub fn complete(snapshot: &mut Snapshot) {
    let told = snapshot.node.kubelet.hostname_override.as_ref().map(Untrusted::raw);
    let Ok(name) = node_name(snapshot.host_name.as_str(), told) else { return };
    if let NameLookup::Unknown { .. } = look_up(snapshot, &name, GoResolver::Cgo) {
        snapshot.node.looked_up = getent::addresses(&name);
    }
}
