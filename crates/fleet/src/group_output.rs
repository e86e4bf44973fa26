//! Groups hosts with the same message, so that it is printed once.
//!
//! ssh and its advice contain the host: "pi7: Permission denied; ssh-copy-id pi7" and the same for
//! pi8 are one problem. If messages differ in nothing else, `HOST` stands for the name and `ADDR`
//! for the address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::host::HostName;

use crate::hostlist::compress;

/// Placeholder for the name of each host.
const HOST: &str = "HOST";
/// Placeholder for the address of each host.
const ADDRESS: &str = "ADDR";

/// Hosts with the same message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupedText {
    /// The hosts, as a host list.
    pub hosts: String,
    /// Number of hosts.
    pub count: usize,
    /// Their common message.
    pub text: String,
}

/// Groups messages that are the same except for the host; groups are in the order of their first
/// host.
pub fn group_same_text<'a>(
    said: impl IntoIterator<Item = (&'a HostName, &'a str)>,
) -> Vec<GroupedText> {
    let mut groups: Vec<Vec<(&HostName, &str)>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (host, words) in said {
        let place = *places.entry(without_names(host, words)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push((host, words)),
            None => groups.push(vec![(host, words)]),
        }
    }
    groups.iter().map(|group| together(group)).collect()
}

fn together(group: &[(&HostName, &str)]) -> GroupedText {
    let texts: Vec<Vec<&str>> = group.iter().map(|(_, words)| words.split(' ').collect()).collect();
    let word = |(at, word): (usize, &&str)| {
        // A word that is the same in all messages belongs to no single host: a jump host's address,
        // say.
        let is_same = texts.iter().all(|text| text.get(at) == Some(word));
        if is_same { (*word).to_owned() } else { without_names(group[0].0, word) }
    };
    let words: Vec<String> = texts.first().into_iter().flatten().enumerate().map(word).collect();
    GroupedText {
        hosts: compress(group.iter().map(|(host, _)| *host)),
        count: group.len(),
        text: words.join(" "),
    }
}

/// The message with placeholders for the host's name and for addresses.
fn without_names(host: &HostName, words: &str) -> String {
    /// Characters of names and addresses; a run of them is a name, an address or an ordinary word.
    fn is_inside(letter: char) -> bool {
        letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':')
    }
    let mut text = String::with_capacity(words.len());
    let mut rest = words;
    while !rest.is_empty() {
        let inside = rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(inside);
        // The colon of "pi7:" and the full stop of "10.0.0.7." are no part of the name.
        let name = token.trim_end_matches(['.', ':']);
        let end = &token[name.len()..];
        match name {
            _ if name.eq_ignore_ascii_case(host.as_str()) => text.push_str(HOST),
            _ if name.parse::<IpAddr>().is_ok() => text.push_str(ADDRESS),
            _ => text.push_str(name),
        }
        text.push_str(end);
        let between = after.find(is_inside).unwrap_or(after.len());
        text.push_str(&after[..between]);
        rest = &after[between..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(said: &[(&str, &str)]) -> Vec<(String, String)> {
        let said: Vec<(HostName, &str)> =
            said.iter().map(|(host, words)| (host.parse().unwrap(), *words)).collect();
        let alike = group_same_text(said.iter().map(|(host, words)| (host, *words)));
        alike.into_iter().map(|alike| (alike.hosts, alike.text)).collect()
    }

    #[test]
    fn hosts_that_fail_alike_are_one_line_with_one_cure() {
        let denied = |host: &str| {
            format!("no key (pi@{host}: Permission denied (publickey).); ssh-copy-id {host}")
        };
        let words: Vec<(String, String)> = (7..=12)
            .map(|at| format!("pi{at:02}"))
            .map(|host| (host.clone(), denied(&host)))
            .collect();
        let said: Vec<(&str, &str)> =
            words.iter().map(|(host, words)| (host.as_str(), words.as_str())).collect();
        assert_eq!(folded(&said), [("pi[07-12]".to_owned(), denied("HOST"))]);
    }

    #[test]
    fn one_host_is_called_by_its_name() {
        let words = "connect to host 10.0.0.7 port 22: refused; ssh pi7 true";
        assert_eq!(folded(&[("pi7", words)]), [("pi7".to_owned(), words.to_owned())]);
    }

    #[test]
    fn addresses_of_their_own_are_no_difference_and_a_common_one_is_told() {
        let said = [
            ("a", "at 10.0.0.1: no route, says 10.0.0.254."),
            ("b", "at 10.0.0.2: no route, says 10.0.0.254."),
            ("c", "at fd00::3: no route, says 10.0.0.254."),
        ];
        let words = "at ADDR: no route, says 10.0.0.254.".to_owned();
        assert_eq!(folded(&said), [("a,b,c".to_owned(), words)]);
    }

    #[test]
    fn what_differs_in_more_stays_apart_and_in_order() {
        let said =
            [("b", "port 22: refused"), ("a", "port 23: refused"), ("c", "port 22: refused")];
        let both = folded(&said);
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].1, "port 22: refused");
        assert_eq!(both[1], ("a".to_owned(), "port 23: refused".to_owned()));
    }

    #[test]
    fn a_name_within_a_longer_one_is_another_word() {
        let said = [("pi1", "ask pi10 and x-pi1"), ("pi2", "ask pi20 and x-pi2")];
        assert_eq!(folded(&said).len(), 2);
    }
}
