//! Where the facts come from that a prediction or a setting is made of.

use std::path::PathBuf;

use clap::Args;

use super::host_connection::{AgentStartArguments, ConnectionArguments};

/// Hosts to ask, or files to read; without either, this host.
#[derive(Args, Clone, Debug)]
pub(crate) struct FactsSourceArguments {
    /// Hosts, such as 'pi[1-5]'; default: this host
    #[arg(value_name = "HOSTS", conflicts_with = "facts")]
    pub(crate) hosts: Vec<String>,
    /// Read facts that were recorded or captured elsewhere (repeatable, for several hosts)
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reaching: ConnectionArguments,
    #[command(flatten)]
    pub(crate) agent: AgentStartArguments,
}
