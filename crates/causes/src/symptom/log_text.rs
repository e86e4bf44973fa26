//! Splits pasted text into lines: limited in size, without colours and control characters, with the
//! escaping of loggers undone.

use pontoon_model::untrusted::is_harmful;

/// Longest text in bytes: more than a day's log of a failing kubelet, and more than the scrollback
/// of a terminal.
pub const BYTES_MAX: usize = 1024 * 1024;

/// Longest line in bytes; the rest is cut, as the decisive words are near the beginning.
const LINE_BYTES_MAX: usize = 4096;

/// Shortest line, in bytes, that a terminal or mail program may have wrapped.
const BROKEN_FROM: usize = 60;

/// Largest number of lines into which a terminal wraps one record.
const PARTS_MAX: usize = 6;

/// A text with more lines than this comes from a file or a pipe, which wraps nothing.
const BROKEN_LINES_MAX: usize = 400;

/// A line that is not empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct LogLine {
    /// The line number, from 1.
    pub(super) number: usize,
    /// Its text, with logged quotes as they were.
    pub(super) text: String,
    /// The same in lower case (ASCII only, so offsets stay the same).
    pub(super) lower: String,
}

/// Pasted text, taken apart into lines.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct LogText {
    /// The lines that are not empty.
    pub(super) lines: Vec<LogLine>,
    /// Whether something was cut because of the limits.
    pub(super) is_cut: bool,
}

impl LogText {
    /// Splits bytes of any encoding.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut is_cut = bytes.len() > BYTES_MAX;
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX)]);
        let text = without_escapes(&text);
        let mut lines = Vec::new();
        for (at, line) in text.split('\n').enumerate() {
            let mut line = plain(line);
            if line.len() > LINE_BYTES_MAX {
                is_cut = true;
                let mut end = LINE_BYTES_MAX;
                while !line.is_char_boundary(end) {
                    end -= 1;
                }
                line.truncate(end);
            }
            if !line.is_empty() {
                lines.push(LogLine::new(at + 1, line));
            }
        }
        Self { lines, is_cut }
    }

    /// The record that starts at this line, if a terminal or mail program has wrapped it: once
    /// joined directly and once with a blank, since either may have been the original.
    pub(super) fn rejoined(&self, at: usize) -> Vec<LogLine> {
        if self.lines.len() > BROKEN_LINES_MAX {
            return Vec::new();
        }
        let mut glued = vec![self.lines[at].text.clone(), self.lines[at].text.clone()];
        let mut parts = 1;
        for pair in self.lines[at..].windows(2).take(PARTS_MAX - 1) {
            let is_next = pair[1].number == pair[0].number + 1;
            let is_room = glued[1].len() + pair[1].text.len() < LINE_BYTES_MAX;
            if !is_next
                || !is_room
                || pair[0].text.len() < BROKEN_FROM
                || is_beginning(&pair[1].text)
            {
                break;
            }
            glued[0].push_str(&pair[1].text);
            glued[1].push(' ');
            glued[1].push_str(&pair[1].text);
            parts += 1;
        }
        let number = self.lines[at].number;
        let lines = glued.into_iter().map(|text| LogLine::new(number, text));
        if parts > 1 { lines.collect() } else { Vec::new() }
    }
}

impl LogLine {
    fn new(number: usize, text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        Self { number, text, lower }
    }
}

/// Whether a line starts a new record: it begins with a heading, a time or a level.
fn is_beginning(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    let is_heading = first.ends_with(':') && !first.contains(|c: char| c.is_ascii_digit());
    let is_loud =
        text.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '[' | ';' | '{'));
    // Times such as 2026-11-24T… and 12:30:15.
    let is_time = first.len() >= 8
        && first.starts_with(|c: char| c.is_ascii_digit())
        && (first.as_bytes()[4] == b'-' || first.matches(':').count() == 2);
    is_heading || is_loud || is_time
}

/// Removes terminal escapes (ECMA-48: CSI, OSC and others), and treats CR and CR LF as line breaks.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => match letters.next() {
                Some('[') => skip_csi(&mut letters),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut letters),
                // Two-character escapes such as the choice of a character set.
                Some('(' | ')' | '#' | '%') => {
                    letters.next();
                }
                Some('\n') => plain.push('\n'),
                _ => {}
            },
            '\u{9b}' => skip_csi(&mut letters),
            '\r' => {
                if letters.peek() != Some(&'\n') {
                    plain.push('\n');
                }
            }
            other => plain.push(other),
        }
    }
    plain
}

