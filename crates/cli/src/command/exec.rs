//! `pontoon exec`: one command on many hosts at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use pontoon_fleet::exec::results::Transcript;
use pontoon_fleet::exec::{self, ExecEvent, shown};
use pontoon_fleet::group_output;
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::shell::shell_line;
use pontoon_remote::carrier::RemoteProgram;
use pontoon_remote::host_command::{CommandEnd, OutputStream};

use crate::arguments::remote_commands::ExecArguments;
use crate::command::fleet::Fleet;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::json;

/// The word for a script on standard input.
const SCRIPT: &str = "-";
/// A larger input is a file to be copied, which scp does better.
const INPUT_MAX: u64 = 64 * 1024 * 1024;

/// Runs it everywhere.
pub(crate) fn run(arguments: &ExecArguments) -> Result<ExitCode, CommandFailure> {
    let fleet = Fleet::of(std::slice::from_ref(&arguments.hosts), &arguments.reaching)?;
    let is_script = arguments.command == [SCRIPT];
    let input = match (&arguments.input, is_script) {
        (Some(_), true) => return Err(CommandFailure::TwoInputs),
        (Some(path), false) => Some(read(path)?),
        (None, true) => Some(read(Path::new(SCRIPT))?),
        (None, false) => None,
    };
    let remote = if is_script { "sh -s".to_owned() } else { remote(&arguments.command) };
    let logins = fleet.logins.iter();
    let jobs = logins.map(|login| RemoteProgram::shell_line(&fleet.ssh, login, &remote)).collect();
    let width = fleet.logins.iter().map(|login| login.host.as_str().len()).max().unwrap_or(0);
    let mut said = Transcript::default();
    let mut trouble = None;
    let ends = exec::run(jobs, input.as_ref(), &mut |event| {
        if let ExecEvent::Line(host, stream, line) = event {
            let told = if arguments.format.json {
                said.keep(host, *stream, line);
                Ok(())
            } else {
                tell(host, *stream, line, width, arguments.raw)
            };
            trouble = told.err();
        }
        if trouble.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Some(failure) = trouble {
        return Err(failure);
    }
    if arguments.format.json {
        let hosts = fleet.logins.iter().map(|login| &login.host);
        output::data(&json::pretty(&said.results(hosts, &ends))?)?;
    } else {
        summary(&ends);
    }
    Ok(ExitCode::from(exit(&ends).code()))
}

/// One word is a line for the remote shell, as with ssh; several are words that stay words.
fn remote(command: &[String]) -> String {
    match command {
        [one] => one.clone(),
        words => shell_line(words),
    }
}

fn read(path: &Path) -> Result<Arc<[u8]>, CommandFailure> {
    let failed = |source| CommandFailure::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let reader: Box<dyn io::Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    reader.take(INPUT_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > INPUT_MAX {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes.into())
}

fn tell(
    host: &HostName,
    stream: OutputStream,
    line: &[u8],
    width: usize,
    is_raw: bool,
) -> Result<(), CommandFailure> {
    if is_raw {
        return output::raw_line(line, stream == OutputStream::Err);
    }
    let text = format!("{:width$}  {}", host.as_str(), shown(line));
    match stream {
        OutputStream::Out => output::data(&format!("{text}\n")),
        OutputStream::Err => {
            output::note(&text);
            Ok(())
        }
    }
}

/// Hosts on which it failed, those that failed alike together.
fn summary(ends: &BTreeMap<HostName, CommandEnd>) {
    let failed = ends.iter().filter(|(_, end)| !end.is_good());
    let words: Vec<_> = failed.map(|(host, end)| (host, words(host, end))).collect();
    for alike in
        group_output::group_same_text(words.iter().map(|(host, words)| (*host, words.as_str())))
    {
        output::note(&format!("{}: {}", alike.hosts, alike.text));
    }
}

fn words(host: &HostName, end: &CommandEnd) -> String {
    match end {
        CommandEnd::Exited(code) => format!("ended with {code}"),
        CommandEnd::Signalled(signal) => format!("ended by signal {signal}"),
        CommandEnd::Unreached(failure) => failure.with_advice(host.as_str()).to_string(),
    }
}

fn exit(ends: &BTreeMap<HostName, CommandEnd>) -> Exit {
    let all = ends.values().map(|end| match end {
        CommandEnd::Exited(0) => Exit::Good,
        CommandEnd::Exited(_) | CommandEnd::Signalled(_) => Exit::Failed,
        CommandEnd::Unreached(_) => Exit::Unreachable,
    });
    all.fold(Exit::Good, Exit::or)
}
