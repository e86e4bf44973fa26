//! Text that never leaves by accident.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A token's secret half, a certificate key: not shown by `Debug`, gone from memory when dropped.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself. Only for what goes to the API server, or into a file that the user asked
    /// for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
