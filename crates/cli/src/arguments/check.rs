//! The arguments of `pontoon check`.

use clap::Args;
use pontoon_model::host::HostName;
use pontoon_probe::probes::PortalPage;

use super::probe_scope::ProbeScopeArguments;
use super::report_output::{OutputArguments, RecordArguments};

const DETAILS: &str = "\
Privileges: a packet socket sees whether frames arrive, which needs
CAP_NET_RAW. Without it the report names what was not tested. As root:
  setcap cap_net_raw,cap_net_admin+ep \"$(command -v pontoon)\"

Third parties: each host with an agent contacts its own name servers, one public
page for the captive-portal check, and one public time server. --offline contacts
none of them, --server HOST uses your own echo server, --passive sends nothing at
all.

Peers: from one end alone, isolation looks like a peer that is off. --via starts
an agent on the peer over a connection that works, and then the peer is tested as
this host is:
  pontoon check --peer 10.0.0.12 --via 'ssh pi2 pontoon agent --stdio'

-v also lists the frames that were sent, by host and kind.";

#[derive(Args, Clone, Debug, Default)]
#[command(after_help = DETAILS)]
pub(crate) struct CheckArguments {
    /// Address or name of a host that should be reachable (repeatable)
    #[arg(long = "peer", value_name = "ADDR")]
    pub(crate) peers: Vec<HostName>,
    /// Command that starts an agent on the peer: one for each --peer in order, or one in which {}
    /// stands for the peer. Split into words as by a shell, but run without one
    #[arg(long = "via", value_name = "CMD", requires = "peers")]
    pub(crate) vias: Vec<String>,
    /// For two hosts that are connected only by the network in question: `new` on the first prints
    /// a code; run the same check with that CODE on the second (`-` reads it from standard input).
    /// Each keeps a record; `pontoon replay` of both diagnoses the network
    #[arg(long, value_name = "CODE", requires_all = ["peers", "record"], conflicts_with_all = ["vias", "passive"])]
    pub(crate) pair: Option<String>,
    #[command(flatten)]
    pub(crate) scope: ProbeScopeArguments,
    /// Send nothing; only read this host's settings
    #[arg(long, conflicts_with_all = ["vias", "server", "bounce", "portal_url"])]
    pub(crate) passive: bool,
    /// Also send frames for the peer to the gateway's MAC address, to see whether it relays them
    #[arg(long, requires = "peers")]
    pub(crate) bounce: bool,
    /// URL for the captive-portal check; default: a public one
    #[arg(long, value_name = "URL")]
    pub(crate) portal_url: Option<PortalPage>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}
