//! Runs one command on many hosts in parallel.
//!
//! Each host has a thread that passes on whole lines, so that no host waits for another and lines
//! of different hosts are not mixed.

pub mod results;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_remote::host_command::{CommandEnd, CommandHandle, OutputStream, run_command};

/// Largest number of parallel connections. Larger fleets are processed in turn, so that this host
/// runs out of neither descriptors nor memory.
pub const AT_ONCE: usize = 64;
/// Largest number of buffered lines; beyond it the threads of the hosts block.
const LINES_WAITING: usize = 256;

/// An event while commands run.
#[derive(Debug)]
pub enum ExecEvent {
    /// A host printed a line, which is here without its line break.
    Line(HostName, OutputStream, Vec<u8>),
    /// The command on a host ended.
    Ended(HostName, CommandEnd),
}

/// Runs a command for each host and reports events as they occur. `input` becomes the standard
/// input of each command. Returns how each ended. Where `tell` breaks, because nobody reads the
/// output any more, all commands are ended and no other is started.
pub fn run(
    jobs: Vec<RemoteProgram>,
    input: Option<&Arc<[u8]>>,
    tell: &mut dyn FnMut(&ExecEvent) -> ControlFlow<()>,
) -> BTreeMap<HostName, CommandEnd> {
    let mut ends = BTreeMap::new();
    let mut waiting = jobs.into_iter();
    let (say, said) = sync_channel(LINES_WAITING);
    let begin = |program: RemoteProgram| {
        let (say, input, handle) = (say.clone(), input.cloned(), CommandHandle::default());
        let by_host = (program.host().clone(), handle.clone());
        // Not joined: what a command has left in the background may hold its pipes open.
        thread::spawn(move || one(program, &handle, input.as_deref(), &say));
        by_host
    };
    let mut handles: BTreeMap<_, _> = waiting.by_ref().take(AT_ONCE).map(begin).collect();
    while !handles.is_empty() {
        // `begin` holds a sender, so `recv` cannot fail.
        let Ok(event) = said.recv() else { break };
        if tell(&event).is_break() {
            handles.values().for_each(CommandHandle::end);
            break;
        }
        if let ExecEvent::Ended(host, end) = event {
            handles.remove(&host);
            ends.insert(host, end);
            handles.extend(waiting.next().map(begin));
        }
    }
    ends
}

/// Runs one command to its end.
fn one(
    program: RemoteProgram,
    handle: &CommandHandle,
    input: Option<&[u8]>,
    say: &SyncSender<ExecEvent>,
) {
    let host = program.host().clone();
    // Sending fails only if the receiver is gone; the output is not needed then.
    let end = run_command(program, handle, input, &|stream, line| {
        let _ = say.send(ExecEvent::Line(host.clone(), stream, line));
    });
    let _ = say.send(ExecEvent::Ended(host, end));
}

/// A line made safe to print: control characters other than tabs are shown as text.
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
    fn jobs(scripts: &[(&str, &str)]) -> Vec<RemoteProgram> {
        let job = |(host, script): &(&str, &str)| {
            let mut command = std::process::Command::new("sh");
            command.args(["-c", script]);
            RemoteProgram::by_command(host.parse().unwrap(), command)
        };
        scripts.iter().map(job).collect()
    }

    #[test]
    fn each_host_has_its_own_lines_and_its_own_end() {
        let mut lines = Vec::new();
        let ends = run(
            jobs(&[
                ("a", "printf 'one\\ntwo'"),
                ("b", "echo oops >&2; exit 7"),
                ("c", "echo 'ssh: connect to host c port 22: Connection refused' >&2; exit 255"),
                ("d", "kill -9 $$"),
            ]),
            None,
            &mut |event| {
                if let ExecEvent::Line(host, stream, line) = event {
                    lines.push((host.to_string(), *stream, shown(line)));
                }
                ControlFlow::Continue(())
            },
        );
        let of = |host: &str| ends[&host.parse::<HostName>().unwrap()].clone();
        assert_eq!((of("a"), of("b")), (CommandEnd::Exited(0), CommandEnd::Exited(7)));
        assert!(matches!(of("c"), CommandEnd::Unreached(_)));
        assert_eq!(of("d"), CommandEnd::Signalled(9));
        lines.retain(|(host, ..)| host != "c");
        lines.sort_by(|one, other| one.0.cmp(&other.0));
        let out = |text: &str| ("a".to_owned(), OutputStream::Out, text.to_owned());
        assert_eq!(
            lines,
            [out("one"), out("two"), ("b".to_owned(), OutputStream::Err, "oops".to_owned())]
        );
    }

    #[test]
    fn more_hosts_than_connections_are_all_served() {
        let scripts: Vec<(String, &str)> =
            (0..AT_ONCE + 20).map(|at| (format!("h{at}"), "cat")).collect();
        let scripts: Vec<(&str, &str)> =
            scripts.iter().map(|(host, script)| (host.as_str(), *script)).collect();
        let mut said = 0;
        let ends = run(jobs(&scripts), Some(&b"hello\n".as_slice().into()), &mut |event| {
            said += usize::from(
                matches!(event, ExecEvent::Line(_, OutputStream::Out, line) if line == b"hello"),
            );
            ControlFlow::Continue(())
        });
        assert_eq!((ends.len(), said), (AT_ONCE + 20, AT_ONCE + 20));
        assert!(ends.values().all(CommandEnd::is_good));
    }

    /// `pontoon exec … | head -1`: what runs is ended, and no other begins.
    #[test]
    fn where_nobody_reads_on_every_command_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let endless = format!("echo $$ >{}; exec yes", file("pid"));
        let late = format!("touch {}", file("late"));
        let mut scripts = vec![("h0".to_owned(), endless.as_str())];
        scripts.extend((1..AT_ONCE).map(|at| (format!("h{at}"), "exec sleep 1000")));
        scripts.push(("late".to_owned(), late.as_str()));
        let scripts: Vec<(&str, &str)> =
            scripts.iter().map(|(host, script)| (host.as_str(), *script)).collect();
        run(jobs(&scripts), None, &mut |_| ControlFlow::Break(()));
        let pid = std::fs::read_to_string(file("pid")).unwrap();
        assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "yes runs on");
        assert!(!std::path::Path::new(&file("late")).exists());
    }

    #[test]
    fn what_a_host_says_cannot_move_the_cursor() {
        assert_eq!(shown(b"a\tb\x1b[2J\r"), "a\tb\\u{1b}[2J");
    }
}
