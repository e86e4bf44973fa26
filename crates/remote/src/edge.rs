//! The clock, and pipes of programs.

pub mod session_clock;
pub(crate) mod stderr_tail;
