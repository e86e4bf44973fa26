//! The arguments of `pontoon join-check`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::host_connection::{ConnectionArguments, RemoteStartArguments};
use super::report_output::{JsonArguments, schema};

const DETAILS: &str = "\
Paste the line that kubeadm init printed on standard input; text around it does
not matter:

  pontoon join-check -
  kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
      --discovery-token-ca-cert-hash sha256:...
  (Ctrl-D)

It can also follow --, but then the token shows in the process list.

The requests are kubeadm's, in its order, over the route that the kernel chooses
and over each link; nothing is changed. The token is sent only to a server whose
certificate is signed by the CA that the token's signature and the pins confirm.
It appears in no output.

An agent on the control plane can also test whether the control plane reaches
this host's kubelet, and the ports of the pod network:

  pontoon join-check - --server-via 'ssh pi1 pontoon agent --stdio'

--on rehearses the join on other hosts instead of this one, over your own ssh,
as pontoon mesh does:

  pontoon join-check --on 'pi[2-5]' -

They need pontoon, or get it for this run with --push. The token and the
contents of a discovery file are never sent there: the reply to the anonymous
request comes back and is verified here. The cluster's configuration and the
node name, which need the token, are checked if this host itself is among them.";

#[derive(Args, Debug)]
#[command(after_help = DETAILS, mut_arg("json", schema("join")))]
#[command(group(
    ArgGroup::new("elsewhere")
        .args(["inventory", "ssh", "user", "push", "binaries", "sudo"])
        .multiple(true)
        .requires("on")
))]
pub(crate) struct JoinCheckArguments {
    /// `-` reads the `kubeadm join` line from standard input
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with = "line")]
    pub(crate) stdin: Option<String>,
    /// Rehearse the join on these hosts, such as 'pi[2-5]' (repeatable)
    #[arg(long, value_name = "HOSTS", conflicts_with_all = ["server_via", "node_name"])]
    pub(crate) on: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) by_ssh: RemoteStartArguments,
    /// Configuration file, as for `kubeadm join --config`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Kubeconfig, as for `kubeadm join --discovery-file`
    #[arg(long, value_name = "FILE")]
    pub(crate) discovery_file: Option<PathBuf>,
    /// Command that starts an agent on the control plane, to test both directions
    #[arg(long, value_name = "CMD")]
    pub(crate) server_via: Option<String>,
    /// Name that the node will have; default: this host's name
    #[arg(long, value_name = "NAME")]
    pub(crate) node_name: Option<String>,
    /// Wait as long as kubeadm does: 10 s for each request
    #[arg(long)]
    pub(crate) patient: bool,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
    /// The `kubeadm join` line itself
    #[arg(last = true, value_name = "kubeadm join ...")]
    pub(crate) line: Vec<OsString>,
}
