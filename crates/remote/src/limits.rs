//! All limits of a session with another host, each with its reason.

use std::time::Duration;

/// Longest frame in bytes: the capacity of a pipe on Linux (pipe(7)).
pub const FRAME_MAX: usize = 64 * 1024;
/// Longest message in bytes: enough for a snapshot with thousands of routes, and for the objects of
/// a cluster.
pub const MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// Longest head of a message in bytes; current heads have fewer than fifty.
pub const HEAD_MAX: usize = 256;
/// Largest number of bytes before the preamble: output of the host's login shell.
pub const GREETING_MAX: usize = 64 * 1024;
/// How many bytes of such output are shown if no preamble follows.
pub const SHOWN_MAX: usize = 80;
/// Largest number of unsolicited bytes from one far end in one session: enough for the 50,000
/// observations of the largest survey. Responses are limited by [`MESSAGE_MAX`] each.
pub const UNSOLICITED_MAX: usize = 32 * 1024 * 1024;
/// Largest number of unsent bytes: beyond it, the other end is considered gone.
pub const UNSENT_MAX: usize = 8 * 1024 * 1024;
/// Largest number of open requests in a session. Current services have one at a time.
pub const PENDING_MAX: usize = 64;

/// How long a far end may take from its start to its preamble. ssh has a shorter limit for the
/// connection; sudo and the start of the program take time on a slow host.
pub const GREETING_WITHIN: Duration = Duration::from_secs(15);
/// Default time limit of a response. A control plane waits for kubectl, which has limits of its
/// own.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a far end may take to undo its changes after its input has ended.
pub const END_WITHIN: Duration = Duration::from_secs(15);
/// How long a program may take to end after its connection is closed: ssh(1) takes milliseconds.
pub const EXIT_WITHIN: Duration = Duration::from_secs(2);

/// Largest number of bytes read from one host per turn, so that no host starves the others.
pub const NEAR_TURN_MAX: usize = 256 * 1024;
/// The same at a far end, where reading must not delay probes.
pub const FAR_TURN_MAX: usize = 1024 * 1024;
/// Size of one read in bytes: more than the buffer of Rust's standard input (8 KiB), as bytes left
/// in that buffer would be invisible to poll(2).
pub const READ_MAX: usize = 16 * 1024;
/// How many bytes of a program's standard error are kept: its end, since banners come first and the
/// reason of a failure comes last.
pub const STDERR_KEPT: usize = 4096;
