//! Packet filter rules of a host and the programs that own them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::untrusted::Untrusted;

/// The packet filter of a host.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NetfilterSnapshot {
    /// Whether the rules could be listed (this needs `CAP_NET_ADMIN`).
    pub is_readable: bool,
    /// The tables of `nf_tables`, which include those of iptables-nft.
    pub tables: Vec<FilterTable>,
    /// Tables of legacy iptables (`/proc/net/ip_tables_names`); they filter in addition to
    /// `nf_tables`.
    pub legacy_tables: Vec<Untrusted>,
    /// Programs that own tables or chains, recognised by the names.
    pub owners: Vec<FilterOwner>,
}

/// A table of `nf_tables`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FilterTable {
    /// The family: `ip`, `ip6`, `inet`, `bridge`, `arp` or `netdev`.
    pub family: Untrusted,
    /// The name of the table.
    pub name: Untrusted,
    /// The base chains of the table: those that a hook calls.
    pub chains: Vec<BaseChain>,
}

/// A chain that is attached to a netfilter hook.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct BaseChain {
    /// The name of the chain.
    pub name: Untrusted,
    /// The hook: `input`, `forward`, `output`, `prerouting`, `postrouting`, `ingress` or `egress`.
    pub hook: Untrusted,
    /// The type: `filter`, `nat` or `route`.
    pub kind: Untrusted,
    /// Whether packets on which no rule decides are dropped: by the policy, or by a last rule for
    /// every packet, as firewalld writes it.
    pub is_policy_drop: bool,
    /// Number of rules in the chain.
    pub rules: u32,
    /// Whether a rule of the chain, or of a chain in the same table, does source NAT or
    /// masquerading.
    pub changes_source: bool,
}

/// A program known to write packet filter rules.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FilterOwner {
    /// Docker: chains `DOCKER` and `DOCKER-USER`.
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
    /// Any other program.
    Other,
}
