//! Where a check leaves the pure part: programs, sockets, the network of a pod, and connections to
//! the nodes.

pub mod serve;
pub mod session;
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
