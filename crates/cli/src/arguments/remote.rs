//! The arguments of `pontoon exec` and `ssh`.

use std::path::PathBuf;

use clap::Args;

use super::mesh::Reaching;

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
    pub(crate) reaching: Reaching,
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
    pub(crate) reaching: Reaching,
}
