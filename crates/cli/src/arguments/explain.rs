//! The arguments of `pontoon explain`.

use clap::Args;

const DETAILS: &str = "\
`pontoon explain -` reads what kubeadm, kubelet, kubectl, containerd, flannel,
kube-proxy, CoreDNS, curl or nslookup wrote, up to 1 MiB: a line or a whole log.
It says what the text proves, which causes remain, and for each the fact that
tells it from the others, the one command that shows the fact, and the cure.
Text of which it knows nothing is `not recognised`.

--prove runs those commands that only read, on this host, as if the text had
been written here: ping, ip, ss, nft list, systemctl is-active, crictl ps,
kubectl get, curl and the like. What would have to run on another host is left
to you. It never runs what changes or deletes anything.

  kubeadm join ... 2>&1 | tee join.log;  pontoon explain - <join.log
  journalctl -u kubelet -n 200 | pontoon explain - --prove

Exit codes: 3 one cause remains, 4 several do or the text was not recognised,
0 what it says is harmless.";

#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub(crate) struct ExplainArguments {
    /// The finding or cause, such as client-isolation; `-` reads error text from standard input
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// Name all findings and causes
    #[arg(long, conflicts_with_all = ["code", "prove", "json"])]
    pub(crate) list: bool,
    /// With `-`: run the commands that only read, and leave out what they exclude
    #[arg(long)]
    pub(crate) prove: bool,
    /// With `-`: write it as JSON (docs/schema/explanation.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// With `-`: all that is proven, and where each cause was read or measured
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}
