//! Sentences. What a log or an error message says.

use std::fmt;

use crate::evidence::LogEvidence;

impl fmt::Display for LogEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextProves { what, source, line, times } => {
                match source {
                    Some(source) => write!(f, "{source}: {what}")?,
                    None => write!(f, "{what} (line {line}")?,
                }
                match (source, times) {
                    (Some(_), _) => Ok(()),
                    (None, 1) => f.write_str(")"),
                    (None, times) => write!(f, ", {times} times)"),
                }
            }
            Self::LastLine { source, text } => write!(f, "{source}: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::untrusted::Untrusted;

    #[test]
    fn each_kind_reads_well() {
        let proves = |source: Option<&str>, times| LogEvidence::TextProves {
            what: "swap is on, which is an error here".to_owned(),
            source: source.map(str::to_owned),
            line: 3,
            times,
        };
        let table = [
            (proves(None, 1), "swap is on, which is an error here (line 3)"),
            (proves(None, 4), "swap is on, which is an error here (line 3, 4 times)"),
            (proves(Some("kubelet's log"), 4), "kubelet's log: swap is on, which is an error here"),
            (
                LogEvidence::LastLine {
                    source: "events".to_owned(),
                    text: Untrusted::new("boom\u{202e}"),
                },
                "events: boom\\u{202e}",
            ),
        ];
        for (evidence, text) in table {
            assert_eq!(evidence.to_string(), text);
        }
    }
}
