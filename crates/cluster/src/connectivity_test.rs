//! What was tried from a node or from a pod, and what came of it.

use std::net::{IpAddr, SocketAddr};
use std::{fmt, io};

use pontoon_join::trial::TcpOutcome;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something was tried.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ConnectivitySource {
    /// The node.
    pub node: String,
    /// Whether in a pod of it, or in its own network.
    pub is_pod: bool,
}

/// What was tried.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectivityTarget {
    /// The API server, up to the end of the TLS handshake.
    Api {
        /// Where.
        at: SocketAddr,
        /// What leads there.
        by: ApiAddressSource,
    },
    /// kubelet's port of another node.
    Kubelet {
        /// The node.
        node: String,
        /// Its `InternalIP`.
        address: IpAddr,
    },
    /// kubelet of a node, by the API server: what `kubectl logs` and `exec` do.
    KubeletByApi {
        /// The node.
        node: String,
    },
    /// Whether packets of the link's own size arrive at a node.
    Sizes {
        /// The node.
        node: String,
        /// Its `InternalIP`.
        address: IpAddr,
    },
    /// The test pod of a node.
    Pod {
        /// The node.
        node: String,
        /// The pod's address.
        address: IpAddr,
        /// How many bytes it is to send.
        bytes: u32,
    },
    /// The Service before the test pods.
    Service {
        /// Its address.
        address: IpAddr,
    },
    /// The cluster's own DNS, for the name of the API server.
    Dns {
        /// The server asked.
        server: IpAddr,
        /// The node of the DNS pod, where one is asked and not the Service.
        pod_on: Option<String>,
    },
}

/// What leads to the API server.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ApiAddressSource {
    /// The endpoints of the Service kubernetes.
    Endpoint,
    /// The Service kubernetes.
    Service,
    /// kubelet's kubeconfig.
    Kubelet,
    /// kube-proxy's kubeconfig.
    Proxy,
}

/// More than one packet of any link that Ethernet carries, and no burden.
pub const LARGE_TRANSFER_BYTES: u32 = 100_000;

/// What came of it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectivityOutcome {
    /// It works.
    Works {
        /// How long it took, in milliseconds.
        ms: u64,
    },
    /// Refused: nothing listens, or a packet filter says so.
    Refused,
    /// There is no route.
    NoRoute,
    /// Nobody answers for the address on the link.
    NoNeighbour,
    /// A router or a packet filter says that there is no way.
    Prohibited,
    /// Not a word.
    Silent {
        /// For so long, in milliseconds.
        ms: u64,
    },
    /// The connection stands, and then not a word, or not all of them.
    Stalls {
        /// Bytes that came.
        bytes: u64,
    },
    /// A small packet is answered, one of the link's MTU is not.
    LargeLost {
        /// The MTU, in bytes.
        mtu: u32,
    },
    /// An answer that is none.
    Wrong(Untrusted),
    /// It could not be tried.
    Untried(Untrusted),
}

/// Something that was tried.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ConnectivityTest {
    /// Where.
    pub from: ConnectivitySource,
    /// What.
    pub to: ConnectivityTarget,
    /// What came of it.
    pub outcome: ConnectivityOutcome,
}

impl ConnectivityOutcome {
    /// Whether it works.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self, Self::Works { .. })
    }

    /// Whether it was tried, and does not.
    #[must_use]
    pub const fn fails(&self) -> bool {
        !matches!(self, Self::Works { .. } | Self::Untried(_))
    }
}

/// A connection that does not stand; of one that stands nothing is known yet.
impl From<TcpOutcome> for ConnectivityOutcome {
    fn from(tcp: TcpOutcome) -> Self {
        match tcp {
            TcpOutcome::Refused => Self::Refused,
            TcpOutcome::NoNeighbour => Self::NoNeighbour,
            TcpOutcome::Unreachable => Self::Prohibited,
            TcpOutcome::NoRoute => Self::NoRoute,
            TcpOutcome::Silent { ms } => Self::Silent { ms },
            TcpOutcome::Failed { errno } => {
                Self::Wrong(Untrusted::new(&io::Error::from_raw_os_error(errno).to_string()))
            }
            TcpOutcome::Open | TcpOutcome::NotTried => Self::Untried(Untrusted::default()),
        }
    }
}

impl fmt::Display for ConnectivitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_pod { write!(f, "a pod of {}", self.node) } else { f.write_str(&self.node) }
    }
}

impl fmt::Display for ConnectivityTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api { at, by: ApiAddressSource::Service } => {
                write!(f, "the API server by its Service ({at})")
            }
            Self::Api { at, by: ApiAddressSource::Endpoint } => write!(f, "the API server at {at}"),
            Self::Api { at, by: ApiAddressSource::Kubelet } => {
                write!(f, "the API server as kubelet does ({at})")
            }
            Self::Api { at, by: ApiAddressSource::Proxy } => {
                write!(f, "the API server as kube-proxy does ({at})")
            }
            Self::Kubelet { node, address } => write!(f, "kubelet of {node} ({address}:10250)"),
            Self::KubeletByApi { node } => write!(f, "kubelet of {node} by the API server"),
            Self::Sizes { node, address } => write!(f, "{node} ({address}) with large packets"),
            Self::Pod { node, address, bytes: 0 } => write!(f, "a pod of {node} ({address})"),
            Self::Pod { node, address, .. } => write!(f, "100 kB from a pod of {node} ({address})"),
            Self::Service { address } => write!(f, "a Service ({address})"),
            Self::Dns { server, pod_on: None } => write!(f, "cluster DNS ({server})"),
            Self::Dns { server, pod_on: Some(node) } => {
                write!(f, "the DNS pod on {node} ({server})")
            }
        }
    }
}

impl fmt::Display for ConnectivityOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works { ms } => write!(f, "answers in {ms} ms"),
            Self::Refused => f.write_str("refuses"),
            Self::NoRoute => f.write_str("no route"),
            Self::NoNeighbour => f.write_str("nobody answers for the address"),
            Self::Prohibited => f.write_str("a router or packet filter says no"),
            Self::Silent { .. } => f.write_str("no answer"),
            Self::Stalls { bytes: 0 } => f.write_str("connects, then not a word"),
            Self::Stalls { bytes } => write!(f, "stalls after {bytes} bytes"),
            Self::LargeLost { mtu } => {
                write!(f, "small packets are answered, those of {mtu} bytes are not")
            }
            Self::Wrong(what) => write!(f, "{what}"),
            Self::Untried(why) => write!(f, "not tried: {why}"),
        }
    }
}
