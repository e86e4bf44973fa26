//! Parts of sentences that several domains share.

use std::fmt;

/// Items with commas and an "and": "pi1, pi2 and pi3".
pub(super) struct CommaList<'a, T>(pub(super) &'a [T]);

impl<T: fmt::Display> fmt::Display for CommaList<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            match at {
                0 => {}
                _ if at + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// Milliseconds, shown as seconds with at most one decimal: "3 s", "2.5 s".
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest_ms) = (self.0 / 1000, self.0 % 1000);
        if rest_ms == 0 {
            write!(f, "{seconds} s")
        } else {
            write!(f, "{seconds}.{} s", rest_ms / 100)
        }
    }
}
