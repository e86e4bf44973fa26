//! The process of a node: holds the namespaces, carries out steps, reaps orphans.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ExitCode, Stdio};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use super::{StepsResult, etc};
use crate::kubernetes_node::{KubernetesNodeMaker, KubernetesNodeSetup};
use crate::process;
use crate::sandbox::{SandboxError, die_with_parent, system};
use crate::ssh;
use crate::topology::NodeStep;

/// What makes Kubernetes nodes of hosts, in a program that has such labs.
type NodeMaker<'a> = Option<&'a dyn KubernetesNodeMaker>;

/// A list of steps is some kilobytes; a scenario file may be 256 KiB.
const MAX_ORDER_BYTES: u64 = 4 * 1024 * 1024;

/// `lab-segment`: a network namespace and nothing else of its own.
pub(crate) fn hold() -> Result<ExitCode, SandboxError> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(SandboxError::Refused)?;
    say(&getpid().to_string())?;
    serve(None)
}

/// `lab-host`: leaves for namespaces of its own and starts their PID 1.
pub(crate) fn leave() -> Result<ExitCode, SandboxError> {
    let all = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC;
    unshare(all).map_err(SandboxError::Refused)?;
    let mut init = process::helper("lab-host-init").spawn().map_err(SandboxError::Restart)?;
    say(&init.id().to_string())?;
    let status = init.wait().map_err(SandboxError::Restart)?;
    Ok(process::code_of(status).into())
}

/// `lab-host-init`: PID 1 of a host.
pub(crate) fn host_init(nodes: NodeMaker<'_>) -> Result<ExitCode, SandboxError> {
    die_with_parent()?;
    if getpid() != Pid::from_raw(1) {
        return Err(SandboxError::Outside);
    }
    serve(nodes)
}

fn say(line: &str) -> Result<(), SandboxError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(crate::sandbox::file("the answer to the lab"))
}

