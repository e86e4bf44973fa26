//! Capabilities that `setcap` gave this program's file: every local user has them here, so only
//! the commands that need frames keep them.

use std::io;

use nix::sys::prctl;
use nix::unistd::{geteuid, getuid};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// The commands that send and see frames: their first word, which is the first of the command line.
const FRAME_COMMANDS: [&str; 4] = ["agent", "check", "discover", "mesh"];
/// What they need: packet sockets, and the packet filter's rules.
const NEEDED: CapabilitySet = CapabilitySet::NET_RAW.union(CapabilitySet::NET_ADMIN);

/// Gives up all that the command of this first word does not need. Call it first in `main`:
/// capabilities belong to threads, and arguments are not to be read with them.
///
/// Root keeps what it has: the file gives it no more.
///
/// # Errors
///
/// The file is setuid, which takes more than to give up capabilities; or the kernel refused.
pub(crate) fn confine(word: Option<&str>) -> io::Result<()> {
    if getuid() != geteuid() {
        return Err(io::Error::other("pontoon must not be setuid; setcap is enough"));
    }
    let held = capabilities(None)?;
    if getuid().is_root() || held.permitted.is_empty() {
        return Ok(());
    }
    let is_frame_command = word.is_some_and(|word| FRAME_COMMANDS.contains(&word));
    let kept = if is_frame_command { NEEDED } else { CapabilitySet::empty() };
    let inheritable = CapabilitySet::empty();
    let (effective, permitted) = (held.effective & kept, held.permitted & kept);
    set_capabilities(None, CapabilitySets { effective, permitted, inheritable })?;
    if !is_frame_command {
        // A file with capabilities hides its process's /proc from the user (PR_SET_DUMPABLE of
        // prctl(2)), without which no sandbox can be made.
        prctl::set_dumpable(true)?;
    }
    Ok(())
}
