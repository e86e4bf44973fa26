//! The arguments of `pontoon explain`.

use clap::Args;

use super::report_output::{JsonArguments, VerboseArguments, schema};

const DETAILS: &str = "\
`pontoon explain -` reads what kubeadm, kubelet, kubectl, containerd, flannel,
kube-proxy, CoreDNS, curl or nslookup wrote, up to 1 MiB: one line or a whole
log. It says what the text proves, which causes remain, and for each cause the
fact that distinguishes it from the others, the command that shows that fact,
and the fix. Text that matches nothing is reported as `not recognised`.

--prove runs those commands that only read, on this host, as if the text had
been written here: ping, ip, ss, nft list, systemctl is-active, crictl ps,
kubectl get, curl, getent and the like; some ask the network about addresses
and names in the text. Commands for other hosts are left to you.
Commands that change or delete anything are never run.

  kubeadm join ... 2>&1 | tee join.log;  pontoon explain - <join.log
  journalctl -u kubelet -n 200 | pontoon explain - --prove

Exit codes: 3 one cause remains, 4 several remain or the text was not
recognised, 0 the text is harmless.";

#[derive(Args, Debug)]
#[command(after_help = DETAILS, mut_arg("json", schema("explanation")))]
pub(crate) struct ExplainArguments {
    /// A finding or cause, such as client-isolation; `-` reads error text from standard input
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List all findings and causes
    #[arg(long, conflicts_with_all = ["code", "prove", "json"])]
    pub(crate) list: bool,
    /// With `-`: run the commands that only read, and drop the causes that they exclude
    #[arg(long)]
    pub(crate) prove: bool,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
    #[command(flatten)]
    pub(crate) detail: VerboseArguments,
}
