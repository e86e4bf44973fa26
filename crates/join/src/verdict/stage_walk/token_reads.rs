//! After the discovery: what is read with the token, of the server that cluster-info names.

use pontoon_diagnosis::evidence::JoinAnswerEvidence;
use pontoon_diagnosis::{Evidence, Remedy};
use pontoon_model::code;
use pontoon_model::shell_command;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_wire::yaml;
use serde::Deserialize;

use crate::api_status::ApiRefusal;
use crate::cluster_info::ClusterInfo;
use crate::kubeconfig::Kubeconfig;
use crate::proxy::ConnectReply;
use crate::request::{DiscoveryMethod, JoinRequest};
use crate::trial::{JoinObject, QueryOutcome, ServerContact, TcpOutcome, TlsOutcome, TokenRead};

use super::{JoinStage, PHASE, StageResult, StageWalk, WalkResult, control_plane};
use crate::verdict::join_remedies::{be_patient, new_join_command, on_control_plane};
use crate::verdict::stage_failure::StageFailure;

/// Whom the token may be shown to: a server whose certificate is vouched for by the CA that the
/// token's signature and the pins, or the user's own file, vouch for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedCluster {
    /// The cluster.
    pub cluster: Kubeconfig,
    /// Whether it is asked where the line says, rather than where cluster-info does.
    pub is_first: bool,
}

/// The cluster that may be asked on, once cluster-info has come.
#[must_use]
pub fn trust(
    request: &JoinRequest,
    first: &ServerContact,
    info: Option<&ClusterInfo>,
) -> Option<TrustedCluster> {
    match &request.discovery {
        DiscoveryMethod::File(file) => {
            Some(TrustedCluster { cluster: (**file).clone(), is_first: true })
        }
        DiscoveryMethod::Token { token, pins, .. } => {
            let cluster = info?.trusted(token, pins).ok()?;
            let is_first = cluster.server == first.server;
            Some(TrustedCluster { cluster, is_first })
        }
    }
}

impl TrustedCluster {
    /// Whether a server that was contacted may see the token.
    #[must_use]
    pub fn holds(&self, contact: &ServerContact, now_s: i64) -> bool {
        match &contact.tls {
            Some(TlsOutcome::Chain { leaf, others }) => {
                leaf.verify(&contact.server.host, others, &self.cluster.cas, now_s).is_ok()
            }
            _ => false,
        }
    }
}

/// What the cluster's own settings say that bears on this node.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClusterSettings {
    /// `controlPlaneEndpoint`.
    pub endpoint: Option<String>,
    /// `networking.serviceSubnet`.
    pub services: Option<String>,
    /// `networking.podSubnet`.
    pub pods: Option<String>,
}

