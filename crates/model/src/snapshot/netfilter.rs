//! Packet filter rules of a host, and whose they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::untrusted::Untrusted;

/// Packet filter rules.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NetfilterSnapshot {
    /// Whether the rules could be listed (that takes `CAP_NET_ADMIN`).
    pub is_readable: bool,
    /// The tables of `nf_tables`.
    pub tables: Vec<FilterTable>,
    /// Tables of the older iptables (`/proc/net/ip_tables_names`), which filter as well.
    pub legacy_tables: Vec<Untrusted>,
    /// The programs to which tables and chains belong, by their names.
    pub owners: Vec<FilterOwner>,
}

/// A table of `nf_tables`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FilterTable {
    /// `ip`, `ip6`, `inet`, `bridge`, `arp`, `netdev`.
    pub family: Untrusted,
    /// Its name.
    pub name: Untrusted,
    /// Its base chains: the ones the kernel calls.
    pub chains: Vec<BaseChain>,
}

/// A chain that hangs on a hook.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct BaseChain {
    /// Its name.
    pub name: Untrusted,
    /// `input`, `forward`, `output`, `prerouting`, `postrouting`, `ingress`, `egress`.
    pub hook: Untrusted,
    /// `filter`, `nat` or `route`.
    pub kind: Untrusted,
    /// What happens to packets no rule decides.
    pub is_policy_drop: bool,
    /// Number of rules in it.
    pub rules: u32,
    /// Whether a rule of it (or of a chain of the same table) masquerades or changes the source.
    pub changes_source: bool,
}

/// A program known to write packet filter rules.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FilterOwner {
    /// Docker: chains `DOCKER`, `DOCKER-USER`.
    Docker,
    /// ufw: chains `ufw-*`.
    Ufw,
    /// firewalld: table `firewalld`.
    Firewalld,
    /// kube-proxy: chains `KUBE-*`, table `kube-proxy`.
    KubeProxy,
    /// Tailscale: chains `ts-*`.
    Tailscale,
    /// libvirt: chains `LIBVIRT_*`, table `libvirt_network`.
    Libvirt,
    /// Something else.
    Other,
}
