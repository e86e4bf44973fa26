//! What is said of pasted error text: first what it proves, then what may be behind it.

use pontoon_causes::cause::{Cause, CauseImplication, CheckLocation};
use pontoon_causes::symptom::explanation::{
    ExplainedSymptom, Explanation, RemainingCause, SymptomVerdict,
};

use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Things that are told whole unless more are asked for: a screen has 24 lines, the first counts.
const PROVEN_SHOWN: usize = 3;

/// Writes the page. `is_asked`: commands were run (`--prove`).
pub(crate) fn page(explanation: &Explanation, is_asked: bool, style: TerminalStyle) -> String {
    let mut page = String::new();
    if !explanation.is_recognised {
        let text = "not recognised: the text holds nothing that pontoon knows. Paste the line with \
                    the error itself (and the one before it), or more of the log";
        wrapped(&mut page, style.width, "", "", text);
    }
    let most = if style.verbosity > 0 { explanation.proven.len() } else { PROVEN_SHOWN };
    for (at, proven) in explanation.proven.iter().take(most).enumerate() {
        if at > 0 {
            page.push('\n');
        }
        one(&mut page, proven, explanation.lines > 1, is_asked, style);
    }
    if explanation.proven.len() > most {
        page.push_str("\nalso proven (more of each: -v)\n");
    }
    for proven in explanation.proven.iter().skip(most) {
        let codes: Vec<_> = proven.possible_causes().map(|cause| cause.code.as_str()).collect();
        let text = format!("{}, line {}: {}", proven.what, proven.line, codes.join(" or "));
        wrapped(&mut page, style.width, "- ", "  ", &style.printable(&text));
    }
    if explanation.is_cut {
        page.push_str("\nThe text was longer than what is read (1 MiB, 4096 bytes a line).\n");
    }
    page
}

fn one(
    page: &mut String,
    proven: &ExplainedSymptom,
    has_lines: bool,
    is_asked: bool,
    style: TerminalStyle,
) {
    let place = match (has_lines, proven.times) {
        (false, _) => String::new(),
        (true, 1) => format!(" (line {})", proven.line),
        (true, times) => format!(" (line {}, {times} times)", proven.line),
    };
    let mut head = String::new();
    let what = format!("Proven: {}{place}", proven.what);
    wrapped(&mut head, style.width, "", "", &style.printable(&what));
    for line in head.lines() {
        page.push_str(&format!("{}\n", style.bold(line)));
    }
    let told: Vec<&RemainingCause> = proven.possible_causes().collect();
    let verdict = match proven.verdict {
        SymptomVerdict::Certain => "certain".to_owned(),
        SymptomVerdict::Undecided => format!("undecided between {}", told.len()),
        SymptomVerdict::Cleared => {
            "what was asked on this host excludes every cause that is known: it may \
                             be over, or be another host's"
                .to_owned()
        }
    };
    wrapped(page, style.width, "", "", &style.bold(&verdict));
    let mut looks: Vec<(&str, CheckLocation)> = Vec::new();
    for (at, cause) in told.iter().enumerate() {
        let look = (cause.command.as_str(), cause.on);
        let earlier = looks.iter().position(|known| *known == look);
        looks.push(look);
        page.push('\n');
        remaining(page, at + 1, cause, earlier, is_asked, proven.verdict, style);
    }
    excluded(page, proven, &told, style);
}

fn remaining(
    page: &mut String,
    number: usize,
    cause: &RemainingCause,
    earlier: Option<usize>,
    is_asked: bool,
    verdict: SymptomVerdict,
    style: TerminalStyle,
) {
    let is_alone = verdict == SymptomVerdict::Certain;
    let number = if is_alone { String::new() } else { format!("{number} ") };
    let mut head = String::new();
    let text = format!("{}: {}", cause.code, style.printable(&cause.is));
    wrapped(&mut head, style.width, &number, "  ", &text);
    page.push_str(&head.replacen(cause.code.as_str(), &style.bold(cause.code.as_str()), 1));
    if !is_alone {
        part(page, style, "sign", &cause.apart);
    }
    match earlier {
        Some(earlier) => part(page, style, "look", &format!("as for {}", earlier + 1)),
        None => look(page, &cause.command, cause.on, style),
    }
    if is_asked {
        let seen = match (cause.means, &cause.untold) {
            (Some(CauseImplication::Proves), _) => "that is what was seen here".to_owned(),
            (Some(_), _) => "what was seen here fits".to_owned(),
            (None, Some(why)) => format!("not known: {why}"),
            (None, None) => "not known".to_owned(),
        };
        part(page, style, "seen", &seen);
    }
    part(page, style, "cure", &cause.cure);
    if style.verbosity > 0 {
        part(page, style, "from", cause.source);
    }
}

fn part(page: &mut String, style: TerminalStyle, label: &str, text: &str) {
    let first = format!("  {label}  ");
    wrapped(page, style.width, &first, "        ", &style.printable(text));
}

fn excluded(
    page: &mut String,
    proven: &ExplainedSymptom,
    told: &[&RemainingCause],
    style: TerminalStyle,
) {
    let is_told = |one: &RemainingCause| told.iter().any(|told| told.code == one.code);
    let rest: Vec<_> = proven.causes.iter().filter(|one| !is_told(one)).collect();
    let (out, open): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|one| one.means == Some(CauseImplication::Excludes));
    for (label, causes) in [("excluded by what was seen here", out), ("not excluded", open)] {
        if !causes.is_empty() {
            let names: Vec<_> = causes.iter().map(|one| one.code.as_str()).collect();
            page.push('\n');
            wrapped(page, style.width, "", "  ", &format!("{label}: {}", names.join(", ")));
        }
    }
}

/// A command in as many lines as it needs, so that all of them together can be pasted.
fn look(page: &mut String, command: &str, on: CheckLocation, style: TerminalStyle) {
    const LABEL: usize = 8;
    let mut lines: Vec<String> = Vec::new();
    for word in style.printable(command).split(' ') {
        match lines.last_mut() {
            Some(line) if LABEL + line.len() + word.len() + 3 <= style.width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let place = format!("({})", place(on));
    let last = lines.last().map_or(0, String::len);
    let is_room = LABEL + last + place.len() + 3 <= style.width;
    let glue = if is_room { "   " } else { "\n        " };
    page.push_str(&format!("  look  {}{glue}{place}\n", lines.join(" \\\n        ")));
}

/// Where a command has to run, in words.
const fn place(on: CheckLocation) -> &'static str {
    match on {
        CheckLocation::Here | CheckLocation::Dialler => "on this host",
        CheckLocation::ControlPlane => "on the control plane",
        CheckLocation::Node => "on the node",
        CheckLocation::Peer => "on the other host",
        CheckLocation::Kubectl => "with kubectl",
    }
}

/// Writes what is known of a cause by itself; holes stand there in capitals.
pub(crate) fn cause(cause: &Cause, fill: &dyn Fn(&str) -> String, style: TerminalStyle) -> String {
    let mut page = format!("{} (cause)\n", style.bold(cause.code.as_str()));
    let is = fill(cause.summary);
    wrapped(&mut page, style.width, "  ", "  ", &style.printable(&is));
    part(&mut page, style, "sign", &fill(cause.distinguished_by));
    look(&mut page, &fill(cause.check.command), cause.check.on, style);
    part(&mut page, style, "cure", &fill(cause.remedy));
    part(&mut page, style, "from", cause.source);
    page
}
