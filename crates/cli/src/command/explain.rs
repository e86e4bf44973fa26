//! `pontoon explain`: what error text, a finding or a cause means.

mod error_text;
mod read_only_command;

use std::process::ExitCode;

use pontoon_causes::cause;
use pontoon_causes::placeholder::PlaceholderValues;

use crate::arguments::explain::ExplainArguments;
use crate::failure::{CommandFailure, ExplainFailure};
use crate::output;
use crate::render::explanation;
use crate::render::style::TerminalStyle;
use crate::render::wrap::wrapped;
use pontoon_rules::rule::{RULES, rule};
use pontoon_settings::refusal::{REFUSALS, refusal_named};

/// What stands for pasted text.
const STDIN: &str = "-";

/// Explains pasted text, or writes the page of a finding or cause, or the list of all.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<ExitCode, CommandFailure> {
    let style = TerminalStyle::of_stdout(0);
    let Some(code) = arguments.code.as_deref().filter(|_| !arguments.list) else {
        output::data(&list(style))?;
        return Ok(ExitCode::SUCCESS);
    };
    if code == STDIN {
        return error_text::run(arguments);
    }
    if arguments.prove || arguments.format.json {
        return Err(ExplainFailure::Code.into());
    }
    if let Some(cause) = cause::cause_named(code) {
        output::data(&explanation::cause(cause, style))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(row) = refusal_named(code) {
        let mut page = format!("{} (refusal)\n", style.bold(row.code.as_str()));
        wrapped(&mut page, style.width, "", "", row.summary);
        page.push('\n');
        wrapped(&mut page, style.width, "", "", row.explain);
        output::data(&page)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(rule) = rule(code) else {
        let known = RULES.iter().map(|rule| rule.code.as_str());
        let known = known.chain(cause::all().map(|cause| cause.code.as_str()));
        let known = known.chain(REFUSALS.iter().map(|row| row.code.as_str()));
        let near = known.min_by_key(|known| distance(code, known));
        let near = near.filter(|known| distance(code, known) <= known.len() / 3);
        return Err(CommandFailure::NoCode { code: code.to_owned(), near });
    };
    let mut page =
        format!("{} ({})\n", style.bold(rule.code.as_str()), style.severity(rule.severity));
    page.push_str(&style_page(&format!("{}\n\n{}", rule.summary, rule.explain), style));
    output::data(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn style_page(text: &str, style: TerminalStyle) -> String {
    text.trim_end().lines().map(|line| format!("{}\n", style.printable(line))).collect()
}

fn list(style: TerminalStyle) -> String {
    let widest = RULES.iter().map(|rule| rule.code.as_str().len()).max().unwrap_or(0);
    let mut rules: Vec<_> = RULES.iter().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.severity), rule.code));
    let mut page = String::new();
    for rule in rules {
        let severity = rule.severity.as_str();
        let head = format!("{:widest$}  {severity:7}  ", rule.code);
        let rest = " ".repeat(head.len());
        wrapped(&mut page, style.width, &head, &rest, &style.printable(rule.summary));
    }
    page.push_str("\nCauses, which pontoon explain - and pontoon cluster check diagnose:\n\n");
    let values = PlaceholderValues::default();
    let widest = cause::all().map(|cause| cause.code.as_str().len()).max().unwrap_or(0);
    for cause in cause::all() {
        let head = format!("{:widest$}  ", cause.code);
        let rest = " ".repeat(head.len());
        wrapped(
            &mut page,
            style.width,
            &head,
            &rest,
            &style.printable(&values.fill(cause.summary)),
        );
    }
    page.push_str("\nWhy settings for Kubernetes are not decided:\n\n");
    let widest = REFUSALS.iter().map(|row| row.code.as_str().len()).max().unwrap_or(0);
    for row in REFUSALS {
        let head = format!("{:widest$}  ", row.code);
        let rest = " ".repeat(head.len());
        wrapped(&mut page, style.width, &head, &rest, row.summary);
    }
    page
}

/// Number of letters to change, add or leave out to make one word of the other.
fn distance(one: &str, two: &str) -> usize {
    // Nothing near any code is this long, and the effort grows with the square.
    if one.len() > 64 { usize::MAX } else { strsim::levenshtein(one, two) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near() {
        let table =
            [("abc", "abc", 0), ("abc", "abd", 1), ("", "abc", 3), ("kitten", "sitting", 3)];
        for (one, two, steps) in table {
            assert_eq!(distance(one, two), steps, "{one} {two}");
        }
        assert_eq!(distance(&"x".repeat(1 << 20), "abc"), usize::MAX);
    }
}
