//! Predicts which address each component of Kubernetes will choose on a host, and by which rule.
//!
//! Each component has a file with the source of its rule, so that an update for a new version is a
//! change in one place. All predictions take a [`pontoon_model::snapshot::Snapshot`] and return a
//! [`PredictedChoice`]; nothing is sent to a network. Shared rules are in [`apimachinery`].

mod choice;
mod component;
pub mod go_net;
pub mod apimachinery;
pub mod node_name;
pub mod kubelet_flags;
pub mod proxy;
pub mod kubeadm;
pub mod kubelet;
pub mod kube_proxy;
pub mod flannel;
pub mod calico;
pub mod cilium;
pub mod k3s;
pub mod k0s;
pub mod k0sctl;
pub mod talos;
pub mod captured;

pub use choice::{PredictedAddresses, PredictedChoice};
pub use component::Component;
