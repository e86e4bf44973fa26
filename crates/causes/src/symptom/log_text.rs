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
    /// Its width as pasted, in characters, without blanks at its end.
    width: usize,
    /// Whether exactly one blank stood before it.
    is_after_blank: bool,
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
            let width = line.trim_end().chars().count();
            let is_after_blank = line.starts_with(' ') && !line.starts_with("  ");
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
                let line = LogLine::new(at + 1, line);
                lines.push(LogLine { width, is_after_blank, ..line });
            }
        }
        Self { lines, is_cut }
    }

    /// Whether its lines may be parts of records: a long text is from a file.
    pub(super) fn may_be_wrapped(&self) -> bool {
        self.lines.len() <= BROKEN_LINES_MAX
    }

    /// The record that starts at this line, if a terminal or mail program has wrapped it, and the
    /// number of its lines. A terminal breaks words and keeps or loses the blank at the break, a
    /// mail program breaks at blanks: the record is joined in each way.
    pub(super) fn rejoined(&self, at: usize) -> WrappedRecord {
        if !self.may_be_wrapped() {
            return WrappedRecord::default();
        }
        let next = self.lines[at..].windows(2).take(PARTS_MAX - 1);
        let parts = 1 + next.take_while(|pair| is_wrapped(&pair[0], &pair[1])).count();
        let record = &self.lines[at..at + parts];
        let bytes: usize = record.iter().map(|line| line.text.len() + 1).sum();
        if parts == 1 || bytes > LINE_BYTES_MAX {
            return WrappedRecord::default();
        }
        let widths = || record[..parts - 1].iter().map(|line| line.width);
        let full = widths().max().unwrap_or_default();
        let is_blank_lost = |pair: &[LogLine]| pair[0].width < full || pair[1].is_after_blank;
        let ways: [&dyn Fn(&[LogLine]) -> bool; 3] = [&is_blank_lost, &|_| false, &|_| true];
        let join = |is_blank: &dyn Fn(&[LogLine]) -> bool| {
            let mut text = record[0].text.clone();
            for pair in record.windows(2) {
                text.push_str(if is_blank(pair) { " " } else { "" });
                text.push_str(&pair[1].text);
            }
            LogLine::new(record[0].number, text)
        };
        let is_even = parts > 2 && widths().all(|width| width + 1 >= full);
        WrappedRecord { ways: ways.into_iter().map(join).collect(), parts, is_even }
    }
}

/// A record of several lines.
#[derive(Debug, Default)]
pub(super) struct WrappedRecord {
    /// The record joined in each way that is possible; empty: it is no record of several lines.
    pub(super) ways: Vec<LogLine>,
    /// The number of its lines.
    pub(super) parts: usize,
    /// Whether its lines are of one width, as a terminal breaks them.
    pub(super) is_even: bool,
}

/// Whether the second line may be the rest of the first.
fn is_wrapped(first: &LogLine, second: &LogLine) -> bool {
    second.number == first.number + 1 && first.width >= BROKEN_FROM && !is_beginning(&second.text)
}

impl LogLine {
    pub(super) fn new(number: usize, text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        Self { number, text, lower, width: 0, is_after_blank: false }
    }
}

/// Words that begin a message of a command.
const HEADINGS: [&str; 16] = [
    "error: ",
    "error execution",
    "warning: ",
    "fatal: ",
    "curl: ",
    "wget: ",
    "ssh: ",
    "panic: ",
    "unable to connect",
    "the connection to the server",
    "warning ",
    "normal ",
    "to see the stack",
    "error from server",
    "error:",
    "failed to pull image",
];

/// Keys with which a record of logfmt begins.
const LOGFMT: [&str; 5] = ["time=", "ts=", "level=", "msg=", "t="];

/// Whether a line starts a new record: it has the header of klog, logfmt, JSON, journald, the
/// kernel or kubeadm, begins with a time, or with words that begin a message.
fn is_beginning(text: &str) -> bool {
    let lower = text.get(..40).unwrap_or(text).to_ascii_lowercase();
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    // klog: "E1124 12:30:15.1".
    let is_klog = text.starts_with(['I', 'W', 'E', 'F']) && (1..5).all(is_digit) && is_digit(6);
    let in_brackets = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    // "[preflight]", "[ERROR Swap]", "[ 1423.03]", and not "[fd00::1]:6443".
    let is_tag = in_brackets.is_some_and(|(tag, _)| !tag.contains(':'));
    // "2026-11-24T", "2026/11/24 ", "12:30:15".
    let is_time = text.is_char_boundary(8)
        && is_digit(0)
        && (matches!(text.as_bytes().get(4), Some(b'-' | b'/')) && (0..4).all(is_digit)
            || text.split(' ').next().is_some_and(|first| {
                first.matches(':').count() == 2 && first.len() >= 8 && !first.contains('.')
            }));
    is_klog
        || is_tag
        || is_time
        || speaker(text).is_some()
        || text.starts_with(['{', ';', '*', '-'])
        || HEADINGS.iter().chain(&LOGFMT).any(|word| lower.starts_with(word))
}

/// The program in the header of a line of journald: `Nov 24 12:30:15 pi2 kubelet[9]: `.
pub(super) fn speaker(text: &str) -> Option<&str> {
    let mut words = text.splitn(5, ' ');
    let (month, day, time, _host) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let is_date = month.len() == 3 && day.parse::<u8>().is_ok() && time.matches(':').count() == 2;
    let (program, _) = words.next().filter(|_| is_date)?.split_once(": ")?;
    Some(program.split('[').next().unwrap_or(program))
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
        for next in
            ["dial tcp", "connect: refused", "10.0.0.1:6443: connect", "[fd00::1]:6443", "API"]
        {
            let paste = LogText::of(format!("{long}\n{next}\nError: y").as_bytes());
            let record = paste.rejoined(0);
            let mended: Vec<_> = record.ways.into_iter().map(|line| line.text).collect();
            assert_eq!(record.parts, 2);
            assert!(mended.contains(&format!("{long}{next}")), "{next}");
            assert!(mended.contains(&format!("{long} {next}")), "{next}");
        }
    }

    /// Each format says where its records begin.
    #[test]
    fn a_record_is_not_part_of_another() {
        let long = "x".repeat(BROKEN_FROM);
        for next in [
            "E1124 12:30:15.1 1 x.go:1] y",
            "[ERROR Swap]: y",
            "[ 1423.03] y",
            "error: x",
            "2026-11-24T12:30:15 x",
            "2026/11/24 12:30:15 x",
            "time=\"2026-11-24\" level=error",
            "level=error msg=x",
            "{\"level\":\"warn\"}",
            "Nov 24 12:30:15 pi2 kubelet[9]: x",
            "Nov  4 12:30:15 pi2 kubelet[9]: x",
            "",
        ] {
            let paste = LogText::of(format!("{long}\n{next}").as_bytes());
            assert!(paste.rejoined(0).ways.is_empty(), "{next}");
        }
    }

    #[test]
    fn the_header_names_the_program() {
        let table = [
            ("Nov 24 12:30:15 pi2 kubelet[9]: E1124", Some("kubelet")),
            ("Nov 24 12:30:15 pi2 kernel: x", Some("kernel")),
            ("kubelet[9]: x", None),
            ("one two three four five: six", None),
        ];
        for (text, program) in table {
            assert_eq!(speaker(text), program, "{text}");
        }
    }
}
