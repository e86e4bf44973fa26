//! The arguments of `pontoon hosts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const DETAILS: &str = "\
Hosts are named as in pi[1-5,7], a[1-2]b[1-2] or pi1,pi2: quote brackets, for
zsh takes them for file names ('pi[1-5]').

The inventory is --inventory FILE, else $PONTOON_HOSTS, else ./hosts.toml if it
is there, else $XDG_CONFIG_HOME/pontoon/hosts.toml (~/.config/pontoon). It is
text that you may edit; docs/schema/hosts.schema.json says what may stand in
it. Keys are named by their path; no secret belongs into it. A host that is not
in it is still a host: ssh may know it.

  pontoon hosts add 'pi[1-5]' --role worker --user pi
  pontoon hosts set pi1 role=control-plane
  pontoon hosts set 'pi[1-5]' address='192.168.1.[21-25]'
  pontoon hosts import ~/.cloudmesh/inventory.yaml";

#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct HostsArguments {
    /// The inventory, instead of the one found as said below
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: HostsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostsCommand {
    /// Add hosts to the inventory
    Add(AddArguments),
    /// Say something of hosts that are in the inventory
    Set(SetArguments),
    /// Show the inventory
    List(ListArguments),
    /// Take hosts out of the inventory
    Remove(RemoveArguments),
    /// Take over the hosts of cloudmesh, Ansible or ssh
    Import(ImportArguments),
    /// Write each host of a list on a line of its own
    Expand(ExpandArguments),
    /// Write hosts as a list: pi1 pi2 pi3 become pi[1-3]
    Compress(CompressArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DryRunArguments {
    /// Write what the inventory would be to standard output, and nothing else
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddArguments {
    /// The hosts, such as 'pi[1-5]'
    #[arg(required = true)]
    pub(crate) hosts: Vec<String>,
    /// What they do: control-plane or worker
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Where they are reached, if not by name; several are paired in order, such as
    /// '192.168.1.[21-25]'
    #[arg(long, alias = "ip")]
    pub(crate) address: Option<String>,
    /// The user to log in as
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// The port of their SSH servers
    #[arg(long)]
    pub(crate) port: Option<String>,
    /// The path of the private key
    #[arg(long, value_name = "PATH", alias = "keyfile", allow_hyphen_values = true)]
    pub(crate) key: Option<String>,
    /// A label, such as gpu=no (repeatable)
    #[arg(long = "label", value_name = "LABEL")]
    pub(crate) labels: Vec<String>,
    /// The cluster they belong to
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// What cloudmesh calls so
    #[arg(long, hide = true, alias = "services")]
    pub(crate) service: Option<String>,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

const SET_DETAILS: &str = "\
Fields: role, address, user, port, key, label, cluster. One value goes to all
hosts, several are paired in order ('pi[1-5]' address='192.168.1.[21-25]');
`user=` takes it away. Labels go to all: label=gpu=no,rack=3 sets two,
label=gpu- takes one away. `ip to ADDRESSES` and `label to master` are
understood as in `cms inventory set`.";

#[derive(Args, Debug)]
#[command(after_help = SET_DETAILS)]
pub(crate) struct SetArguments {
    /// The hosts, such as 'pi[1-5]'
    pub(crate) hosts: String,
    /// What is said of them, such as role=worker
    #[arg(required = true, value_name = "FIELD=VALUE")]
    pub(crate) assignments: Vec<String>,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// These hosts only
    pub(crate) hosts: Vec<String>,
    /// As JSON (docs/schema/hosts-list.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// The hosts, such as 'pi[1-5]'
    #[arg(required = true)]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// ~/.cloudmesh/inventory.yaml, an Ansible inventory or ~/.ssh/config; `-` is standard input
    pub(crate) file: PathBuf,
    /// Whose file it is, where its content does not tell
    #[arg(long)]
    pub(crate) format: Option<ImportFormat>,
    /// What the file says goes before what the inventory says
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) run: DryRunArguments,
}

/// Whose inventory it is.
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
    /// The list, such as 'pi[1-5]'
    #[arg(required = true, value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CompressArguments {
    /// The hosts; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
}
