//! `systemctl` on a node: as much of it as kubeadm calls and as advice for a Pi says.
//!
//! Words and exit codes are those of systemd 252 (Debian 12); what it does not know it says, so
//! that nothing seems to have been done.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use crate::systemd_unit::SystemdUnit;
use crate::unit_supervisor::{SOCKET, UnitCommand, UnitCommandResult, UnitState};

/// The subcommand behind the `systemctl` of a node.
pub(crate) const NAME: &str = "lab-systemctl";

/// Units that somebody enabled or disabled, the last word of each last. A node is never started
/// twice, so this is only remembered.
const ENABLED: &str = "/run/units-enabled";
/// Lines of the log that `status` shows.
const STATUS_LINES: usize = 10;

/// What is to be printed, on which stream, and the exit code.
#[derive(Debug, Default, Eq, PartialEq)]
struct SystemctlOutput {
    out: String,
    err: String,
    code: u8,
}

/// `lab-systemctl ARGS…`: does what `systemctl ARGS…` would, for the services of this node.
pub(crate) fn run(args: &[OsString]) -> io::Result<ExitCode> {
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let reply = reply(&words);
    io::stdout().write_all(reply.out.as_bytes())?;
    io::stderr().write_all(reply.err.as_bytes())?;
    Ok(ExitCode::from(reply.code))
}

fn reply(words: &[String]) -> SystemctlOutput {
    let (options, words): (Vec<&str>, Vec<&str>) =
        words.iter().map(String::as_str).partition(|word| word.starts_with('-'));
    let is_quiet = options.iter().any(|option| matches!(*option, "-q" | "--quiet"));
    let is_now = options.contains(&"--now");
    let (verb, units) = match words.as_slice() {
        [verb, units @ ..] => (*verb, units),
        [] => ("", &[][..]),
    };
    let mut whole = SystemctlOutput::default();
    match verb {
        "daemon-reload" | "reset-failed" => return whole,
        "start" | "stop" | "restart" | "is-active" | "status" | "enable" | "disable"
        | "is-enabled"
            if !units.is_empty() => {}
        _ => {
            whole.err = format!(
                "This systemctl is the lab's: it knows start, stop, restart, enable, disable, status, \
                 is-active,\nis-enabled and daemon-reload, of {}. It did nothing.\n",
                SystemdUnit::ALL.map(SystemdUnit::name).join(", ")
            );
            whole.code = 1;
            return whole;
        }
    }
    for name in units {
        let one = match SystemdUnit::named(name) {
            Some(unit) => about(unit, verb, is_now),
            None => unknown(name, verb),
        };
        whole.out += if is_quiet { "" } else { &one.out };
        whole.err += &one.err;
        whole.code = whole.code.max(one.code);
    }
    whole
}

fn unknown(name: &str, verb: &str) -> SystemctlOutput {
    let name = name.strip_suffix(".service").unwrap_or(name);
    match verb {
        "is-active" => {
            SystemctlOutput { out: "inactive\n".into(), code: 3, ..SystemctlOutput::default() }
        }
        "is-enabled" => SystemctlOutput {
            err: format!(
                "Failed to get unit file state for {name}.service: No such file or directory\n"
            ),
            code: 1,
            ..SystemctlOutput::default()
        },
        "status" => SystemctlOutput {
            err: format!("Unit {name}.service could not be found.\n"),
            code: 4,
            ..SystemctlOutput::default()
        },
        "enable" | "disable" => SystemctlOutput {
            err: format!("Failed to {verb} unit: Unit file {name}.service does not exist.\n"),
            code: 1,
            ..SystemctlOutput::default()
        },
        _ => SystemctlOutput {
            err: format!("Failed to {verb} {name}.service: Unit {name}.service not found.\n"),
            code: 5,
            ..SystemctlOutput::default()
        },
    }
}

