//! Pages of `docs/` that are made from the code.

use std::fmt::Write as _;

use pontoon_lab::expected_findings::ExpectedFinding;
use pontoon_lab::scenario::{Scenario, builtin, builtin_names};
use pontoon_model::exit::Exit;
use pontoon_rules::rule::{DiagnosisRule, RULES};
use pontoon_tests::generated::assert_current;
use pontoon_tests::program::{pontoon, stdout};

const MADE: &str = "<!-- made by: PONTOON_WRITE=1 cargo test -p pontoon-tests current -->";

#[test]
fn the_page_of_scenarios_is_current() {
    let mut page = format!(
        "{MADE}\n# Scenarios\n\nThe networks of the lab, what is true of each, and what must be \
         found: every finding above\ninfo, and no other. `pontoon lab run NAME` raises one; its \
         file is `scenarios/NAME.toml`.\n[lab.md](lab.md) says how to write one.\n"
    );
    for name in builtin_names() {
        let scenario = builtin(name).expect("a listed scenario is there").expect("it can be read");
        page.push_str(&scenario_section(name, &scenario));
    }
    assert_current("docs/scenarios.md", &page);
}

fn scenario_section(name: &str, scenario: &Scenario) -> String {
    let mut text = format!("\n## {name}\n\n{}.\n\n{}\n", scenario.title, scenario.truth.trim());
    let args = &scenario.check.args;
    if !args.is_empty() {
        writeln!(text, "\nAsked with `{}`.", args.join(" ")).expect("a text takes text");
    }
    if !scenario.check.control {
        text.push_str("\nThe hosts cannot talk to each other while they are asked.\n");
    }
    text.push_str("\nMust be found:");
    if scenario.expect.is_empty() {
        text.push_str(" nothing.\n");
    } else {
        text.push_str("\n\n");
        text.extend(scenario.expect.iter().map(expected));
    }
    text
}

fn expected(row: &ExpectedFinding) -> String {
    let scope = &row.scope;
    let mut text = format!("- [`{0}`](findings.md#{0})", row.code);
    let parts = [
        scope.from.as_ref().map(|host| format!(" from {host}")),
        scope.to.as_ref().map(|host| format!(" to {host}")),
        scope.link.as_ref().map(|link| format!(" on {link}")),
        scope.family.map(|family| format!(" ({family})")),
        row.certainty.map(|certainty| format!(", {}", certainty.as_str())),
    ];
    text.extend(parts.into_iter().flatten());
    text.push('\n');
    text
}

#[test]
fn the_page_of_findings_is_current() {
    let mut page = format!(
        "{MADE}\n# Findings\n\nWhat `pontoon check` can find. `pontoon explain CODE` shows the same \
         page in a terminal.\n\n| code | severity | what is wrong |\n|---|---|---|\n"
    );
    for DiagnosisRule { code, severity, summary, .. } in RULES {
        let severity = severity.as_str();
        writeln!(page, "| [`{code}`](#{code}) | {severity} | {summary} |")
            .expect("a text takes text");
    }
    page.extend(RULES.iter().map(finding_section));
    assert_current("docs/findings.md", &page);
}

fn finding_section(rule: &DiagnosisRule) -> String {
    let mut text = format!("\n## {}\n\n{}: {}\n", rule.code, rule.severity.as_str(), rule.summary);
    for line in rule.explain.trim().lines() {
        match line.strip_prefix("  ") {
            Some(line) => writeln!(text, "{line}"),
            None if line.is_empty() => writeln!(text),
            None => writeln!(text, "\n### {line}\n"),
        }
        .expect("a text takes text");
    }
    text.replace("\n\n\n", "\n\n")
}

#[test]
fn the_page_of_exit_codes_is_current() {
    let mut codes = Exit::ALL;
    codes.sort_by_key(|exit| exit.code());
    let mut page = format!(
        "{MADE}\n# Exit codes\n\n`pontoon check`, `mesh`, `replay`, `join-check`, `cluster check`, `exec`, `clock`, `discover`,\n`hosts`, `explain -` and `lab run` end with one of these. For several hosts it is the worst of\nthem.\n\n\
         | code | what it says |\n|---|---|\n"
    );
    for exit in codes {
        writeln!(page, "| {} | {} |", exit.code(), exit.meaning()).expect("a text takes text");
    }
    let order: Vec<_> = Exit::ALL.iter().map(|exit| exit.code().to_string()).collect();
    write!(
        page,
        "| 130 | interrupted (SIGINT) |\n| 141 | nobody reads the output (SIGPIPE); nothing is \
         said about it |\n| 143 | terminated (SIGTERM) |\n\nWhen several hold, the first of {} is \
         told: what kept the question from being\nanswered goes before what was found. 5 is for a \
         question that could not be answered at all\nwithout the privilege; where a part of it \
         could, the report names what was not tested.\n\n`explain -` ends with 3 when one cause \
         of something in the text remains, with 4 when several\ndo, when it goes by itself, or \
         when the text was not recognised, with 0 when all that it says\nis harmless.\n\nFor scripts: `pontoon check --json` says \
         more than a number can.\n",
        order.join(", ")
    )
    .expect("a text takes text");
    assert_current("docs/exit-codes.md", &page);
}

#[test]
fn the_page_of_commands_is_current() {
    let mut page = format!("{MADE}\n# Commands\n\nWhat `--help` says, command by command.\n");
    add_help(&mut page, &[]);
    assert_current("docs/commands.md", &page);
}

/// Adds the help of a command, and of those below it.
fn add_help(page: &mut String, command: &[&str]) {
    let run = pontoon(&[command, &["--help"]].concat());
    assert!(run.status.success(), "{command:?} ends with {}", run.status);
    let help = stdout(&run);
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    let name = [&["pontoon"], command].concat().join(" ");
    write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n")).expect("a text takes text");
    // What `pontoon kubeadm` has below it is the same.
    if command != ["settings", "kubeadm"] {
        for below in commands_in(&help) {
            add_help(page, &[command, &[below]].concat());
        }
    }
}

/// The commands that a page of help lists: the first words of the lines before its options.
fn commands_in<'a>(help: &[&'a str]) -> Vec<&'a str> {
    let lines = help.iter().skip_while(|line| !line.starts_with("Usage:"));
    let lines = lines.take_while(|line| **line != "Options:");
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_ascii_lowercase());
    names.filter(is_name).filter(|name| *name != "help").collect()
}
