//! After the discovery: what is read with the token, of the server that cluster-info names.

use pontoon_model::code::{self, Code};
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_wire::yaml;
use serde::Deserialize;

use crate::cluster_info::ClusterInfo;
use crate::kubeconfig::Kubeconfig;
use crate::proxy::Tunnel;
use crate::refusal::Refusal;
use crate::request::{Discovery, Request};
use crate::trial::{Contact, Object, Page, Read, Tcp, Tls};

use super::words::{PATIENT, seconds};
use super::{Going, PHASE, Stage, Stop, Walk, control_plane};

/// Whom the token may be shown to: a server whose certificate is vouched for by the CA that the
/// token's signature and the pins, or the user's own file, vouch for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trust {
    /// The cluster.
    pub cluster: Kubeconfig,
    /// Whether it is asked where the line says, rather than where cluster-info does.
    pub is_first: bool,
}

/// The cluster that may be asked on, once cluster-info has come.
#[must_use]
pub fn trust(request: &Request, first: &Contact, info: Option<&ClusterInfo>) -> Option<Trust> {
    match &request.discovery {
        Discovery::File(file) => Some(Trust { cluster: (**file).clone(), is_first: true }),
        Discovery::Token { token, pins, .. } => {
            let cluster = info?.trusted(token, pins).ok()?;
            let is_first = cluster.server == first.server;
            Some(Trust { cluster, is_first })
        }
    }
}

impl Trust {
    /// Whether a server that was contacted may see the token.
    #[must_use]
    pub fn holds(&self, contact: &Contact, now_s: i64) -> bool {
        match &contact.tls {
            Some(Tls::Chain { leaf, others }) => {
                leaf.verify(&contact.server.host, others, &self.cluster.cas, now_s).is_ok()
            }
            _ => false,
        }
    }
}

/// What the cluster's own settings say that bears on this node.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ahead {
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
struct Node {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

impl Ahead {
    /// Of what was read; `None`: it was not.
    #[must_use]
    pub fn of(reads: &[Read]) -> Option<Self> {
        let read = reads.iter().find(|read| read.object == Object::ConfigMap("kubeadm-config"))?;
        let Page::Answer(answer) = &read.page else { return None };
        let map: ConfigMap = serde_json::from_slice(&answer.body).ok()?;
        let root = yaml::read(map.data.get("ClusterConfiguration")?).ok()?;
        let text = |node: Option<&yaml::Node>| {
            node.and_then(yaml::Node::text).filter(|text| !text.is_empty()).map(str::to_owned)
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
    let path = Object::ConfigMap("kubeadm-config").path();
    format!(
        "unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get \"{}{path}\": ",
        server.url()
    )
}

/// A read is tried once or twice, ten seconds each at most.
pub(super) fn reads_give_up_ms(contact: &Contact) -> u64 {
    let tunnel = contact.proxy.as_ref().and_then(|proxied| proxied.tunnel.as_ref());
    match (contact.tcp, tunnel) {
        (Tcp::NoNeighbour, _) => 3_500,
        (Tcp::Silent { .. }, _) | (_, Some(Tunnel::Silent { .. })) => 10_300,
        _ => 400,
    }
}

/// One connection came to be and the next did not, or another server answered it.
fn unasked(walk: &mut Walk<'_>, object: &Object) {
    let (stage, what) = match object {
        Object::ConfigMap(name) => (Stage::Reads, format!("the settings {name}")),
        Object::SharedCertificates => (Stage::SharedCertificates, "the certificates".to_owned()),
        Object::Node(name) => (Stage::NodeName, format!("the Node {}", Untrusted::new(name))),
    };
    let seen = format!("{what} could not be asked for: that connection did not come to be");
    walk.note(stage, None, seen.clone());
    walk.verdict.open = Some(seen);
}

/// The last of the settings: what a control plane needs is looked at then.
const LAST_SETTINGS: &str = "kubelet-config";

/// Judges what was read with the token.
pub(super) fn reads(walk: &mut Walk<'_>) -> Going<()> {
    let mut names = Vec::new();
    for read in &walk.trial.reads {
        if matches!(read.page, Page::NotAsked) {
            unasked(walk, &read.object);
            break;
        }
        match &read.object {
            Object::ConfigMap(name) => {
                settings(walk, name, &read.page)?;
                names.push(*name);
                if *name == LAST_SETTINGS {
                    walk.note(Stage::Reads, Some(true), names.join(", "));
                    control_plane::endpoint(walk)?;
                }
            }
            Object::SharedCertificates => control_plane::certificates(walk, &read.page)?,
            Object::Node(name) => node_name(walk, name, &read.page)?,
        }
    }
    Ok(())
}

fn settings(walk: &mut Walk<'_>, name: &str, page: &Page) -> Going<()> {
    let said = |answer| Refusal::of(answer, "configmaps", name).words;
    let (causes, seen, words): (&[Code], _, _) = match page {
        Page::Answer(answer) if answer.status == 200 => return Ok(()),
        Page::Answer(answer) if answer.status == 401 => (
            &[code::CREDENTIALS_NOT_ACCEPTED],
            "the server does not accept the token any more".to_owned(),
            said(answer),
        ),
        Page::Answer(answer) if answer.status == 403 => (
            &[code::RIGHTS_MISSING],
            "the token may not read it: its group is not system:bootstrappers:kubeadm:\
             default-node-token"
                .to_owned(),
            said(answer),
        ),
        Page::Answer(answer) => (
            &[code::SERVER_OVERLOADED, code::STILL_STARTING],
            format!("the server answers {} for {name}", answer.status),
            said(answer),
        ),
        Page::Silent { ms } => (
            &[code::SERVER_OVERLOADED, code::PATH_MTU_HOLE],
            format!("no answer for {name} in {}, kubeadm allows 10 s", seconds(*ms)),
            "context deadline exceeded".to_owned(),
        ),
        Page::Bad(why) => (
            &[code::CONNECTION_CUT],
            format!("the answer for {name} makes no sense: {why}"),
            "EOF".to_owned(),
        ),
        Page::NotAsked => return Ok(()),
    };
    walk.note(Stage::Reads, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: Stage::Reads,
        causes: causes.to_vec(),
        because: vec![seen],
        advice: match page {
            Page::Silent { .. } => vec![PATIENT.to_owned()],
            _ => vec!["on the control plane: kubeadm token create --print-join-command".to_owned()],
        },
        after_ms: if matches!(page, Page::Silent { .. }) { 10_300 } else { 400 },
        words: format!(
            "{PHASE}unable to fetch the {name} ConfigMap: failed to get config map: {words}"
        ),
    }))
}

/// What precedes the words of the phase that looks whether the name is free (k/k
/// cmd/kubeadm/app/cmd/phases/join/kubelet.go).
const KUBELET_START: &str = "error execution phase kubelet-start: ";

fn node_name(walk: &mut Walk<'_>, name: &str, page: &Page) -> Going<()> {
    let Page::Answer(answer) = page else { return Ok(()) };
    let is_ready = answer.status == 200
        && serde_json::from_slice::<Node>(&answer.body).is_ok_and(|node| {
            let mut conditions = node.status.conditions.iter();
            conditions.any(|it| it.r#type == "Ready" && it.status == "True")
        });
    let name = Untrusted::new(name);
    if !is_ready {
        walk.note(Stage::NodeName, Some(true), format!("no Ready node is called {name}"));
        return Ok(());
    }
    let seen = format!("a Ready node is called {name} already");
    walk.note(Stage::NodeName, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: Stage::NodeName,
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
