//! The packet filter's rules, as the kernel lists them to root.

use pontoon_netlink::KernelSocket;
use pontoon_netlink::nf_tables::ruleset::NftRuleset;

use crate::forward_chain::{self, filters_forwarded};
use crate::node_state::ForwardDrop;

/// The chains that drop what is forwarded, and whether the rules could be listed at all. A list
/// with gaps counts as none: the rule that accepts may be among what is missing.
pub(super) fn forward_drops() -> (Vec<ForwardDrop>, bool) {
    match NftRuleset::read(&KernelSocket, filters_forwarded) {
        Ok(ruleset) if ruleset.flaw.is_none() => (forward_chain::forward_drops(&ruleset), true),
        _ => (Vec::new(), false),
    }
}
