//! The certificates that control planes share, as kubeadm leaves them for two hours in the Secret
//! `kube-system/kubeadm-certs`, each encrypted with the certificate key (k/k
//! cmd/kubeadm/app/phases/copycerts, app/util/crypto).

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::secret::SecretText;

/// Where it is asked for.
pub const PATH: &str = "/api/v1/namespaces/kube-system/secrets/kubeadm-certs?timeout=10s";

/// `certsToTransfer` (`/` is `-` in the Secret), and on a host below `/etc/kubernetes/pki`
/// (`SharedCertificateExists`); those of etcd, which may be an external one's, come beside them.
pub const NAMES: [&str; 6] =
    ["ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub"];

/// The one that is opened to try the key: it is public, the others' secrets stay shut.
const TRIED: &str = "ca.crt";

/// Why a control plane cannot be made of it, in kubeadm's words.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SharedCertificatesError {
    /// It was encrypted with another key.
    #[error("error decoding secret data with provided key: cipher: message authentication failed")]
    Key,
    /// One is not in it.
    #[error(
        "the Secret does not include the required certificate or key - name: {0}, path: \
         /etc/kubernetes/pki/{0}"
    )]
    Lacks(&'static str),
    /// It is no Secret.
    #[error("json parse error")]
    NoSecret,
}

#[derive(Deserialize)]
struct CertificatesSecret {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// Tries the key on the body of an answer.
///
/// # Errors
///
/// Why kubeadm would not get on with it.
pub fn open(body: &[u8], key: &SecretText) -> Result<(), SharedCertificatesError> {
    let stored: CertificatesSecret =
        serde_json::from_slice(body).map_err(|_| SharedCertificatesError::NoSecret)?;
    let tried = stored.data.get(TRIED).ok_or(SharedCertificatesError::Lacks(TRIED))?;
    let tried = BASE64.decode(tried.as_bytes()).map_err(|_| SharedCertificatesError::NoSecret)?;
    decrypt(tried, key).ok_or(SharedCertificatesError::Key)?;
    match NAMES.into_iter().find(|name| !stored.data.contains_key(*name)) {
        Some(name) => Err(SharedCertificatesError::Lacks(name)),
        None => Ok(()),
    }
}

/// The nonce comes first, the tag last.
fn decrypt(mut sealed: Vec<u8>, key: &SecretText) -> Option<()> {
    let key = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(key.expose().as_bytes()).ok()?);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?);
    let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, Aad::empty(), text).ok().map(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "0f0e0d0c0b0a09080706050403020100ffeeddccbbaa99887766554433221100";

    fn sealed(text: &[u8]) -> String {
        let key = HEXLOWER_PERMISSIVE.decode(KEY.as_bytes()).unwrap();
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
        let mut bytes = text.to_vec();
        let nonce = [7; NONCE_LEN];
        let given = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(given, Aad::empty(), &mut bytes).unwrap();
        BASE64.encode(&[&nonce[..], &bytes].concat())
    }

    fn stored(names: &[&str], ca: &str) -> Vec<u8> {
        let data: BTreeMap<_, _> = names.iter().map(|name| (*name, ca)).collect();
        json!({ "kind": "Secret", "data": data }).to_string().into_bytes()
    }

    /// Made by Go 1.26.8's crypto/cipher as kubeadm's `EncryptBytes` does: `hello` with [`KEY`].
    #[test]
    fn what_go_sealed_is_opened() {
        let sealed = b"0102030405060708090a0b0c710c3b9f70845b3e9f5d95597dd6e3391e286bc8f6";
        let go = BASE64.encode(&HEXLOWER_PERMISSIVE.decode(sealed).unwrap());
        assert_eq!(open(&stored(&NAMES, &go), &SecretText::new(KEY)), Ok(()));
    }

    #[test]
    fn a_key_opens_its_own_certificates_and_no_others() {
        let good = sealed(b"-----BEGIN CERTIFICATE-----");
        let other = format!("{}ff", &KEY[..62]);
        let table = [
            ("its own", stored(&NAMES, &good), KEY, Ok(())),
            ("in capitals", stored(&NAMES, &good), &KEY.to_uppercase(), Ok(())),
            ("another's", stored(&NAMES, &good), &other, Err(SharedCertificatesError::Key)),
            ("no key", stored(&NAMES, &good), "x", Err(SharedCertificatesError::Key)),
            ("cut", stored(&NAMES, "AAAA"), KEY, Err(SharedCertificatesError::Key)),
            ("no base64", stored(&NAMES, "*"), KEY, Err(SharedCertificatesError::NoSecret)),
            ("nothing", stored(&[], ""), KEY, Err(SharedCertificatesError::Lacks("ca.crt"))),
            ("half", stored(&["ca.crt", "ca.key"], &good), KEY, {
                Err(SharedCertificatesError::Lacks("front-proxy-ca.crt"))
            }),
            ("no JSON", b"<html>".to_vec(), KEY, Err(SharedCertificatesError::NoSecret)),
        ];
        for (name, body, key, expected) in table {
            assert_eq!(open(&body, &SecretText::new(key)), expected, "{name}");
        }
    }
}
