//! Who is on a link, as a table, and the lines to type.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_fleet::hostlist::{compress, hosts};
use pontoon_model::host::HostName;
use pontoon_model::shell::quoted;
use pontoon_probe::discover::report::{DiscoveredHost, DiscoveryReport};

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// Between two columns.
const GAP: usize = 2;
const HEADS: [&str; 4] = ["address", "mac", "made by", "name"];

/// Writes all of it.
pub(crate) fn page(discovery: &DiscoveryReport, style: TerminalStyle) -> String {
    let mut page = String::new();
    let all = &discovery.hosts;
    if all.is_empty() {
        page.push_str(&format!("nobody answered on {}\n", discovery.link));
    } else {
        table(&mut page, all, style);
        let lines = lines(discovery);
        if !lines.is_empty() {
            page.push_str("\nto keep them (change the names and addresses as you like):\n");
            for line in lines {
                page.push_str(&format!("  {line}\n"));
            }
        }
    }
    for (count, what) in [
        (discovery.not_sent, "frames could not be sent, so somebody may be missing"),
        (discovery.lost, "answers came too fast, so somebody may be missing"),
    ] {
        if count > 0 {
            page.push_str(&format!("\n{count} {what}\n"));
        }
    }
    page
}

/// A line for each host; its further addresses stand below the first.
fn table(page: &mut String, all: &[DiscoveredHost], style: TerminalStyle) {
    let rows: Vec<[String; 4]> = all.iter().map(|host| row(host, style)).collect();
    let width = |at: usize| {
        let widest = rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
        if widest == 0 { 0 } else { widest.max(HEADS[at].len()) + GAP }
    };
    let widths: Vec<usize> = (0..3).map(width).collect();
    let line = |cells: &[&str]| -> String {
        let cells = cells.iter().zip(&widths).filter(|(_, width)| **width > 0);
        cells.map(|(cell, width)| padded(cell, *width)).collect()
    };
    let has_names = rows.iter().any(|row| !row[3].is_empty());
    let heads = line(&HEADS[..3]) + if has_names { HEADS[3] } else { "" };
    page.push_str(&format!("{}\n", style.bold(heads.trim_end())));
    for (host, row) in all.iter().zip(&rows) {
        let first = line(&[row[0].as_str(), row[1].as_str(), row[2].as_str()]);
        wrapped(page, style.width, &first, &" ".repeat(widths.iter().sum()), &row[3]);
        for address in host.addresses.iter().skip(1) {
            page.push_str(&format!("{address}\n"));
        }
        if host.more_addresses > 0 {
            page.push_str(&format!("and {} more\n", host.more_addresses));
        }
        for address in &host.claimed_by_others {
            page.push_str(&format!("  another host says that {address} is its own, too\n"));
        }
    }
}

fn row(host: &DiscoveredHost, style: TerminalStyle) -> [String; 4] {
    let names: Vec<_> = host.names.iter().map(|name| style.printable(&name.to_string())).collect();
    [
        host.addresses.first().map(ToString::to_string).unwrap_or_default(),
        host.mac.to_string(),
        host.vendor.clone().unwrap_or_default(),
        names.join(", "),
    ]
}

/// The lines that put the hosts into the inventory: those with a name of their own, and those that
/// the user has to find names for.
fn lines(discovery: &DiscoveryReport) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let (mut named, mut nameless) = (Vec::new(), Vec::new());
    for host in &discovery.hosts {
        let Some(address) = host.addresses.first().and_then(|one| address(*one, discovery)) else {
            continue;
        };
        let name = host.names.first().and_then(|name| name.raw().parse::<HostName>().ok());
        match name.filter(|name| taken.insert(name.clone())) {
            Some(name) => named.push((name, address)),
            None => nameless.push(address),
        }
    }
    let numbered = nameless.into_iter().enumerate().filter_map(|(at, address)| {
        let name = format!("node{}", at + 1);
        Some((name.parse::<HostName>().ok()?, address))
    });
    let numbered: Vec<_> = numbered.collect();
    [named, numbered].iter().filter(|pairs| !pairs.is_empty()).map(|pairs| line(pairs)).collect()
}

