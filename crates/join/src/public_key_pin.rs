//! Pins of a cluster's CA: the SHA-256 of its public key.

use std::fmt;
use std::str::FromStr;

use pontoon_model::untrusted::Untrusted;
use ring::digest::{SHA256, digest};

/// `sha256:` and the hash of a DER `SubjectPublicKeyInfo` (RFC 7469, as kubernetes/kubernetes'
/// cmd/kubeadm/app/util/pubkeypin/pubkeypin.go uses it).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicKeyPin([u8; 32]);

/// A text is no pin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no pin of a CA: `sha256:` and 64 hexadecimal digits")]
pub struct PublicKeyPinError(pub Untrusted);

impl PublicKeyPin {
    /// The pin of a public key.
    #[must_use]
    pub fn of(public_key_info: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, public_key_info).as_ref());
        Self(hash)
    }
}

impl FromStr for PublicKeyPin {
    type Err = PublicKeyPinError;

    fn from_str(text: &str) -> Result<Self, PublicKeyPinError> {
        let wrong = || PublicKeyPinError(Untrusted::new(text));
        let (kind, digits) = text.split_once(':').ok_or_else(wrong)?;
        let is_hex = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !kind.eq_ignore_ascii_case("sha256") || !is_hex {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for PublicKeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
