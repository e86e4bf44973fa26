//! Commands in text: whole on their line, or broken with backslashes, so that they can be pasted.

use unicode_width::UnicodeWidthStr as _;

use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Writes `lead: command`. What does not fit on one line has its command below, indented by two
/// more, in as many lines as it needs; all of them together can be pasted.
pub(crate) fn led_command(
    page: &mut String,
    style: TerminalStyle,
    first: &str,
    lead: &str,
    command: &str,
) {
    let rest = " ".repeat(first.width());
    let lead = style.printable(lead);
    let command = style.printable(command);
    let glue = if lead.is_empty() { "" } else { ": " };
    if first.width() + lead.width() + glue.len() + command.width() <= style.width {
        page.push_str(&format!("{first}{lead}{glue}{command}\n"));
        return;
    }
    let (begin, indent) = if lead.is_empty() {
        (first.to_owned(), rest)
    } else {
        wrapped(page, style.width, first, &rest, &format!("{lead}:"));
        (format!("{rest}  "), format!("{rest}  "))
    };
    let lines = broken(&command, style.width.saturating_sub(begin.width()));
    let glue = format!(" \\\n{indent}  ");
    page.push_str(&format!("{begin}{}\n", lines.join(&glue)));
}

/// The command in lines of at most `width` columns where its words allow that; all but the first
/// are indented by two, all but the last end with a backslash.
fn broken(command: &str, width: usize) -> Vec<String> {
    /// " \" at the end, two columns of indentation at the beginning.
    const MARGIN: usize = 4;
    let mut lines: Vec<String> = Vec::new();
    // Only blanks outside quotes end a word that a line may be broken after.
    for word in words(command) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() + MARGIN <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The words of a command as a shell takes them, with their quotes.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut quote = None;
    for (at, letter) in command.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ' ') => {
                words.push(&command[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[begin..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lead: &str, command: &str) -> String {
        let mut page = String::new();
        let style = TerminalStyle { width: 40, ..TerminalStyle::PLAIN };
        led_command(&mut page, style, "  do      ", lead, command);
        page
    }

    #[test]
    fn a_command_that_fits_stands_on_its_line() {
        assert_eq!(page("on pi1", "ip route"), "  do      on pi1: ip route\n");
        assert_eq!(page("", "ip route"), "  do      ip route\n");
    }

    #[test]
    fn a_long_command_can_be_pasted() {
        insta::assert_snapshot!(
            page("on pi1", "echo 'net.ipv4.ip_forward = 1' | sudo tee /etc/sysctl.d/99-forward.conf"),
            @r"
        do      on pi1:
                  echo \
                    'net.ipv4.ip_forward = 1' \
                    | sudo tee \
                    /etc/sysctl.d/99-forward.conf
        "
        );
    }
}
