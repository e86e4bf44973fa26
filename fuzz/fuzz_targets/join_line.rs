//! Any text as a pasted join line: an error message never contains the secret half of a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::join_line::{TEXT_BYTES_MAX, parse};

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(told) => {
            assert!(text.len() <= TEXT_BYTES_MAX);
            if let Some(token) = told.token {
                let whole = token.whole();
                assert!(!format!("{token:?}").contains(&whole.expose()[7..]));
            }
        }
        // It shows a word of the text, truncated, with each character escaped.
        Err(error) => assert!(error.to_string().len() < 8192),
    }
});
