//! Text in lines of limited width.

use unicode_width::UnicodeWidthStr as _;

/// Adds `text` to `page`, broken at blanks so that no line is wider than `width` where words allow
/// it. The first line begins with `first`, the others with `rest`.
pub(crate) fn wrapped(page: &mut String, width: usize, first: &str, rest: &str, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.width() + 1 + word.width() > width {
            page.push_str(line.trim_end());
            page.push('\n');
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    page.push_str(line.trim_end());
    page.push('\n');
}

/// Fills `text` with blanks up to `width` columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, text: &str) -> String {
        let mut page = String::new();
        wrapped(&mut page, width, "- ", "  ", text);
        page
    }

    #[test]
    fn lines_are_no_wider_than_asked_and_hang() {
        assert_eq!(page(12, "one two three four"), "- one two\n  three four\n");
        assert_eq!(page(12, ""), "-\n");
    }

    #[test]
    fn a_word_that_fits_nowhere_stands_alone() {
        assert_eq!(page(8, "a incomprehensible b"), "- a\n  incomprehensible\n  b\n");
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(page(9, "网络 网络"), "- 网络\n  网络\n");
    }
}
