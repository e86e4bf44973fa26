//! The stages of a join on the network, in kubeadm's order.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A stage.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinStage {
    /// What the host itself must have (kubeadm's preflight).
    Host,
    /// What the server's name means.
    Resolve,
    /// The proxy of the environment.
    Proxy,
    /// A route to it.
    Route,
    /// Who has its address on the link (ARP, ND).
    Neighbour,
    /// The connection.
    Tcp,
    /// The start of TLS; the certificate is not looked at yet.
    Tls,
    /// The anonymous question for cluster-info.
    ClusterInfo,
    /// Its signature by the token.
    Signature,
    /// Its CA against the pins.
    Pin,
    /// The certificate of the line's server against that CA.
    Certificate,
    /// The server that cluster-info names.
    Inside,
    /// And its certificate.
    InsideCertificate,
    /// What is read with the token.
    Reads,
    /// What a control plane needs beside.
    ControlPlane,
    /// The certificates that control planes share.
    SharedCertificates,
    /// Whether the node's name is free.
    NodeName,
    /// From the control plane to this host's kubelet.
    Reverse,
    /// Between the nodes, for the network of pods.
    PodNetwork,
    /// Large packets.
    PathMtu,
    /// From this host to a Service.
    ServiceRoute,
    /// The cluster's networks beside those of this host.
    Networks,
}

impl JoinStage {
    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Resolve => "name",
            Self::Proxy => "proxy",
            Self::Route => "route",
            Self::Neighbour => "neighbour",
            Self::Tcp => "connection",
            Self::Tls => "TLS",
            Self::ClusterInfo => "cluster-info",
            Self::Signature => "signature",
            Self::Pin => "CA pin",
            Self::Certificate => "certificate",
            Self::Inside => "its server",
            Self::InsideCertificate => "its certificate",
            Self::Reads => "settings",
            Self::ControlPlane => "control plane",
            Self::SharedCertificates => "certificates",
            Self::NodeName => "node name",
            Self::Reverse => "kubelet port",
            Self::PodNetwork => "pod network",
            Self::PathMtu => "packet size",
            Self::ServiceRoute => "Service route",
            Self::Networks => "networks",
        }
    }
}

impl fmt::Display for JoinStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One stage, passed or not.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StageResult {
    /// Which.
    pub stage: JoinStage,
    /// Whether it was passed; none: it could not be decided.
    pub is_passed: Option<bool>,
    /// What was seen.
    pub seen: String,
}
