//! Bootstrap tokens: a public half that names a Secret, and one that proves.

use pontoon_predict::kubeadm::token::split;

use crate::secret::SecretText;

/// A bootstrap token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BootstrapToken {
    /// The public half: it stands in cluster-info and may be shown.
    pub id: String,
    /// The other half.
    secret: SecretText,
}

/// A text is no bootstrap token. It is not kept: it may be one in all but a letter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the token is not six letters or digits, a dot, and sixteen more (small letters)")]
pub struct BootstrapTokenError;

impl BootstrapToken {
    /// Reads a token.
    ///
    /// # Errors
    ///
    /// [`BootstrapTokenError`].
    pub fn parse(text: &str) -> Result<Self, BootstrapTokenError> {
        let (id, secret) = split(text).ok_or(BootstrapTokenError)?;
        Ok(Self { id: id.to_owned(), secret: SecretText::new(secret) })
    }

    /// The key with which cluster-info is signed.
    pub(crate) fn key(&self) -> &[u8] {
        self.secret.expose().as_bytes()
    }

    /// The whole of it, for the API server and for what the user writes to a file.
    #[must_use]
    pub fn whole(&self) -> SecretText {
        SecretText::new(&format!("{}.{}", self.id, self.secret.expose()))
    }
}
