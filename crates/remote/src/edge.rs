//! Where sessions leave the pure part: the clock, pipes, programs and threads.

pub mod session_clock;
pub(crate) mod stderr_tail;
pub mod line_session;
pub mod host_command;
pub mod host_session;
mod session_link;
mod service_thread;
pub mod far_loop;
