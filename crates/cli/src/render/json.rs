//! JSON that is safe on a terminal, too.

use pontoon_model::untrusted::is_harmful;
use serde::Serialize;

use crate::failure::CommandFailure;

/// Writes a value as JSON with a line break at the end.
///
/// JSON leaves letters above U+007F as they are, also those that move a cursor. They can only
/// stand inside strings, where an escape means the same.
pub(crate) fn pretty(value: &impl Serialize) -> Result<String, CommandFailure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|source| CommandFailure::Json { source })?;
    let mut safe = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter != '\n' && is_harmful(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(letter);
        }
    }
    safe.push('\n');
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_letters_are_escaped_and_mean_the_same() {
        let text = "Café \u{9b}31m \u{202e}evil \u{e0041} \u{1b}[2J";
        let json = pretty(&[text]).unwrap();
        assert!(!json.chars().any(|letter| letter != '\n' && is_harmful(letter)), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }
}
