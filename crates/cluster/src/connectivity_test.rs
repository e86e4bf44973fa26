//! What was tested from a node or from a pod, and what came of it: the same data that a diagnosis
//! shows as its evidence.

use std::io;

pub use pontoon_diagnosis::evidence::{
    ApiAddressSource, ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};
use pontoon_join::trial::TcpOutcome;
use pontoon_model::untrusted::Untrusted;

/// More than one packet of any link that Ethernet carries, and no burden.
pub const LARGE_TRANSFER_BYTES: u32 = 100_000;

/// The outcome of a test whose TCP connection was not established.
pub(crate) fn unconnected(tcp: TcpOutcome) -> ConnectivityOutcome {
    match tcp {
        TcpOutcome::Refused => ConnectivityOutcome::Refused,
        TcpOutcome::NoNeighbour => ConnectivityOutcome::NoNeighbour,
        TcpOutcome::Unreachable => ConnectivityOutcome::Prohibited,
        TcpOutcome::NoRoute => ConnectivityOutcome::NoRoute,
        TcpOutcome::Silent { ms } => ConnectivityOutcome::Silent { ms },
        TcpOutcome::Failed { errno } => {
            let error = io::Error::from_raw_os_error(errno).to_string();
            ConnectivityOutcome::Wrong(Untrusted::new(&error))
        }
        TcpOutcome::Open | TcpOutcome::NotTried => {
            ConnectivityOutcome::Untried(Untrusted::default())
        }
    }
}
