//! Inventories of others, taken over: cloudmesh, Ansible, ssh.
//!
//! What has no place here is told, line by line, and never silently lost. The values of passwords
//! are neither taken nor told.

mod draft;
mod merge;
mod cms;
mod ansible;
mod ssh;

use std::fmt;
use std::path::Path;

use super::InventoryHost;

pub use draft::{HOSTS_MAX, NOTICES_MAX};
pub use merge::{ImportConflict, merge};
pub use pontoon_wire::yaml::{YamlError, YamlErrorKind};

use draft::ImportDraft;

/// Most bytes of a file to import: as many as an inventory may have.
pub const TEXT_BYTES_MAX: usize = super::TEXT_BYTES_MAX;

/// Whose inventory it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InventoryFormat {
    /// cloudmesh's `~/.cloudmesh/inventory.yaml`.
    Cms,
    /// Ansible's, in INI form.
    AnsibleIni,
    /// Ansible's, in YAML form.
    AnsibleYaml,
    /// OpenSSH's `~/.ssh/config`.
    Ssh,
}

impl fmt::Display for InventoryFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cms => "an inventory of cloudmesh",
            Self::AnsibleIni => "an Ansible inventory (INI)",
            Self::AnsibleYaml => "an Ansible inventory (YAML)",
            Self::Ssh => "a configuration of ssh",
        })
    }
}

/// Something was understood in part, or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportNotice {
    /// The line, from 1; none when it concerns the file.
    pub line: Option<usize>,
    /// What is to be known, with nothing in it that moves a cursor.
    pub text: String,
}

impl fmt::Display for ImportNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// What a file says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportedHosts {
    /// The hosts, in the order of the file.
    pub hosts: Vec<InventoryHost>,
    /// What was not taken over, and why.
    pub notices: Vec<ImportNotice>,
}

/// A file cannot be taken over.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// It is too long.
    #[error("it has more than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// It is no YAML, or more than an inventory needs.
    #[error("it is no YAML that can be an inventory")]
    Yaml(#[from] YamlError),
    /// It is YAML, and no table of hosts.
    #[error("it says nothing of hosts")]
    NoHosts,
}

/// Whose inventory a text looks like; none when nothing tells.
#[must_use]
pub fn guess(text: &str) -> Option<InventoryFormat> {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let first = lines.next()?;
    // What `ansible-inventory --list` writes is YAML, too, and of no form that is known here.
    if first.starts_with('{') {
        return None;
    }
    if first == "---" || first.ends_with(':') || first.contains(": ") {
        let mut keys = text.lines().map(str::trim);
        let is_ansible = keys.any(|line| {
            let key = line.trim_end_matches(" {}").trim_end_matches(" null");
            matches!(key, "hosts:" | "children:" | "vars:")
        });
        return Some(if is_ansible { InventoryFormat::AnsibleYaml } else { InventoryFormat::Cms });
    }
    let word = first.split([' ', '\t', '=']).next().unwrap_or_default();
    let is_ssh = |word: &str| {
        ssh::KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
            || word.eq_ignore_ascii_case("host")
            || word.eq_ignore_ascii_case("match")
    };
    if is_ssh(word) {
        return Some(InventoryFormat::Ssh);
    }
    // Hosts of Ansible stand below a heading, or on lines with nothing but variables behind them.
    let mut all = text.lines().map(str::trim);
    let is_host = |line: &str| line.split_whitespace().skip(1).all(|word| word.contains('='));
    let is_ini = all.any(|line| line.starts_with('['))
        || text.contains("ansible_")
        || (is_host(first) && lines.all(is_host));
    is_ini.then_some(InventoryFormat::AnsibleIni)
}

/// Reads a file's text. `beside` is the folder it lies in: what an ssh configuration includes is
/// read there, and nowhere else.
///
/// # Errors
///
/// [`ImportError`] when it is too long, or not of that form.
pub fn import(
    text: &str,
    format: InventoryFormat,
    beside: Option<&Path>,
) -> Result<ImportedHosts, ImportError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ImportError::TooLong);
    }
    let mut draft = ImportDraft::default();
    match format {
        InventoryFormat::Cms => cms::read(&mut draft, text)?,
        InventoryFormat::AnsibleIni => ansible::ini(&mut draft, text),
        InventoryFormat::AnsibleYaml => ansible::yaml(&mut draft, text)?,
        InventoryFormat::Ssh => ssh::read(&mut draft, text, beside),
    }
    Ok(draft.finish())
}

#[cfg(test)]
mod tests;
