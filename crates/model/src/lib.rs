//! The data types of pontoon: hosts, networks, and what was observed of them.
//!
//! Nothing here reads a clock, a file or a socket. A [`snapshot`] is what a host is,
//! an [`observation`] what was seen on the wire, [`facts`] all of a run. A [`code`] is the stable
//! name of what may be wrong, [`exit`] how a command ends, and [`record`] keeps facts in a file.

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
pub mod exit;
pub mod record;
pub mod shell;
