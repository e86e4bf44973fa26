//! The table of `kubectl get nodes -o wide`: an `InternalIP` that several nodes have.

use std::collections::BTreeMap;

use super::log_text::LogLine;

/// Columns of that table.
const NAME: &str = "NAME ";
const INTERNAL_IP: &str = "INTERNAL-IP";

/// A sentence for each address that several nodes have, as a row of the symptom table reads it.
pub(super) fn sentences(lines: &[LogLine]) -> Vec<LogLine> {
    let mut sentences = Vec::new();
    for (at, head) in lines.iter().enumerate().filter(|(_, line)| line.text.starts_with(NAME)) {
        let Some(column) = head.text.split(' ').position(|word| word == INTERNAL_IP) else {
            continue;
        };
        let mut nodes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in lines[at + 1..].iter().take_while(|line| !line.text.starts_with(NAME)) {
            let words: Vec<&str> = line.text.split(' ').collect();
            if let (Some(name), Some(address)) = (words.first(), words.get(column)) {
                nodes.entry(address).or_default().push(name);
            }
        }
        let several = nodes.into_iter().filter(|(address, nodes)| {
            nodes.len() > 1 && address.parse::<std::net::IpAddr>().is_ok()
        });
        sentences.extend(several.map(|(address, nodes)| {
            let text = format!("nodes {} share the internalip {address}", nodes.join(", "));
            LogLine::new(head.number, text)
        }));
    }
    sentences
}
