//! Hosts that answer the questions of a check, each over its own way.

use std::collections::BTreeMap;
use std::process::Child;
use std::thread;

use pontoon_cluster::edge::session::Session;
use pontoon_fleet::ssh::trouble::{Cause, Trouble};
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::survey::ChannelError;

use crate::arguments::mesh::BySsh;
use crate::command::fleet::Fleet;
use crate::command::mesh::agents::{Words, children};
use crate::failure::Failure;

/// What the end on a host is started with.
const NODE: Words<'static> = Words {
    there: &["cluster", "node", "--stdio"],
    copied: &["cluster", "node", "--stdio", "--unlink"],
    is_shielded: true,
};

/// Hosts that could not be asked, and why.
pub(super) type Unreached = BTreeMap<HostName, Untrusted>;

/// Starts the end on every host and does something with each that answers, side by side.
pub(super) fn with_each<T: Send>(
    fleet: &Fleet,
    by_ssh: &BySsh,
    with: impl Fn(Session) -> Result<T, Untrusted> + Sync,
) -> Result<(BTreeMap<HostName, T>, Unreached), Failure> {
    let children = children(fleet, by_ssh, &NODE)?;
    let (mut done, mut unreached) = (BTreeMap::new(), Unreached::new());
    thread::scope(|scope| {
        let going = children.into_iter().map(|(host, child)| {
            let (with, name) = (&with, host.clone());
            (host, scope.spawn(move || begun(&name, child).and_then(with)))
        });
        let going: Vec<_> = going.collect();
        for (host, thread) in going {
            match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok(one) => drop(done.insert(host, one)),
                Err(why) => drop(unreached.insert(host, why)),
            }
        }
    });
    Ok((done, unreached))
}

fn begun(host: &HostName, child: Result<Child, ChannelError>) -> Result<Session, Untrusted> {
    let trouble = match child.map(Session::begin) {
        Ok(Ok(session)) => return Ok(session),
        Ok(Err(said)) => match Trouble::said(said.raw()) {
            // It is no complaint of ssh: it says itself what is wrong.
            Trouble { cause: Cause::Other, .. } => return Err(said),
            trouble => trouble,
        },
        Err(error) => Trouble::of(&error),
    };
    let advice = trouble.advice(host.as_str());
    let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
    Err(Untrusted::new(&format!("{trouble}{advice}")))
}
