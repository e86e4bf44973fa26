//! `pontoon --help`: the commands under headings, which clap does not have for subcommands.
//!
//! The headings follow from the types: each is an enum of commands that is flattened into
//! [`PontoonCommand`](super::PontoonCommand). So a command cannot stand under two headings, and a
//! new one stands under that of the enum it was added to.

use clap::builder::Styles;
use clap::{Command, Subcommand as _};

use super::{DiagnoseGroup, HostsGroup, LabGroup, OtherGroup, SettingsGroup};
use crate::render::wrap::{padded, wrapped};

/// A heading, and what adds its commands to a command line.
type CommandHeading = (&'static str, fn(Command) -> Command);

pub(super) const HEADINGS: [CommandHeading; 5] = [
    ("Diagnose", DiagnoseGroup::augment_subcommands),
    ("Settings", SettingsGroup::augment_subcommands),
    ("Hosts", HostsGroup::augment_subcommands),
    ("Lab", LabGroup::augment_subcommands),
    ("Other", OtherGroup::augment_subcommands),
];

/// Columns of a terminal, as `max_term_width` has them.
pub(super) const WIDTH: usize = 80;

/// The help template of the whole program: clap's own (`clap::Command::help_template`), with our
/// list in the place of `{subcommands}`.
pub(super) fn template() -> String {
    let styles = Styles::default();
    let (heading, literal) = (styles.get_header(), styles.get_literal());
    let mut page = "{about-with-newline}\n{usage-heading} {usage}\n\n".to_owned();
    let groups = HEADINGS.map(|(title, augment)| (title, augment(Command::new("pontoon"))));
    let names = groups.iter().flat_map(|(_, group)| group.get_subcommands());
    let widest = names.map(|command| command.get_name().len()).max().unwrap_or(0);
    for (title, group) in &groups {
        page.push_str(&format!("{heading}{title}:{heading:#}\n"));
        for command in group.get_subcommands().filter(|command| !command.is_hide_set()) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let mut lines = String::new();
            let indent = " ".repeat(widest + 4);
            wrapped(&mut lines, WIDTH, &indent, &indent, &about);
            // Styles are put in after the lines have been broken: they take no columns.
            let name = padded(command.get_name(), widest);
            page.push_str(&format!("  {literal}{name}{literal:#}  {}", lines.trim_start()));
        }
        page.push('\n');
    }
    page + &format!("{heading}Options:{heading:#}\n{{options}}{{after-help}}")
}
