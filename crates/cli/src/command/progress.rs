//! The progress of a run, for the person at the terminal.

use std::io::{self, IsTerminal as _, Write as _};

use pontoon_model::net::IfName;
use pontoon_probe::survey::SurveyProgress;

use crate::output;

/// One line at the bottom of a terminal; nothing if standard error is none.
#[derive(Debug)]
pub(crate) struct ProgressMeter {
    is_watched: bool,
    shown: String,
}

impl ProgressMeter {
    /// Shows progress if standard error is a terminal that can rewrite a line.
    pub(crate) fn new() -> Self {
        let is_dumb = std::env::var("TERM").map_or(true, |term| term.is_empty() || term == "dumb");
        Self { is_watched: io::stderr().is_terminal() && !is_dumb, shown: String::new() }
    }

    /// Shows how far the run is.
    pub(crate) fn show(&mut self, progress: &SurveyProgress) {
        let text = match progress {
            SurveyProgress::Starting { hosts: 1 } => "starting the agent ...".to_owned(),
            SurveyProgress::Starting { hosts } => format!("starting {hosts} agents ..."),
            SurveyProgress::Link { link, pairs, open, after_ms } => {
                return self.tell(link, *pairs, *open, *after_ms);
            }
            SurveyProgress::Asking { pairs: 0, left_ms, .. } => {
                format!("asking, {} s at most", left_ms.div_ceil(1000))
            }
            SurveyProgress::Asking { pairs, settled, left_ms } => {
                let left_s = left_ms.div_ceil(1000);
                format!("asking: {settled} of {pairs} pairs settled, {left_s} s at most")
            }
        };
        self.rewrite(text);
    }

    /// What is known of a link, as soon as it is. Two hosts have nothing else to wait for.
    fn tell(&mut self, link: &IfName, pairs: usize, open: usize, after_ms: u64) {
        if pairs < 2 {
            return;
        }
        self.rewrite(String::new());
        let (whole, tenths) = (after_ms / 1000, after_ms % 1000 / 100);
        output::note(&format!(
            "{link}: frames pass both ways between {open} of {pairs} pairs, after {whole}.{tenths} s"
        ));
    }

    fn rewrite(&mut self, text: String) {
        if self.is_watched && text != self.shown {
            // A terminal that cannot be written to stops nothing.
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K{text}");
            self.shown = text;
        }
    }
}

impl Drop for ProgressMeter {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}
