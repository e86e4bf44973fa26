//! Sessions with their pipes, programs and threads, at both ends.

pub mod host_session;
mod session_link;
pub mod far_loop;
mod service_thread;
