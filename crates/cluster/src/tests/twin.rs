//! A cluster in memory: a control plane and workers with their networks, packet filters and
//! programs, in either mode of kube-proxy. A whole check runs on it, in time that only moves when
//! the check waits.

pub(crate) mod cluster;
mod far_end;
pub(crate) mod node;
mod packet_filter;
mod packet_path;
mod survey;

pub(crate) use packet_filter::{ProxyMode, add_host_firewall, drop_by_policy, flush_flannel};
