//! Runs a command that only reads, and keeps what it wrote.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use pontoon_causes::cause::CommandResult;

use crate::output;

/// More than the longest answer that is judged: the nodes and pods of a large cluster.
const OUTPUT_BYTES: u64 = 256 * 1024;

/// A command that takes longer is ended by timeout(1), also when pontoon is there no more.
const WITHIN_S: &str = "25";

/// What timeout(1) ends with when it had to end the command.
const TIMED_OUT: i32 = 124;

/// Where programs for administrators are; an ordinary user's PATH lacks them on Debian.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// Where kubeadm leaves root's kubeconfig.
const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// Runs it without a shell, with nothing on its standard input.
pub(super) fn run_read_only(words: &[String]) -> CommandResult {
    output::note(&format_args!("asking: {}", words.join(" ")));
    // That it cannot be started is no fact about the cluster.
    run(words).unwrap_or(CommandResult { status: Some(127), text: String::new() })
}

fn run(words: &[String]) -> io::Result<CommandResult> {
    let mut child = start(words)?;
    let outputs = (child.stdout.take(), child.stderr.take());
    // Both at once, so that neither fills up while the other is waited for.
    let text = thread::scope(|scope| {
        let errors = scope.spawn(|| outputs.1.map(bounded).unwrap_or_default());
        let mut text = outputs.0.map(bounded).unwrap_or_default();
        text.push_str(&errors.join().unwrap_or_default());
        text
    });
    let status = child.wait()?.code().filter(|code| *code != TIMED_OUT);
    Ok(CommandResult { status, text })
}

#[expect(clippy::disallowed_methods, reason = "this is the edge; the user asked for it by --prove")]
fn start(words: &[String]) -> io::Result<Child> {
    let mut command = Command::new("timeout");
    command
        .args(["--foreground", "--kill-after=1", WITHIN_S])
        .args(words)
        .env("LC_ALL", "C")
        .env("PATH", path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let has_own = std::env::var_os("KUBECONFIG").is_some()
        || std::env::home_dir().is_some_and(|home| home.join(".kube/config").exists());
    if words.first().is_some_and(|word| word == "kubectl") && !has_own && Path::new(ADMIN).exists()
    {
        command.env("KUBECONFIG", ADMIN);
    }
    command.spawn()
}

fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    if !path.is_empty() {
        path.push(":");
    }
    path.push(SYSTEM_PATH);
    path
}

/// What is beyond the bound stays unread: the pipe closes, and ends who writes on.
fn bounded(output: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before an error counts.
    let _ = output.take(OUTPUT_BYTES).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(words: &[&str]) -> CommandResult {
        run_read_only(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_end_and_both_outputs_are_kept() {
        let outcome = ended(&["sh", "-c", "echo one; echo two >&2; exit 3"]);
        assert_eq!(outcome, CommandResult { status: Some(3), text: "one\ntwo\n".to_owned() });
        assert_eq!(ended(&["no-such-program-anywhere"]).status, Some(127));
    }

    #[test]
    fn endless_output_ends() {
        let outcome = ended(&["yes"]);
        assert_eq!(outcome.text.len() as u64, OUTPUT_BYTES);
    }
}
