//! The stages of a join on the network, in kubeadm's order.

use std::fmt;

use pontoon_diagnosis::{Evidence, Remedy};
use schemars::JsonSchema;
use serde::Serialize;

/// A stage of a join that the network or the host can stop.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinStage {
    /// What the server's name means.
    Resolve,
    /// The proxy of the environment.
    Proxy,
    /// A route to that address.
    Route,
    /// The neighbour that has its address on the link (ARP, NDP).
    Neighbour,
    /// The TCP connection to it.
    Tcp,
    /// The start of TLS; the certificate is not looked at yet.
    Tls,
    /// The anonymous question for cluster-info.
    ClusterInfo,
    /// The signature of cluster-info by the token.
    Signature,
    /// Its CA against the pins.
    Pin,
    /// The certificate of the line's server against that CA.
    Certificate,
    /// The server that cluster-info names.
    Inside,
    /// The certificate of that server.
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
    /// Whether large packets pass between the hosts.
    PathMtu,
    /// From this host to a Service.
    ServiceRoute,
    /// The cluster's networks beside those of this host.
    Networks,
}

impl JoinStage {
    /// Its name on a terminal, at most fifteen letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
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
    /// The stage that was come to.
    pub stage: JoinStage,
    /// Whether it was passed; none: it could not be decided.
    pub is_passed: Option<bool>,
    /// What was observed in it, the most telling first.
    pub evidence: Vec<Evidence>,
    /// What to do, where a stage that kubeadm does not look at was not passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}

impl StageResult {
    /// The result of a stage, by one observation.
    #[must_use]
    pub fn new(stage: JoinStage, is_passed: Option<bool>, evidence: impl Into<Evidence>) -> Self {
        Self { stage, is_passed, evidence: vec![evidence.into()], remedies: Vec::new() }
    }

    /// A stage that was passed.
    #[must_use]
    pub fn passed(stage: JoinStage, evidence: impl Into<Evidence>) -> Self {
        Self::new(stage, Some(true), evidence)
    }

    /// A stage that could not be decided.
    #[must_use]
    pub fn undecided(stage: JoinStage, evidence: impl Into<Evidence>) -> Self {
        Self::new(stage, None, evidence)
    }
}