/// Carries out orders until there will be no more.
fn serve(nodes: NodeMaker<'_>) -> Result<ExitCode, SandboxError> {
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    children.thread_block().map_err(system("sigprocmask"))?;
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let ended = SignalFd::with_flags(&children, flags).map_err(system("signalfd"))?;
    let stdin = io::stdin();
    let mut orders = BufReader::new(stdin.lock().take(MAX_ORDER_BYTES));
    loop {
        if orders.buffer().is_empty() {
            let fd = io::stdin();
            let mut fds = [
                PollFd::new(fd.as_fd(), PollFlags::POLLIN),
                PollFd::new(ended.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(source) => return Err(SandboxError::System { call: "poll", source }),
            }
            let has_orders = fds[0].any().unwrap_or(true);
            if fds[1].any().unwrap_or(false) {
                reap(&ended);
            }
            if !has_orders {
                continue;
            }
        }
        let mut line = String::new();
        let length = orders.read_line(&mut line).unwrap_or(0);
        if length == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        orders.get_mut().set_limit(MAX_ORDER_BYTES);
        let done = match carry_out(&line, nodes) {
            Ok(()) => StepsResult::Well,
            Err(message) => StepsResult::Failed(message),
        };
        say(&serde_json::to_string(&done).unwrap_or_default())?;
    }
}

/// Takes the remains of services, and of programs whose parents are gone. Only between orders:
/// while a step waits for its own program, its exit status must not be taken here.
fn reap(ended: &SignalFd) {
    while let Ok(Some(_)) = ended.read_signal() {}
    loop {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn carry_out(line: &str, nodes: NodeMaker<'_>) -> Result<(), String> {
    let steps: Vec<NodeStep> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    steps.iter().try_for_each(|step| perform(step, nodes))
}

fn perform(step: &NodeStep, nodes: NodeMaker<'_>) -> Result<(), String> {
    match step {
        NodeStep::HostFiles(own) => etc::install(own).map_err(|error| in_full(&error)),
        NodeStep::PingGroups => ping_groups(),
        NodeStep::Sysctl { key, value, optional } => sysctl(key, value, *optional),
        NodeStep::Ip(batch) => feed(&["ip", "-batch", "-"], batch),
        NodeStep::Bridge(batch) => feed(&["bridge", "-batch", "-"], batch),
        NodeStep::Nft(rules) => feed(&["nft", "-f", "-"], rules),
        NodeStep::Run(argv) => feed(argv, ""),
        NodeStep::Serve(config) => start("lab-service", &serde_json::to_string(config)),
        NodeStep::Ssh(setup) => ssh::install(setup).map_err(|error| in_full(&error)),
        NodeStep::Kubernetes(setup) => kubernetes(setup, nodes),
        NodeStep::Relay(config) => start("lab-relay", &serde_json::to_string(config)),
    }
}

/// Makes the host a node, and starts its services when all is in its place.
fn kubernetes(setup: &KubernetesNodeSetup, nodes: NodeMaker<'_>) -> Result<(), String> {
    let nodes = nodes.ok_or("this program makes no Kubernetes nodes (docs/lab.md)")?;
    nodes.prepare_host(setup)?;
    start(nodes.supervisor(), &serde_json::to_string(setup))
}

fn in_full(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn sysctl(key: &str, value: &str, optional: bool) -> Result<(), String> {
    // Only these belong to a network namespace (sysctl/net.rst of the kernel); the others are the
    // machine's.
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.');
    if !key.starts_with("net/") || !key.split('/').all(is_name) {
        return Err(format!("`{key}` is no setting of a network namespace"));
    }
    match fs::write(format!("/proc/sys/{key}"), value) {
        Err(error) if !(optional && error.kind() == io::ErrorKind::NotFound) => {
            Err(format!("cannot set {key} to {value}: {error}"))
        }
        _ => Ok(()),
    }
}

/// Lets all users open ping sockets (icmp(7)): all groups, or group 0 alone in a user namespace,
/// where no other is mapped.
fn ping_groups() -> Result<(), String> {
    let key = "net/ipv4/ping_group_range";
    sysctl(key, "0 2147483647", false).or_else(|_| sysctl(key, "0 0", false))
}

/// Runs a program with a text on its standard input.
fn feed<T: AsRef<str>>(argv: &[T], text: &str) -> Result<(), String> {
    if text.is_empty() && argv.get(1).is_some_and(|first| first.as_ref() == "-batch") {
        return Ok(());
    }
    let mut words = argv.iter().map(AsRef::as_ref);
    let name = words.next().unwrap_or_default();
    let shown = argv.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
    let mut child = process::program(name)
        .args(words)
        .env_clear()
        .env("PATH", process::PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(name, &error))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read to the end says why on its standard error.
        let _ = input.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| format!("`{shown}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("`{shown}` failed: {said}{}", faulty_line(&said, text)))
}

fn not_started(name: &str, error: &io::Error) -> String {
    let package = match name {
        "ip" | "bridge" | "tc" => " (Debian: apt-get install iproute2)",
        "nft" => " (Debian: apt-get install nftables)",
        _ => "",
    };
    format!("cannot start `{name}`{package}: {error}")
}

/// The line that `ip -batch` means with `Command failed -:N`.
fn faulty_line(said: &str, text: &str) -> String {
    let number = said.lines().find_map(|line| line.strip_prefix("Command failed -:"));
    let number = number.and_then(|number| number.trim().parse::<usize>().ok());
    let line = number.and_then(|number| text.lines().nth(number.checked_sub(1)?));
    line.map(|line| format!(" (`{line}`)")).unwrap_or_default()
}

/// Starts a helper that lives as long as the node, and waits until it says that it is ready.
fn start(name: &str, argument: &serde_json::Result<String>) -> Result<(), String> {
    let argument = argument.as_ref().map_err(ToString::to_string)?;
    let mut child: Child = process::helper(name)
        .arg(argument)
        .env_clear()
        .env("PATH", process::PATH)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(name, &error))?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        let _ = BufReader::new(out.take(1024)).read_line(&mut line);
    }
    if line.trim() == "ready" {
        return Ok(());
    }
    let mut said = String::new();
    if let Some(out) = child.stderr.take() {
        let _ = out.take(4096).read_to_string(&mut said);
    }
    Err(format!("{name} did not start: {}", said.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faulty_line_of_a_batch_is_named() {
        let batch = "link set lo up\nroute add nonsense\n";
        assert_eq!(faulty_line("Error: x\nCommand failed -:2", batch), " (`route add nonsense`)");
        for said in ["", "Command failed -:0", "Command failed -:9", "Command failed -:x"] {
            assert_eq!(faulty_line(said, batch), "", "{said}");
        }
    }

    #[test]
    fn a_kernel_setting_does_not_lead_out_of_its_folder() {
        for key in
            ["../../etc/passwd", "net//ipv4", "/etc/passwd", ".", "net/..", "vm/swappiness", "net"]
        {
            let said = sysctl(key, "1", true).unwrap_err();
            assert!(said.contains("no setting of a network namespace"), "{key}: {said}");
        }
        // One that this kernel has not is fine only where the scenario says so.
        assert!(sysctl("net/pontoon/none", "1", true).is_ok());
        assert!(sysctl("net/pontoon/none", "1", false).is_err());
    }

    #[test]
    fn without_a_maker_no_host_becomes_a_kubernetes_node() {
        let setup =
            KubernetesNodeSetup { name: "pi1".to_owned(), role: crate::scenario::NodeRole::Worker };
        let order = serde_json::to_string(&[NodeStep::Kubernetes(setup)]).unwrap();
        assert!(carry_out(&order, None).unwrap_err().contains("makes no Kubernetes nodes"));
    }

    /// A maker whose error shows that it was called.
    struct TestNodes;

    impl KubernetesNodeMaker for TestNodes {
        fn prepare_host(&self, setup: &KubernetesNodeSetup) -> Result<(), String> {
            Err(format!("asked to prepare {}", setup.name))
        }

        fn supervisor(&self) -> &'static str {
            "never-started"
        }
    }

    #[test]
    fn the_maker_prepares_the_host_before_anything_is_started() {
        let order = "[{\"kubernetes\":{\"name\":\"pi1\",\"role\":\"control-plane\"}}]";
        assert_eq!(carry_out(order, Some(&TestNodes)), Err("asked to prepare pi1".to_owned()));
    }

    #[test]
    fn an_order_that_cannot_be_read_is_a_failed_step() {
        assert!(carry_out("[{\"dance\":1}]", None).is_err());
        assert!(carry_out("", None).is_err());
        assert!(carry_out("[]", None).is_ok());
    }
}
