//! The command line.

pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod discover;
pub(crate) mod explain;
pub(crate) mod facts_source;
pub(crate) mod hosts;
pub(crate) mod join_check;
pub(crate) mod kubeadm;
pub(crate) mod mesh;
pub(crate) mod predict;
pub(crate) mod remote;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use check::CheckArguments;
use cluster::ClusterArguments;
use discover::DiscoverArguments;
use explain::ExplainArguments;
use hosts::HostsArguments;
use join_check::JoinCheckArguments;
use kubeadm::{KubeadmArguments, SettingsArguments};
use mesh::MeshArguments;
use pontoon_model::host::HostName;
use predict::PredictArguments;
use remote::{ClockArguments, ExecArguments, SshArguments};

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing is wrong
  1  pontoon itself failed
  2  the command line, or a file it names, makes no sense
  3  something is wrong, confirmed or likely
  4  warnings, or errors that are only possible or undecided
  5  the question needs a privilege that was missing
  6  a host that you named is not known, or could not be asked
  7  a change was taken back
  130 interrupted, 141 nobody reads the output, 143 terminated
When several hold: 1, 2, 5, 7, 3, 6, 4, 0, the first that holds.";

/// Says why Kubernetes nodes cannot join on a hostile network, and what to do.
///
/// Start with `pontoon check`. It changes nothing on this host.
#[derive(Debug, Parser)]
#[command(name = "pontoon", version, max_term_width = 80, after_help = EXIT_CODES)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: PontoonCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PontoonCommand {
    /// What is wrong with this host's network, and between it and its peers
    Check(Box<CheckArguments>),
    /// Who reaches whom: every pair of hosts, over every link, from both ends
    Mesh(Box<MeshArguments>),
    /// Which address kubeadm, kubelet, flannel and others will take, and who reaches it
    Predict(Box<PredictArguments>),
    /// Rehearse a kubeadm join: in which stage it would hang, for how long, and why
    JoinCheck(Box<JoinCheckArguments>),
    /// Settings for kubeadm init and join made of what was seen, with the evidence
    Kubeadm(KubeadmArguments),
    /// Settings for flannel
    Flannel(Box<SettingsArguments>),
    /// Settings for Calico
    Calico(Box<SettingsArguments>),
    /// Settings for Cilium
    Cilium(Box<SettingsArguments>),
    /// Settings for K3s
    K3s(Box<SettingsArguments>),
    /// Settings for RKE2
    Rke2(Box<SettingsArguments>),
    /// Settings for k0s
    K0s(Box<SettingsArguments>),
    /// Settings for Talos
    Talos(Box<SettingsArguments>),
    /// After the join: whether nodes, pods, Services and DNS reach each other, and why not
    Cluster(ClusterArguments),
    /// Run a command on many hosts at once
    Exec(ExecArguments),
    /// Log in on many hosts, one after another
    Ssh(SshArguments),
    /// How far the clocks of your hosts are apart, and set them
    Clock(ClockArguments),
    /// Who is on a private link: its hosts by ARP, IPv6 and mDNS
    Discover(DiscoverArguments),
    /// Judge recorded runs again; merge the records of several hosts
    Replay(ReplayArguments),
    /// What error text (`-`) or a finding means, how it is told from others, what to do
    Explain(ExplainArguments),
    /// Your hosts: lists such as pi[1-5], and what is known of each
    Hosts(HostsArguments),
    /// Hostile networks made of network namespaces, to try pontoon on
    Lab(LabArguments),
    /// Tell the campus story on a lab network: what goes wrong, and what to do
    Demo(DemoArguments),
    /// Answer the questions of another pontoon over standard input and output
    Agent(AgentArguments),
    /// Write a completion script for a shell
    Completions(CompletionsArguments),
    /// Write a manual page
    Man(ManArguments),
}

/// How a report is shown.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutputArguments {
    /// Write the report as JSON (docs/schema/report.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a text to send to the people who run the network
    #[arg(long, conflicts_with = "json")]
    pub(crate) request: bool,
    /// List the frames sent, by host and kind, and all evidence; -vv: every observation
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Where the facts of a run are kept.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RecordArguments {
    /// Write what was seen to FILE, for `pontoon replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Replace MAC addresses, SSIDs and host names in FILE by pseudonyms
    #[arg(long, requires = "record")]
    pub(crate) redact: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// Records written by `--record`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

#[derive(Args, Debug)]
pub(crate) struct AgentArguments {
    /// Speak over standard input and output: the only way so far
    #[arg(long, required = true)]
    pub(crate) stdio: bool,
    /// Remove this program's own file and its folder: it was copied for one run
    #[arg(long, hide = true)]
    pub(crate) unlink: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Where this binary lies, as whoever starts it would type it
    #[arg(long, hide = true)]
    pub(crate) program: Option<String>,
    /// Write what was seen to FILE, for `pontoon replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell
    pub(crate) shell: CompletionShell,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Args, Debug)]
pub(crate) struct ManArguments {
    /// The command; without it the page of pontoon itself
    #[arg(num_args = 0..=2)]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct LabArguments {
    #[command(subcommand)]
    pub(crate) command: LabCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Name the scenarios and what is true in each
    List(LabListArguments),
    /// Raise a scenario, run pontoon on its hosts, compare with the truth
    Run(LabRunArguments),
    /// Open a shell on a host of a scenario
    Shell(LabShellArguments),
    /// Inside a lab shell: start an agent on another host of the lab (for --via)
    Via(LabViaArguments),
}

#[derive(Args, Debug)]
pub(crate) struct LabListArguments {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The way from a lab's coordinator to its agents.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LabTransport {
    /// Started in each host by the lab itself.
    Process,
    /// By OpenSSH, from the first host to all.
    Ssh,
}

impl LabTransport {
    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Ssh => "ssh",
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct LabRunArguments {
    /// End when this process, which started us, ends
    #[arg(long, hide = true, value_name = "PID")]
    pub(crate) die_with: Option<i32>,
    /// A scenario of `lab list`, a FILE.toml (docs/scenarios.md), or `all`
    pub(crate) scenario: String,
    /// With `all`: how many labs stand side by side
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// With `all`: how often each scenario runs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) times: u16,
    /// With `all`: only these of them, such as home,campus
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// The way to the agents: straight into each host, or as `pontoon mesh` goes (root)
    #[arg(long, value_enum, value_name = "WAY", default_value_t = LabTransport::Process)]
    pub(crate) over: LabTransport,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

#[derive(Args, Debug)]
pub(crate) struct LabShellArguments {
    /// A scenario of `lab list`, or a FILE.toml
    pub(crate) scenario: String,
    /// The host, such as pi1
    pub(crate) host: HostName,
    /// Run this instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct LabViaArguments {
    /// The other host
    pub(crate) host: HostName,
    /// Connect to its ssh server instead (a proxy command of ssh)
    #[arg(long)]
    pub(crate) ssh: bool,
}
