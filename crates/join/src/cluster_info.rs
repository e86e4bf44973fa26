//! The `ConfigMap` `kube-public/cluster-info`, and how a token proves that it is the right one.

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde::Deserialize;

use crate::bootstrap_token::BootstrapToken;
use crate::certificate::public_key_info;
use crate::kubeconfig::{self, Kubeconfig, KubeconfigError};
use crate::public_key_pin::PublicKeyPin;

/// Where it is asked for (k/k cmd/kubeadm/app/discovery/token/token.go).
pub const PATH: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s";

/// `JWSSignatureKeyPrefix` (kubernetes/cluster-bootstrap token/api/types.go).
const SIGNATURE_KEY: &str = "jws-kubeconfig-";

/// The data of the `ConfigMap`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub struct ClusterInfo {
    #[serde(default)]
    data: std::collections::BTreeMap<String, String>,
}

/// Why cluster-info does not lead to a cluster that can be trusted, in kubeadm's words.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClusterInfoError {
    /// It holds no kubeconfig.
    #[error("there is no kubeconfig key in the cluster-info ConfigMap")]
    NoKubeconfig,
    /// It is not signed for this token: expired, deleted or of another cluster.
    #[error("could not find a JWS signature in the cluster-info ConfigMap for token ID \"{id}\"")]
    NoSignature {
        /// The public half of the token.
        id: String,
    },
    /// It is signed by another token of that name.
    #[error(
        "failed to verify JWS signature of received cluster info object, can't trust this API \
         Server"
    )]
    Signature,
    /// Its kubeconfig makes no sense.
    #[error("malformed kubeconfig in the cluster-info ConfigMap: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    /// No CA in it is pinned.
    #[error(
        "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \
         \"{found}\" are pinned"
    )]
    Pin {
        /// The pins of its CAs.
        found: String,
    },
}

impl ClusterInfo {
    /// Reads the body of an answer; `None`: it is no `ConfigMap`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The kubeconfig, as it is signed.
    #[must_use]
    pub fn kubeconfig(&self) -> Option<&str> {
        self.data.get("kubeconfig").map(String::as_str)
    }

    /// The public halves of the tokens for which it is signed.
    pub fn token_ids(&self) -> impl Iterator<Item = &str> {
        self.data.keys().filter_map(|key| key.strip_prefix(SIGNATURE_KEY))
    }

    /// What `retrieveValidatedConfigInfo` does with it before the second question: the signature,
    /// then the kubeconfig, then the pins.
    ///
    /// # Errors
    ///
    /// In kubeadm's words.
    pub fn trusted(
        &self,
        token: &BootstrapToken,
        pins: &[PublicKeyPin],
    ) -> Result<Kubeconfig, ClusterInfoError> {
        let text = self.kubeconfig().filter(|text| !text.is_empty());
        let text = text.ok_or(ClusterInfoError::NoKubeconfig)?;
        let signature = self.data.get(&format!("{SIGNATURE_KEY}{}", token.id));
        let signature = signature.filter(|signature| !signature.is_empty());
        let signature =
            signature.ok_or_else(|| ClusterInfoError::NoSignature { id: token.id.clone() })?;
        if !is_signed_by(text, signature, token) {
            return Err(ClusterInfoError::Signature);
        }
        let kubeconfig = kubeconfig::parse(text)?;
        if !pins.is_empty() {
            let found: Vec<PublicKeyPin> = kubeconfig
                .cas
                .iter()
                .filter_map(|ca| public_key_info(ca).map(PublicKeyPin::of))
                .collect();
            if !found.iter().any(|pin| pins.contains(pin)) {
                let found: Vec<_> = found.iter().map(ToString::to_string).collect();
                return Err(ClusterInfoError::Pin { found: found.join(",") });
            }
        }
        Ok(kubeconfig)
    }
}

/// The detached signature of a text (RFC 7515, appendix F): `HEADER..SIGNATURE` by HMAC-SHA-256
/// with the secret half of the token (kubernetes/cluster-bootstrap token/jws/jws.go).
#[must_use]
pub fn sign(text: &str, key_id: &str, key: &[u8]) -> String {
    // The header as Go writes it: the order of its two members is part of what is signed.
    let header = format!("{{\"alg\":\"HS256\",\"kid\":\"{key_id}\"}}");
    let header = BASE64URL_NOPAD.encode(header.as_bytes());
    let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(text.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{header}..{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

fn is_signed_by(text: &str, signature: &str, token: &BootstrapToken) -> bool {
    let own = sign(text, &token.id, token.key());
    // In constant time: the one that is compared with is a secret as long as nobody has it.
    own.len() == signature.len()
        && own.bytes().zip(signature.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
