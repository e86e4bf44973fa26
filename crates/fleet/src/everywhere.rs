//! One command on many hosts at once.
//!
//! A thread reads each pipe and hands over whole lines, so that no host waits for another and
//! lines of two hosts never mix.

pub mod results;

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use crate::ssh::trouble::Trouble;

/// Connections at once: a fleet larger than this is served in turn, so that neither this host's
/// descriptors nor its memory run out.
pub const AT_ONCE: usize = 64;
/// A longer line is handed over in pieces.
const LINE_MAX: u64 = 64 * 1024;
/// Lines that wait to be shown; then the hosts wait.
const LINES_WAITING: usize = 256;
/// What is kept of a host's standard error, to tell the trouble by.
const STDERR_KEPT: usize = 4096;
/// ssh's own status when it could not connect (ssh(1)).
const SSH_FAILED: i32 = 255;

/// Where a line came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a command ended on a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// With this status.
    Exited(i32),
    /// By this signal, on this side.
    Signalled(i32),
    /// It never ran: the host could not be reached.
    Unreached(Trouble),
}

impl Outcome {
    /// Whether it did what it should.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Exited(0))
    }

    fn of(status: ExitStatus, stderr: &[u8]) -> Self {
        match (status.code(), status.signal()) {
            (Some(SSH_FAILED), _) => {
                Self::Unreached(Trouble::said(&String::from_utf8_lossy(stderr)))
            }
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Signalled(signal.unwrap_or_default()),
        }
    }
}

/// What happens while commands run.
#[derive(Debug)]
pub enum Event {
    /// A host said a line, without its line break.
    Line(HostName, Stream, Vec<u8>),
    /// A host is done.
    Ended(HostName, Outcome),
}

/// Runs a command for each host and tells what happens, as it happens. `input` is given to each
/// on its standard input. Returns how each ended.
pub fn run(
    jobs: Vec<(HostName, Command)>,
    input: Option<&Arc<[u8]>>,
    tell: &mut dyn FnMut(&Event),
) -> BTreeMap<HostName, Outcome> {
    let mut outcomes = BTreeMap::new();
    let mut waiting = jobs.into_iter();
    let (say, said) = sync_channel(LINES_WAITING);
    thread::scope(|scope| {
        let mut begin = |(host, command): (HostName, Command)| {
            let (say, input) = (say.clone(), input.cloned());
            scope.spawn(move || one(host, command, input, &say));
        };
        let mut running = waiting.by_ref().take(AT_ONCE).map(&mut begin).count();
        while running > 0 {
            // A sender is held here, so that this never fails.
            let Ok(event) = said.recv() else { break };
            tell(&event);
            if let Event::Ended(host, outcome) = event {
                outcomes.insert(host, outcome);
                match waiting.next() {
                    Some(job) => begin(job),
                    None => running -= 1,
                }
            }
        }
    });
    outcomes
}

/// Runs one command to its end.
fn one(host: HostName, command: Command, input: Option<Arc<[u8]>>, say: &SyncSender<Event>) {
    let outcome = match start(command, input.is_some()) {
        Ok(child) => attend(&host, child, input, say),
        Err(error) => Outcome::Unreached(Trouble::said(&format!("ssh could not be run: {error}"))),
    };
    // Whoever no longer listens wants to know nothing.
    let _ = say.send(Event::Ended(host, outcome));
}

fn start(mut command: Command, has_input: bool) -> io::Result<Child> {
    let stdin = if has_input { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

fn attend(
    host: &HostName,
    mut child: Child,
    input: Option<Arc<[u8]>>,
    say: &SyncSender<Event>,
) -> Outcome {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let complaint = thread::scope(|scope| {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A command that does not read its input to the end is no failure.
            scope.spawn(move || drop(stdin.write_all(&input)));
        }
        let complaint = scope.spawn(|| {
            let mut kept = Vec::new();
            lines(stderr, |line| {
                if kept.len() < STDERR_KEPT {
                    kept.extend_from_slice(&line);
                    kept.push(b'\n');
                }
                let _ = say.send(Event::Line(host.clone(), Stream::Err, line));
            });
            kept
        });
        lines(stdout, |line| {
            let _ = say.send(Event::Line(host.clone(), Stream::Out, line));
        });
        complaint.join().unwrap_or_default()
    });
    match child.wait() {
        Ok(status) => Outcome::of(status, &complaint),
        Err(_) => Outcome::Signalled(0),
    }
}

/// Hands over every line of a pipe, the last also without its line break.
fn lines(pipe: Option<impl Read>, mut hand_over: impl FnMut(Vec<u8>)) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                hand_over(line);
            }
        }
    }
}

/// A line as it may be shown: what would move the cursor or colour the rest is shown as text.
#[must_use]
pub fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let parts = text.trim_end_matches('\r').split('\t');
    parts.map(|part| Untrusted::new(part).to_string()).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test is about running programs")]
    fn jobs(scripts: &[(&str, &str)]) -> Vec<(HostName, Command)> {
        let job = |(host, script): &(&str, &str)| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            (host.parse().unwrap(), command)
        };
        scripts.iter().map(job).collect()
    }

    #[test]
    fn each_host_has_its_own_lines_and_its_own_end() {
        let mut lines = Vec::new();
        let outcomes = run(
            jobs(&[
                ("a", "printf 'one\\ntwo'"),
                ("b", "echo oops >&2; exit 7"),
                ("c", "echo 'ssh: connect to host c port 22: Connection refused' >&2; exit 255"),
                ("d", "kill -9 $$"),
            ]),
            None,
            &mut |event| {
                if let Event::Line(host, stream, line) = event {
                    lines.push((host.to_string(), *stream, shown(line)));
                }
            },
        );
        let of = |host: &str| outcomes[&host.parse::<HostName>().unwrap()].clone();
        assert_eq!((of("a"), of("b")), (Outcome::Exited(0), Outcome::Exited(7)));
        assert!(matches!(of("c"), Outcome::Unreached(_)));
        assert_eq!(of("d"), Outcome::Signalled(9));
        lines.retain(|(host, ..)| host != "c");
        lines.sort_by(|one, other| one.0.cmp(&other.0));
        let out = |text: &str| ("a".to_owned(), Stream::Out, text.to_owned());
        assert_eq!(
            lines,
            [out("one"), out("two"), ("b".to_owned(), Stream::Err, "oops".to_owned())]
        );
    }

    #[test]
    fn more_hosts_than_connections_are_all_served() {
        let scripts: Vec<(String, &str)> =
            (0..AT_ONCE + 20).map(|at| (format!("h{at}"), "cat")).collect();
        let scripts: Vec<(&str, &str)> =
            scripts.iter().map(|(host, script)| (host.as_str(), *script)).collect();
        let mut said = 0;
        let outcomes = run(jobs(&scripts), Some(&b"hello\n".as_slice().into()), &mut |event| {
            said +=
                usize::from(matches!(event, Event::Line(_, Stream::Out, line) if line == b"hello"));
        });
        assert_eq!((outcomes.len(), said), (AT_ONCE + 20, AT_ONCE + 20));
        assert!(outcomes.values().all(Outcome::is_good));
    }

    #[test]
    fn what_a_host_says_cannot_move_the_cursor() {
        assert_eq!(shown(b"a\tb\x1b[2J\r"), "a\tb\\u{1b}[2J");
    }
}
