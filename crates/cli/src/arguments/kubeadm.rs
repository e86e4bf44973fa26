//! The arguments of commands that write settings for Kubernetes.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_predict::kubeadm::endpoint::{HostPort, parse_host_port};
use pontoon_predict::kubeadm::version::KubernetesVersion;

use super::facts_source::FactsSourceArguments;

const DETAILS: &str = "\
HOSTS are all the nodes: the address that is written is one that all of them
reach, and the networks are none that one of them has. --facts takes a record
instead (pontoon mesh --record). What the facts do not decide is refused, with
what would decide it; every value carries what led to it as a comment.

  pontoon kubeadm init --for pi1 'pi[1-5]' > init.yaml
  kubeadm init --config init.yaml";

const JOIN_DETAILS: &str = "\
  kubeadm token create --print-join-command |
    pontoon kubeadm join --for pi2 --facts run.jsonl --line - > join.yaml

The text holds the token then. Without the line, what precedes it is written,
for a shell.";

#[derive(Args, Debug)]
pub(crate) struct KubeadmArguments {
    #[command(subcommand)]
    pub(crate) command: KubeadmCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KubeadmCommand {
    /// A configuration for kubeadm init on a host
    Init(Box<InitArguments>),
    /// A configuration for kubeadm join on a host
    Join(Box<JoinArguments>),
    /// How to take a host out of its cluster and leave nothing behind
    ResetAdvice(Box<ResetArguments>),
    /// How to move a cluster whose init took the wrong address, in place
    RepairAdvice(Box<RepairArguments>),
}

/// The host, the facts, and what the user knows better.
#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct SettingsArguments {
    /// The host that is to be told; not needed where the facts are of one alone
    #[arg(long = "for", value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    #[command(flatten)]
    pub(crate) source: FactsSourceArguments,
    /// Take this address of the host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<IpAddr>,
    /// Take the address of this link
    #[arg(long, value_name = "IF")]
    pub(crate) link: Option<IfName>,
    /// The pod network
    #[arg(long, value_name = "NET")]
    pub(crate) pod_cidr: Option<Prefix>,
    /// The Service network
    #[arg(long, value_name = "NET")]
    pub(crate) service_cidr: Option<Prefix>,
    /// The API server's name or address for everybody, if not the host's own
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host_port)]
    pub(crate) endpoint: Option<HostPort>,
    /// Another name for the API server's certificate (repeatable)
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Write a configuration: what is done without it, too
    #[arg(long, conflicts_with = "flags")]
    config: bool,
    /// Write a command line, not a configuration
    #[arg(long)]
    pub(crate) flags: bool,
    /// The kubeadm of that host; asked for where it is this one
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubeadm_version: Option<KubernetesVersion>,
}

#[derive(Args, Debug)]
#[command(after_help = JOIN_DETAILS)]
pub(crate) struct JoinArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Read the line that kubeadm init printed from FILE; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) line: Option<std::path::PathBuf>,
    /// Write a configuration: what is done with --line
    #[arg(long, requires = "line", conflicts_with = "flags")]
    config: bool,
    /// Write what comes before the printed line, for a shell: what is done without --line
    #[arg(long, conflicts_with = "line")]
    flags: bool,
    /// The kubeadm of that host; asked for where it is this one
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubeadm_version: Option<KubernetesVersion>,
}

#[derive(Args, Debug)]
pub(crate) struct ResetArguments {
    /// The host
    #[arg(long = "for", value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    #[command(flatten)]
    pub(crate) source: FactsSourceArguments,
}

#[derive(Args, Debug)]
pub(crate) struct RepairArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// The address that init took; without it the one that it is foretold to take
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<IpAddr>,
    /// The host is a worker, and the control plane moved to this address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<IpAddr>,
    /// The kubeadm of that host; asked for where it is this one
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubeadm_version: Option<KubernetesVersion>,
}
