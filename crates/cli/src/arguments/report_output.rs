//! In which form a command writes its result, and where the collected facts are kept.

use std::path::PathBuf;

use clap::{Arg, Args};

/// Machine-readable output, for every command with a published schema.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct JsonArguments {
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Adds to the help of `--json` which schema of `docs/schema` holds for a command:
/// `#[command(mut_arg("json", schema("clock")))]`.
pub(crate) fn schema(name: &str) -> impl FnOnce(Arg) -> Arg {
    let help = format!("Write JSON (docs/schema/{name}.schema.json)");
    move |json| json.help(help)
}

/// How much a report says.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct VerboseArguments {
    /// Show all evidence; -vv: every observation
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The forms of a report about a network.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_arg("json", schema("report")))]
pub(crate) struct OutputArguments {
    #[command(flatten)]
    pub(crate) format: JsonArguments,
    /// Write a text to send to the network's administrators
    #[arg(long, conflicts_with = "json")]
    pub(crate) request: bool,
    #[command(flatten)]
    pub(crate) detail: VerboseArguments,
}

/// Where the facts of a run are kept, so that it can be diagnosed again.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RecordArguments {
    /// Write the collected facts to FILE, for `pontoon replay` and --facts
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Replace MAC addresses, SSIDs and host names in FILE with pseudonyms
    #[arg(long, requires = "record")]
    pub(crate) redact: bool,
}
