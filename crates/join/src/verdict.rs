//! What a trial means: in which stage kubeadm would stop, after how long, with which words.

mod contact;
mod endpoint_name;
mod proxy;
mod stage_walk;
mod stage_causes;
mod stage_failure;
mod join_remedies;
pub mod stage;

use pontoon_diagnosis::evidence::JoinEvidence;
use pontoon_diagnosis::{CommandPlace, Diagnosis, Evidence, Remedy};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::shell_command;
use pontoon_predict::kubeadm::endpoint::HostPort;
use schemars::JsonSchema;
use serde::Serialize;

use crate::request::JoinRequest;
use crate::trial::JoinTrial;

use endpoint_name::host_name;
pub use stage::{JoinStage, StageResult};
use stage_walk::StageWalk;
pub use stage_walk::{ClusterSettings, TrustedCluster, trust};

/// Where kubeadm would stop, and why.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct JoinFailure {
    /// The stage that was not passed.
    pub stage: JoinStage,
    /// After how many milliseconds kubeadm gives up; without `-v` it prints nothing so long.
    pub after_ms: u64,
    /// What kubeadm prints then, after `error: `.
    pub response: String,
    /// Each cause that is left; of several one holds, and they share evidence and remedies.
    pub diagnoses: Vec<Diagnosis>,
}

impl JoinFailure {
    /// What was observed in the stage, the most telling first.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        self.diagnoses.first().map_or(&[], |first| &first.evidence)
    }

    /// What to do, the most useful first.
    #[must_use]
    pub fn remedies(&self) -> &[Remedy] {
        self.diagnoses.first().map_or(&[], |first| &first.remedies)
    }
}

/// What came of one way to the cluster.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct JoinVerdict {
    /// The stages that were come to, in kubeadm's order.
    pub stages: Vec<StageResult>,
    /// Where kubeadm would stop; none: it would join, as far as was asked.
    pub failure: Option<JoinFailure>,
    /// Why it is not decided whether it would join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Evidence>,
}

impl JoinVerdict {
    /// Adds what follows from another link that leads further than the way that the kernel chooses.
    pub fn compare(&mut self, server: &HostPort, by_link: &[(IfName, Self)]) {
        let Some(failure) = &mut self.failure else { return };
        if failure.stage == JoinStage::Proxy {
            let is_through = |other: &Self| other.failure.is_none() && other.undecided.is_none();
            let direct = by_link.iter().find(|(_, other)| is_through(other));
            if !by_link.is_empty() {
                let (server, link) =
                    (host_name(&server.host), direct.map(|(link, _)| link.clone()));
                let direct: Evidence = JoinEvidence::WithoutProxy { server, link }.into();
                for diagnosis in &mut failure.diagnoses {
                    diagnosis.evidence.push(direct.clone());
                }
            }
            return;
        }
        let further = by_link.iter().find(|(_, other)| {
            // What comes after the connection is the server's affair, and the same by any link.
            failure.stage <= JoinStage::Tcp
                && other.failure.as_ref().is_none_or(|other| other.stage > JoinStage::Tcp)
        });
        if let Some((link, _)) = further {
            let host = &server.host;
            let route = Remedy::command(shell_command!("ip route add {} dev {}", host, link))
                .to(format!("for the join alone: {host} answers on {link}, too"));
            for diagnosis in &mut failure.diagnoses {
                // A way to join, and none to be reached: it comes after what cures.
                let at = diagnosis.remedies.len().min(1);
                diagnosis.remedies.insert(at, route.clone());
            }
        }
    }

    /// Says whose join it is: the host in the scope, and where its commands have to run.
    #[must_use]
    pub fn of_host(mut self, host: &HostName) -> Self {
        let diagnoses = self.failure.iter_mut().flat_map(|failure| &mut failure.diagnoses);
        for diagnosis in diagnoses {
            diagnosis.scope.from = Some(host.clone());
            if let Some(check) = &mut diagnosis.distinguished_by
                && check.place == Some(CommandPlace::ThisHost)
            {
                check.place = Some(CommandPlace::Host(host.clone()));
            }
        }
        self
    }
}

/// Walks through a trial as kubeadm would.
#[must_use]
pub fn judge(request: &JoinRequest, trial: &JoinTrial) -> JoinVerdict {
    let mut verdict = StageWalk::through(request, trial);
    let asked = [Some(&trial.first), trial.inside.as_ref()].into_iter().flatten();
    for contact in asked {
        proxy::mark_undecided(&mut verdict, contact);
    }
    verdict
}
