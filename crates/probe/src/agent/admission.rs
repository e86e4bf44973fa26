//! Room on the watched links for what the kernel sends for this agent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::IfName;
use pontoon_model::snapshot::{LinkKind, Snapshot};
use pontoon_netlink::KernelSocket;
use pontoon_netlink::route::lookup::lookup;

use super::watched_links::WatchedLink;
use crate::budget::{FrameLoad, LinkBudget};
use crate::flows::SendBudget;
use crate::machine::RunInstant;

/// Most destinations whose link is remembered.
const ROUTES_MAX: usize = 4_096;

/// By which link the kernel sends what is bound to none. It is asked once for each destination:
/// routes seldom change within a run.
#[derive(Debug, Default)]
pub(super) struct KernelRouteCache(BTreeMap<IpAddr, Option<IfName>>);

impl KernelRouteCache {
    /// The link; none when the kernel would not send it.
    fn to(&mut self, to: IpAddr) -> Option<IfName> {
        if let Some(known) = self.0.get(&to) {
            return known.clone();
        }
        let link = lookup(&KernelSocket, to, None, None).ok().and_then(|answer| answer.link);
        if self.0.len() < ROUTES_MAX {
            self.0.insert(to, link.clone());
        }
        link
    }
}

/// The budgets of the links, for what the kernel sends.
#[derive(Debug)]
pub(super) struct LinkAdmission<'a> {
    pub(super) links: &'a mut [WatchedLink],
    /// Of all other links together: whose they are is not known.
    pub(super) elsewhere: &'a mut LinkBudget,
    pub(super) snapshot: &'a Snapshot,
    pub(super) route_cache: &'a mut KernelRouteCache,
}

impl SendBudget for LinkAdmission<'_> {
    fn pass(
        &mut self,
        now: RunInstant,
        link: Option<&IfName>,
        to: IpAddr,
        frames: FrameLoad,
    ) -> Result<(), RunInstant> {
        let routed = if link.is_none() { self.route_cache.to(to) } else { None };
        let name = link.or(routed.as_ref());
        let known = name.and_then(|name| self.snapshot.link(name));
        // What stays on this host needs no budget.
        if known.is_some_and(|link| link.kind == LinkKind::Loopback) {
            return Ok(());
        }
        let Some(link) = self.links.iter_mut().find(|link| Some(&link.name) == name) else {
            return self.elsewhere.take(now, frames);
        };
        let taken = link.take(now, frames);
        link.kernel_send_at = taken.err();
        taken
    }
}
