//! `pontoon explain -`: what pasted error text proves, and which causes remain.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pontoon_causes::symptom::{BYTES_MAX, explain};

use super::read_only_command;
use crate::arguments::explain::ExplainArguments;
use crate::failure::{CommandFailure, ExplainFailure};
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{explanation, json};

/// kubeadm writes it on hosts of the control plane, and nowhere else.
const MANIFEST: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

/// Reads, explains, asks where that is wanted.
pub(super) fn run(arguments: &ExplainArguments) -> Result<ExitCode, CommandFailure> {
    if io::stdin().is_terminal() {
        output::note(&"paste the error text, then Enter and Ctrl-D");
    }
    let mut bytes = Vec::new();
    // One byte more tells that there is more.
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = io::stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|source| CommandFailure::Read { path: PathBuf::from("-"), source })?;
    if bytes.trim_ascii().is_empty() {
        return Err(ExplainFailure::Nothing.into());
    }
    let mut explanation = explain(&bytes);
    if arguments.prove {
        let is_control_plane = Path::new(MANIFEST).exists();
        let questions = explanation.commands(is_control_plane);
        let outcomes: BTreeMap<_, _> = questions
            .into_iter()
            .map(|words| (words.clone(), read_only_command::run_read_only(&words)))
            .collect();
        explanation.apply_results(is_control_plane, &|words| {
            outcomes.get(words).cloned().unwrap_or_default()
        });
    }
    let shown = if arguments.format.json {
        json::pretty(&explanation)?
    } else {
        explanation::page(
            &explanation,
            arguments.prove,
            TerminalStyle::of_stdout(arguments.detail.verbose),
        )
    };
    output::data(&shown)?;
    Ok(ExitCode::from(explanation.exit().code()))
}
