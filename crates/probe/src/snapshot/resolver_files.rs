//! Who answers names, and what names mean here: resolv.conf(5), hosts(5).

use std::net::IpAddr;
use std::path::Path;

use pontoon_model::host::HostName;
use pontoon_model::snapshot::{CollectionGap, HostsLine, ResolverConfig};
use pontoon_model::untrusted::Untrusted;

use super::files::{self, FileError};

/// resolv.conf(5) speaks of lines; real ones have a dozen.
const RESOLV_CONF_BYTES: u64 = 64 * 1024;
/// Lists of advertisers' names make megabytes; they begin after the host's own lines.
const HOSTS_BYTES: u64 = 1024 * 1024;
/// More than glibc asks (`MAXNS`, 3): a report may say that the rest is ignored.
const MAX_SERVERS: usize = 8;
/// Of older glibc, `MAXDNSRCH` is 6.
const MAX_SEARCH: usize = 16;
/// Lines that do not name this host; its own are always kept, up to as many.
const MAX_HOSTS_LINES: usize = 256;
/// Names of a line; this host's own is always kept.
const MAX_NAMES: usize = 8;
/// systemd-resolved's two stubs (systemd-resolved.service(8)).
const STUBS: [IpAddr; 2] = [
    IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 53)),
    IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 54)),
];

/// Reads the resolver's configuration; behind systemd-resolved's stub, the servers it asks.
pub(super) fn read_resolver(root: &Path, unread: &mut Vec<CollectionGap>) -> ResolverConfig {
    let own = match read(root, "etc/resolv.conf", RESOLV_CONF_BYTES, unread) {
        Some(text) => parse_resolver(&text),
        None => return ResolverConfig::default(),
    };
    if !own.servers.iter().any(|server| STUBS.contains(server)) {
        return own;
    }
    let Some(text) = read(root, "run/systemd/resolve/resolv.conf", RESOLV_CONF_BYTES, unread)
    else {
        return own;
    };
    let behind = parse_resolver(&text);
    let search = if own.search.is_empty() { behind.search } else { own.search };
    let servers = if behind.servers.is_empty() { own.servers } else { behind.servers };
    ResolverConfig { servers, search }
}

/// Reads the hosts file.
pub(super) fn read_hosts(
    root: &Path,
    own: &HostName,
    unread: &mut Vec<CollectionGap>,
) -> Vec<HostsLine> {
    let text = read(root, "etc/hosts", HOSTS_BYTES, unread).unwrap_or_default();
    parse_hosts(&text, own, unread)
}

/// Reads a file; one that does not exist is empty, which is no failure.
fn read(root: &Path, path: &str, limit: u64, unread: &mut Vec<CollectionGap>) -> Option<String> {
    match files::read(root, path, limit) {
        Ok(found) => {
            if found.is_cut {
                unread.push(CollectionGap {
                    what: format!("the end of /{path}"),
                    why: format!("the file is longer than {limit} bytes"),
                });
            }
            Some(found.text)
        }
        Err(FileError::Missing(_)) => None,
        Err(error) => {
            unread.push(super::unread(&format!("/{path}"), &error));
            None
        }
    }
}

/// Reads `nameserver`, `search` and `domain` lines. The last of the latter two counts.
fn parse_resolver(text: &str) -> ResolverConfig {
    let mut resolver = ResolverConfig::default();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("nameserver") if resolver.servers.len() < MAX_SERVERS => {
                // A link-local server carries its link: fe80::1%eth0.
                let server = words.next().and_then(|word| word.split('%').next());
                resolver.servers.extend(server.and_then(|word| word.parse::<IpAddr>().ok()));
            }
            Some("search") => {
                resolver.search = words.take(MAX_SEARCH).map(Untrusted::new).collect();
            }
            Some("domain") => resolver.search = words.take(1).map(Untrusted::new).collect(),
            _ => {}
        }
    }
    resolver
}

