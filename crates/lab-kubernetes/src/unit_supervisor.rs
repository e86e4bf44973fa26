//! What systemd is on a Pi: starts the services of a node, starts them again when they end, and
//! does what [`systemctl`](crate::systemctl) asks.
//!
//! One loop: a child has ended, somebody asks something, or a second has passed in which neither
//! happened and a service that should run does not.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, ExitCode, Stdio};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use pontoon_lab::kubernetes_node::KubernetesNodeSetup;
use pontoon_lab::process;
use pontoon_lab::sandbox::{file, system};

use crate::systemd_unit::{SystemdUnit, read_environment};
use crate::{KubernetesError, images};

/// The subcommand that runs as long as the node.
pub(crate) const UNITS: &str = "lab-units";
/// Where it is asked.
pub(crate) const SOCKET: &str = "/run/units.sock";
/// Milliseconds until a service that ended is started again (`RestartSec=`; kubelet.service has
/// ten seconds, which a test need not wait for).
const RESTART_MS: u16 = 1000;
/// How long a service may take to end (`TimeoutStopSec=`, shortened), in tenths of a second.
const STOP_TENTHS: usize = 100;
/// How long containerd may take to answer, in tenths of a second.
const START_TENTHS: usize = 1200;
/// A log beyond this begins anew when its service does.
const LOG_BYTES: u64 = 32 * 1024 * 1024;
/// No question is longer.
const MAX_QUESTION_BYTES: u64 = 256;

/// CNI as flannel's manifest has it (`kube-flannel.yml`, `cni-conf.json`), put in place before
/// flanneld starts, as its pod does: without it a node is not ready.
const FLANNEL_CNI: &str = r#"{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "flannel",
      "delegate": { "hairpinMode": true, "isDefaultGateway": true }
    },
    {
      "type": "portmap",
      "capabilities": { "portMappings": true }
    }
  ]
}
"#;

const FLANNEL_CNI_FILE: &str = "/etc/cni/net.d/10-flannel.conflist";

/// What can be asked of a service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnitCommand {
    Start,
    Stop,
    Restart,
    State,
}

/// How a service is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnitState {
    /// It runs, as this process.
    Active(u32),
    /// It ended and will be started again.
    Activating,
    /// Nobody wants it.
    Inactive,
}

/// The answer to a question: how it is then, or why it could not be done.
pub(crate) type UnitCommandResult = Result<UnitState, String>;

#[derive(Debug, Default)]
struct UnitProcess {
    is_wanted: bool,
    child: Option<Child>,
}

/// `lab-units SETUP`: starts containerd, imports the images, says `ready`, and serves.
pub(crate) fn run(args: &[OsString]) -> Result<ExitCode, KubernetesError> {
    let setup = args.first().and_then(|text| text.to_str());
    let setup: KubernetesNodeSetup = setup
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| file("the set-up of a node")(io::ErrorKind::InvalidInput.into()))?;
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    let mut services = UnitSupervisor::default();
    services.ask(SystemdUnit::Containerd, UnitCommand::Start).map_err(said)?;
    answers().and_then(|()| images::import(setup.role)).map_err(said)?;
    children.thread_block().map_err(system("sigprocmask"))?;
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let ended = SignalFd::with_flags(&children, flags).map_err(system("signalfd"))?;
    let questions = UnixListener::bind(SOCKET).map_err(file(SOCKET))?;
    let mut out = io::stdout();
    out.write_all(b"ready\n").and_then(|()| out.flush()).map_err(file("the answer to the lab"))?;
    loop {
        let mut fds = [
            PollFd::new(questions.as_fd(), PollFlags::POLLIN),
            PollFd::new(ended.as_fd(), PollFlags::POLLIN),
        ];
        let timeout = if services.is_one_missing() { RESTART_MS.into() } else { PollTimeout::NONE };
        let count = poll(&mut fds, timeout).unwrap_or(1);
        let [is_asked, has_ended] = fds.map(|fd| fd.any().unwrap_or(false));
        if has_ended {
            while let Ok(Some(_)) = ended.read_signal() {}
            services.reap();
        }
        if is_asked && let Ok((stream, _)) = questions.accept() {
            // A client that hangs up gets no response, and no one else needs one.
            let _ = services.serve(&stream);
        }
        if count == 0 {
            services.start_missing();
        }
    }
}

fn said(message: String) -> KubernetesError {
    file("a node")(io::Error::other(message)).into()
}

/// Waits until containerd answers.
fn answers() -> Result<(), String> {
    for _ in 0..START_TENTHS {
        if UnixStream::connect("/run/containerd/containerd.sock").is_ok() {
            return Ok(());
        }
        pause();
    }
    let log = fs::read_to_string(SystemdUnit::Containerd.log()).unwrap_or_default();
    let last: Vec<&str> = log.lines().rev().take(3).collect();
    Err(format!("containerd does not answer; its last lines: {}", last.join(" / ")))
}

/// A tenth of a second.
fn pause() {
    let _ = poll(&mut [], PollTimeout::from(100_u8));
}

