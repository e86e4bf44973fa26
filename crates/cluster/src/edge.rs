//! Where a check leaves the pure part: programs, sockets, the network of a pod, and connections to
//! the nodes.

pub mod node_service;
pub mod node_session;
pub mod run;
pub mod kubectl;
pub mod rehearse;
mod joiner;
mod dial;
mod dns;
mod echo;
mod inside;
mod look;
mod rules;
mod test_pods;
