//! Hosts of an inventory as a table.

use pontoon_fleet::inventory::InventoryHost;
use unicode_width::UnicodeWidthStr;

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// Between two columns.
const GAP: usize = 2;

/// The columns; labels come last, for they may need several lines.
const HEADS: [&str; 7] = ["host", "role", "address", "user", "port", "key", "cluster"];
const LABELS: &str = "labels";

/// Writes the table; a column that says nothing of any host is left out.
pub(crate) fn table(hosts: &[InventoryHost], style: TerminalStyle) -> String {
    let rows: Vec<_> = hosts.iter().map(|host| InventoryRow::new(host, style)).collect();
    let widest = |at: usize| {
        let widest = rows.iter().map(|row| row.cells[at].width()).max().unwrap_or(0);
        if widest == 0 { 0 } else { widest.max(HEADS[at].width()) + GAP }
    };
    let widths: Vec<_> = (0..HEADS.len()).map(widest).collect();
    let before: usize = widths.iter().sum();
    let labels = rows.iter().flat_map(|row| row.labels.split(' '));
    let widest = labels.map(UnicodeWidthStr::width).max().unwrap_or(0);
    let has_labels = widest > 0;
    let room = if has_labels { widest.max(LABELS.width()) } else { 0 };
    // The last column has no gap behind it.
    if before + room > style.width + if has_labels { 0 } else { GAP } {
        return blocks(&rows, style);
    }
    let mut page = String::new();
    let heads = line(&HEADS, &widths) + if has_labels { LABELS } else { "" };
    page.push_str(&format!("{}\n", style.bold(heads.trim_end())));
    for row in &rows {
        let cells: Vec<_> = row.cells.iter().map(String::as_str).collect();
        let first = line(&cells, &widths);
        wrapped(&mut page, style.width, &first, &" ".repeat(before), &style.printable(&row.labels));
    }
    page
}

/// A host, and then a line for each thing that is known of it: for narrow terminals.
fn blocks(rows: &[InventoryRow], style: TerminalStyle) -> String {
    let mut page = String::new();
    for row in rows {
        page.push_str(&format!("{}\n", style.bold(&row.cells[0])));
        let known = HEADS.iter().zip(&row.cells).skip(1);
        let known = known.chain([(&LABELS, &row.labels)]);
        for (head, cell) in known.filter(|(_, cell)| !cell.is_empty()) {
            wrapped(&mut page, style.width, &format!("  {head:9}"), &" ".repeat(11), cell);
        }
    }
    page
}

fn line(cells: &[&str], widths: &[usize]) -> String {
    let columns = cells.iter().zip(widths).filter(|(_, width)| **width > 0);
    columns.map(|(cell, width)| padded(cell, *width)).collect()
}

struct InventoryRow {
    cells: [String; HEADS.len()],
    labels: String,
}

impl InventoryRow {
    fn new(host: &InventoryHost, style: TerminalStyle) -> Self {
        let entry = &host.entry;
        let text = |value: Option<&dyn ToString>| {
            value.map(|value| style.printable(&value.to_string())).unwrap_or_default()
        };
        Self {
            cells: [
                host.name.to_string(),
                text(entry.role.as_ref().map(|role| role as _)),
                text(entry.address.as_ref().map(|address| address as _)),
                text(entry.user.as_ref().map(|user| user as _)),
                text(entry.port.as_ref().map(|port| port as _)),
                text(entry.key.as_ref().map(|key| key as _)),
                text(entry.cluster.as_ref().map(|cluster| cluster as _)),
            ],
            // A blank after each comma, where a line may end.
            labels: entry.labels.to_string().replace(',', ", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use pontoon_fleet::inventory::Inventory;

    use super::*;

    const HOSTS: &str = r#"
        [host.pi1]
        role = "control-plane"
        address = "192.168.1.21"
        user = "pi"
        [host.pi2]
        role = "worker"
        address = "192.168.1.22"
        user = "pi"
        labels = { gpu = "no", rack = "3", zone = "desk", disk = "sd-card" }
        [host."old.example.org"]
    "#;

    fn shown(width: usize) -> String {
        let inventory = Inventory::parse(HOSTS).unwrap();
        table(inventory.hosts(), TerminalStyle { width, ..TerminalStyle::PLAIN })
    }

    #[test]
    fn a_table_fits_80_columns() {
        insta::assert_snapshot!(shown(80), @r"
        host             role           address       user  labels
        pi1              control-plane  192.168.1.21  pi
        pi2              worker         192.168.1.22  pi    disk=sd-card, gpu=no,
                                                            rack=3, zone=desk
        old.example.org
        ");
    }

    #[test]
    fn no_columns_but_those_that_say_something() {
        let inventory = Inventory::parse("[host.pi1]\n[host.pi2]\n").unwrap();
        assert_eq!(table(inventory.hosts(), TerminalStyle::PLAIN), "host\npi1\npi2\n");
    }

    #[test]
    fn a_narrow_terminal_has_a_line_for_each_thing() {
        insta::assert_snapshot!(shown(50), @r"
        pi1
          role     control-plane
          address  192.168.1.21
          user     pi
        pi2
          role     worker
          address  192.168.1.22
          user     pi
          labels   disk=sd-card, gpu=no, rack=3, zone=desk
        old.example.org
        ");
    }
}
