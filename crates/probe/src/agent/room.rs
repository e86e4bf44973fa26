//! Room on the watched links for what the kernel sends for this agent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::IfName;
use pontoon_netlink::KernelSocket;
use pontoon_netlink::route::lookup::lookup;

use super::links::WatchedLink;
use crate::budget::Load;
use crate::flows::Gate;
use crate::machine::Moment;

/// Most destinations of which the way is remembered.
const WAYS_MAX: usize = 4_096;

/// By which link the kernel sends what is tied to none. Routes do not change within a run, or the
/// run is about that.
#[derive(Debug, Default)]
pub(super) struct Ways(BTreeMap<IpAddr, Option<IfName>>);

impl Ways {
    /// The link; none when the kernel would not send it.
    fn to(&mut self, to: IpAddr) -> Option<IfName> {
        if let Some(known) = self.0.get(&to) {
            return known.clone();
        }
        let link = lookup(&KernelSocket, to, None, None).ok().and_then(|answer| answer.link);
        if self.0.len() < WAYS_MAX {
            self.0.insert(to, link.clone());
        }
        link
    }
}

/// The budgets of the watched links, as a gate.
#[derive(Debug)]
pub(super) struct Room<'a> {
    pub(super) links: &'a mut [WatchedLink],
    pub(super) ways: &'a mut Ways,
}

impl Gate for Room<'_> {
    fn pass(
        &mut self,
        now: Moment,
        link: Option<&IfName>,
        to: IpAddr,
        frames: Load,
    ) -> Result<(), Moment> {
        let routed = if link.is_none() { self.ways.to(to) } else { None };
        let name = link.or(routed.as_ref());
        // What stays on this host, or leaves by a link that is no network's, has no budget.
        let Some(link) = self.links.iter_mut().find(|link| Some(&link.name) == name) else {
            return Ok(());
        };
        let taken = link.take(now, frames);
        link.awaited = taken.err();
        taken
    }
}