/// An address as ssh takes it: of a link-local one the link is a part (RFC 4007, section 11).
fn address(address: IpAddr, discovery: &DiscoveryReport) -> Option<HostName> {
    let text = match address {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => format!("{v6}%{}", discovery.link),
        other => other.to_string(),
    };
    text.parse().ok()
}

fn line(pairs: &[(HostName, HostName)]) -> String {
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.clone()).collect();
    let addresses: Vec<_> = pairs.iter().map(|(_, address)| address.clone()).collect();
    let [names, addresses] = [names, addresses].map(|all| quoted(&list(&all)));
    format!("pontoon hosts add {names} --address {addresses}")
}

/// The shortest list that names them in this order, for they are paired in order.
fn list(all: &[HostName]) -> String {
    let short = compress(all);
    if hosts(&short).is_ok_and(|again| again == all) {
        return short;
    }
    all.iter().map(HostName::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use pontoon_model::untrusted::Untrusted;

    use super::*;

    fn host(mac: &str, addresses: &[&str], names: &[&str]) -> DiscoveredHost {
        let mac = mac.parse().unwrap();
        DiscoveredHost {
            mac,
            vendor: pontoon_probe::discover::vendor::of(mac).map(ToOwned::to_owned),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            more_addresses: 0,
            claimed_by_others: Vec::new(),
            names: names.iter().map(|text| Untrusted::new(text)).collect(),
        }
    }

    fn shown(hosts: Vec<DiscoveredHost>) -> String {
        let discovery = DiscoveryReport {
            schema: String::new(),
            link: "eth0".parse().unwrap(),
            swept: Vec::new(),
            skipped: Vec::new(),
            hosts,
            sent: 1,
            not_sent: 0,
            lost: 0,
        };
        page(&discovery, TerminalStyle::PLAIN)
    }

    #[test]
    fn hosts_fit_80_columns_and_can_be_typed() {
        insta::assert_snapshot!(shown(vec![
            host("b8:27:eb:00:00:02", &["192.168.50.2", "fe80::ba27:ebff:fe00:2"], &["pi2"]),
            host("dc:a6:32:00:00:03", &["192.168.50.3"], &["pi3"]),
            host("02:aa:00:00:00:07", &["192.168.50.7"], &["evil\u{1b}[2J; rm -rf /"]),
            host("02:aa:00:00:00:08", &["fe80::aa:ff:fe00:8"], &["pi3"]),
        ]), @r"
        address             mac                made by       name
        192.168.50.2        b8:27:eb:00:00:02  Raspberry Pi  pi2
        fe80::ba27:ebff:fe00:2
        192.168.50.3        dc:a6:32:00:00:03  Raspberry Pi  pi3
        192.168.50.7        02:aa:00:00:00:07                evil\u{1b}[2J; rm -rf /
        fe80::aa:ff:fe00:8  02:aa:00:00:00:08                pi3

        to keep them (change the names and addresses as you like):
          pontoon hosts add 'pi[2-3]' --address '192.168.50.[2-3]'
          pontoon hosts add 'node[1-2]' --address 192.168.50.7,fe80::aa:ff:fe00:8%eth0
        ");
    }

    #[test]
    fn hosts_without_names_are_numbered() {
        insta::assert_snapshot!(shown(vec![
            host("02:aa:00:00:00:02", &["192.168.50.2"], &[]),
            host("02:aa:00:00:00:03", &["192.168.50.3"], &[]),
        ]), @r"
        address       mac
        192.168.50.2  02:aa:00:00:00:02
        192.168.50.3  02:aa:00:00:00:03

        to keep them (change the names and addresses as you like):
          pontoon hosts add 'node[1-2]' --address '192.168.50.[2-3]'
        ");
    }

    #[test]
    fn nobody_is_said() {
        assert_eq!(shown(Vec::new()), "nobody answered on eth0\n");
    }
}
