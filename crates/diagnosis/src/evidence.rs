//! What was observed, as data: by whom, where, how often, with which outcome.
//!
//! One enum a domain, in a file of its own; each variant is one kind of observation, with the
//! fields that its sentence and a script need. The sentences stand in [`crate::sentence`].

mod frames;
mod links;
mod routing;
mod node_address;
mod packet_filter;
mod services;
mod identity;
mod join;
mod join_answer;
mod joining_host;
mod settings;
mod connectivity;
mod cluster;
mod pod_network;
mod log_text;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

pub use cluster::{ClusterEvidence, NodeAddressKind};
pub use connectivity::{
    ApiAddressSource, ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};
pub use frames::{ArpProxy, ControlTarget, EndControl, FrameEvidence, RoundProbes, SenderRounds};
pub use identity::IdentityEvidence;
pub use join::{JoinEvidence, ServerEndpoint};
pub use join_answer::{JoinAnswerEvidence, RequestedObject};
pub use joining_host::{ClusterNetwork, JoiningHostEvidence};
pub use links::{GatewayProbe, LinkDownState, LinkEvidence};
pub use log_text::LogEvidence;
pub use node_address::{NetworkOrigin, NetworkPurpose, NodeAddressEvidence};
pub use packet_filter::FilterEvidence;
pub use pod_network::{MissingPodRoute, PodNetworkEvidence};
pub use routing::RoutingEvidence;
pub use services::ServiceEvidence;
pub use settings::{AddressOnLink, HostMtu, NetworkUsage, SettingsEvidence, UsedNetwork};

/// Something that was observed.
///
/// In JSON: an object with the `kind` of observation, its fields, and the same in a sentence as
/// `text`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Evidence {
    /// Frames and packets that were sent between hosts of the run, and what became of them.
    Frames(FrameEvidence),
    /// Links of a host: whether they are up, what answers on them, their MTU and radio.
    Links(LinkEvidence),
    /// Routes of a host, reverse-path filtering and forwarding.
    Routing(RoutingEvidence),
    /// The address and the networks that Kubernetes would take.
    NodeAddress(NodeAddressEvidence),
    /// Packet filters of a host, and ports that are blocked.
    Filter(FilterEvidence),
    /// Name servers, captive portals, UDP to the internet and clocks.
    Services(ServiceEvidence),
    /// Names, ids, MAC and IP addresses that only one host may have.
    Identity(IdentityEvidence),
    /// A rehearsed join: the way to the API server.
    Join(JoinEvidence),
    /// A rehearsed join: what the API server answered.
    JoinAnswer(JoinAnswerEvidence),
    /// A host that is to join a cluster: preflight, ports, networks.
    JoiningHost(JoiningHostEvidence),
    /// Why a setting for Kubernetes was decided as it was, or could not be.
    Settings(SettingsEvidence),
    /// Objects, nodes and connectivity of a running cluster.
    Cluster(ClusterEvidence),
    /// The network of a cluster's pods and Services on its nodes.
    PodNetwork(PodNetworkEvidence),
    /// What a log or an error message says.
    Log(LogEvidence),
}

/// The fields of an observation; `kind` says which they are.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum EvidenceFields<'a> {
    Frames(Cow<'a, FrameEvidence>),
    Links(Cow<'a, LinkEvidence>),
    Routing(Cow<'a, RoutingEvidence>),
    NodeAddress(Cow<'a, NodeAddressEvidence>),
    Filter(Cow<'a, FilterEvidence>),
    Services(Cow<'a, ServiceEvidence>),
    Identity(Cow<'a, IdentityEvidence>),
    Join(Cow<'a, JoinEvidence>),
    JoinAnswer(Cow<'a, JoinAnswerEvidence>),
    JoiningHost(Cow<'a, JoiningHostEvidence>),
    Settings(Cow<'a, SettingsEvidence>),
    Cluster(Cow<'a, ClusterEvidence>),
    PodNetwork(Cow<'a, PodNetworkEvidence>),
    Log(Cow<'a, LogEvidence>),
}

/// An observation as it stands in JSON.
#[derive(JsonSchema, Serialize)]
struct EvidenceJson<'a> {
    #[serde(flatten)]
    fields: EvidenceFields<'a>,
    /// The same in a sentence.
    text: String,
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = match self {
            Self::Frames(fact) => EvidenceFields::Frames(Cow::Borrowed(fact)),
            Self::Links(fact) => EvidenceFields::Links(Cow::Borrowed(fact)),
            Self::Routing(fact) => EvidenceFields::Routing(Cow::Borrowed(fact)),
            Self::NodeAddress(fact) => EvidenceFields::NodeAddress(Cow::Borrowed(fact)),
            Self::Filter(fact) => EvidenceFields::Filter(Cow::Borrowed(fact)),
            Self::Services(fact) => EvidenceFields::Services(Cow::Borrowed(fact)),
            Self::Identity(fact) => EvidenceFields::Identity(Cow::Borrowed(fact)),
            Self::Join(fact) => EvidenceFields::Join(Cow::Borrowed(fact)),
            Self::JoinAnswer(fact) => EvidenceFields::JoinAnswer(Cow::Borrowed(fact)),
            Self::JoiningHost(fact) => EvidenceFields::JoiningHost(Cow::Borrowed(fact)),
            Self::Settings(fact) => EvidenceFields::Settings(Cow::Borrowed(fact)),
            Self::Cluster(fact) => EvidenceFields::Cluster(Cow::Borrowed(fact)),
            Self::PodNetwork(fact) => EvidenceFields::PodNetwork(Cow::Borrowed(fact)),
            Self::Log(fact) => EvidenceFields::Log(Cow::Borrowed(fact)),
        };
        EvidenceJson { fields, text: self.to_string() }.serialize(serializer)
    }
}

impl JsonSchema for Evidence {
    fn schema_name() -> Cow<'static, str> {
        "Evidence".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        EvidenceJson::json_schema(generator)
    }
}

/// An observation of one domain is evidence.
macro_rules! from_domain {
    ($($domain:ident: $fact:ty),* $(,)?) => {
        $(impl From<$fact> for Evidence {
            fn from(fact: $fact) -> Self {
                Self::$domain(fact)
            }
        })*
    };
}

from_domain! {
    Frames: FrameEvidence,
    Links: LinkEvidence,
    Routing: RoutingEvidence,
    NodeAddress: NodeAddressEvidence,
    Filter: FilterEvidence,
    Services: ServiceEvidence,
    Identity: IdentityEvidence,
    Join: JoinEvidence,
    JoinAnswer: JoinAnswerEvidence,
    JoiningHost: JoiningHostEvidence,
    Settings: SettingsEvidence,
    Cluster: ClusterEvidence,
    PodNetwork: PodNetworkEvidence,
    Log: LogEvidence,
}
