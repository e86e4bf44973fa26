//! How long the parts of an attempt to join may take, on this host or on another.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long each part may take. kubeadm allows ten seconds for a question as a whole.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct JoinTimeouts {
    /// For a name.
    pub resolve: Duration,
    /// For a connection: the kernel gives an ARP question up after three seconds.
    pub connect: Duration,
    /// For the start of TLS.
    pub tls: Duration,
    /// For cluster-info to be signed by a token that was made a moment ago: the signer needs up to
    /// half a minute after `kubeadm init`, and kubeadm asks again every five seconds.
    pub signature: Duration,
    /// For all of it.
    pub all: Duration,
}

impl JoinTimeouts {
    /// A dead way is known in less than eight seconds.
    pub const USUAL: Self = Self {
        resolve: Duration::from_secs(2),
        connect: Duration::from_millis(3_500),
        tls: Duration::from_secs(3),
        signature: Duration::from_secs(6),
        all: Duration::from_millis(7_500),
    };
    /// As long as kubeadm waits.
    pub const PATIENT: Self = Self {
        resolve: Duration::from_secs(10),
        connect: Duration::from_secs(10),
        tls: Duration::from_secs(10),
        signature: Duration::from_secs(60),
        all: Duration::from_secs(90),
    };
}

/// So long after an answer without a signature the question is asked again. kubeadm takes five
/// seconds (`constants.DiscoveryRetryInterval`); here the whole attempt has eight.
pub const SIGNATURE_AGAIN_AFTER: Duration = Duration::from_secs(1);
