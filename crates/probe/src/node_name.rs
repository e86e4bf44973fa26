//! What a host's own name resolves to, which decides the address that kubelet takes.

use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::node_name::{GoResolver, NameLookup, look_up, node_name};

use crate::edge::getent;

/// Resolves the node name with this host's name services, if its own files do not answer.
pub fn complete(snapshot: &mut Snapshot) {
    let override_name = snapshot.node.kubelet.hostname_override.as_ref().map(Untrusted::raw);
    let Ok(name) = node_name(snapshot.host_name.as_str(), override_name) else { return };
    if let NameLookup::Unknown { .. } = look_up(snapshot, &name, GoResolver::Cgo) {
        snapshot.node.looked_up = getent::addresses(&name);
    }
}
