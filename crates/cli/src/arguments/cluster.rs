//! The arguments of `pontoon cluster`.

use clap::{Args, Subcommand};

use super::host_connection::{ConnectionArguments, RemoteStartArguments};
use super::report_output::{JsonArguments, VerboseArguments, schema};

const DETAILS: &str = "\
HOSTS is a host list such as pi[1-5] of all nodes, including the control plane.
Each is reached by your own ssh, as root or with --sudo. It has pontoon, or gets
it for this run with --push. Without HOSTS, kubectl on this host lists the
nodes: with $KUBECONFIG, else with the administrator's kubeconfig if you may
read it, else with your own.

Every pair of hosts is tested over every link, as pontoon mesh does. Each node
gets a test pod, in a namespace that is removed at the end, also after Ctrl-C;
its image is the pause image that the node already has. From every node and
every test pod, requests go to the API server, other nodes' kubelets, other
nodes' pods (with small and large answers), a Service, and DNS. A test that
fails is repeated before it counts.

If a node or a pod of kube-system is younger than three minutes and not ready,
the check waits up to a minute for it. If it is still starting then, the report
names it, and the exit code is 4.

Nothing else is changed, and only addresses of the cluster are contacted.";

#[derive(Args, Debug)]
pub(crate) struct ClusterArguments {
    #[command(subcommand)]
    pub(crate) command: ClusterCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Check whether the cluster works; if not, find the cause and the fix
    Check(Box<ClusterCheckArguments>),
}

#[derive(Args, Debug)]
#[command(after_help = DETAILS, mut_arg("json", schema("cluster")))]
pub(crate) struct ClusterCheckArguments {
    /// Hosts, such as 'pi[1-5]'; default: the nodes that kubectl on this host lists
    #[arg(value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
    #[command(flatten)]
    pub(crate) detail: VerboseArguments,
}
