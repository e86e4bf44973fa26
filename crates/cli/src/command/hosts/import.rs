//! `pontoon hosts import`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use pontoon_fleet::inventory::import::{Format, Imported, TEXT_BYTES_MAX, guess, import, merge};

use super::shelf::Shelf;
use super::{note, shown};
use crate::arguments::hosts::{Format as Asked, ImportArguments};
use crate::failure::{Failure, HostsFailure};

/// Takes over the hosts of a file.
pub(super) fn run(inventory: Option<&Path>, arguments: &ImportArguments) -> Result<(), Failure> {
    let path = arguments.file.as_path();
    let text = read(path)?;
    let unknown = || HostsFailure::NoFormat { path: path.to_owned() };
    let format = format(arguments.format, &text).ok_or_else(unknown)?;
    let beside = path.parent().filter(|_| path != Path::new("-"));
    let Imported { hosts, notices } = import(&text, format, beside)
        .map_err(|source| HostsFailure::Import { path: path.to_owned(), format, source })?;
    for notice in notices {
        note(&notice);
    }
    if hosts.is_empty() {
        return Err(HostsFailure::NoHostsIn { path: path.to_owned(), format }.into());
    }
    // Not before the text is there: who types it takes their time.
    let mut shelf = Shelf::open_or_begin(inventory, &arguments.run)?;
    for conflict in merge(&mut shelf.inventory, &hosts, arguments.replace) {
        note(&conflict);
    }
    let names = shown(hosts.iter().map(|host| &host.name));
    shelf.close(&arguments.run, &format!("took over {names} from {format}"))
}

/// What was asked for, or what the text looks like. Ansible has two forms.
fn format(asked: Option<Asked>, text: &str) -> Option<Format> {
    let guessed = guess(text);
    Some(match asked {
        None => return guessed,
        Some(Asked::Cms) => Format::Cms,
        Some(Asked::Ssh) => Format::Ssh,
        Some(Asked::Ansible) => match guessed {
            Some(Format::Cms | Format::AnsibleYaml) => Format::AnsibleYaml,
            Some(Format::AnsibleIni | Format::Ssh) | None => Format::AnsibleIni,
        },
    })
}

/// The text of a file; `-` is standard input. More than an import takes is not read.
fn read(path: &Path) -> Result<String, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let mut text = String::new();
    input.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
