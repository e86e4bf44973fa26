//! Words and rules of pontoon: plain data and pure functions.
//!
//! Nothing here reads a clock, a file or a socket. Values flow one way:
//! [`snapshot`] and [`observation`] make [`facts`]; [`rule`] turns facts into [`finding`]s.
//! [`report`] sums up both, [`exit`] makes a number of them, [`record`] keeps the facts in a file.
//! [`kubernetes`] foretells from a snapshot which address each component takes. [`cause`] is the
//! table of why clusters do not work, [`symptom`] reads from error text which of them remain.

pub mod untrusted;
pub mod net;
pub mod host;
pub mod snapshot;
pub mod observation;
pub mod port;
pub mod facts;
pub mod finding;
pub mod pairing;
pub mod kubernetes;
pub mod rule;
pub mod exit;
pub mod report;
pub mod record;
pub mod cause;
pub mod symptom;
pub mod shell;
