//! The arguments of `pontoon cluster`.

use clap::{Args, Subcommand};

use super::mesh::{ConnectionArguments, RemoteStartArguments};

const DETAILS: &str = "\
HOSTS is a host list such as pi[1-5]: all nodes, the control plane among them.
Each is reached by your own ssh, as root or with --sudo, and has pontoon, or
gets it for this run with --push. Without HOSTS the nodes are those that kubectl
on this host knows: by $KUBECONFIG, else by the administrator's kubeconfig where
you may read it, else by your own.

Every pair of hosts is asked over every link, as pontoon mesh does. A pod is
made on every node, in a namespace of its own that is removed at the end, also
after Ctrl-C; its image is the pause image that is there already. From every
node and every such pod the API server is asked, other nodes' kubelets, other
nodes' pods with small and large answers, a Service, and DNS. What fails is
tried again before anything is accused.

A cluster younger than three minutes is waited for, up to a minute. If it is
still starting then, that is said, and the exit code is 4.

Nothing else is changed, and only addresses of the cluster are asked.";

#[derive(Args, Debug)]
pub(crate) struct ClusterArguments {
    #[command(subcommand)]
    pub(crate) command: ClusterCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Whether the cluster works; if not, what the cause is, and the fix
    Check(Box<ClusterCheckArguments>),
}

#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct ClusterCheckArguments {
    /// The hosts, such as 'pi[1-5]'; without any, the nodes that kubectl on this host knows
    #[arg(value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
    /// Write the report as JSON (docs/schema/cluster.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// List everything that was tried
    #[arg(short, long)]
    pub(crate) verbose: bool,
}
