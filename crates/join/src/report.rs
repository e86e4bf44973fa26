//! All that a rehearsal says.

use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_model::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;

use crate::preflight::PreflightFailure;
use crate::verdict::{ClusterSettings, JoinStage, JoinVerdict, StageResult};

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/join/v1";

/// A rehearsal.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct JoinReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The host that would join.
    pub host: HostName,
    /// The server that the line names.
    pub endpoint: String,
    /// What the host itself lacks.
    pub lacks: Vec<PreflightFailure>,
    /// The way that kubeadm would go: the kernel's.
    pub verdict: JoinVerdict,
    /// The ways by each link.
    pub links: Vec<LinkJoinResult>,
    /// What kubeadm does not look at, and a node needs.
    pub beyond: Vec<StageResult>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// The way by one link.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkJoinResult {
    /// The link.
    pub link: IfName,
    /// How far one comes.
    pub verdict: JoinVerdict,
}

impl JoinReport {
    /// What it amounts to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let is_broken = self.verdict.stop.is_some()
            || self.lacks.iter().any(|lack| lack.is_fatal)
            || self.beyond.iter().any(|step| step.is_passed == Some(false));
        if is_broken {
            Exit::Failed
        } else if self.lacks.is_empty() && self.verdict.open.is_none() {
            Exit::Good
        } else {
            Exit::Warned
        }
    }
}

/// Whether this host has a way to the cluster's Services (a host without a default route has none;
/// pods have theirs).
#[must_use]
pub fn service_route(node: &Snapshot, ahead: Option<&ClusterSettings>) -> Option<StageResult> {
    let services = ahead?.services.as_deref()?.split(',').next()?;
    let services: Prefix = services.trim().parse().ok()?;
    Some(match node.route_to(services) {
        Some(route) => {
            let link = route.link.as_ref().map_or_else(String::new, |link| format!(" by {link}"));
            let seen = format!("{services} has a route{link}");
            StageResult { stage: JoinStage::ServiceRoute, is_passed: Some(true), seen }
        }
        None => StageResult {
            stage: JoinStage::ServiceRoute,
            is_passed: Some(false),
            seen: format!(
                "no route leads to the Services ({services}): kube-proxy and the CNI would not \
                 reach the API; ip route add {services} dev IF"
            ),
        },
    })
}
