//! How words may look on this terminal.

use std::env::VarError;
use std::io::{self, IsTerminal as _};

use pontoon_diagnosis::Severity;

/// What most terminals, mails and tickets show.
const COLUMNS: usize = 80;

/// Narrower than this, wrapping makes it worse.
const COLUMNS_MIN: usize = 40;

/// Lines longer than this are hard to read.
const COLUMNS_MAX: usize = 100;

/// How words may look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TerminalStyle {
    /// Columns.
    pub(crate) width: usize,
    /// Colours help where they may; nothing is said by colour alone.
    pub(crate) has_colour: bool,
    /// More than ASCII can be shown.
    pub(crate) is_utf8: bool,
    /// How much: 0 the gist, 1 all evidence and frames sent, 2 every observation.
    pub(crate) verbosity: u8,
}

impl TerminalStyle {
    /// Plain text of 80 columns.
    pub(crate) const PLAIN: Self =
        Self { width: COLUMNS, has_colour: false, is_utf8: false, verbosity: 0 };

    /// What standard output can show.
    pub(crate) fn of_stdout(verbosity: u8) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let columns = is_terminal.then(terminal_columns).flatten();
        Self::from_environment(is_terminal, columns, verbosity, |name| std::env::var(name))
    }

    fn from_environment(
        is_terminal: bool,
        columns: Option<usize>,
        verbosity: u8,
        variable: impl Fn(&str) -> Result<String, VarError>,
    ) -> Self {
        let set = |name| variable(name).ok().filter(|value| !value.is_empty());
        let is_dumb = set("TERM").is_none_or(|term| term == "dumb");
        // The first that is set decides (setlocale(3)).
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Self {
            width: columns.unwrap_or(COLUMNS).clamp(COLUMNS_MIN, COLUMNS_MAX),
            has_colour: is_terminal && !is_dumb && set("NO_COLOR").is_none(),
            is_utf8: locale.ends_with("utf-8") || locale.ends_with("utf8"),
            verbosity,
        }
    }

    /// The severity as a word, coloured where that is possible.
    pub(crate) fn severity(self, severity: Severity) -> String {
        let (word, colour) = match severity {
            Severity::Error => ("error", "31"),
            Severity::Warning => ("warning", "33"),
            Severity::Info => ("info", "36"),
        };
        self.painted(word, &format!("1;{colour}"))
    }

    /// Text that leads.
    pub(crate) fn bold(self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn painted(self, text: &str, sgr: &str) -> String {
        if self.has_colour { format!("\u{1b}[{sgr}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Between the two ends of a pair.
    pub(crate) const fn pair_arrow(self) -> &'static str {
        if self.is_utf8 { " ↔ " } else { " <-> " }
    }

    /// From one to the other.
    pub(crate) const fn arrow(self) -> &'static str {
        if self.is_utf8 { " → " } else { " -> " }
    }

    /// Shows text in what the terminal has: ASCII where it has no more.
    pub(crate) fn printable(self, text: &str) -> String {
        let text = super::clean(text);
        if self.is_utf8 || text.is_ascii() {
            return text;
        }
        let plain = text.chars().map(|letter| match letter {
            '–' | '—' => "-".to_owned(),
            '‘' | '’' => "'".to_owned(),
            '“' | '”' => "\"".to_owned(),
            '→' => "->".to_owned(),
            '↔' => "<->".to_owned(),
            '…' => "...".to_owned(),
            '≥' => ">=".to_owned(),
            '≤' => "<=".to_owned(),
            '×' => "x".to_owned(),
            ascii if ascii.is_ascii() => ascii.to_string(),
            other => other.escape_unicode().to_string(),
        });
        plain.collect()
    }
}

fn terminal_columns() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(is_terminal: bool, set: &[(&str, &str)]) -> TerminalStyle {
        TerminalStyle::from_environment(is_terminal, None, 0, |name| {
            let value = set.iter().find(|(key, _)| *key == name);
            value.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let table: &[(bool, &[(&str, &str)], bool)] = &[
            (true, &[("TERM", "xterm")], true),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "1")], false),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "")], true),
            (true, &[("TERM", "dumb")], false),
            (true, &[], false),
            (false, &[("TERM", "xterm")], false),
        ];
        for (is_terminal, set, has_colour) in table {
            assert_eq!(style(*is_terminal, set).has_colour, *has_colour, "{set:?}");
        }
    }

    #[test]
    fn the_locale_decides_between_utf8_and_ascii() {
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("LANG", "C.UTF-8")], true),
            (&[("LANG", "de_DE.utf8")], true),
            (&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "en_GB.UTF-8")], true),
            (&[], false),
        ];
        for (set, is_utf8) in table {
            assert_eq!(style(true, set).is_utf8, *is_utf8, "{set:?}");
        }
    }

    #[test]
    fn nothing_but_ascii_reaches_an_ascii_terminal() {
        let shown = TerminalStyle::PLAIN.printable("pi1 → pi2 “Café” \u{1b}[2J网");
        assert!(shown.is_ascii(), "{shown}");
        assert_eq!(shown, "pi1 -> pi2 \"Caf\\u{e9}\" \\u{1b}[2J\\u{7f51}");
    }
}
