//! Every limit of a conversation with another host, and why it is what it is.

use std::time::Duration;

/// Longest frame in bytes: what one pipe holds on Linux (pipe(7)).
pub const FRAME_MAX: usize = 64 * 1024;
/// Longest message in bytes: a snapshot of a host with thousands of routes fits, and so do the
/// objects of a cluster.
pub const MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// Longest head of a message in bytes; those of today have fewer than fifty.
pub const HEAD_MAX: usize = 256;
/// Most bytes before the preamble: what the login shell of a host prints.
pub const GREETING_MAX: usize = 64 * 1024;
/// What is shown of such output when no preamble follows, in bytes.
pub const SHOWN_MAX: usize = 80;
/// Most bytes of one far end that answer no request, in one session: 50,000 observations need
/// them, and no survey needs more. Answers are bounded by [`MESSAGE_MAX`] each.
pub const UNSOLICITED_MAX: usize = 32 * 1024 * 1024;
/// Most bytes that wait to be read by the other end: an end that does not read is gone.
pub const UNSENT_MAX: usize = 8 * 1024 * 1024;
/// Most requests of a session that wait for their answers. No service of today has more than one.
pub const PENDING_MAX: usize = 64;

/// How long a far end may take from its start to its preamble: ssh has a shorter limit of its own
/// for the connection; sudo and the program on a slow host take some time.
pub const GREETING_WITHIN: Duration = Duration::from_secs(15);
/// How long an answer may take where the caller names no other time: that of a control plane waits
/// for kubectl, which has limits of its own.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a far end may take to remove what it made, after its input has ended.
pub const END_WITHIN: Duration = Duration::from_secs(15);
/// How long a program may take to end after its connection: ssh(1) takes milliseconds.
pub const EXIT_WITHIN: Duration = Duration::from_secs(2);

/// At most this many bytes are read from one host in one turn, so that none starves the others.
pub const NEAR_TURN_MAX: usize = 256 * 1024;
/// The same at a far end, where probes must not be kept waiting.
pub const FAR_TURN_MAX: usize = 1024 * 1024;
/// Bytes that are read at once: more than the buffer of Rust's standard input (8 KiB), so that none
/// are held back in there while poll(2) waits for others.
pub const READ_MAX: usize = 16 * 1024;
/// What is kept of a program's standard error, in bytes: the end of it, since banners come first
/// and the reason why it ended comes last.
pub const STDERR_KEPT: usize = 4096;
