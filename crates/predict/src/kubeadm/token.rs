//! The format of bootstrap tokens.

/// Source of the rule.
pub const SOURCE: &str = "kubernetes/cluster-bootstrap v0.36.2, token/api/types.go";

/// Length of the token id, which is not secret.
pub const ID_LEN: usize = 6;
/// Length of the token secret.
pub const SECRET_LEN: usize = 16;

/// Splits a token into id and secret: `[a-z0-9]{6}.[a-z0-9]{16}` (`BootstrapTokenPattern`).
#[must_use]
pub fn split(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.split_once('.')?;
    (is_id(id) && is_part(secret, SECRET_LEN)).then_some((id, secret))
}

/// Whether this is a token id (`BootstrapTokenIDPattern`).
#[must_use]
pub fn is_id(text: &str) -> bool {
    is_part(text, ID_LEN)
}

fn is_part(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
