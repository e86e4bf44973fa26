//! The arguments of `pontoon discover`.

use clap::Args;
use pontoon_model::net::IfName;

const DETAILS: &str = "\
What it sends, on that link only, at most 50 frames a second:
  - an ARP request for every address of the link's own IPv4 networks; networks
    larger than /22 are not swept
  - one IPv6 echo to all nodes (ff02::1)
  - an mDNS query for workstations and services, and for the names of those
    that were found

That is what a scanner does, so it is for a switch of your own: it refuses radio
and links with a default gateway, which others may share. It needs CAP_NET_RAW
(root, or: sudo setcap cap_net_raw,cap_net_admin+ep \"$(command -v pontoon)\").

Raspberry Pis are told by their MAC addresses. Names are what hosts say
themselves. A host that drops ARP requests is no host of IPv4; one whose packet
filter drops mDNS has no name here.

Ends with 0 when somebody was found, 4 when nobody was, 2 when the link is not
private, 5 without the privilege.";

#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct DiscoverArguments {
    /// The link, such as eth0
    #[arg(short, long, value_name = "IF")]
    pub(crate) interface: IfName,
    /// Write the result as JSON (docs/schema/discover.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
}
