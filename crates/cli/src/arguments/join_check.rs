//! The arguments of `pontoon join-check`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::mesh::{ConnectionArguments, RemoteStartArguments};

const DETAILS: &str = "\
  pontoon join-check -
  kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \\
      --discovery-token-ca-cert-hash sha256:...
  (Ctrl-D)

Paste the line that kubeadm init printed on standard input; what stands around
it does not matter. After -- it works, too, but then the token shows in the
list of processes.

Asked is what kubeadm asks, in its order, by the way that the kernel chooses and
by each link; nothing is changed. The token is shown to no server but one whose
certificate is vouched for by the CA that the token's signature and the pins
vouch for. It stands in no output.

Whether the control plane reaches this host's kubelet, and the ports of the pod
network, can be told with an agent on it:

  pontoon join-check - --server-via 'ssh pi1 pontoon agent --stdio'

With --on each of these hosts is asked in place of this one, by your own ssh,
as pontoon mesh does:

  pontoon join-check --on 'pi[2-5]' -

They need pontoon, or get it for this run with --push. The token, and what a
discovery file holds, are never sent there: the answer to the anonymous question
comes back and is judged here. The settings and the node's name, which take the
token, are read where this host itself is among them.";

#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
#[command(group(
    ArgGroup::new("elsewhere")
        .args(["inventory", "ssh", "user", "push", "binaries", "sudo"])
        .multiple(true)
        .requires("on")
))]
pub(crate) struct JoinCheckArguments {
    /// `-`: the line is read from standard input
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with = "line")]
    pub(crate) stdin: Option<String>,
    /// Rehearse it on these hosts, such as 'pi[2-5]' (repeatable)
    #[arg(long, value_name = "HOSTS", conflicts_with_all = ["server_via", "node_name"])]
    pub(crate) on: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
    /// The configuration of kubeadm join --config
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The kubeconfig of kubeadm join --discovery-file
    #[arg(long, value_name = "FILE")]
    pub(crate) discovery_file: Option<PathBuf>,
    /// Start an agent on the control plane by this command, and ask both ways
    #[arg(long, value_name = "CMD")]
    pub(crate) server_via: Option<String>,
    /// The name that the node will have, if not this host's
    #[arg(long, value_name = "NAME")]
    pub(crate) node_name: Option<String>,
    /// Wait as long as kubeadm does: ten seconds for a question
    #[arg(long)]
    pub(crate) patient: bool,
    /// Write the report as JSON (docs/schema/join.schema.json; with --on join-hosts.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// The line itself
    #[arg(last = true, value_name = "kubeadm join ...")]
    pub(crate) line: Vec<OsString>,
}
