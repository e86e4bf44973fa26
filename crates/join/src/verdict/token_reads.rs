//! After the discovery: what is read with the token, of the server that cluster-info names.

use pontoon_model::code::{self, DiagnosisCode};
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

use super::shared_text::{PATIENT, seconds};
use super::{JoinStage, PHASE, StageWalk, Stop, StopResult, control_plane};

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
    let (stage, what) = match object {
        JoinObject::ConfigMap(name) => (JoinStage::Reads, format!("the settings {name}")),
        JoinObject::SharedCertificates => {
            (JoinStage::SharedCertificates, "the certificates".to_owned())
        }
        JoinObject::Node(name) => {
            (JoinStage::NodeName, format!("the Node {}", Untrusted::new(name)))
        }
    };
    let seen = format!("{what} could not be asked for: that connection did not come to be");
    walk.note(stage, None, seen.clone());
    walk.verdict.open = Some(seen);
}

/// The last of the settings: what a control plane needs is looked at then.
const LAST_SETTINGS: &str = "kubelet-config";

/// Judges what was read with the token.
pub(super) fn reads(walk: &mut StageWalk<'_>) -> StopResult<()> {
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
                    walk.note(JoinStage::Reads, Some(true), names.join(", "));
                    control_plane::endpoint(walk)?;
                }
            }
            JoinObject::SharedCertificates => control_plane::certificates(walk, &read.page)?,
            JoinObject::Node(name) => node_name(walk, name, &read.page)?,
        }
    }
    Ok(())
}

fn settings(walk: &mut StageWalk<'_>, name: &str, page: &QueryOutcome) -> StopResult<()> {
    let said = |answer| ApiRefusal::of(answer, "configmaps", name).words;
    let (causes, seen, words): (&[DiagnosisCode], _, _) = match page {
        QueryOutcome::Answer(answer) if answer.status == 200 => return Ok(()),
        QueryOutcome::Answer(answer) if answer.status == 401 => (
            &[code::CREDENTIALS_NOT_ACCEPTED],
            "the server does not accept the token any more".to_owned(),
            said(answer),
        ),
        QueryOutcome::Answer(answer) if answer.status == 403 => (
            &[code::RIGHTS_MISSING],
            "the token may not read it: its group is not system:bootstrappers:kubeadm:\
             default-node-token"
                .to_owned(),
            said(answer),
        ),
        QueryOutcome::Answer(answer) => (
            &[code::SERVER_OVERLOADED, code::STILL_STARTING],
            format!("the server answers {} for {name}", answer.status),
            said(answer),
        ),
        QueryOutcome::Silent { ms } => (
            &[code::SERVER_OVERLOADED, code::PATH_MTU_HOLE],
            format!("no answer for {name} in {}, kubeadm allows 10 s", seconds(*ms)),
            "context deadline exceeded".to_owned(),
        ),
        QueryOutcome::Bad(why) => (
            &[code::CONNECTION_CUT],
            format!("the answer for {name} makes no sense: {why}"),
            "EOF".to_owned(),
        ),
        QueryOutcome::NotAsked => return Ok(()),
    };
    walk.note(JoinStage::Reads, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: JoinStage::Reads,
        causes: causes.to_vec(),
        because: vec![seen],
        advice: match page {
            QueryOutcome::Silent { .. } => vec![PATIENT.to_owned()],
            _ => vec!["on the control plane: kubeadm token create --print-join-command".to_owned()],
        },
        after_ms: if matches!(page, QueryOutcome::Silent { .. }) { 10_300 } else { 400 },
        words: format!(
            "{PHASE}unable to fetch the {name} ConfigMap: failed to get config map: {words}"
        ),
    }))
}

/// What precedes the words of the phase that looks whether the name is free (k/k
/// cmd/kubeadm/app/cmd/phases/join/kubelet.go).
const KUBELET_START: &str = "error execution phase kubelet-start: ";

fn node_name(walk: &mut StageWalk<'_>, name: &str, page: &QueryOutcome) -> StopResult<()> {
    let QueryOutcome::Answer(answer) = page else { return Ok(()) };
    let is_ready = answer.status == 200
        && serde_json::from_slice::<ExistingNode>(&answer.body).is_ok_and(|node| {
            let mut conditions = node.status.conditions.iter();
            conditions.any(|it| it.r#type == "Ready" && it.status == "True")
        });
    let name = Untrusted::new(name);
    if !is_ready {
        walk.note(JoinStage::NodeName, Some(true), format!("no Ready node is called {name}"));
        return Ok(());
    }
    let seen = format!("a Ready node is called {name} already");
    walk.note(JoinStage::NodeName, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: JoinStage::NodeName,
        causes: vec![code::NODE_NAME_TAKEN],
        because: vec![seen],
        advice: vec![
            "give this host another name (hostnamectl set-hostname), or --node-name".to_owned(),
            format!("if that node is gone: kubectl delete node {name}"),
        ],
        after_ms: 0,
        words: format!(
            "{KUBELET_START}a Node with name \"{name}\" and status \"Ready\" already exists in the \
             cluster. You must delete the existing Node or change the name of this new joining \
             Node"
        ),
    }))
}
