//! Rehearses a join of a Kubernetes node: every stage on the network that kubeadm goes through, in
//! kubeadm's order, in seconds instead of minutes.
//!
//! What is asked and what came back is kept as plain data ([`trial`]); what it means is a pure
//! function of it ([`verdict`]). Sockets are in [`edge`] alone.

pub mod secret;
pub mod bootstrap_token;
pub mod network_overlap;
pub mod public_key_pin;
pub mod request;
pub mod join_line;
pub mod configuration;
pub mod kubeconfig;
pub mod cluster_info;
pub mod certificate;
pub mod shared_certificates;
pub mod http;
pub mod proxy;
pub mod api_status;
mod base64_serde;
pub mod trial;
pub mod verdict;
pub mod join_timeouts;
pub mod discovery_flow;
pub mod candidate_links;
pub mod preflight;
pub mod join_protocol;
pub mod host_rehearsal;
pub mod report;
pub mod hosts_report;
pub mod edge;
