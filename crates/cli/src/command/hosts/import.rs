//! `pontoon hosts import`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use pontoon_fleet::inventory::import::{
    ImportedHosts, InventoryFormat, TEXT_BYTES_MAX, guess, import, merge,
};

use super::inventory_file::InventoryFile;
use super::{host_summary, note};
use crate::arguments::hosts::{ImportArguments, ImportFormat as Asked};
use crate::failure::{CommandFailure, HostsFailure};

/// Takes over the hosts of a file.
pub(super) fn run(
    inventory: Option<&Path>,
    arguments: &ImportArguments,
) -> Result<(), CommandFailure> {
    let path = arguments.file.as_path();
    let text = read(path)?;
    let unknown = || HostsFailure::NoFormat { path: path.to_owned() };
    let format = format(arguments.format, &text).ok_or_else(unknown)?;
    let beside = path.parent().filter(|_| path != Path::new("-"));
    let ImportedHosts { hosts, notices } = import(&text, format, beside)
        .map_err(|source| HostsFailure::Import { path: path.to_owned(), format, source })?;
    for notice in notices {
        note(&notice);
    }
    if hosts.is_empty() {
        return Err(HostsFailure::NoHostsIn { path: path.to_owned(), format }.into());
    }
    // Not before the text is there: who types it takes their time.
    let mut shelf = InventoryFile::open_or_create(inventory, &arguments.run)?;
    for conflict in merge(&mut shelf.inventory, &hosts, arguments.replace) {
        note(&conflict);
    }
    let names = host_summary(hosts.iter().map(|host| &host.name));
    shelf.save(&arguments.run, &format!("took over {names} from {format}"))
}

/// The format of `--format`, or the one that the text looks like. Ansible has two.
fn format(asked: Option<Asked>, text: &str) -> Option<InventoryFormat> {
    let guessed = guess(text);
    Some(match asked {
        None => return guessed,
        Some(Asked::Cms) => InventoryFormat::Cms,
        Some(Asked::Ssh) => InventoryFormat::Ssh,
        Some(Asked::Ansible) => match guessed {
            Some(InventoryFormat::Cms | InventoryFormat::AnsibleYaml) => {
                InventoryFormat::AnsibleYaml
            }
            Some(InventoryFormat::AnsibleIni | InventoryFormat::Ssh) | None => {
                InventoryFormat::AnsibleIni
            }
        },
    })
}

/// The text of a file; `-` is standard input. More than an import takes is not read.
fn read(path: &Path) -> Result<String, CommandFailure> {
    let failed = |source| CommandFailure::Read { path: path.to_owned(), source };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let mut text = String::new();
    input.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
