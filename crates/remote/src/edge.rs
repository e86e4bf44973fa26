//! System clock, and pipes of child processes.

pub mod session_clock;
pub(crate) mod stderr_tail;
