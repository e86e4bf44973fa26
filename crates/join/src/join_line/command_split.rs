//! Takes what was pasted apart: where a join begins and ends, and its words.

use super::JoinLineError;

/// The words after each `kubeadm join` of a text.
pub(super) fn commands(text: &str) -> Result<Vec<Vec<String>>, JoinLineError> {
    let lines = joined(text);
    let mut commands = Vec::new();
    for line in &lines {
        let words = split(line)?;
        let mut from = 0;
        while let Some(at) = begin(&words[from..]) {
            let rest = &words[from + at + 2..];
            let end = rest.iter().position(|word| is_end(word)).unwrap_or(rest.len());
            commands.push(rest[..end].to_vec());
            from += at + 2 + end;
        }
    }
    Ok(commands)
}

/// Another program's way to join.
pub(super) fn other_program(text: &str) -> Option<&'static str> {
    let table = [
        ("K3S_URL", "K3s"),
        ("K3S_TOKEN", "K3s"),
        ("k3s agent", "K3s"),
        ("rke2", "RKE2"),
        ("INSTALL_RKE2_TYPE", "RKE2"),
        ("k0s worker", "k0s"),
        ("k0s controller", "k0s"),
        ("microk8s join", "MicroK8s"),
        ("talosctl", "Talos"),
        ("docker swarm join", "Docker Swarm"),
    ];
    table.into_iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| name)
}

/// The lines, those that belong together joined: by `\` at the end, or by a flag at the beginning
/// of the next, whose `\` got lost.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let line = plain(line);
        let line = line.trim();
        let begins_with_flag = line.starts_with("--");
        let (line, continues) = match line.strip_suffix('\\') {
            Some(line) => (line.trim_end(), true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some(last) if goes_on || begins_with_flag => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
        goes_on = continues;
    }
    lines
}

/// Typographic dashes, quotes and blanks as the plain ones that they were made of.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            // An em dash was two hyphens; an en dash may have been one or two.
            '\u{2014}' | '\u{2015}' => plain.push_str("--"),
            '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}' => plain.push('-'),
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            '\u{a0}' | '\u{2007}' | '\u{202f}' => plain.push(' '),
            // Of no width, and only ever there by accident.
            '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' | '\r' => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Splits a line as a shell would, without variables. A quote that is not closed matters only in a
/// line that has a join.
fn split(line: &str) -> Result<Vec<String>, JoinLineError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (None, ';' | '|' | '&') => {
                words.extend(word.take());
                words.push(letter.to_string());
            }
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if quote.is_some() && begin(&words).is_some() {
        return Err(JoinLineError::Quote);
    }
    Ok(words)
}

/// Where `kubeadm join` stands; the program may be called by a path.
fn begin(words: &[String]) -> Option<usize> {
    words.windows(2).position(|two| {
        let program = two[0].rsplit('/').next().unwrap_or_default();
        program.trim_start_matches(['$', '`', '(']) == "kubeadm" && two[1] == "join"
    })
}

fn is_end(word: &str) -> bool {
    matches!(word, ";" | "|" | "&" | ">" | ">>" | "2>&1" | "#")
}
