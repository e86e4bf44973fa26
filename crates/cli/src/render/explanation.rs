//! What is said of pasted error text: first what it proves, then what may be behind it.

use pontoon_causes::cause::{Cause, TextOrigin};
use pontoon_causes::placeholder::PlaceholderValues;
use pontoon_causes::symptom::explanation::{ExplainedSymptom, Explanation};
use pontoon_diagnosis::{Certainty, CheckOutcome, Diagnosis};

use super::diagnosis::{CandidatePlace, write_candidate};
use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Symptoms that are shown whole unless more are asked for: a screen has 24 lines, the first counts.
const SYMPTOMS_SHOWN: usize = 3;

/// Writes the page. `is_asked`: commands were run (`--prove`).
pub(crate) fn page(explanation: &Explanation, is_asked: bool, style: TerminalStyle) -> String {
    let mut page = String::new();
    if let Some(success) = &explanation.success {
        let text = format!(
            "nothing is wrong as far as the text says: {} (line {})",
            success.what, success.line
        );
        wrapped(&mut page, style.width, "", "", &style.printable(&text));
    } else if !explanation.is_recognised {
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
        [one] if one.certainty == Certainty::Confirmed => one.certainty.as_str().to_owned(),
        [one] => format!("{}; another cause is possible", one.certainty.as_str()),
        several => format!("{} possible causes; another one is possible", several.len()),
    };
    wrapped(page, style.width, "", "", &style.bold(&verdict));
    let check_of = |one: &Diagnosis| {
        let check = one.distinguished_by.as_ref()?;
        Some((check.command.clone()?, check.place.clone()))
    };
    for (at, one) in diagnoses.iter().enumerate() {
        let check = check_of(one);
        let earlier =
            diagnoses[..at].iter().position(|known| check.is_some() && check_of(known) == check);
        page.push('\n');
        let number = format!("{} ", at + 1);
        let is_alone = one.certainty == Certainty::Confirmed;
        let place = CandidatePlace {
            bullet: if is_alone { "" } else { &number },
            indent: "  ",
            same_check_as: earlier.map(|earlier| earlier + 1),
        };
        write_candidate(page, style, place, &shown_candidate(one, is_alone, is_asked));
    }
    left_out(page, symptom, style);
}

/// A cause as it is shown: the only one needs no sign, and where commands were run each has an
/// outcome.
fn shown_candidate(one: &Diagnosis, is_alone: bool, is_asked: bool) -> Diagnosis {
    let mut shown = one.clone();
    if let Some(check) = &mut shown.distinguished_by {
        if is_alone {
            check.fact = None;
        }
        if is_asked && check.outcome.is_none() {
            check.outcome = Some(CheckOutcome::Unknown("the command was not run".into()));
        }
    }
    shown
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

/// Writes what is known of a cause by itself; placeholders stand there in capitals.
pub(crate) fn cause(cause: &Cause, style: TerminalStyle) -> String {
    let values = PlaceholderValues::default();
    let one = cause.diagnosis(Certainty::Undecided, &values, TextOrigin::ThisHost);
    let mut page = String::new();
    let place = CandidatePlace { bullet: "", indent: "  ", same_check_as: None };
    write_candidate(&mut page, TerminalStyle { verbosity: 1, ..style }, place, &one);
    page
}
