//! Where the world is touched: sockets and the clock.

pub mod clock;
pub(crate) mod getent;
pub mod discovery;
pub mod listener;
pub mod packet_socket;
pub mod reflector;
