//! What a survey asks, and how long.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::port::PortPlan;

use crate::probes::PortalPage;
use crate::protocol::ThirdParties;

/// What to ask, and how long.
#[derive(Clone, Debug, Default)]
pub struct SurveyOptions {
    /// Only these links; all when empty.
    pub links: Vec<IfName>,
    /// Milliseconds for the whole run; none = as long as it takes, which is bounded.
    pub timeout_ms: Option<u64>,
    /// Send nothing at all: only read snapshots and watch.
    pub is_passive: bool,
    /// Ask no third party, such as DNS servers and check pages.
    pub is_offline: bool,
    /// Also send frames to peers by way of the gateway's MAC (`--bounce`).
    pub bounces: bool,
    /// The user's own echo server.
    pub server: Option<IpAddr>,
    /// The connectivity-check page.
    pub page: Option<PortalPage>,
    /// Hosts that were named but have no agent.
    pub one_ended: Vec<(HostName, IpAddr)>,
    /// The ports that are probed, and between which hosts.
    pub ports: PortPlan,
    /// How hosts learn what their own names mean.
    pub own_names: OwnNameSource,
}

impl SurveyOptions {
    /// The hosts outside the run that its agents may ask.
    pub(super) fn third_parties(&self) -> ThirdParties {
        let peers = self.one_ended.iter().map(|(_, address)| *address);
        ThirdParties {
            hosts: peers.chain(self.server).collect(),
            has_internet: !self.is_offline && !self.is_passive,
        }
    }
}

/// How hosts learn what their own names mean, which decides their address in a cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OwnNameSource {
    /// From their files.
    #[default]
    Read,
    /// From their files, and where the name is not in them, from their name services.
    Asked,
}
