//! Whether the kernel believes its clock: adjtimex(2), asked without changing anything.
#![expect(unsafe_code, reason = "the system call has no safe wrapper among our libraries")]

use std::io;

use nix::libc;

/// Whether the clock is disciplined by NTP or the like (not `STA_UNSYNC`).
///
/// # Errors
/// When a sandbox forbids the call.
pub(super) fn is_synchronised() -> io::Result<bool> {
    // SAFETY: `timex` is a C struct of integers, for which all zeros is a value; `modes` 0 asks
    // the kernel to change nothing.
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live, exclusively borrowed `timex`, which the call fills.
    let code = unsafe { libc::adjtimex(&raw mut state) };
    if code < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(state.status & libc::STA_UNSYNC == 0)
}
