//! The command line.

pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod discover;
pub(crate) mod explain;
pub(crate) mod facts_source;
mod help_page;
pub(crate) mod host_connection;
pub(crate) mod hosts;
pub(crate) mod join_check;
pub(crate) mod lab;
pub(crate) mod mesh;
pub(crate) mod predict;
pub(crate) mod probe_scope;
pub(crate) mod remote_commands;
pub(crate) mod report_output;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use check::CheckArguments;
use cluster::ClusterArguments;
use discover::DiscoverArguments;
use explain::ExplainArguments;
use hosts::HostsArguments;
use join_check::JoinCheckArguments;
use lab::{DemoArguments, LabArguments};
use mesh::MeshArguments;
use predict::PredictArguments;
use remote_commands::{ClockArguments, ExecArguments, SshArguments};
use report_output::{OutputArguments, RecordArguments};
use settings::{ComponentArguments, KubeadmArguments};

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing is wrong
  1  pontoon itself failed
  2  the command line, or a file that it names, is invalid
  3  something is wrong, confirmed or likely
  4  warnings, or errors that are only possible or undecided
  5  a privilege is missing without which nothing can be answered
  6  a host that you named is unknown, or could not be reached
  7  a change was rolled back
  130 interrupted, 141 the output was closed, 143 terminated
If several apply, the first of 1, 2, 5, 7, 3, 6, 4, 0.";

/// Find out why Kubernetes nodes cannot join on a hostile network, and what to do
///
/// Start with `pontoon check`, which changes nothing on this host.
/// `pontoon COMMAND --help` explains each command.
#[derive(Debug, Parser)]
#[command(
    name = "pontoon",
    version,
    max_term_width = help_page::WIDTH,
    after_help = EXIT_CODES,
    help_template = help_page::template(),
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: PontoonCommand,
}

/// All commands, by the headings of `pontoon --help`.
#[derive(Debug, Subcommand)]
pub(crate) enum PontoonCommand {
    #[command(flatten)]
    Diagnose(DiagnoseGroup),
    #[command(flatten)]
    Settings(SettingsGroup),
    #[command(flatten)]
    Hosts(HostsGroup),
    #[command(flatten)]
    Lab(LabGroup),
    #[command(flatten)]
    Other(OtherGroup),
}

/// Commands that find out what is wrong, and change nothing.
#[derive(Debug, Subcommand)]
pub(crate) enum DiagnoseGroup {
    /// Diagnose this host's network, and the paths to its peers
    Check(Box<CheckArguments>),
    /// Test every pair of hosts over every link, from both ends
    Mesh(Box<MeshArguments>),
    /// List the hosts on a private link, by ARP, IPv6 and mDNS
    Discover(DiscoverArguments),
    /// Predict each component's address, and which hosts can reach it
    Predict(Box<PredictArguments>),
    /// Rehearse kubeadm join: at which stage it would hang, and why
    JoinCheck(Box<JoinCheckArguments>),
    /// Check a cluster after the join: nodes, pods, Services and DNS
    Cluster(ClusterArguments),
    /// Explain error text from a log, or one of pontoon's findings
    Explain(ExplainArguments),
    /// Diagnose recorded runs again; merge the records of several hosts
    Replay(ReplayArguments),
}

/// Commands that write configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsGroup {
    /// Write settings for kubeadm, flannel, K3s ..., with the evidence
    Settings(ComponentArguments),
    /// Settings for kubeadm: short form of `pontoon settings kubeadm`
    Kubeadm(KubeadmArguments),
}

/// Commands that administer many hosts.
#[derive(Debug, Subcommand)]
pub(crate) enum HostsGroup {
    /// Manage the inventory of your hosts; expand lists such as pi[1-5]
    Hosts(HostsArguments),
    /// Run a command on many hosts at once
    Exec(ExecArguments),
    /// Log in on many hosts, one after another
    Ssh(SshArguments),
    /// Compare the clocks of your hosts, and set them
    Clock(ClockArguments),
}

/// Commands that need no network but their own.
#[derive(Debug, Subcommand)]
pub(crate) enum LabGroup {
    /// Show the campus story on a lab network: what goes wrong, and why
    Demo(DemoArguments),
    /// Build hostile networks of network namespaces, to try pontoon on
    Lab(LabArguments),
}

/// Commands that other programs use.
#[derive(Debug, Subcommand)]
pub(crate) enum OtherGroup {
    /// Serve another pontoon over standard input and output
    Agent(AgentArguments),
    /// Write a completion script for a shell
    Completions(CompletionsArguments),
    /// Write a manual page
    Man(ManArguments),
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// Records written with `--record`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

#[derive(Args, Debug)]
pub(crate) struct AgentArguments {
    /// Use standard input and output, the only transport so far
    #[arg(long, required = true)]
    pub(crate) stdio: bool,
    /// Remove this program's own file and its folder: it was copied for one run
    #[arg(long, hide = true)]
    pub(crate) unlink: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// Shell that will read the script
    pub(crate) shell: CompletionShell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Args, Debug)]
pub(crate) struct ManArguments {
    /// Command, such as `settings kubeadm init`; default: pontoon itself
    #[arg(num_args = 0..=3)]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
}
