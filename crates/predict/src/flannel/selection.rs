//! What a search for flanneld's interface is for, and what it finds.

use std::net::IpAddr;

use pontoon_model::snapshot::Link;

/// The families of the pods' network (`EnableIPv4` and `EnableIPv6` of net-conf.json).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IpStack {
    /// IPv4 alone: the default.
    V4,
    /// IPv6 alone.
    V6,
    /// Both.
    Dual,
}

/// Why no interface was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InterfaceLookupError {
    /// flanneld ends with these words.
    Words(String),
    /// What would have to be known.
    Unknown(String),
}

/// A link, and the addresses on it that were decided with it.
pub(super) struct SelectedInterface<'a> {
    pub(super) link: &'a Link,
    pub(super) v4: Option<IpAddr>,
    pub(super) v6: Option<IpAddr>,
}

impl<'a> SelectedInterface<'a> {
    pub(super) const fn on(link: &'a Link) -> Self {
        Self { link, v4: None, v6: None }
    }
}

pub(super) fn words(words: impl Into<String>) -> InterfaceLookupError {
    InterfaceLookupError::Words(words.into())
}
