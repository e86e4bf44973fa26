//! The arguments of `pontoon discover`.

use clap::Args;
use pontoon_model::net::IfName;

use super::report_output::{JsonArguments, schema};

const DETAILS: &str = "\
It sends, on that link only, at most 50 frames a second:
  - an ARP request for every address of the link's own IPv4 networks; networks
    larger than /22 are not swept
  - one IPv6 echo request to all nodes (ff02::1)
  - mDNS queries for workstations and services, and for the names of the hosts
    that were found

A scanner does the same, so use it on a switch of your own: it refuses radio
links and links with a default gateway, which others may share. It needs
CAP_NET_RAW (root, or: sudo setcap cap_net_raw,cap_net_admin+ep \"$(command -v
pontoon)\").

Raspberry Pis are recognised by their MAC addresses. Names are what the hosts
announce. A host that drops ARP requests is not found by IPv4; one that filters
mDNS has no name here.

Exit codes: 0 hosts were found, 4 none was found, 2 the link is not private,
5 the privilege is missing.";

#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS, mut_arg("json", schema("discover")))]
pub(crate) struct DiscoverArguments {
    /// The private link, such as eth0
    #[arg(short, long, value_name = "IF")]
    pub(crate) interface: IfName,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
}
