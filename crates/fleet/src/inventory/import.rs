//! Imports inventories of cloudmesh, Ansible and ssh.
//!
//! Lines that have no equivalent here are reported one by one, never dropped silently. Values of
//! passwords are neither imported nor reported.

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

/// Longest file in bytes: the same as for an inventory.
pub const TEXT_BYTES_MAX: usize = super::TEXT_BYTES_MAX;

/// The format of an inventory to import.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InventoryFormat {
    /// cloudmesh's `~/.cloudmesh/inventory.yaml`.
    Cms,
    /// Ansible's INI format.
    AnsibleIni,
    /// Ansible's YAML format.
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

/// A remark about a line that was imported only in part, or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportNotice {
    /// The line number, from 1; absent if the remark is about the whole file.
    pub line: Option<usize>,
    /// The remark; printing it is safe.
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

/// The result of an import.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportedHosts {
    /// The hosts, in the order of the file.
    pub hosts: Vec<InventoryHost>,
    /// What was not imported, with the reasons.
    pub notices: Vec<ImportNotice>,
}

/// A file that cannot be imported.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The file has more than [`TEXT_BYTES_MAX`] bytes.
    #[error("it has more than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The file is not YAML, or exceeds a limit of the YAML parser.
    #[error("it is no YAML that can be an inventory")]
    Yaml(#[from] YamlError),
    /// The file is YAML but has no table of hosts.
    #[error("it says nothing of hosts")]
    NoHosts,
}

/// The likely format of a text; `None` if it cannot be determined.
#[must_use]
pub fn guess(text: &str) -> Option<InventoryFormat> {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let first = lines.next()?;
    // Output of `ansible-inventory --list` is JSON, hence YAML, but has another structure.
    if first.starts_with('{') {
        return None;
    }
    if first == "---" || first.ends_with(':') || first.contains(": ") {
        let mut keys = text.lines().map(str::trim);
        // cloudmesh's keys are host names, and its columns have other names than these.
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
    // In Ansible's INI format, hosts follow a heading, or every line is a host with variables.
    let mut all = text.lines().map(str::trim);
    let is_host = |line: &str| line.split_whitespace().skip(1).all(|word| word.contains('='));
    let is_ini = all.any(|line| line.starts_with('['))
        || text.contains("ansible_")
        || (is_host(first) && lines.all(is_host));
    is_ini.then_some(InventoryFormat::AnsibleIni)
}

/// Imports the text of a file. `beside` is its folder: an ssh configuration may include files of
/// that folder only.
///
/// # Errors
///
/// [`ImportError`] if the text is too long, or not in that format.
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
