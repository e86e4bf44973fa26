//! The join that is meant: pasted, after `--`, or in files.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use pontoon_join::join_line::{self, TEXT_BYTES_MAX};
use pontoon_join::request::{JoinFlags, JoinRequest};
use pontoon_join::{configuration, kubeconfig};

use crate::arguments::join_check::JoinCheckArguments;
use crate::command::text_input;
use crate::failure::{ClusterFailure, CommandFailure};
use crate::output;

/// Reads the join request from where the command line says it is.
pub(super) fn read(arguments: &JoinCheckArguments) -> Result<JoinRequest, CommandFailure> {
    let told = told(arguments)?;
    let told = match told.config.clone().or_else(|| arguments.config.clone()) {
        // kubeadm refuses most flags beside a file: the file is the join.
        Some(path) => {
            let text = text_input::read(&path, TEXT_BYTES_MAX)?;
            configuration::parse(&text)
                .map_err(|source| ClusterFailure::JoinConfiguration { path, source })?
        }
        None => told,
    };
    let file = told.discovery_file.clone().or_else(|| arguments.discovery_file.clone());
    let file = file.map(|path| {
        let text = text_input::read(&path, DISCOVERY_BYTES_MAX)?;
        kubeconfig::parse(&text)
            .map_err(|source| CommandFailure::from(ClusterFailure::Kubeconfig { path, source }))
    });
    let mut request =
        told.complete(file.transpose()?).map_err(|source| ClusterFailure::Incomplete { source })?;
    request.node_name = arguments.node_name.clone().or(request.node_name);
    Ok(request)
}

/// A kubeconfig with a few certificates.
const DISCOVERY_BYTES_MAX: usize = 1024 * 1024;

fn told(arguments: &JoinCheckArguments) -> Result<JoinFlags, CommandFailure> {
    let failed = |source| CommandFailure::from(ClusterFailure::Line { source });
    if !arguments.line.is_empty() {
        output::note(
            &"the token shows in the list of processes now; `join-check -` reads the line \
                       from standard input",
        );
        let words: Vec<String> =
            arguments.line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let from = words.iter().position(|word| word == "join").map_or(0, |at| at + 1);
        return join_line::arguments(&words[from..]).map_err(failed);
    }
    if arguments.stdin.is_some() {
        if io::stdin().is_terminal() {
            output::note(&"paste the line that kubeadm init printed, then Ctrl-D:");
        }
        return join_line::parse(&text_input::read(Path::new("-"), TEXT_BYTES_MAX)?)
            .map_err(failed);
    }
    if arguments.config.is_some() || arguments.discovery_file.is_some() {
        return Ok(JoinFlags::default());
    }
    Err(failed(join_line::JoinLineError::None))
}
