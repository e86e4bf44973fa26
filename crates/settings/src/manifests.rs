//! Files and scripts made of [`NodeSettings`], ready to use, with the evidence for each value as a
//! comment.

pub mod kubeadm_init;
pub mod kubeadm_join;
pub mod kubeadm_reset;
pub mod kubeadm_repair;
pub mod flannel;
pub mod calico;
pub mod cilium;
pub mod k3s;
pub mod k0s;
pub mod talos;

use pontoon_model::shell::ShellCommand;

use super::node_settings::{NodeSettings, SettingsNotice};

/// Column at which comments are wrapped.
const WIDTH: usize = 80;

/// A text whose comments begin with `#`: YAML, TOML or shell.
#[derive(Debug, Default)]
struct CommentedText(String);

impl CommentedText {
    /// Appends a line unchanged.
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Appends a line of a shell script.
    fn shell(&mut self, command: &ShellCommand) {
        self.line(command.as_str());
    }

    /// Appends a command to type, as a comment. A value may hold a newline, which quotes keep.
    fn commented_command(&mut self, command: &ShellCommand) {
        for line in command.as_str().lines() {
            self.line(&format!("#     {line}"));
        }
    }

    /// Appends a comment, wrapped between words. Control characters become blanks, so that
    /// untrusted text cannot end the comment.
    fn comment(&mut self, indent: usize, text: &str) {
        let start = format!("{:indent$}#", "");
        let mut line = start.clone();
        let clean: String =
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        for word in clean.split_ascii_whitespace() {
            if line.len() > start.len() && line.len() + 1 + word.len() > WIDTH {
                self.line(&line);
                line.clone_from(&start);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// Appends warnings and preparations.
    fn first(&mut self, settings: &NodeSettings, is_shell: bool) {
        self.warnings(settings);
        if !settings.preparations.is_empty() {
            self.comment(0, &format!("First, on {}, as root:", settings.host));
        }
        self.preparations(&settings.preparations.iter().collect::<Vec<_>>(), is_shell);
    }

    fn warnings(&mut self, settings: &NodeSettings) {
        for warning in &settings.warnings {
            self.comment(0, &format!("WARNING: {warning}"));
        }
    }

    /// Appends preparations. Their commands are comments, too, unless the text is a shell script.
    fn preparations(&mut self, notices: &[&SettingsNotice], is_shell: bool) {
        for SettingsNotice { evidence, remedies } in notices {
            let actions: Vec<_> =
                remedies.iter().filter_map(|remedy| remedy.action.as_deref()).collect();
            self.comment(0, &format!("- {evidence}: {}", actions.join("; ")));
            for command in remedies.iter().filter_map(|remedy| remedy.command.as_ref()) {
                if is_shell {
                    self.shell(command);
                } else {
                    self.commented_command(command);
                }
            }
        }
    }
}

/// Heading of a text that was not tested with the real program.
const DERIVED: &str = "Derived from source, not run:";

/// A YAML scalar in double quotes. JSON's strings are such scalars (YAML 1.2.2, 1.2), so that no
/// character of a value ends it.
fn quoted(value: impl std::fmt::Display) -> String {
    serde_json::Value::from(value.to_string()).to_string()
}

#[cfg(test)]
mod tests;
