//! Errors of netlink requests.

use std::io;

/// A netlink request that failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// A call on the socket failed, or timed out.
    #[error("cannot ask the kernel for {what} ({step})")]
    Socket {
        /// The requested table.
        what: &'static str,
        /// The call that failed.
        step: &'static str,
        /// The error of the call.
        #[source]
        source: io::Error,
    },
    /// The kernel answered with an error.
    #[error("the kernel refuses to show {what}: {source}")]
    Refused {
        /// The requested table.
        what: &'static str,
        /// The errno from the kernel.
        #[source]
        source: io::Error,
    },
    /// The response ended without its end mark, or its format is not valid.
    #[error("the kernel's answer about {what} was cut off")]
    Cut {
        /// The requested table.
        what: &'static str,
    },
}

impl NetlinkError {
    /// The errno of the failed call or from the kernel, if there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Socket { source, .. } | Self::Refused { source, .. } => source.raw_os_error(),
            Self::Cut { .. } => None,
        }
    }
}