fn about(unit: SystemdUnit, verb: &str, is_now: bool) -> SystemctlOutput {
    match verb {
        "start" => done(unit, UnitCommand::Start),
        "stop" => done(unit, UnitCommand::Stop),
        "restart" => done(unit, UnitCommand::Restart),
        "enable" | "disable" => {
            if let Err(error) = remember(unit, verb) {
                return failed(&error.to_string());
            }
            match (is_now, verb) {
                (true, "enable") => done(unit, UnitCommand::Start),
                (true, _) => done(unit, UnitCommand::Stop),
                _ => SystemctlOutput::default(),
            }
        }
        "is-enabled" => {
            let is = is_enabled(unit);
            let out = if is { "enabled\n" } else { "disabled\n" };
            SystemctlOutput { out: out.into(), code: u8::from(!is), ..SystemctlOutput::default() }
        }
        "is-active" => match ask(unit, UnitCommand::State) {
            Ok(state) => {
                let (word, code) = word(state);
                SystemctlOutput { out: format!("{word}\n"), code, ..SystemctlOutput::default() }
            }
            Err(error) => failed(&error),
        },
        _ => match ask(unit, UnitCommand::State) {
            Ok(state) => status(unit, state),
            Err(error) => failed(&error),
        },
    }
}

fn done(unit: SystemdUnit, verb: UnitCommand) -> SystemctlOutput {
    ask(unit, verb).map_or_else(|error| failed(&error), |_| SystemctlOutput::default())
}

fn failed(error: &str) -> SystemctlOutput {
    SystemctlOutput { err: format!("{error}\n"), code: 1, ..SystemctlOutput::default() }
}

const fn word(state: UnitState) -> (&'static str, u8) {
    match state {
        UnitState::Active(_) => ("active", 0),
        UnitState::Activating => ("activating", 3),
        UnitState::Inactive => ("inactive", 3),
    }
}

fn status(unit: SystemdUnit, state: UnitState) -> SystemctlOutput {
    let name = unit.name();
    let enabled = if is_enabled(unit) { "enabled" } else { "disabled" };
    let active = match state {
        UnitState::Active(pid) => format!("active (running)\n   Main PID: {pid} ({name})"),
        UnitState::Activating => "activating (auto-restart)".to_owned(),
        UnitState::Inactive => "inactive (dead)".to_owned(),
    };
    let log = fs::read_to_string(unit.log()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let last = lines[lines.len().saturating_sub(STATUS_LINES)..].join("\n");
    let out = format!(
        "● {name}.service - {}\n     Loaded: loaded (the lab; {enabled})\n     Active: {active}\n\n{last}\n",
        unit.title()
    );
    SystemctlOutput { out, code: word(state).1, ..SystemctlOutput::default() }
}

fn ask(unit: SystemdUnit, verb: UnitCommand) -> UnitCommandResult {
    let talk = || -> io::Result<UnitCommandResult> {
        let mut stream = UnixStream::connect(SOCKET)?;
        let question = serde_json::to_string(&(verb, unit.name()))?;
        stream.write_all(format!("{question}\n").as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text)?)
    };
    talk().unwrap_or_else(|error| Err(format!("the services of this node do not answer: {error}")))
}

fn is_enabled(unit: SystemdUnit) -> bool {
    let text = fs::read_to_string(ENABLED).unwrap_or_default();
    let said = text.lines().rev().find_map(|line| match line.split_once(' ')? {
        (verb, name) if name == unit.name() => Some(verb == "enable"),
        _ => None,
    });
    // Those that come in packages are enabled by them.
    said.unwrap_or(unit != SystemdUnit::Flanneld)
}

fn remember(unit: SystemdUnit, verb: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(ENABLED)?;
    writeln!(file, "{verb} {}", unit.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply_to(line: &str) -> SystemctlOutput {
        reply(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_it_does_not_know_it_does_not_pretend_to_do() {
        let reply = reply_to("mask kubelet");
        assert_eq!(reply.code, 1);
        assert!(reply.err.contains("It did nothing"), "{reply:?}");
        assert_eq!(reply_to("restart docker").code, 5);
    }

    /// kubeadm asks whether these are there, and goes on when they are not.
    #[test]
    fn services_that_a_node_has_not_are_not_active() {
        let inactive =
            SystemctlOutput { out: "inactive\n".into(), code: 3, ..SystemctlOutput::default() };
        assert_eq!(reply_to("is-active firewalld"), inactive);
        assert_eq!(reply_to("is-active systemd-resolved.service"), inactive);
        let found = reply_to("status firewalld");
        assert!(found.err.contains("could not be found"), "{found:?}");
    }
}
