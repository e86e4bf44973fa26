//! What is said of pasted error text: first what it proves, then what may be behind it.

use pontoon_causes::cause::{Cause, TextOrigin};
use pontoon_causes::placeholder::PlaceholderValues;
use pontoon_causes::symptom::explanation::{ExplainedSymptom, Explanation};
use pontoon_diagnosis::{Certainty, CheckOutcome, CommandPlace, Diagnosis, DistinguishingCheck};

use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Symptoms that are shown whole unless more are asked for: a screen has 24 lines, the first counts.
const SYMPTOMS_SHOWN: usize = 3;

/// Writes the page. `is_asked`: commands were run (`--prove`).
pub(crate) fn page(explanation: &Explanation, is_asked: bool, style: TerminalStyle) -> String {
    let mut page = String::new();
    if !explanation.is_recognised {
        let text = "not recognised: the text holds nothing that pontoon knows. Paste the line with \
                    the error itself (and the one before it), or more of the log";
        wrapped(&mut page, style.width, "", "", text);
    }
    let most = if style.verbosity > 0 { explanation.symptoms.len() } else { SYMPTOMS_SHOWN };
    for (at, shown) in explanation.symptoms.iter().take(most).enumerate() {
        if at > 0 {
            page.push('\n');
        }
        symptom(&mut page, explanation, shown, is_asked, style);
    }
    if explanation.symptoms.len() > most {
        page.push_str("\nalso proven (more of each: -v)\n");
    }
    for shown in explanation.symptoms.iter().skip(most) {
        let codes: Vec<_> = explanation.diagnoses_of(shown).map(|one| one.code.as_str()).collect();
        let text = format!("{}, line {}: {}", shown.what, shown.line, codes.join(" or "));
        wrapped(&mut page, style.width, "- ", "  ", &style.printable(&text));
    }
    if explanation.is_cut {
        page.push_str("\nThe text was longer than what is read (1 MiB, 4096 bytes a line).\n");
    }
    page
}

fn symptom(
    page: &mut String,
    explanation: &Explanation,
    symptom: &ExplainedSymptom,
    is_asked: bool,
    style: TerminalStyle,
) {
    let place = match (explanation.lines > 1, symptom.times) {
        (false, _) => String::new(),
        (true, 1) => format!(" (line {})", symptom.line),
        (true, times) => format!(" (line {}, {times} times)", symptom.line),
    };
    let mut head = String::new();
    let what = format!("Proven: {}{place}", symptom.what);
    wrapped(&mut head, style.width, "", "", &style.printable(&what));
    for line in head.lines() {
        page.push_str(&format!("{}\n", style.bold(line)));
    }
    let diagnoses: Vec<&Diagnosis> = explanation.diagnoses_of(symptom).collect();
    let verdict = match &diagnoses[..] {
        [] => "the output of commands on this host excludes every cause that is known: it may be \
               over, or be another host's"
            .to_owned(),
        [one] => one.certainty.as_str().to_owned(),
        several => format!("{} possible causes", several.len()),
    };
    wrapped(page, style.width, "", "", &style.bold(&verdict));
    let mut checks: Vec<(Option<&String>, Option<&CommandPlace>)> = Vec::new();
    for (at, one) in diagnoses.iter().enumerate() {
        let check = one.distinguished_by.as_ref();
        let look = check.map(|check| (check.command.as_ref(), check.place.as_ref()));
        let earlier = checks.iter().position(|known| Some(*known) == look);
        checks.push(look.unwrap_or_default());
        page.push('\n');
        diagnosis(page, at + 1, one, earlier, is_asked, style);
    }
    left_out(page, symptom, style);
}

fn diagnosis(
    page: &mut String,
    number: usize,
    one: &Diagnosis,
    earlier: Option<usize>,
    is_asked: bool,
    style: TerminalStyle,
) {
    let is_alone = one.certainty == Certainty::Confirmed;
    let number = if is_alone { String::new() } else { format!("{number} ") };
    let mut head = String::new();
    let text = format!("{}: {}", one.code, style.printable(&one.summary));
    wrapped(&mut head, style.width, &number, "  ", &text);
    page.push_str(&head.replacen(one.code.as_str(), &style.bold(one.code.as_str()), 1));
    if let Some(check) = &one.distinguished_by {
        if let Some(fact) = check.fact.as_deref().filter(|_| !is_alone) {
            part(page, style, "sign", fact);
        }
        match earlier {
            Some(earlier) => part(page, style, "look", &format!("as for {}", earlier + 1)),
            None => look(page, check, style),
        }
        if is_asked {
            let seen = match &check.outcome {
                Some(CheckOutcome::Proves) => "the output here proves it".to_owned(),
                Some(CheckOutcome::Fits) => "the output here fits".to_owned(),
                Some(CheckOutcome::Unknown(why)) => format!("not known: {why}"),
                None => "not known".to_owned(),
            };
            part(page, style, "seen", &seen);
        }
    }
    cures(page, one, style);
}

/// What to do, and where this was read.
fn cures(page: &mut String, one: &Diagnosis, style: TerminalStyle) {
    for remedy in &one.remedies {
        part(page, style, "cure", &remedy.to_string());
    }
    if let Some(source) = one.source.filter(|_| style.verbosity > 0) {
        part(page, style, "from", source);
    }
}

fn part(page: &mut String, style: TerminalStyle, label: &str, text: &str) {
    let first = format!("  {label}  ");
    wrapped(page, style.width, &first, "        ", &style.printable(text));
}

/// Causes that it is not, and causes that are left out because another one was proved.
fn left_out(page: &mut String, symptom: &ExplainedSymptom, style: TerminalStyle) {
    let excluded: Vec<_> = symptom.excluded.iter().map(|one| one.code.as_str()).collect();
    let set_aside: Vec<_> = symptom.set_aside.iter().map(|code| code.as_str()).collect();
    for (label, codes) in [("excluded by the output here", excluded), ("not excluded", set_aside)] {
        if !codes.is_empty() {
            page.push('\n');
            wrapped(page, style.width, "", "  ", &format!("{label}: {}", codes.join(", ")));
        }
    }
}

/// A command in as many lines as it needs, so that all of them together can be pasted.
fn look(page: &mut String, check: &DistinguishingCheck, style: TerminalStyle) {
    const LABEL: usize = 8;
    let (Some(command), Some(place)) = (&check.command, &check.place) else { return };
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
    let place = format!("({place})");
    let last = lines.last().map_or(0, String::len);
    let is_room = LABEL + last + place.len() + 3 <= style.width;
    let glue = if is_room { "   " } else { "\n        " };
    page.push_str(&format!("  look  {}{glue}{place}\n", lines.join(" \\\n        ")));
}

/// Writes what is known of a cause by itself; placeholders stand there in capitals.
pub(crate) fn cause(cause: &Cause, style: TerminalStyle) -> String {
    let values = PlaceholderValues::default();
    let one = cause.diagnosis(Certainty::Undecided, &values, TextOrigin::ThisHost);
    let mut page = format!("{} (cause)\n", style.bold(cause.code.as_str()));
    wrapped(&mut page, style.width, "  ", "  ", &style.printable(&one.summary));
    if let Some(check) = &one.distinguished_by {
        part(&mut page, style, "sign", check.fact.as_deref().unwrap_or_default());
        look(&mut page, check, style);
    }
    cures(&mut page, &one, TerminalStyle { verbosity: 1, ..style });
    page
}
