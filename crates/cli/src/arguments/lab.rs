//! The arguments of `pontoon lab` and `pontoon demo`.

use clap::{Args, Subcommand, ValueEnum};
use pontoon_model::host::HostName;

use super::report_output::{JsonArguments, OutputArguments, RecordArguments};

#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Path of this program, as the user would type it
    #[arg(long, hide = true)]
    pub(crate) program: Option<String>,
    #[command(flatten)]
    pub(crate) recording: RecordArguments,
}

#[derive(Args, Debug)]
pub(crate) struct LabArguments {
    #[command(subcommand)]
    pub(crate) command: LabCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// List the scenarios
    List(LabListArguments),
    /// Build a scenario, run pontoon on its hosts, compare with the expected findings
    ///
    /// The commands of a file (`run`, `nft`, `routes`) run with your privileges: as root they can
    /// change any file of this machine. Read a file from someone else before you run it.
    Run(LabRunArguments),
    /// Open a shell on a host of a scenario
    Shell(LabShellArguments),
    /// In a lab shell: start an agent on another host of the lab (for --via)
    Via(LabViaArguments),
}

#[derive(Args, Debug)]
pub(crate) struct LabListArguments {
    #[command(flatten)]
    pub(crate) format: JsonArguments,
}

/// How a lab's coordinator reaches its agents.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LabTransport {
    /// Started in each host by the lab itself.
    Process,
    /// Over OpenSSH, from the first host to all.
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
// A scenario's result is a report for each coordinator, and what was expected beside it.
#[command(mut_arg("json", |json| json.help("Write JSON")))]
pub(crate) struct LabRunArguments {
    /// Process that started this one; when it ends, so does this one
    #[arg(long, hide = true, value_name = "PID")]
    pub(crate) die_with: Option<i32>,
    /// A scenario of `lab list`, a FILE.toml (docs/scenarios.md), or `all`
    pub(crate) scenario: String,
    /// With `all`: number of labs that run at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// With `all`: number of runs of each scenario
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) times: u16,
    /// With `all`: only these scenarios, such as home,campus
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Start the agents directly, or over ssh as `pontoon mesh` does (takes root)
    #[arg(long, value_enum, value_name = "TRANSPORT", default_value_t = LabTransport::Process)]
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
    /// Host of the scenario, such as pi1
    pub(crate) host: HostName,
    /// Command to run instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct LabViaArguments {
    /// The other host
    pub(crate) host: HostName,
    /// Connect to its ssh server instead (as `ProxyCommand` of ssh)
    #[arg(long)]
    pub(crate) ssh: bool,
}
