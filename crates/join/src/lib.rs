//! Rehearses a join of a Kubernetes node: every stage on the network that kubeadm goes through, in
//! kubeadm's order, in seconds instead of minutes.
//!
//! What is asked and what came back is kept as plain data ([`trial`]); what it means is a pure
//! function of it ([`verdict`]). Sockets are in [`edge`] alone.

pub mod secret;
pub mod token;
pub mod networks;
pub mod pin;
pub mod request;
pub mod line;
pub mod configuration;
pub mod kubeconfig;
pub mod cluster_info;
pub mod certificate;
pub mod shared_certificates;
pub mod http;
pub mod proxy;
pub mod refusal;
mod octets;
pub mod trial;
pub mod verdict;
pub mod course;
pub mod links;
pub mod host;
pub mod report;
pub mod hosts;
pub mod edge;