/// Reads lines of an address and its names, up to a `#`.
fn parse_hosts(text: &str, own: &HostName, unread: &mut Vec<CollectionGap>) -> Vec<HostsLine> {
    let is_own = |name: &str| name.eq_ignore_ascii_case(own.as_str());
    let (mut lines, mut others, mut own_lines, mut left_out) = (Vec::new(), 0, 0, 0_usize);
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let address = words.next().and_then(|word| word.split('%').next()?.parse().ok());
        let Some(address) = address else { continue };
        let names: Vec<&str> = words.filter(|name| name.len() <= HostName::MAX_LEN).collect();
        let counter =
            if names.iter().any(|name| is_own(name)) { &mut own_lines } else { &mut others };
        if *counter == MAX_HOSTS_LINES {
            left_out += 1;
            continue;
        }
        *counter += 1;
        let keep = |(at, name): (usize, &&str)| at < MAX_NAMES || is_own(name);
        let kept = names.iter().enumerate().filter(|(at, name)| keep((*at, name)));
        let names = kept.take(2 * MAX_NAMES).map(|(_, name)| Untrusted::new(name)).collect();
        lines.push(HostsLine { address, names });
    }
    if left_out > 0 {
        unread.push(CollectionGap {
            what: "lines of /etc/hosts".to_owned(),
            why: format!("{left_out} lines more than are kept; those that name this host are"),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resolver(text: &str) -> (Vec<String>, Vec<String>) {
        let found = parse_resolver(text);
        (
            found.servers.iter().map(ToString::to_string).collect(),
            found.search.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn resolver_lines_and_their_lookalikes() {
        let table: [(&str, &[&str], &[&str]); 9] = [
            ("nameserver 10.0.0.1\nnameserver 10.0.0.2\n", &["10.0.0.1", "10.0.0.2"], &[]),
            ("nameserver\t10.0.0.1 # campus", &["10.0.0.1"], &[]),
            ("#nameserver 10.0.0.1\n;nameserver 10.0.0.2", &[], &[]),
            ("nameservers 10.0.0.1", &[], &[]),
            ("nameserver fe80::1%wlan0", &["fe80::1"], &[]),
            ("nameserver dns.example", &[], &[]),
            ("domain a.example\nsearch b.example c.example", &[], &["b.example", "c.example"]),
            ("search b.example\ndomain a.example other", &[], &["a.example"]),
            ("search \u{1b}[2J", &[], &["\\u{1b}[2J"]),
        ];
        for (text, servers, search) in table {
            let found = resolver(text);
            assert_eq!(
                (found.0.as_slice(), found.1.as_slice()),
                (
                    servers.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice(),
                    search.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice(),
                ),
                "{text:?}"
            );
        }
    }

    #[test]
    fn servers_beyond_the_limit_are_left_out() {
        let text = "nameserver 10.0.0.1\n".repeat(1000);
        assert_eq!(parse_resolver(&text).servers.len(), MAX_SERVERS);
    }

    fn hosts(text: &str) -> (Vec<HostsLine>, Vec<CollectionGap>) {
        let mut unread = Vec::new();
        let lines = parse_hosts(text, &HostName::lossy("pi1"), &mut unread);
        (lines, unread)
    }

    #[test]
    fn hosts_lines_and_their_lookalikes() {
        let (lines, unread) = hosts(
            "127.0.0.1 localhost\n127.0.1.1\tpi1.local pi1 # debian\n#10.0.0.1 pi2\nnonsense pi3\n\
             ::1 ip6-localhost\n",
        );
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                let names: Vec<_> = line.names.iter().map(Untrusted::raw).collect();
                format!("{} {}", line.address, names.join(" "))
            })
            .collect();
        assert_eq!(shown, ["127.0.0.1 localhost", "127.0.1.1 pi1.local pi1", "::1 ip6-localhost"]);
        assert!(unread.is_empty());
    }

    #[test]
    fn this_hosts_own_line_is_kept_behind_any_number_of_others() {
        let mut text = "0.0.0.0 advertiser.example\n".repeat(10_000);
        text.push_str("127.0.1.1 a b c d e f g h i j k PI1\n");
        let (lines, unread) = hosts(&text);
        assert_eq!(lines.len(), MAX_HOSTS_LINES + 1);
        assert_eq!(lines.last().unwrap().names.last().unwrap().raw(), "PI1");
        assert!(unread[0].why.contains("9744"), "{}", unread[0].why);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic_or_grow(text in ".{0,400}") {
            prop_assert!(parse_resolver(&text).servers.len() <= MAX_SERVERS);
            for line in hosts(&text).0 {
                prop_assert!(line.names.len() <= 2 * MAX_NAMES);
            }
        }
    }
}
