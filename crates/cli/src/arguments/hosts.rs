//! The arguments of `pontoon hosts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::host_connection::{HostListArguments, InventoryArguments};
use super::report_output::{JsonArguments, schema};

const DETAILS: &str = "\
Hosts are named as in pi[1-5,7], a[1-2]b[1-2] or pi1,pi2. Quote brackets, which
zsh expands as file names ('pi[1-5]').

The inventory is --inventory FILE, else $PONTOON_HOSTS, else ./hosts.toml if it
exists, else $XDG_CONFIG_HOME/pontoon/hosts.toml (~/.config/pontoon). It is text
that you may edit; its format is docs/schema/hosts.schema.json. Keys are given by
path; do not put secrets into it. Hosts that are not in it can be used as well,
as your ssh knows them.

  pontoon hosts add 'pi[1-5]' --role worker --user pi
  pontoon hosts set pi1 role=control-plane
  pontoon hosts set 'pi[1-5]' address='192.168.1.[21-25]'
  pontoon hosts import ~/.cloudmesh/inventory.yaml";

#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct HostsArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    #[command(subcommand)]
    pub(crate) command: HostsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostsCommand {
    /// Add hosts to the inventory
    Add(AddArguments),
    /// Change hosts in the inventory
    Set(SetArguments),
    /// Show the inventory
    List(ListArguments),
    /// Remove hosts from the inventory
    Remove(RemoveArguments),
    /// Import hosts from cloudmesh, Ansible or ssh
    Import(ImportArguments),
    /// Expand a host list, one host per line
    Expand(ExpandArguments),
    /// Compress hosts to a list: pi1 pi2 pi3 become pi[1-3]
    Compress(CompressArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DryRunArguments {
    /// Print the resulting inventory, and change nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
    /// Role: control-plane or worker
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Address, if the name does not resolve; several are paired in order, such as
    /// '192.168.1.[21-25]'
    #[arg(long, alias = "ip")]
    pub(crate) address: Option<String>,
    /// User to log in as
    #[arg(short, long)]
    pub(crate) user: Option<String>,
    /// Port of the SSH servers
    #[arg(long)]
    pub(crate) port: Option<String>,
    /// Path of the private key
    #[arg(long, value_name = "PATH", alias = "keyfile", allow_hyphen_values = true)]
    pub(crate) key: Option<String>,
    /// Label, such as gpu=no (repeatable)
    #[arg(long = "label", value_name = "LABEL")]
    pub(crate) labels: Vec<String>,
    /// Name of their cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// A service, as cloudmesh has them; kept as a label
    #[arg(long, hide = true, alias = "services")]
    pub(crate) service: Option<String>,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

const SET_DETAILS: &str = "\
Fields: role, address, user, port, key, label, cluster. One value goes to all
hosts, several are paired in order ('pi[1-5]' address='192.168.1.[21-25]');
`user=` removes the value. Labels go to all: label=gpu=no,rack=3 sets two,
label=gpu- removes one. `ip to ADDRESSES` and `label to master` are understood
as by `cms inventory set`.";

#[derive(Args, Debug)]
#[command(after_help = SET_DETAILS)]
pub(crate) struct SetArguments {
    /// Hosts, such as 'pi[1-5]'
    pub(crate) hosts: String,
    /// Changes, such as role=worker
    #[arg(required = true, value_name = "FIELD=VALUE")]
    pub(crate) assignments: Vec<String>,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

#[derive(Args, Debug)]
#[command(mut_arg("json", schema("hosts-list")))]
pub(crate) struct ListArguments {
    /// Hosts, such as 'pi[1-5]'; default: all
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// ~/.cloudmesh/inventory.yaml, an Ansible inventory or ~/.ssh/config; `-` is standard input
    pub(crate) file: PathBuf,
    /// Format of FILE; default: guessed from its content
    #[arg(long)]
    pub(crate) format: Option<ImportFormat>,
    /// Where both have a value, take that of FILE
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

/// Formats of inventories that can be imported.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ImportFormat {
    /// Cloudmesh: ~/.cloudmesh/inventory.yaml
    Cms,
    /// Ansible, INI or YAML
    Ansible,
    /// OpenSSH: ~/.ssh/config
    Ssh,
}

#[derive(Args, Debug)]
pub(crate) struct ExpandArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
}

#[derive(Args, Debug)]
pub(crate) struct CompressArguments {
    /// Hosts; `-` reads them from standard input, one per line
    #[arg(required = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
}
