//! The data types of pontoon: hosts, networks, and what was observed of them.
//!
//! Nothing here reads a clock, a file or a socket. A [`snapshot`] describes one host, an
//! [`observation`] one event on the wire, [`facts`] a whole run. A [`finding`] is a problem under a
//! stable [`code`]; [`exit`] maps findings to an exit code, [`record`] stores facts in a file.

pub mod code;
pub mod untrusted;
pub mod net;
pub mod host;
pub mod node_files;
pub mod snapshot;
pub mod observation;
pub mod port;
pub mod facts;
pub mod shared_links;
pub mod finding;
pub mod exit;
pub mod record;
pub mod shell;
