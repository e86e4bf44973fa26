//! What can go wrong between the kernel and us.

use std::io;

/// The kernel did not answer a request.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The socket failed.
    #[error("cannot ask the kernel for {what} ({step})")]
    Socket {
        /// What was asked for.
        what: &'static str,
        /// Which call failed.
        step: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The kernel refused.
    #[error("the kernel refuses to show {what}: {source}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The kernel's errno.
        #[source]
        source: io::Error,
    },
    /// The answer ended without its end mark, or made no sense.
    #[error("the kernel's answer about {what} was cut off")]
    Cut {
        /// What was asked for.
        what: &'static str,
    },
}

impl NetlinkError {
    /// The errno behind it, if there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Socket { source, .. } | Self::Refused { source, .. } => source.raw_os_error(),
            Self::Cut { .. } => None,
        }
    }
}
