//! `pontoon man`: manual pages.

use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::arguments::{CommandLine, ManArguments};
use crate::failure::CommandFailure;
use crate::output;

/// Writes one page to standard output, or all pages into a folder.
pub(crate) fn run(arguments: &ManArguments) -> Result<ExitCode, CommandFailure> {
    let mut root = CommandLine::command();
    root.build();
    if let Some(dir) = &arguments.dir {
        write_all(&root, "pontoon", dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut command = &root;
    let mut title = "pontoon".to_owned();
    for name in &arguments.command {
        let unknown = || CommandFailure::NoCommand { name: arguments.command.join(" ") };
        command = command.find_subcommand(name).ok_or_else(unknown)?;
        title = format!("{title}-{name}");
    }
    output::data(&String::from_utf8_lossy(&page(command, &title)?))?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(command: &Command, title: &str, dir: &Path) -> Result<(), CommandFailure> {
    let path = dir.join(format!("{title}.1"));
    let page = page(command, title)?;
    std::fs::write(&path, page).map_err(|source| CommandFailure::Write { path, source })?;
    let pages = command.get_subcommands().filter(|sub| sub.get_name() != "help");
    for sub in pages.filter(|sub| !sub.is_hide_set()) {
        write_all(sub, &format!("{title}-{}", sub.get_name()), dir)?;
    }
    Ok(())
}

fn page(command: &Command, title: &str) -> Result<Vec<u8>, CommandFailure> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).title(title.to_uppercase());
    man.render(&mut page)
        .map_err(|source| CommandFailure::System { what: "the page could not be made", source })?;
    Ok(page)
}
