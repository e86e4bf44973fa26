//! Where a check leaves the pure part: programs, sockets, the network of a pod, and connections to
//! the nodes.

pub mod node_service;
pub mod node_session;
pub mod cluster_check;
pub mod kubectl;
mod connectivity;
mod dns_probe;
mod echo_server;
mod pod_network;
mod node_state_reader;
mod rules;
mod test_pods;
