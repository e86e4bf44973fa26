//! Drivers of both session ends, with pipes, child processes and threads.

pub mod host_session;
mod session_link;
pub mod far_loop;
mod service_thread;
