//! Words and rules of pontoon: plain data and pure functions.
//!
//! Nothing here reads a clock, a file or a socket. Values flow one way:
//! [`snapshot`] and [`observation`] make [`facts`]; [`rule`] turns facts into [`finding`]s.

pub mod untrusted;
pub mod net;
pub mod host;
pub mod snapshot;
pub mod observation;
pub mod facts;
pub mod finding;
pub mod pairing;
