//! The arguments of `pontoon exec`, `ssh` and `clock`.

use std::path::PathBuf;

use clap::Args;

use super::mesh::ConnectionArguments;

const EXEC_DETAILS: &str = "\
Each line of output is shown with the host it came from, standard error on
standard error. What a host says cannot move the cursor; --raw shows it as it
came, without names.

  pontoon exec 'pi[2-5]' -- uptime
  pontoon exec 'pi[2-5]' - < setup.sh           a script, run by sh on each
  pontoon exec 'pi[2-5]' --input hosts -- sudo tee /etc/hosts

Ends with 0 when the command did on every host, 3 when it failed on one, 6 when
a host could not be reached.";

#[derive(Args, Clone, Debug)]
#[command(after_help = EXEC_DETAILS)]
pub(crate) struct ExecArguments {
    /// The hosts, such as 'pi[2-5]'
    #[arg(value_name = "HOSTS")]
    pub(crate) hosts: String,
    /// The command; `-` reads a script for sh from standard input
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    /// Give this file (`-`: standard input) to the command on its standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Show output as it comes, without names
    #[arg(long, conflicts_with = "json")]
    pub(crate) raw: bool,
    /// Write a JSON value for each host (docs/schema/exec.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct SshArguments {
    /// The hosts, such as 'pi[1-5]': one after another, the next when you leave the last
    #[arg(required = true, value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
}

const CLOCK_DETAILS: &str = "\
A Pi has no clock chip: it starts with the time of its last shutdown, and
certificates look not yet valid to it. Each host's clock is read by `date` over
your own ssh, and compared with the median of all; this host's clock is one of
them. Half the time that the answer took is how sure that is. It takes no
privilege and changes nothing.

--sync sets every clock that is off by more than a second to the time of this
host, by `date -u -s` there, which takes root (--sudo: by sudo -n). It says what
it is about to do and asks first; --yes answers for you. Where an NTP service
runs, let it do that instead: sudo timedatectl set-ntp true.

Ends with 0 when all agree within a second, 4 when one is off by more or that
could not be told, 3 when one is off by more than a day or could not be set, 6
when a host could not be reached.";

#[derive(Args, Clone, Debug)]
#[command(after_help = CLOCK_DETAILS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ClockArguments {
    /// The hosts, such as 'pi[1-5]'
    #[arg(required = true, value_name = "HOSTS")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    /// Set the clocks that are off to the time of this host; asks first
    #[arg(long, conflicts_with = "json")]
    pub(crate) sync: bool,
    /// Set them by `sudo -n`
    #[arg(long, requires = "sync")]
    pub(crate) sudo: bool,
    /// Do not ask first
    #[arg(short, long, requires = "sync")]
    pub(crate) yes: bool,
    /// Write the result as JSON (docs/schema/clock.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
}
