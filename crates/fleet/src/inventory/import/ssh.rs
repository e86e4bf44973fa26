//! Imports `~/.ssh/config` (`ssh_config(5)`): names of `Host` lines, and options that are
//! properties here.
//!
//! As in ssh, the first value of an option counts. Options that are not imported stay in effect,
//! since `ssh` is called with the name of the `Host` line and reads its configuration itself.

mod include;

use std::path::Path;

use pontoon_model::untrusted::Untrusted;

use super::draft::ImportDraft;
use crate::inventory::{HostEntry, HostField};
use include::SshIncludes;

/// Options that a configuration may begin with, used to recognise the format.
pub(super) const KEYWORDS: [&str; 14] = [
    "Include",
    "HostName",
    "User",
    "Port",
    "IdentityFile",
    "IdentitiesOnly",
    "AddKeysToAgent",
    "Compression",
    "ControlMaster",
    "ForwardAgent",
    "HashKnownHosts",
    "ServerAliveInterval",
    "StrictHostKeyChecking",
    "UserKnownHostsFile",
];

/// The scope of lines below a `Host` or `Match` line.
#[derive(Default)]
struct SshConfigBlock {
    hosts: Vec<usize>,
    /// The lines apply to hosts that are not named, so they are left to ssh.
    is_left: bool,
}

/// Reads a configuration; `beside` is its folder.
pub(super) fn read(draft: &mut ImportDraft, text: &str, beside: Option<&Path>) {
    let mut includes = SshIncludes::new(beside);
    // Lines before the first `Host` apply to all hosts.
    let mut block = SshConfigBlock { hosts: Vec::new(), is_left: true };
    lines(draft, &mut includes, &mut block, text, 0);
}

fn lines(
    draft: &mut ImportDraft,
    includes: &mut SshIncludes<'_>,
    block: &mut SshConfigBlock,
    text: &str,
    depth: usize,
) {
    for (line, text) in (1..).zip(text.lines()) {
        let Some((keyword, arguments)) = split(text) else { continue };
        match keyword.to_ascii_lowercase().as_str() {
            "host" => *block = host(draft, &arguments, line),
            "match" => {
                draft.note(line, "left to ssh: a `Match` and what is below it");
                *block = SshConfigBlock { hosts: Vec::new(), is_left: true };
            }
            "include" => {
                for pattern in &arguments {
                    match includes.read(pattern, depth) {
                        Ok(texts) => {
                            for text in texts {
                                lines(draft, includes, block, &text, depth + 1);
                            }
                        }
                        Err(why) => {
                            let pattern = Untrusted::new(pattern);
                            draft.note(line, format!("left out: Include `{pattern}`: {why}"));
                        }
                    }
                }
            }
            _ => setting(draft, block, &keyword, &arguments, line),
        }
    }
}

/// Adds the names of a `Host` line. Patterns are left to ssh.
fn host(draft: &mut ImportDraft, patterns: &[String], line: usize) -> SshConfigBlock {
    let is_name = |pattern: &&String| !pattern.contains(['*', '?', '!']);
    let mut block = SshConfigBlock::default();
    for name in patterns.iter().filter(is_name) {
        block.hosts.extend(draft.hosts(name, line));
    }
    block.is_left = block.hosts.is_empty();
    if !patterns.iter().all(|pattern| is_name(&pattern)) {
        draft.note(line, "left to ssh: patterns of a `Host` line");
    }
    block
}

fn setting(
    draft: &mut ImportDraft,
    block: &SshConfigBlock,
    keyword: &str,
    arguments: &[String],
    line: usize,
) {
    let field = match keyword.to_ascii_lowercase().as_str() {
        "hostname" => HostField::Address,
        "user" => HostField::User,
        "port" => HostField::Port,
        "identityfile" => HostField::Key,
        _ => {
            if !block.is_left {
                let keyword = Untrusted::new(keyword);
                draft.note(line, format!("left to ssh: {keyword} has no place here"));
            }
            return;
        }
    };
    let value = arguments.join(" ");
    for at in &block.hosts {
        if is_set(draft.entry(*at), field) {
            // ssh tries several keys in turn; of any other option it takes the first value.
            if field == HostField::Key {
                draft.note(line, "left to ssh: another IdentityFile");
            }
            continue;
        }
        let name = draft.name(*at).to_owned();
        let value =
            if field == HostField::Address { value.replace("%h", &name) } else { value.clone() };
        draft.set(*at, field, &value, line);
    }
    if block.is_left && !value.is_empty() {
        draft.note(
            line,
            format!("left to ssh: {} of hosts that are not named", Untrusted::new(keyword)),
        );
    }
}

const fn is_set(entry: &HostEntry, field: HostField) -> bool {
    match field {
        HostField::Address => entry.address.is_some(),
        HostField::User => entry.user.is_some(),
        HostField::Port => entry.port.is_some(),
        HostField::Key => entry.key.is_some(),
        HostField::Role | HostField::Label | HostField::Cluster | HostField::Service => false,
    }
}

/// Splits a line into keyword and arguments: `Port 22`, `Port=22`, `User "a b"`. `None` for empty
/// lines and comments.
fn split(text: &str) -> Option<(String, Vec<String>)> {
    let text = text.trim();
    if text.starts_with('#') {
        return None;
    }
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '=');
    let (keyword, rest) = text.split_at(end.unwrap_or(text.len()));
    if keyword.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let mut arguments = Vec::new();
    let mut rest = rest.trim();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (argument, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        arguments.push(argument.to_owned());
        rest = after.trim_start();
    }
    Some((keyword.to_owned(), arguments))
}
