//! The arguments of `pontoon check`.

use std::time::Duration;

use clap::Args;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};

use super::{OutputArguments, RecordArguments};
use pontoon_probe::probes::PortalPage;

const DETAILS: &str = "\
Privileges: whether frames arrive is seen by a packet socket, which needs
CAP_NET_RAW. Without it the report names what was not tested. As root:
  setcap cap_net_raw,cap_net_admin+ep \"$(command -v pontoon)\"

Third parties: check asks the name servers of this host, one public page that
tells captive portals, and one public time server; --offline asks none of
them, --server HOST uses your own echo server, --passive sends nothing at all.

Peers: one end alone cannot tell isolation from a peer that is off. --via
starts an agent on the peer over a way that works:
  pontoon check --peer 10.0.0.12 --via 'ssh pi2 pontoon agent --stdio'";

#[derive(Args, Clone, Debug, Default)]
#[command(after_help = DETAILS)]
pub(crate) struct CheckArguments {
    /// A host that should be reachable: an address or a name (repeatable)
    #[arg(long = "peer", value_name = "ADDR")]
    pub(crate) peers: Vec<HostName>,
    /// Command that starts an agent on the peer; one for each --peer in order, or one with {} in
    /// the place of the peer. Split into words like a shell does, but run without a shell
    #[arg(long = "via", value_name = "CMD", requires = "peers")]
    pub(crate) vias: Vec<String>,
    /// Two hosts with nothing but the network in question between them: `new` on the first prints
    /// a code; the same check with that CODE on the second (`-` reads it from standard input).
    /// Each keeps a record; `pontoon replay` of both judges
    #[arg(long, value_name = "CODE", requires_all = ["peers", "record"], conflicts_with_all = ["vias", "passive"])]
    pub(crate) pair: Option<String>,
    /// Test this interface only (repeatable)
    #[arg(short, long = "interface", value_name = "IF")]
    pub(crate) interfaces: Vec<IfName>,
    /// Spend at most this long, such as 20, 1.5s or 2m
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Send nothing: read this host's own settings only
    #[arg(long, conflicts_with_all = ["vias", "server", "bounce", "portal_url"])]
    pub(crate) passive: bool,
    /// Ask no third party: no name server, portal page or time server
    #[arg(long)]
    pub(crate) offline: bool,
    /// Your own echo server, for blocked UDP, interception and path MTU
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<HostName>,
    /// Also send frames for the peer to the gateway's MAC, to see whether it relays them
    #[arg(long, requires = "peers")]
    pub(crate) bounce: bool,
    /// The page that tells captive portals, instead of the public one
    #[arg(long, value_name = "URL")]
    pub(crate) portal_url: Option<PortalPage>,
    /// The pod network you mean to use, to be compared with the networks here
    #[arg(long, value_name = "NET")]
    pub(crate) pod_cidr: Option<Prefix>,
    /// The Service network you mean to use
    #[arg(long, value_name = "NET")]
    pub(crate) service_cidr: Option<Prefix>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

/// An hour: nothing here takes longer, and more is a slip of the finger.
const DURATION_MAX: Duration = Duration::from_secs(3600);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 20, 1.5s, 500ms or 2m");
    let (number, unit_s) = match text {
        ms if ms.ends_with("ms") => (&ms[..ms.len() - 2], 0.001),
        s if s.ends_with('s') => (&s[..s.len() - 1], 1.0),
        m if m.ends_with('m') => (&m[..m.len() - 1], 60.0),
        bare => (bare, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(number * unit_s).map_err(|_| wrong())?;
    if time.is_zero() || time > DURATION_MAX {
        return Err(format!("`{text}` is not between 1ms and 60m"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let table = [
            ("20", Some(20_000)),
            ("1.5s", Some(1_500)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("0", None),
            ("-1", None),
            ("61m", None),
            ("inf", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
            ("s", None),
        ];
        for (text, ms) in table {
            let read = duration(text).ok().map(|time| time.as_millis());
            assert_eq!(read, ms, "{text}");
        }
    }
}
