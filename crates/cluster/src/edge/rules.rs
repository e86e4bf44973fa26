//! The packet filter's rules, as nft writes them.

use std::process::Command;

use crate::forward_chain;
use crate::look::ForwardDrop;

/// More is not read: a thousand Services make half of it.
const RULES_MAX: usize = 8 * 1024 * 1024;

/// The chains, and whether the rules could be listed at all.
pub(super) fn forward_drops() -> (Vec<ForwardDrop>, bool) {
    let output = command().args(["10", "nft", "-s", "list", "ruleset"]).output();
    match output {
        Ok(output) if output.status.success() && output.stdout.len() <= RULES_MAX => {
            (forward_chain::read(&String::from_utf8_lossy(&output.stdout)), true)
        }
        _ => (Vec::new(), false),
    }
}

#[expect(clippy::disallowed_methods, reason = "nft is started here")]
fn command() -> Command {
    Command::new("timeout")
}
