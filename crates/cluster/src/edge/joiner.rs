//! The end on a host that is to join.

use std::thread;

use pontoon_join::discovery_flow::{DiscoveryQuery, DiscoveryReply};
use pontoon_join::edge::{self, JoinTimeouts};
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::snapshot::{self, SnapshotSources};

use crate::joining_host::JoiningHost;

/// What it says of itself.
pub(super) fn look() -> JoiningHost {
    JoiningHost { host: edge::preflight_reader::read_host(), snapshot: snapshot::take(&sources()) }
}

/// Asks side by side; the answers are in the order of the questions.
pub(super) fn contact(questions: &[DiscoveryQuery], limits: JoinTimeouts) -> Vec<DiscoveryReply> {
    let proxies = ProxyEnvironment::of(&snapshot::proxies(&sources()));
    thread::scope(|scope| {
        let ways: Vec<_> = questions
            .iter()
            .map(|question| scope.spawn(|| edge::ask(question, &proxies, limits)))
            .collect();
        let joined = ways.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|way| way.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn sources() -> SnapshotSources {
    SnapshotSources::live(unix_s(), std::env::vars_os())
}
