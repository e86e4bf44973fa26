//! Which hosts a command is about, and how pontoon gets there.

use std::path::PathBuf;

use clap::Args;

/// Hosts without which the command has nothing to do.
#[derive(Args, Clone, Debug)]
pub(crate) struct HostListArguments {
    /// Hosts, such as 'pi[1-5]'
    #[arg(required = true, value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
}

/// The inventory that says how hosts are reached. Global, so that `pontoon hosts` takes it before
/// and after its own subcommands.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InventoryArguments {
    /// Inventory of hosts; default: `$PONTOON_HOSTS`, ./hosts.toml or ~/.config/pontoon/hosts.toml
    #[arg(id = "inventory", long = "inventory", global = true, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// How to log in on other hosts.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// The ssh command and its first arguments, such as 'ssh -F FILE'
    #[arg(long, value_name = "CMD")]
    pub(crate) ssh: Option<String>,
    /// User to log in as
    #[arg(short, long, value_name = "USER")]
    pub(crate) user: Option<String>,
}

/// How an agent is started on a host: over ssh, or by another command of the user's.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AgentStartArguments {
    /// Command that starts an agent on a host, instead of ssh; {} stands for the host
    #[arg(long, value_name = "CMD", conflicts_with_all = ["ssh", "push", "sudo"])]
    pub(crate) via: Option<String>,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
}

/// How pontoon is started on a host after the login.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RemoteStartArguments {
    /// Copy pontoon to each host for this run, and remove it afterwards
    #[arg(long)]
    pub(crate) push: bool,
    /// Folder with pontoon for other processors: DIR/aarch64, DIR/armv7l ...
    #[arg(long, value_name = "DIR", requires = "push")]
    pub(crate) binaries: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) privilege: SudoArguments,
}

/// Root on other hosts, for those who log in as somebody else.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct SudoArguments {
    /// Become root on each host with `sudo -n`
    #[arg(long)]
    pub(crate) sudo: bool,
}
