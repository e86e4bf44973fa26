//! What can go wrong with text that is to be explained.

/// Pasted text cannot be explained.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ExplainFailure {
    /// Options of pasted text are given with a code.
    #[error("--prove and --json are about error text")]
    Code,
    /// There is nothing to explain.
    #[error("standard input held no text")]
    Nothing,
}

impl ExplainFailure {
    /// What to do about it.
    pub(crate) fn advice(self) -> String {
        match self {
            Self::Code => "paste the text into: pontoon explain - --prove".to_owned(),
            Self::Nothing => "journalctl -u kubelet -n 200 | pontoon explain -, or paste it and \
                              end with Ctrl-D"
                .to_owned(),
        }
    }
}
