//! What a log or an error message says.

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_model::untrusted::Untrusted;

/// What was read from a log or an error message.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LogEvidence {
    /// Lines that match a row of the table of symptoms.
    TextProves {
        /// What such a line proves, and no more: the words of the table, with the addresses and
        /// names of the line filled in.
        what: String,
        /// Who wrote the text; none: it was pasted.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// The first line that says so, from 1.
        line: usize,
        /// How many lines say so.
        times: usize,
    },
    /// The last line of a text in which nothing was recognised, or not enough.
    LastLine {
        /// Who wrote the text, such as `events`.
        source: String,
        /// The line itself.
        text: Untrusted,
    },
}