#[derive(Debug, Default)]
struct UnitSupervisor {
    all: BTreeMap<SystemdUnit, UnitProcess>,
}

impl UnitSupervisor {
    fn is_one_missing(&self) -> bool {
        self.all.values().any(|service| service.is_wanted && service.child.is_none())
    }

    fn reap(&mut self) {
        for service in self.all.values_mut() {
            if service.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
                service.child = None;
            }
        }
    }

    fn start_missing(&mut self) {
        for (unit, service) in &mut self.all {
            if service.is_wanted && service.child.is_none() {
                // Its log says why not; the next second brings the next try.
                service.child = start(*unit).ok();
            }
        }
    }

    /// Answers one question: a verb and a unit, in JSON, on one line.
    fn serve(&mut self, stream: &UnixStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut line = String::new();
        BufReader::new(stream.take(MAX_QUESTION_BYTES)).read_line(&mut line)?;
        let answer: UnitCommandResult = match serde_json::from_str::<(UnitCommand, String)>(&line) {
            Ok((verb, name)) => match SystemdUnit::named(&name) {
                Some(unit) => self.ask(unit, verb),
                None => Err(format!("Unit {name} not found.")),
            },
            Err(error) => Err(error.to_string()),
        };
        serde_json::to_writer(stream, &answer).map_err(io::Error::from)
    }

    fn ask(&mut self, unit: SystemdUnit, verb: UnitCommand) -> UnitCommandResult {
        let service = self.all.entry(unit).or_default();
        if matches!(verb, UnitCommand::Stop | UnitCommand::Restart) {
            service.is_wanted = false;
            if let Some(child) = service.child.take() {
                stop(child);
            }
        }
        if matches!(verb, UnitCommand::Start | UnitCommand::Restart) {
            service.is_wanted = true;
            if service.child.is_none() {
                let failed = |error| format!("{} could not be started: {error}", unit.name());
                service.child = Some(start(unit).map_err(failed)?);
            }
        }
        Ok(match &service.child {
            Some(child) => UnitState::Active(child.id()),
            None if service.is_wanted => UnitState::Activating,
            None => UnitState::Inactive,
        })
    }
}

/// Starts the program of a unit, its words going to its log.
fn start(unit: SystemdUnit) -> io::Result<Child> {
    let mut variables = BTreeMap::new();
    for path in unit.environment_files() {
        // As with systemd's `-`: a file that is not there sets nothing.
        read_environment(&fs::read_to_string(path).unwrap_or_default(), &mut variables);
    }
    let words = unit.command(&variables);
    if unit == SystemdUnit::Flanneld {
        fs::create_dir_all("/etc/cni/net.d")?;
        fs::write(FLANNEL_CNI_FILE, FLANNEL_CNI)?;
    }
    let log = log(unit)?;
    let mut command = process::program(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.env_clear().env("PATH", process::PATH);
    if let Ok(name) = nix::unistd::gethostname() {
        // flanneld has no pod that would tell it.
        command.env("NODE_NAME", name);
    }
    command.spawn()
}

fn log(unit: SystemdUnit) -> io::Result<File> {
    let path = unit.log();
    let is_long = fs::metadata(Path::new(&path)).is_ok_and(|data| data.len() > LOG_BYTES);
    if is_long {
        fs::remove_file(&path)?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// Asks a process to end, and ends it when it does not.
fn stop(mut child: Child) {
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let _ = pid.map(|pid| kill(pid, Signal::SIGTERM));
    for _ in 0..STOP_TENTHS {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        pause();
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered to a line, without a service that could be started.
    fn answer_to(supervisor: &mut UnitSupervisor, line: &str) -> UnitCommandResult {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(line.as_bytes()).unwrap();
        supervisor.serve(&there).unwrap();
        drop(there);
        let mut text = String::new();
        here.read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_service_that_nobody_started_is_inactive() {
        let mut supervisor = UnitSupervisor::default();
        let state = answer_to(&mut supervisor, "[\"state\",\"kubelet\"]\n");
        assert_eq!(state, Ok(UnitState::Inactive));
        assert_eq!(answer_to(&mut supervisor, "[\"stop\",\"kubelet\"]\n"), Ok(UnitState::Inactive));
        assert!(!supervisor.is_one_missing());
    }

    #[test]
    fn what_is_no_question_is_refused() {
        let mut supervisor = UnitSupervisor::default();
        for line in ["[\"state\",\"docker\"]\n", "[\"dance\",\"kubelet\"]\n", "state kubelet\n"] {
            assert!(answer_to(&mut supervisor, line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_service_that_ended_is_missing_until_it_is_started_again() {
        let mut supervisor = UnitSupervisor::default();
        let child = process::program("true").spawn().unwrap();
        let process = UnitProcess { is_wanted: true, child: Some(child) };
        supervisor.all.insert(SystemdUnit::Kubelet, process);
        while !supervisor.is_one_missing() {
            supervisor.reap();
            pause();
        }
        let state = answer_to(&mut supervisor, "[\"state\",\"kubelet\"]\n");
        assert_eq!(state, Ok(UnitState::Activating));
    }
}
