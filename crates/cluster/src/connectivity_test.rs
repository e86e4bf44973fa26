//! What was tested from a node or from a pod, and what came of it: the same data that a diagnosis
//! shows as its evidence.

pub use pontoon_diagnosis::evidence::{
    ApiAddressSource, ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};

/// More than one packet of any link that Ethernet carries, and no burden.
pub const LARGE_TRANSFER_BYTES: u32 = 100_000;
