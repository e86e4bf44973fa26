//! A lab that stays up, and commands on its hosts, also in parallel.
//!
//! A shell on the first host reads one line for each command, runs it over the lab's own ssh in the
//! background, and prints number, exit code and both streams when it has ended.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pontoon_tests::program;

/// The result of a command.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The commands that have not ended, by number.
type Waiting = Arc<Mutex<BTreeMap<usize, Sender<Said>>>>;

/// A running lab.
#[derive(Debug)]
pub(crate) struct Session {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    waiting: Waiting,
    next: AtomicUsize,
}

/// A running command.
#[derive(Debug)]
pub(crate) struct Running {
    end: Receiver<Said>,
    what: String,
}

impl Running {
    /// Its result; none if it still runs after this many seconds.
    pub(crate) fn within(&self, seconds: u64) -> Option<Said> {
        match self.end.recv_timeout(Duration::from_secs(seconds)) {
            Ok(said) => Some(said),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the lab ended during {}", self.what),
        }
    }
}

/// No command of these tests takes longer by itself.
const LONGEST_S: u64 = 400;

impl Session {
    /// Starts a scenario from a file, and waits until its first host has a shell.
    pub(crate) fn start(scenario: &Path, first: &str) -> Self {
        assert!(
            std::env::var_os(pontoon_lab_kubernetes::PROGRAMS).is_some(),
            "these tests take the real Kubernetes: run ./check --kubernetes, or first\n  \
             export {}=$(tests/kubernetes/build)",
            pontoon_lab_kubernetes::PROGRAMS,
        );
        // Its hosts have the pontoon that lies beside the program which raises them.
        let _ = program::path();
        let mut child = start(program::lab_kubernetes())
            .arg(scenario)
            .args([first, "bash"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the lab starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it was requested"));
        let waiting = Waiting::default();
        let heard = Arc::clone(&waiting);
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                hear(&line, &heard);
            }
            // No thread may wait for a result that cannot arrive any more.
            heard.lock().expect("no thread panicked").clear();
        });
        let session = Self { child, input: Mutex::new(input), waiting, next: AtomicUsize::new(0) };
        session.write("mkdir -p /run/session");
        let up = session.begin(first, "true").within(LONGEST_S).expect("the lab is up");
        assert_eq!(up.code, 0, "the first host is not reached by ssh: {}", up.err);
        session
    }

    fn write(&self, line: &str) {
        let mut input = self.input.lock().expect("no thread panicked");
        let input = input.as_mut().expect("it ends with the session");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the lab still runs");
    }

    /// Starts a bash script on a host.
    pub(crate) fn begin(&self, host: &str, script: &str) -> Running {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (say, end) = channel();
        self.waiting.lock().expect("no thread panicked").insert(number, say);
        // Printed by number, so that no other shell parses its quotes; read whole before it
        // starts, so that none of its commands reads the rest of it.
        let octal: String = script.bytes().map(|byte| format!("\\{byte:03o}")).collect();
        self.write(&format!(
            "( f=/run/session/{number}; printf '{octal}' | \
             ssh -T {host} 'bash -c \"$(cat)\"' >$f.out 2>$f.err; c=$?; \
             ( flock 8; printf '{number} %s %s- %s-\\n' $c \
             \"$(od -An -v -tx1 <$f.out | tr -d ' \\n')\" \"$(od -An -v -tx1 <$f.err | tr -d ' \\n')\" \
             ) 8>/run/session/lock; rm $f.* ) &"
        ));
        Running { end, what: script.to_owned() }
    }

    /// Runs a bash script on a host until it ends.
    pub(crate) fn run(&self, host: &str, script: &str) -> Said {
        let running = self.begin(host, script);
        running.within(LONGEST_S).unwrap_or_else(|| panic!("{host}: no end of: {script}"))
    }

    /// Runs a bash script that must succeed; returns its standard output.
    pub(crate) fn must(&self, host: &str, script: &str) -> String {
        let Said { code, out, err } = self.run(host, script);
        assert_eq!(code, 0, "{host}: {script}\n{out}{err}");
        out
    }

    /// Puts a text into a file of a host.
    pub(crate) fn put(&self, host: &str, path: &str, text: &str) {
        self.must(
            host,
            &format!(
                "mkdir -p \"$(dirname {path})\" && cat >{path} <<'END-OF-FILE'\n{text}\nEND-OF-FILE"
            ),
        );
    }

    /// The process with which the lab ends.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // When its input ends, the shell ends, and so does the lab.
        if let Ok(mut input) = self.input.lock() {
            *input = None;
        }
        let _ = self.child.wait();
    }
}

/// `NUMBER CODE OUT- ERR-`, the streams in hexadecimal.
fn hear(line: &str, waiting: &Waiting) {
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (number, code) = (word().parse::<usize>(), word().parse());
    let (out, err) = (text(word()), text(word()));
    if let (Ok(number), Ok(code)) = (number, code)
        && let Some(say) = waiting.lock().expect("no thread panicked").remove(&number)
    {
        // The receiver may have stopped waiting.
        let _ = say.send(Said { code, out, err });
    }
}

fn text(hexadecimal: &str) -> String {
    let digits = hexadecimal.trim_end_matches('-').as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = digits.chunks(2).filter_map(byte).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "the program under test is a program")]
fn start(program: &Path) -> Command {
    Command::new(program)
}
