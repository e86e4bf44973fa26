//! What a join is told: by a line, by flags or by a file.

use std::path::PathBuf;

use pontoon_diagnosis::Evidence;
use pontoon_predict::kubeadm::endpoint::HostPort;

use crate::bootstrap_token::BootstrapToken;
use crate::kubeconfig::Kubeconfig;
use crate::public_key_pin::PublicKeyPin;
use crate::secret::SecretText;
use crate::trial::JoinObject;

/// How the cluster is found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DiscoveryMethod {
    /// By a token that signs cluster-info.
    Token {
        /// The API server.
        endpoint: HostPort,
        /// The token.
        token: BootstrapToken,
        /// Pins of the cluster's CA; any of its CAs may match any of these.
        pins: Vec<PublicKeyPin>,
    },
    /// By a kubeconfig that says whom to trust.
    File(Box<Kubeconfig>),
}

impl DiscoveryMethod {
    /// The server that is asked first.
    #[must_use]
    pub fn endpoint(&self) -> &HostPort {
        match self {
            Self::Token { endpoint, .. } => endpoint,
            Self::File(file) => &file.server,
        }
    }
}

/// A join as a whole, with all that its line or file says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinRequest {
    /// How the cluster is found.
    pub discovery: DiscoveryMethod,
    /// The token for the API server, where it is not that of the discovery.
    pub tls_bootstrap_token: Option<BootstrapToken>,
    /// Whether the node becomes a control plane.
    pub is_control_plane: bool,
    /// The key to the certificates of a control plane.
    pub certificate_key: Option<SecretText>,
    /// The name of the node, if it is given.
    pub node_name: Option<String>,
    /// The seconds for which kubeadm asks for cluster-info.
    pub discovery_s: u64,
    /// What the reader of the line should know.
    pub notes: Vec<Evidence>,
}

/// `timeouts.discovery` unless told otherwise (k/k
/// cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go).
pub const DISCOVERY_S: u64 = 300;

impl JoinRequest {
    /// The token that proves this node to the API server.
    #[must_use]
    pub fn bearer(&self) -> Option<&BootstrapToken> {
        self.tls_bootstrap_token.as_ref().or(match &self.discovery {
            DiscoveryMethod::Token { token, .. } => Some(token),
            DiscoveryMethod::File(_) => None,
        })
    }

    /// What is read with that token, in kubeadm's order.
    pub(crate) fn objects(&self, node_name: &str) -> impl Iterator<Item = JoinObject> {
        let settings =
            ["kubeadm-config", "kube-proxy", "kubelet-config"].map(JoinObject::ConfigMap);
        let fetches = self.is_control_plane && self.certificate_key.is_some();
        let certificates = fetches.then_some(JoinObject::SharedCertificates);
        let node = JoinObject::Node(node_name.to_owned());
        settings.into_iter().chain(certificates).chain([node])
    }
}

/// What stands in a line, before files that it names are read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JoinFlags {
    /// The API server.
    pub endpoint: Option<HostPort>,
    /// `--token` or `--discovery-token`.
    pub token: Option<BootstrapToken>,
    /// `--tls-bootstrap-token`.
    pub tls_bootstrap_token: Option<BootstrapToken>,
    /// `--discovery-token-ca-cert-hash`.
    pub pins: Vec<PublicKeyPin>,
    /// `--discovery-token-unsafe-skip-ca-verification`.
    pub is_unpinned: bool,
    /// `--discovery-file`.
    pub discovery_file: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--control-plane`.
    pub is_control_plane: bool,
    /// `--certificate-key`.
    pub certificate_key: Option<SecretText>,
    /// `--node-name`.
    pub node_name: Option<String>,
    /// The seconds for which kubeadm asks for cluster-info.
    pub discovery_s: Option<u64>,
    /// What the reader should know.
    pub notes: Vec<Evidence>,
}

/// What keeps a join from being one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IncompleteJoin {
    /// No server is named.
    #[error("no API server is named: a join begins with HOST:PORT")]
    Endpoint,
    /// No token is given.
    #[error("there is no token")]
    Token,
    /// Neither a pin nor the word that none is wanted (`ValidateDiscoveryBootstrapToken`).
    #[error(
        "there is neither --discovery-token-ca-cert-hash nor \
         --discovery-token-unsafe-skip-ca-verification: kubeadm refuses"
    )]
    Pin,
}

impl JoinFlags {
    /// The join that is meant; `file` is the kubeconfig of `--discovery-file`, read.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn complete(self, file: Option<Kubeconfig>) -> Result<JoinRequest, IncompleteJoin> {
        let discovery = if let Some(file) = file {
            DiscoveryMethod::File(Box::new(file))
        } else {
            let endpoint = self.endpoint.ok_or(IncompleteJoin::Endpoint)?;
            let token = self.token.clone().ok_or(IncompleteJoin::Token)?;
            if self.pins.is_empty() && !self.is_unpinned {
                return Err(IncompleteJoin::Pin);
            }
            DiscoveryMethod::Token { endpoint, token, pins: self.pins }
        };
        Ok(JoinRequest {
            discovery,
            tls_bootstrap_token: self.tls_bootstrap_token.or(self.token),
            is_control_plane: self.is_control_plane,
            certificate_key: self.certificate_key,
            node_name: self.node_name,
            discovery_s: self.discovery_s.unwrap_or(DISCOVERY_S),
            notes: self.notes,
        })
    }
}