type CharStream<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips a control sequence: it ends with a letter, or at the first character that is not valid in
/// it.
fn skip_csi(letters: &mut CharStream<'_>) {
    while let Some(letter) = letters.next_if(|letter| ('\u{20}'..='\u{7e}').contains(letter)) {
        if ('\u{40}'..='\u{7e}').contains(&letter) {
            return;
        }
    }
}

/// Skips a string up to BEL or ESC \, or to the end of the line, so that it cannot hide the rest.
fn skip_string(letters: &mut CharStream<'_>) {
    while let Some(letter) = letters.next_if(|letter| *letter != '\n') {
        match letter {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                letters.next_if(|letter| *letter == '\\');
                return;
            }
            _ => {}
        }
    }
}

/// A line with its quotes unescaped and blanks merged.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => match after_backslashes(&mut letters) {
                Some(letter) => letter,
                None => continue,
            },
            '“' | '”' | '„' => '"',
            '‘' | '’' => '\'',
            '–' => '-',
            '\u{a0}' | '\t' => ' ',
            other => other,
        };
        if letter == ' ' {
            if !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
        } else if !is_harmful(letter) && letter != '\u{fffd}' {
            text.push(letter);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The character behind backslashes: `\"`, `\\\"`, `\n` and `\t` are decoded, other backslashes
/// dropped.
fn after_backslashes(letters: &mut CharStream<'_>) -> Option<char> {
    while letters.next_if_eq(&'\\').is_some() {}
    match letters.peek() {
        Some('n' | 't') => {
            letters.next();
            Some(' ')
        }
        Some('"') => letters.next(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<String> {
        LogText::of(bytes).lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn what_a_terminal_obeys_is_left_out() {
        let table: &[(&str, &[&str])] = &[
            ("\u{1b}[31merror\u{1b}[0m: x", &["error: x"]),
            ("\u{9b}1merror", &["error"]),
            ("\u{1b}]0;title\u{7}error", &["error"]),
            ("\u{1b}]0;title\u{1b}\\error", &["error"]),
            ("\u{1b}]0;never ended\nerror", &["error"]),
            ("a\r\nb\rc", &["a", "b", "c"]),
            ("a\u{202e}b\u{200b}\u{0}c", &["abc"]),
            ("", &[]),
            (" \t \n\n", &[]),
        ];
        for (text, lines) in table {
            assert_eq!(texts(text.as_bytes()), *lines, "{text:?}");
        }
        assert_eq!(texts(b"\xff\xfeerror\xff"), ["error"]);
    }

    #[test]
    fn logged_quotes_are_quotes_again() {
        let table = [
            (r#"err="Put \"https://x\": y""#, r#"err="Put "https://x": y""#),
            (r#"{"err":"Put \\\"https://x\\\""}"#, r#"{"err":"Put "https://x""}"#),
            (r"one:\n\t* two", "one: * two"),
            ("“Get” it’s", "\"Get\" it's"),
            ("a \t\u{a0} b", "a b"),
        ];
        for (text, plain) in table {
            assert_eq!(texts(text.as_bytes()), [plain]);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_said() {
        let paste = LogText::of("é".repeat(BYTES_MAX).as_bytes());
        assert!(paste.is_cut);
        assert!(paste.lines.iter().all(|line| line.text.len() <= LINE_BYTES_MAX));
        assert!(!LogText::of(b"short").is_cut);
    }

    #[test]
    fn broken_lines_are_mended() {
        let long = "x".repeat(BROKEN_FROM);
        let paste = LogText::of(format!("{long}\ndial tcp\nError: y").as_bytes());
        let mended: Vec<_> = paste.rejoined(0).into_iter().map(|line| line.text).collect();
        assert_eq!(mended, [format!("{long}dial tcp"), format!("{long} dial tcp")]);
        for next in ["E1124 12:30:15", "[ERROR Swap]", "error: x", "2026-11-24T12:30:15 x", ""] {
            let paste = LogText::of(format!("{long}\n{next}").as_bytes());
            assert!(paste.rejoined(0).is_empty(), "{next}");
        }
    }
}
