//! The arguments of `pontoon exec`, `ssh` and `clock`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::host_connection::{ConnectionArguments, HostListArguments, SudoArguments};
use super::report_output::{JsonArguments, schema};

const EXEC_DETAILS: &str = "\
Each line of output is shown after the name of its host, standard error on
standard error. Control characters are made visible, so that no host can move
the cursor; --raw shows the bytes as they came, without names.

  pontoon exec 'pi[2-5]' -- uptime
  pontoon exec 'pi[2-5]' - < setup.sh           a script, run by sh on each
  pontoon exec 'pi[2-5]' --input hosts -- sudo tee /etc/hosts

Exit codes: 0 the command succeeded on every host, 3 it failed on one, 6 a host
could not be reached.";

#[derive(Args, Clone, Debug)]
#[command(after_help = EXEC_DETAILS, mut_arg("json", schema("exec")))]
pub(crate) struct ExecArguments {
    /// Hosts, such as 'pi[1-5]'
    #[arg(value_name = "HOSTS")]
    pub(crate) hosts: String,
    /// Command to run; `-` reads a script for sh from standard input
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    /// File for the command's standard input (`-`: standard input of pontoon)
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Show the output unchanged, without host names
    #[arg(long, conflicts_with = "json")]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct SshArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
}

const CLOCK_DETAILS: &str = "\
A Pi has no clock chip: it boots with the time of its last shutdown, and then
certificates seem not yet valid. Each host's clock is read with `date` over your
own ssh, and compared with the median of all clocks, including this host's. The
uncertainty is half the round-trip time. This takes no privilege and changes
nothing.

--sync sets every clock that is off by more than a second to the time of this
host, with `date -u -s` there, which takes root (--sudo: through sudo -n). It
says what it is about to do and asks first; --yes answers for you. If an NTP
service runs, let it do that instead: sudo timedatectl set-ntp true.

Exit codes: 0 all clocks agree within a second, 4 one is off by more or could
not be compared, 3 one is off by more than a day or could not be set, 6 a host
could not be reached.";

#[derive(Args, Clone, Debug)]
#[command(after_help = CLOCK_DETAILS, mut_arg("json", schema("clock")))]
#[command(group(
    ArgGroup::new("how-to-set").args(["sudo", "yes"]).multiple(true).requires("sync")
))]
pub(crate) struct ClockArguments {
    #[command(flatten)]
    pub(crate) targets: HostListArguments,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    /// Set the clocks that are off to the time of this host; asks first
    #[arg(long, conflicts_with = "json")]
    pub(crate) sync: bool,
    #[command(flatten)]
    pub(crate) privilege: SudoArguments,
    /// Do not ask first
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) format: JsonArguments,
}
