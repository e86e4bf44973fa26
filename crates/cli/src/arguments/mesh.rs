//! The arguments of `pontoon mesh`.

use std::path::PathBuf;

use clap::Args;

use super::host_connection::{AgentStartArguments, ConnectionArguments, HostListArguments};
use super::probe_scope::ProbeScopeArguments;
use super::report_output::{OutputArguments, RecordArguments};

const DETAILS: &str = "\
HOSTS is a host list: pi[1-5], pi[01-10], a[1-2]b[1-2], 192.168.1.[21-25], or
several of these (quote it if your shell expands brackets). Hosts in the
inventory (pontoon hosts) are reached as it says, others as ssh does.

An agent is started on every host through your own ssh, with its keys, config,
jump hosts and open connections; it asks nothing and stores nothing. The agent
ends with the connection. It needs pontoon on the host, or --push.

Every pair is tested over every link that the two could share, with at most ten
frames a second on a link that others use. Fifty hosts on one WiFi take 18
seconds if frames pass, and a minute if they do not.

With --ports every agent listens on the ports of its role (pontoon hosts set pi1
role=control-plane) during the run, and the others connect to them as kubelet
would. If a port is already in use, the service behind it is asked instead. Each
TCP port of each peer takes 0.4 s on a shared link.

Third parties are contacted as by pontoon check; --offline contacts none.
-v also lists the frames that were sent, by host and kind.";

#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct MeshArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) agent: AgentStartArguments,
    #[command(flatten)]
    pub(crate) scope: ProbeScopeArguments,
    /// Also test the ports that Kubernetes needs: control-plane, worker, or a FILE with lines such
    /// as `6443/tcp server` or `8472/udp all` (repeatable)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) ports: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}
