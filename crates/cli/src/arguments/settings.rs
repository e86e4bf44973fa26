//! The arguments of `pontoon settings` and of its short form `pontoon kubeadm`.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_predict::kubeadm::certificates::is_alt_name;
use pontoon_predict::kubeadm::endpoint::{HostPort, parse_host_port};
use pontoon_predict::kubeadm::version::KubernetesVersion;

use super::facts_source::FactsSourceArguments;
use super::probe_scope::ClusterNetworkArguments;

const DETAILS: &str = "\
HOSTS are all the nodes: the settings use an address that all of them reach, and
networks that none of them is in. --facts reads a record instead (pontoon mesh
--record). What the facts do not decide is refused, with the flag or test that
would decide it. Every value has its evidence beside it, as a comment.

  pontoon kubeadm init --for pi1 'pi[1-5]' > init.yaml
  kubeadm init --config init.yaml";

const JOIN_DETAILS: &str = "\
With --line it writes a configuration, which contains the token:

  kubeadm token create --print-join-command |
    pontoon kubeadm join --for pi2 --facts run.jsonl --line - > join.yaml

Without --line it writes the shell commands to run before the printed line.";

#[derive(Args, Debug)]
pub(crate) struct ComponentArguments {
    #[command(subcommand)]
    pub(crate) component: SettingsCommand,
}

/// The components for which settings are written.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Settings for kubeadm init and join, and advice on reset and repair
    Kubeadm(KubeadmArguments),
    /// Settings for flannel: its interface and pod network (kubectl patches)
    Flannel(Box<SettingsArguments>),
    /// Settings for Calico: the Installation for its operator
    Calico(Box<SettingsArguments>),
    /// Settings for Cilium: values for its Helm chart
    Cilium(Box<SettingsArguments>),
    /// Settings for K3s: a server's or agent's config.yaml
    K3s(Box<SettingsArguments>),
    /// Settings for RKE2: a server's or agent's config.yaml
    Rke2(Box<SettingsArguments>),
    /// Settings for k0s: k0s.yaml
    K0s(Box<SettingsArguments>),
    /// Settings for Talos: a patch for the machine configuration
    Talos(Box<SettingsArguments>),
}

#[derive(Args, Debug)]
pub(crate) struct KubeadmArguments {
    #[command(subcommand)]
    pub(crate) command: KubeadmCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KubeadmCommand {
    /// Write a configuration for kubeadm init on a host
    Init(Box<InitArguments>),
    /// Write a configuration for kubeadm join on a host
    Join(Box<JoinArguments>),
    /// How to remove a host from its cluster without leftovers
    ResetAdvice(Box<ResetArguments>),
    /// How to move a cluster in place after init took the wrong address
    RepairAdvice(Box<RepairArguments>),
}

/// The facts, and the host among them that the settings are for.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetHostArguments {
    /// Host that the settings are for; required if the facts cover several
    #[arg(long = "for", value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    #[command(flatten)]
    pub(crate) source: FactsSourceArguments,
}

/// The host, the facts, and what the user decides.
#[derive(Args, Clone, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct SettingsArguments {
    #[command(flatten)]
    pub(crate) target: TargetHostArguments,
    /// Use this address of the host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<IpAddr>,
    /// Use the address of this interface
    #[arg(long, value_name = "IF")]
    pub(crate) link: Option<IfName>,
    #[command(flatten)]
    pub(crate) planned: ClusterNetworkArguments,
    /// Control-plane endpoint; default: the host's own address
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host_port)]
    pub(crate) endpoint: Option<HostPort>,
    /// Additional name for the API server's certificate (repeatable)
    #[arg(long = "name", value_name = "NAME", value_parser = certificate_name)]
    pub(crate) names: Vec<String>,
}

/// What kubeadm takes in certSANs.
fn certificate_name(text: &str) -> Result<String, String> {
    let is_name = is_alt_name(&text.to_lowercase());
    let refused = || "kubeadm takes an address, or a name such as api.example.org".to_owned();
    is_name.then(|| text.to_owned()).ok_or_else(refused)
}

/// The kubeadm that will read a configuration; its version decides the API version of the file.
#[derive(Args, Clone, Debug)]
pub(crate) struct KubeadmVersionArguments {
    /// Version of kubeadm on that host; default, for this host: that of the installed kubeadm
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubeadm_version: Option<KubernetesVersion>,
}

#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Write a configuration (the default)
    #[arg(long, conflicts_with = "flags")]
    config: bool,
    /// Write a command line instead
    #[arg(long)]
    pub(crate) flags: bool,
    #[command(flatten)]
    pub(crate) kubeadm: KubeadmVersionArguments,
}

#[derive(Args, Debug)]
#[command(after_help = JOIN_DETAILS)]
pub(crate) struct JoinArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Read the line that kubeadm init printed from FILE; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) line: Option<std::path::PathBuf>,
    /// Write a configuration (the default with --line)
    #[arg(long, requires = "line", conflicts_with = "flags")]
    config: bool,
    /// Write shell commands to run before the printed line (the default without --line)
    #[arg(long, conflicts_with = "line")]
    flags: bool,
    #[command(flatten)]
    pub(crate) kubeadm: KubeadmVersionArguments,
}

#[derive(Args, Debug)]
pub(crate) struct ResetArguments {
    #[command(flatten)]
    pub(crate) target: TargetHostArguments,
}

#[derive(Args, Debug)]
pub(crate) struct RepairArguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// The API server's address now; default: as the host's own files name it
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<IpAddr>,
    /// The host is a worker, and the control plane moved to this address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<IpAddr>,
    #[command(flatten)]
    pub(crate) kubeadm: KubeadmVersionArguments,
}
