//! Which ports are reached: one line for each port, hosts that fare alike together.

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::port::{Port, PortAnswerer};
use pontoon_rules::report::ports::PortRow;

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// The widest port is `65535/tcp`.
const PORT_WIDTH: usize = "65535/tcp".len() + 2;

/// Writes the table; nothing where no ports were asked for.
pub(crate) fn write(page: &mut String, rows: &[PortRow], style: TerminalStyle) {
    if rows.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", style.bold("ports")));
    for PortLine { port, link, family, hosts, fate } in lines(rows) {
        let on = link.map(|link| format!(" on {link}")).unwrap_or_default();
        let family = if family == IpFamily::V6 { " (IPv6)" } else { "" };
        let text = format!("{}{on}{family}: {fate}", compress(&hosts));
        let first = format!("  {}", padded(&port.to_string(), PORT_WIDTH));
        let rest = " ".repeat(2 + PORT_WIDTH);
        wrapped(page, style.width, &first, &rest, &style.printable(&text));
    }
}

/// Hosts that fare alike.
struct PortLine<'a> {
    port: Port,
    link: Option<&'a IfName>,
    family: IpFamily,
    hosts: Vec<&'a HostName>,
    fate: String,
}

fn lines(rows: &[PortRow]) -> Vec<PortLine<'_>> {
    let mut lines: Vec<PortLine<'_>> = Vec::new();
    for row in rows {
        let fate = fate(row);
        let alike = |line: &&mut PortLine<'_>| {
            (line.port, line.link, line.family, &line.fate)
                == (row.port, row.link.as_ref(), row.family, &fate)
        };
        match lines.iter_mut().find(alike) {
            Some(line) => line.hosts.push(&row.host),
            None => lines.push(PortLine {
                port: row.port,
                link: row.link.as_ref(),
                family: row.family,
                hosts: vec![&row.host],
                fate,
            }),
        }
    }
    lines
}

fn fate(row: &PortRow) -> String {
    if let PortAnswerer::Nobody { why } = &row.answerer {
        return format!("not tested, nobody listens there ({why})");
    }
    let parts = [
        ("blocked", &row.blocked_from),
        ("undecided", &row.undecided_from),
        ("at another address of the host", &row.elsewhere_from),
        ("open", &row.open_from),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, hosts)| !hosts.is_empty()).collect();
    let text = match parts.as_slice() {
        // Who asked needs no saying where all fare alike.
        [(word, _)] => (*word).to_owned(),
        several => {
            let part = |(word, hosts): &(&str, &Vec<HostName>)| {
                format!("{word} from {}", compress(&hosts.iter().collect::<Vec<_>>()))
            };
            several.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    };
    if row.answerer == PortAnswerer::Service { format!("in use, {text}") } else { text }
}

fn compress(hosts: &[&HostName]) -> String {
    match hosts {
        [one, other] => format!("{one} and {other}"),
        hosts => pontoon_fleet::hostlist::compress(hosts.iter().copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<HostName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn row(
        port: &str,
        host: &str,
        answerer: PortAnswerer,
        open: &[&str],
        blocked: &[&str],
    ) -> PortRow {
        PortRow {
            port: port.parse().unwrap(),
            host: host.parse().unwrap(),
            answerer,
            link: Some("eth0".parse().unwrap()),
            family: IpFamily::V4,
            open_from: names(open),
            elsewhere_from: Vec::new(),
            blocked_from: names(blocked),
            undecided_from: Vec::new(),
        }
    }

    #[test]
    fn hosts_that_fare_alike_share_a_line() {
        let rows = [
            row("6443/tcp", "pi1", PortAnswerer::Agent, &["pi2", "pi3", "pi4"], &[]),
            row("8472/udp", "pi1", PortAnswerer::Agent, &["pi2", "pi3"], &[]),
            row("8472/udp", "pi2", PortAnswerer::Agent, &["pi1", "pi3"], &[]),
            row("8472/udp", "pi3", PortAnswerer::Agent, &["pi2"], &["pi1", "pi4", "pi5"]),
            row("10250/tcp", "pi2", PortAnswerer::Service, &["pi1"], &[]),
            row("10250/tcp", "pi3", PortAnswerer::Agent, &[], &["pi1"]),
            row(
                "80/tcp",
                "pi3",
                PortAnswerer::Nobody { why: "Permission denied (os error 13)".to_owned() },
                &[],
                &[],
            ),
        ];
        let mut page = String::new();
        write(&mut page, &rows, TerminalStyle::PLAIN);
        insta::assert_snapshot!(page.trim_start(), @r"
        ports
          6443/tcp   pi1 on eth0: open
          8472/udp   pi1 and pi2 on eth0: open
          8472/udp   pi3 on eth0: blocked from pi[1,4-5], open from pi2
          10250/tcp  pi2 on eth0: in use, open
          10250/tcp  pi3 on eth0: blocked
          80/tcp     pi3 on eth0: not tested, nobody listens there (Permission denied
                     (os error 13))
        ");
    }
}