#[derive(Deserialize)]
struct ConfigMap {
    #[serde(default)]
    data: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ExistingNode {
    status: ExistingNodeStatus,
}

#[derive(Deserialize)]
struct ExistingNodeStatus {
    #[serde(default)]
    conditions: Vec<ExistingNodeCondition>,
}

#[derive(Deserialize)]
struct ExistingNodeCondition {
    r#type: String,
    status: String,
}

impl ClusterSettings {
    /// Of what was read; `None`: it was not.
    #[must_use]
    pub fn of(reads: &[TokenRead]) -> Option<Self> {
        let read =
            reads.iter().find(|read| read.object == JoinObject::ConfigMap("kubeadm-config"))?;
        let QueryOutcome::Answer(answer) = &read.page else { return None };
        let map: ConfigMap = serde_json::from_slice(&answer.body).ok()?;
        let root = yaml::read(map.data.get("ClusterConfiguration")?).ok()?;
        let text = |node: Option<&yaml::YamlNode>| {
            node.and_then(yaml::YamlNode::text).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let networking = root.get("networking");
        Some(Self {
            endpoint: text(root.get("controlPlaneEndpoint")),
            services: text(networking.and_then(|all| all.get("serviceSubnet"))),
            pods: text(networking.and_then(|all| all.get("podSubnet"))),
        })
    }
}

/// What precedes the words of a read that fails.
pub(super) fn asking(server: &HostPort) -> String {
    let path = JoinObject::ConfigMap("kubeadm-config").path();
    format!(
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \"{}{path}\": ",
        server.url()
    )
}

/// How long kubeadm waits for an answer, by the `timeout` of its requests.
pub(super) const REQUEST_ALLOWED_MS: u64 = 10_000;

/// A read is tried once or twice, ten seconds each at most.
pub(super) fn reads_give_up_ms(contact: &ServerContact) -> u64 {
    let tunnel = contact.proxy.as_ref().and_then(|proxied| proxied.tunnel.as_ref());
    match (contact.tcp, tunnel) {
        (TcpOutcome::NoNeighbour, _) => 3_500,
        (TcpOutcome::Silent { .. }, _) | (_, Some(ConnectReply::Silent { .. })) => 10_300,
        _ => 400,
    }
}

/// One connection came to be and the next did not, or another server answered it.
fn unasked(walk: &mut StageWalk<'_>, object: &JoinObject) {
    let stage = match object {
        JoinObject::ConfigMap(_) => JoinStage::Reads,
        JoinObject::SharedCertificates => JoinStage::SharedCertificates,
        JoinObject::Node(_) => JoinStage::NodeName,
    };
    let unasked: Evidence =
        JoinAnswerEvidence::ObjectNotRequested { object: object.requested() }.into();
    walk.verdict.stages.push(StageResult::undecided(stage, unasked.clone()));
    walk.verdict.undecided = Some(unasked);
}

/// The last of the settings: what a control plane needs is looked at then.
const LAST_SETTINGS: &str = "kubelet-config";

/// Judges what was read with the token.
pub(super) fn reads(walk: &mut StageWalk<'_>) -> WalkResult<()> {
    let mut names = Vec::new();
    for read in &walk.trial.reads {
        if matches!(read.page, QueryOutcome::NotAsked) {
            unasked(walk, &read.object);
            break;
        }
        match &read.object {
            JoinObject::ConfigMap(name) => {
                settings(walk, name, &read.page)?;
                names.push(*name);
                if *name == LAST_SETTINGS {
                    let names = names.clone();
                    walk.pass(JoinStage::Reads, JoinAnswerEvidence::SettingsRead { names });
                    control_plane::endpoint(walk)?;
                }
            }
            JoinObject::SharedCertificates => control_plane::certificates(walk, &read.page)?,
            JoinObject::Node(name) => node_name(walk, name, &read.page)?,
        }
    }
    Ok(())
}

/// The group whose members may read the settings (k/k cmd/kubeadm/app/constants/constants.go,
/// `NodeBootstrapTokenAuthGroup`).
const TOKEN_GROUP: &str = "system:bootstrappers:kubeadm:default-node-token";

fn settings(walk: &mut StageWalk<'_>, name: &'static str, page: &QueryOutcome) -> WalkResult<()> {
    let object = JoinObject::ConfigMap(name).requested();
    let fails = |causes: &[_], evidence, response: &str| {
        let response = format!(
            "{PHASE}unable to fetch the {name} ConfigMap: failed to get config map: {response}"
        );
        StageFailure::new(JoinStage::Reads, causes, evidence, response)
    };
    walk.fail(match page {
        QueryOutcome::Answer(answer) if answer.status == 200 => return Ok(()),
        QueryOutcome::NotAsked => return Ok(()),
        QueryOutcome::Answer(answer) => {
            let said = ApiRefusal::of(answer, "configmaps", name).words;
            let status = answer.status;
            let refused = JoinAnswerEvidence::ObjectRefused { object, status, response: None };
            let (causes, remedy): (&[_], _) = match status {
                401 => (&[code::CREDENTIALS_NOT_ACCEPTED], new_join_command()),
                403 => (
                    &[code::RIGHTS_MISSING],
                    new_join_command().to(format!("make a token of the group {TOKEN_GROUP}")),
                ),
                _ => (&[code::SERVER_OVERLOADED, code::STILL_STARTING], new_join_command()),
            };
            fails(causes, refused, &said).remedies([remedy]).after(400)
        }
        QueryOutcome::Silent { ms } => fails(
            &[code::SERVER_OVERLOADED, code::PATH_MTU_HOLE],
            JoinAnswerEvidence::ObjectTimeout {
                object,
                waited_ms: *ms,
                allowed_ms: Some(REQUEST_ALLOWED_MS),
            },
            "context deadline exceeded",
        )
        .remedies([be_patient()])
        .after(10_300),
        QueryOutcome::Bad(why) => fails(
            &[code::CONNECTION_CUT],
            JoinAnswerEvidence::ObjectMalformed { object, reason: why.clone() },
            "EOF",
        )
        .likely()
        .remedies([new_join_command()])
        .after(400),
    })
}

/// What precedes the words of the phase that looks whether the name is free (k/k
/// cmd/kubeadm/app/cmd/phases/join/kubelet.go).
const KUBELET_START: &str = "error execution phase kubelet-start: ";

fn node_name(walk: &mut StageWalk<'_>, name: &str, page: &QueryOutcome) -> WalkResult<()> {
    let QueryOutcome::Answer(answer) = page else { return Ok(()) };
    let is_ready = answer.status == 200
        && serde_json::from_slice::<ExistingNode>(&answer.body).is_ok_and(|node| {
            let mut conditions = node.status.conditions.iter();
            conditions.any(|it| it.r#type == "Ready" && it.status == "True")
        });
    let delete = shell_command!("kubectl delete node {}", name);
    let name = Untrusted::new(name);
    if !is_ready {
        walk.pass(JoinStage::NodeName, JoinAnswerEvidence::NodeNameFree { name });
        return Ok(());
    }
    let response = format!(
        "{KUBELET_START}a Node with name \"{name}\" and status \"Ready\" already exists in the \
         cluster. You must delete the existing Node or change the name of this new joining Node"
    );
    let taken = JoinAnswerEvidence::NodeNameTaken { name };
    walk.fail(
        StageFailure::new(JoinStage::NodeName, &[code::NODE_NAME_TAKEN], taken, response).remedies(
            [
                Remedy::command("hostnamectl set-hostname NAME")
                    .to("give this host another name, or join with --node-name"),
                on_control_plane(delete, "if that node is gone"),
            ],
        ),
    )
}
