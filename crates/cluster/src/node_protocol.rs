//! What is said between the two ends of a check: the one that judges, and one on each node. These
//! are the bodies of the messages of [`ServiceName::Node`](pontoon_remote::message::ServiceName); a
//! change of one makes a new version of the protocol ([`pontoon_remote::preamble::VERSIONS`]).

use std::net::{IpAddr, SocketAddr};

use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Serialize};

use crate::connectivity_test::ConnectivityOutcome;
use crate::node_state::NodeState;
use crate::objects::ClusterObjects;

/// What a node is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum NodeRequest {
    /// Its state: addresses, programs, and the rules of its packet filter.
    Look,
    /// What the API server says of the cluster. On the control plane.
    Objects,
    /// Make the test pods. On the control plane, which removes them when the connection ends.
    Raise {
        /// The namespace that is made for them.
        namespace: String,
        /// Each node, and the image that is there.
        pods: Vec<(String, String)>,
    },
    /// Remove them. On the control plane.
    Clear,
    /// Whether the API server reaches the kubelets of nodes. On the control plane.
    Kubelets {
        /// The names of the nodes.
        nodes: Vec<String>,
    },
    /// The last lines of a pod's log. On the control plane.
    PodLog {
        /// The namespace of the pod or pods.
        namespace: String,
        /// The name of the pod.
        name: String,
    },
    /// What was said of a pod. On the control plane.
    Events {
        /// The namespace of the pod or pods.
        namespace: String,
    },
    /// The last lines of kubelet's log.
    KubeletLog,
    /// Answer in a pod from now on.
    Answer {
        /// The uid of the pod, as the API server lists it.
        pod: String,
    },
    /// Try these, all at once.
    Try {
        /// The uid of the pod in whose network; none: in the node's.
        pod: Option<String>,
        /// The probes; outcomes come in their order.
        dials: Vec<ConnectivityProbe>,
    },
}

/// One thing to try.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum ConnectivityProbe {
    /// TLS up to the certificate.
    Tls(SocketAddr),
    /// A TCP connection, which is closed at once.
    Tcp(SocketAddr),
    /// A test pod, which is to send so many bytes.
    Echo(IpAddr, u32),
    /// A DNS question for the API server's name, in a cluster of this domain.
    Dns(IpAddr, String),
    /// Echoes of two sizes.
    Sizes(IpAddr),
}

/// What it answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum NodeResponse {
    /// The response to [`NodeRequest::Look`].
    Look(Box<NodeState>),
    /// To [`NodeRequest::Objects`], with the control plane's clock in seconds since 1970.
    Objects(Box<ClusterObjects>, i64),
    /// To [`NodeRequest::Try`] in their order, to [`NodeRequest::Kubelets`] as well.
    Outcomes(Vec<ConnectivityOutcome>),
    /// A text that was asked for.
    Text(String),
    /// It is done. That it cannot be done is a refusal of the request.
    Done,
}

/// Why a request has no response of its own kind.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NodeRequestError {
    /// The far end does not do it, and says why: kubectl failed, or a pod is not there.
    #[error("{0}")]
    Refused(Untrusted),
    /// Nothing came back in time, or the session is over.
    #[error("{0}")]
    NoResponse(Untrusted),
}

impl NodeRequestError {
    /// The reason, from whichever program.
    #[must_use]
    pub fn why(self) -> Untrusted {
        match self {
            Self::Refused(why) | Self::NoResponse(why) => why,
        }
    }
}
