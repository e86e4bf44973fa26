//! `pontoon lab run all`: every scenario, several side by side.

use std::collections::VecDeque;
use std::io;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pontoon_model::exit::Exit;

use crate::arguments::lab::{LabRunArguments, LabTransport};
use crate::failure::CommandFailure;
use crate::output;
use crate::render::clean;
use pontoon_lab::scenario::builtin_names;

/// A scenario takes 15 s at most; a machine with many labs side by side is given time, a lab that
/// hangs is not.
const RUN_MAX: Duration = Duration::from_secs(120);

/// How one run of a scenario ended.
struct ScenarioRunResult {
    name: &'static str,
    took: Duration,
    /// Its output, if it was not as expected.
    fault: Option<String>,
}

/// The scenarios that `--only` selects; all without it.
fn chosen(only: &[String]) -> Result<Vec<&'static str>, CommandFailure> {
    if only.is_empty() {
        return Ok(builtin_names().collect());
    }
    let known = |name: &String| {
        let found = builtin_names().find(|known| known == name);
        found.ok_or_else(|| CommandFailure::NoScenario { name: name.clone() })
    };
    only.iter().map(known).collect()
}

/// Runs the selected scenarios, and counts those that pass and fail.
pub(crate) fn run(arguments: &LabRunArguments) -> Result<ExitCode, CommandFailure> {
    let names = chosen(&arguments.only)?;
    let times = usize::from(arguments.times);
    let queue: VecDeque<_> = names.iter().copied().cycle().take(names.len() * times).collect();
    let queue = Mutex::new(queue);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (sender, done) = mpsc::channel();
    let failed = thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(name) = next() {
                    if sender.send(one(name, arguments.over)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        show_results(&done)
    })?;
    let passed = names.len() * times - failed;
    output::data(&format!("{passed} passed, {failed} failed\n"))?;
    let exit = if failed == 0 { Exit::Good } else { Exit::Failed };
    Ok(ExitCode::from(exit.code()))
}

/// Writes a line for each run as it ends; returns how many failed.
fn show_results(done: &Receiver<ScenarioRunResult>) -> Result<usize, CommandFailure> {
    let mut failed = 0;
    for ScenarioRunResult { name, took, fault } in done {
        let seconds = took.as_secs_f32();
        match fault {
            None => output::data(&format!("ok      {name:28} {seconds:5.1} s\n"))?,
            Some(output) => {
                failed += 1;
                output::data(&format!("FAILED  {name:28} {seconds:5.1} s\n{output}"))?;
            }
        }
    }
    Ok(failed)
}

#[expect(clippy::disallowed_methods, reason = "the time a run took is shown, and decides nothing")]
fn one(name: &'static str, over: LabTransport) -> ScenarioRunResult {
    let start = Instant::now();
    let fault = match lab(name, over) {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(output_lines(&output)),
        Err(error) => Some(format!("    {}\n", clean(&error.to_string()))),
    };
    ScenarioRunResult { name, took: start.elapsed(), fault }
}

#[expect(clippy::disallowed_methods, reason = "each lab is a process, so that it can be ended")]
fn lab(name: &str, over: LabTransport) -> io::Result<Output> {
    let parent = std::process::id().to_string();
    let mut child = Command::new("/proc/self/exe")
        .args(["lab", "run", "--die-with", &parent, "--over", over.name(), name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = read_to_end(&mut child)?;
    Ok(Output { status: child.wait()?, ..output })
}

/// Reads the child's output until it ends, or kills it after [`RUN_MAX`].
fn read_to_end(child: &mut Child) -> io::Result<Output> {
    let (sender, streams) = mpsc::channel();
    let out = child.stdout.take().map(|out| Box::new(out) as Box<dyn io::Read + Send>);
    let err = child.stderr.take().map(|err| Box::new(err) as Box<dyn io::Read + Send>);
    for (number, stream) in [out, err].into_iter().enumerate() {
        let sender = sender.clone();
        let Some(mut stream) = stream else { continue };
        thread::spawn(move || {
            let mut text = Vec::new();
            let read = stream.read_to_end(&mut text);
            let _ = sender.send(read.map(|_| (number, text)));
        });
    }
    drop(sender);
    let mut texts = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        match streams.recv_timeout(RUN_MAX) {
            Ok(read) => {
                let (number, text) = read?;
                texts[number] = text;
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                let seconds = RUN_MAX.as_secs();
                return Err(io::Error::other(format!("it was ended after {seconds} s")));
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let [stdout, stderr] = texts;
    Ok(Output { status: std::process::ExitStatus::default(), stdout, stderr })
}

fn output_lines(output: &Output) -> String {
    let mut text = String::new();
    for stream in [&output.stdout, &output.stderr] {
        for line in String::from_utf8_lossy(stream).lines() {
            text.push_str(&format!("    {}\n", clean(line)));
        }
    }
    text
}
