//! The INI format: `[group]`, `[group:children]`, `[group:vars]`, and hosts followed by variables.

use super::group::{AnsibleGroups, AnsibleVariable};
use crate::inventory::import::draft::ImportDraft;

/// The kind of lines below a heading.
enum IniSection {
    Hosts(String),
    Children(String),
    Variables(String),
    /// Lines below a heading that is not understood.
    Unknown,
}

/// Reads an inventory line by line.
pub(in crate::inventory::import) fn read(draft: &mut ImportDraft, text: &str) {
    let mut groups = AnsibleGroups::default();
    let mut section = IniSection::Hosts("ungrouped".to_owned());
    let mut all = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(heading) = heading(text) {
            section = heading;
            if matches!(section, IniSection::Unknown) {
                draft.note(line, "left out with its lines: this heading is not understood");
            }
            continue;
        }
        match &section {
            IniSection::Hosts(group) => {
                for host in host(draft, &mut groups, text, line) {
                    groups.add_host(draft, group, host, line);
                    all.push(host);
                }
            }
            IniSection::Children(group) => {
                let child = words(text).into_iter().next().unwrap_or_default();
                groups.add_child(draft, group, &child, line);
            }
            IniSection::Variables(group) => {
                if let Some(variable) = variable(draft, text, line) {
                    groups.add_variable(draft, group, variable);
                }
            }
            IniSection::Unknown => {}
        }
    }
    groups.apply_variables(draft, &all);
}

/// Parses `[group]`, `[group:children]` or `[group:vars]`; `None` for other lines. A host may begin
/// with a bracket, too: `[a:f].example.com`.
fn heading(text: &str) -> Option<IniSection> {
    let (inside, after) = text.strip_prefix('[')?.split_once(']')?;
    if !after.trim().is_empty() && !after.trim_start().starts_with(['#', ';']) {
        return None;
    }
    Some(match inside.split_once(':') {
        None if inside.is_empty() => IniSection::Unknown,
        None => IniSection::Hosts(inside.to_owned()),
        Some((group, "children")) => IniSection::Children(group.to_owned()),
        Some((group, "vars")) => IniSection::Variables(group.to_owned()),
        Some(_) => IniSection::Unknown,
    })
}

/// Parses a line of hosts: `pi[1:5].local:2222 ansible_user=pi`.
fn host(
    draft: &mut ImportDraft,
    groups: &mut AnsibleGroups,
    text: &str,
    line: usize,
) -> Vec<usize> {
    let mut words = words(text).into_iter();
    let name = words.next().unwrap_or_default();
    // One colon behind the brackets starts a port; an IPv6 address has several.
    let outside = name.rsplit(']').next().unwrap_or_default();
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (hosts, port) = match name.rsplit_once(':') {
        Some((hosts, port)) if is_port(port) && outside.matches(':').count() == 1 => {
            (hosts, Some(port))
        }
        _ => (name.as_str(), None),
    };
    let port = port.map(|port| format!("ansible_port={port}"));
    let hosts = draft.hosts(hosts, line);
    for text in port.into_iter().chain(words) {
        if let Some(variable) = variable(draft, &text, line) {
            groups.add_variable_of_hosts(draft, &hosts, &variable);
        }
    }
    hosts
}

fn variable(draft: &mut ImportDraft, text: &str, line: usize) -> Option<AnsibleVariable> {
    let Some((name, value)) = text.split_once('=') else {
        draft.note(line, "left out: a word that is no `name=value`");
        return None;
    };
    let (name, value) = (name.trim(), value.trim());
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote)));
    AnsibleVariable::new(draft, name, unquoted.unwrap_or(value), line)
}

/// Splits a line into words as a shell does; `#` at the start of a word begins a comment.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
