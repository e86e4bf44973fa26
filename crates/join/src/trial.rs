//! What came back when a join was tried, as plain data.

use std::net::IpAddr;

use pontoon_diagnosis::evidence::RequestedObject;
use pontoon_model::net::IfName;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;
use serde::{Deserialize, Serialize};

use crate::certificate::ServerCertificate;
use crate::http::ApiResponse;
use crate::proxy::ProxyContact;
use crate::shared_certificates;

/// One way to the cluster, tried up to where it ends.
#[derive(Clone, Debug)]
pub struct JoinTrial {
    /// The link that every question was tied to; none: the kernel chose, as it does for kubeadm.
    pub link: Option<IfName>,
    /// This host's clock, in seconds since 1970.
    pub now_s: i64,
    /// The server that the line names.
    pub first: ServerContact,
    /// The answer to the anonymous question for cluster-info.
    pub cluster_info: Option<QueryOutcome>,
    /// The server that cluster-info names, where it is another.
    pub inside: Option<ServerContact>,
    /// What was read with the token, in kubeadm's order.
    pub reads: Vec<TokenRead>,
}

/// Something was read with the token, or not.
#[derive(Clone, Debug)]
pub struct TokenRead {
    /// The object that was asked for.
    pub object: JoinObject,
    /// What came back.
    pub page: QueryOutcome,
}

/// What a join reads with its token (k/k cmd/kubeadm/app/cmd/join.go, phases/join).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JoinObject {
    /// The `ConfigMap` of that name in kube-system.
    ConfigMap(&'static str),
    /// The certificates that control planes share.
    SharedCertificates,
    /// The Node of that name.
    Node(String),
}

impl JoinObject {
    /// Its path at the API server.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::ConfigMap(name) => {
                format!("/api/v1/namespaces/kube-system/configmaps/{name}?timeout=10s")
            }
            Self::SharedCertificates => shared_certificates::PATH.to_owned(),
            Self::Node(name) => format!("/api/v1/nodes/{name}?timeout=10s"),
        }
    }

    /// The object as evidence names it.
    #[must_use]
    pub fn requested(&self) -> RequestedObject {
        let (resource, name) = match self {
            Self::ConfigMap(name) => ("ConfigMap", *name),
            Self::SharedCertificates => ("Secret", "kubeadm-certs"),
            Self::Node(name) => ("Node", name.as_str()),
        };
        RequestedObject { resource, name: Untrusted::new(name) }
    }
}

/// A server, asked up to its certificate.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ServerContact {
    /// The server that was asked.
    pub server: HostPort,
    /// The proxy through which Go programs of this environment ask it.
    pub proxy: Option<ProxyContact>,
    /// What the name of [`Self::peer`] means, or why it means nothing.
    pub resolved: Result<Vec<IpAddr>, ResolveFailure>,
    /// How the kernel would send there.
    pub way: Option<RouteChoice>,
    /// Whether it took a connection.
    pub tcp: TcpOutcome,
    /// What it said then.
    pub tls: Option<TlsOutcome>,
    /// Which sizes of packets it answers, asked when it fell silent after the connection.
    pub sizes: Option<PacketSizes>,
}

impl ServerContact {
    /// Who the connection is to: the server, or the proxy that is asked for a way to it.
    #[must_use]
    pub fn peer(&self) -> &HostPort {
        self.by_proxy().and_then(|proxied| proxied.at.as_ref()).unwrap_or(&self.server)
    }

    /// The proxy that is asked for a way, if any.
    #[must_use]
    pub fn by_proxy(&self) -> Option<&ProxyContact> {
        self.proxy.as_ref().filter(|proxied| proxied.at.is_some())
    }
}

/// A name means nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ResolveFailure {
    /// Nobody knows it; Go names the name server that said so.
    Unknown {
        /// The first of `/etc/resolv.conf`.
        name_server: IpAddr,
    },
    /// Nobody answered in time.
    Silent,
}

/// How the kernel would send.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RouteChoice {
    /// The source address.
    pub source: IpAddr,
    /// The link that has it.
    pub link: Option<IfName>,
}

/// What came of connecting.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum TcpOutcome {
    /// There was nothing to connect to.
    NotTried,
    /// The connection stands.
    Open,
    /// Refused: nothing listens, or a packet filter says so.
    Refused,
    /// Nobody answers to the address on the link (no ARP or ND answer): `EHOSTUNREACH`, and no
    /// router said so.
    NoNeighbour,
    /// A router or a packet filter said that there is no way (`EHOSTUNREACH` and the neighbour is
    /// there).
    Unreachable,
    /// There is no route.
    NoRoute,
    /// No response within so many milliseconds.
    Silent {
        /// How long was waited, in milliseconds.
        ms: u64,
    },
    /// Something else, by its `errno`.
    Failed {
        /// The number of the error.
        errno: i32,
    },
}

/// The start of TLS.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum TlsOutcome {
    /// It showed this chain, its own certificate first, and proved that it holds the key.
    Chain {
        /// Its own certificate.
        leaf: Box<ServerCertificate>,
        /// The others, in DER.
        #[serde(with = "crate::base64_serde::list")]
        others: Vec<Vec<u8>>,
    },
    /// It speaks plain HTTP.
    Http,
    /// It speaks something else, or broke off.
    Broken(Untrusted),
    /// No response within so many milliseconds.
    Silent {
        /// How long was waited, in milliseconds.
        ms: u64,
    },
}

/// A question over TLS.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum QueryOutcome {
    /// It was answered.
    Answer(ApiResponse),
    /// No response, or only a part of it, within so many milliseconds.
    Silent {
        /// How long was waited, in milliseconds.
        ms: u64,
    },
    /// The answer makes no sense.
    Bad(Untrusted),
    /// It was not asked: the server is not vouched for.
    NotAsked,
}

/// Packets of two sizes that may not be taken apart on the way.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PacketSizes {
    /// A small one was answered.
    pub small: bool,
    /// One of the link's own MTU was answered.
    pub large: bool,
    /// That MTU, in bytes.
    pub mtu: u32,
}
