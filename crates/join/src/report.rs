//! All that a rehearsal says.

use pontoon_diagnosis::evidence::JoiningHostEvidence;
use pontoon_diagnosis::{Evidence, Remedy};
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_model::shell_command;
use pontoon_model::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;

use crate::preflight::PreflightFailure;
use crate::verdict::{ClusterSettings, JoinStage, JoinVerdict, StageResult};

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/join/v2";

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
    pub preflight: Vec<PreflightFailure>,
    /// The way that kubeadm would go: the kernel's.
    pub verdict: JoinVerdict,
    /// The ways by each link.
    pub links: Vec<LinkJoinResult>,
    /// What kubeadm does not look at, and a node needs.
    pub beyond_kubeadm: Vec<StageResult>,
    /// What the reader should know of the text that the join was read from.
    pub notes: Vec<Evidence>,
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
    /// What it amounts to: a join that would fail has failed, however many causes are left.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let is_broken = self.verdict.failure.is_some()
            || self.preflight.iter().any(|lack| lack.is_fatal)
            || self.beyond_kubeadm.iter().any(|stage| stage.is_passed == Some(false));
        if is_broken {
            Exit::Failed
        } else if self.preflight.is_empty() && self.verdict.undecided.is_none() {
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
    let Some(route) = node.route_to(services) else {
        return Some(StageResult {
            remedies: vec![
                Remedy::command(shell_command!("ip route add {} dev IF", services))
                    .to("let kube-proxy and the CNI reach the API"),
            ],
            ..StageResult::new(
                JoinStage::ServiceRoute,
                Some(false),
                JoiningHostEvidence::NoServiceRoute { services },
            )
        });
    };
    let link = route.link.clone();
    let route = JoiningHostEvidence::ServiceRoute { services, link };
    Some(StageResult::passed(JoinStage::ServiceRoute, route))
}
