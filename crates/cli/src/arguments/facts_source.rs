//! Where the facts come from that a prediction or a setting is made of.

use std::path::PathBuf;

use clap::Args;

use super::mesh::{AgentStartArguments, ConnectionArguments};

/// Hosts to ask, or files to read; neither: this host.
#[derive(Args, Clone, Debug)]
pub(crate) struct FactsSourceArguments {
    /// The hosts, such as 'pi[1-5]'; without them this one
    #[arg(value_name = "HOSTS", conflicts_with = "facts")]
    pub(crate) hosts: Vec<String>,
    /// Take what was recorded or captured elsewhere (repeatable: several hosts)
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) agent: AgentStartArguments,
}
