//! The end on a host that is to join.

use std::thread;

use pontoon_join::course::{Answered, Question};
use pontoon_join::edge::{self, Limits};
use pontoon_predict::proxy::Proxies;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::snapshot::{self, Sources};

use crate::joiner::Joiner;

/// What it says of itself.
pub(super) fn look() -> Joiner {
    Joiner { host: edge::host::look(), snapshot: snapshot::take(&sources()) }
}

/// Asks side by side; the answers are in the order of the questions.
pub(super) fn contact(questions: &[Question], limits: Limits) -> Vec<Answered> {
    let proxies = Proxies::of(&snapshot::proxies(&sources()));
    thread::scope(|scope| {
        let ways: Vec<_> = questions
            .iter()
            .map(|question| scope.spawn(|| edge::ask(question, &proxies, limits)))
            .collect();
        let joined = ways.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|way| way.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn sources() -> Sources {
    Sources::live(unix_s(), std::env::vars_os())
}
