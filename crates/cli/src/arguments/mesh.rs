//! The arguments of `pontoon mesh`, and of how other hosts are reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};

use super::check::duration;
use super::{OutputArguments, RecordArguments};

const DETAILS: &str = "\
HOSTS is a host list: pi[1-5], pi[01-10], a[1-2]b[1-2], 192.168.1.[21-25], or
several of these (quote it where the shell knows brackets). Names that stand in
the inventory (pontoon hosts) are reached as it says, others as ssh does.

An agent is started on every host through your own ssh: keys, config, jump
hosts and open connections are used, nothing is asked and nothing is stored. It
lives as long as the connection, and needs pontoon there, or --push.

Every pair is asked over every link that the two could share, at most ten
frames a second on a link that others share. So fifty hosts on one WiFi take 18
seconds when frames pass, and a minute when they do not.

For --ports every agent listens on the ports that are its own by role (pontoon
hosts set pi1 role=control-plane) while the run lasts, and the others ask for
them as kubelet would. A port that is in use is not listened on: the service
that has it is asked. Each TCP port of each peer takes 0.4 s on a shared link.

Third parties are asked as by pontoon check; --offline asks none.";

#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct MeshArguments {
    /// The hosts, such as 'pi[1-5]'
    #[arg(required = true, value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) agent: AgentStartArguments,
    /// Test this interface only (repeatable)
    #[arg(short, long = "interface", value_name = "IF")]
    pub(crate) interfaces: Vec<IfName>,
    /// Spend at most this long, such as 20, 1.5s or 2m
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Also ask for the ports that Kubernetes needs: control-plane, worker, or a FILE with one
    /// `6443/tcp server` or `8472/udp all` a line (repeatable)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) ports: Vec<PathBuf>,
    /// Ask no third party: no name server, portal page or time server
    #[arg(long)]
    pub(crate) offline: bool,
    /// Your own echo server, for blocked UDP, interception and path MTU
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<HostName>,
    /// The pod network you mean to use, to be compared with the networks there
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

/// How other hosts are reached.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArguments {
    /// The inventory; without it `$PONTOON_HOSTS`, ./hosts.toml or ~/.config/pontoon/hosts.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
    /// The ssh program and its first arguments, such as 'ssh -F FILE'
    #[arg(long, value_name = "CMD")]
    pub(crate) ssh: Option<String>,
    /// Log in as this user
    #[arg(short, long, value_name = "USER")]
    pub(crate) user: Option<String>,
}

/// How the agents are started.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AgentStartArguments {
    /// Another way to start an agent than ssh, with {} in the place of the host
    #[arg(long, value_name = "CMD", conflicts_with_all = ["ssh", "push", "sudo"])]
    pub(crate) via: Option<String>,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
}

/// How pontoon is started on a host that ssh reaches.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RemoteStartArguments {
    /// Copy pontoon to each host for this run, and remove it after
    #[arg(long)]
    pub(crate) push: bool,
    /// Where pontoon is for other processors: DIR/aarch64, DIR/armv7l ...
    #[arg(long, value_name = "DIR", requires = "push")]
    pub(crate) binaries: Option<PathBuf>,
    /// Start it there by `sudo -n`
    #[arg(long)]
    pub(crate) sudo: bool,
}
