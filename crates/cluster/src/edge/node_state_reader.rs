//! What this node says of itself: its programs, and what they left in files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::time::Duration;

use nix::unistd::gethostname;
use pontoon_join::edge::endpoint_check::connect;
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::KernelSocket;
use pontoon_netlink::route::addresses::addresses;
use pontoon_wire::yaml;

use super::{kubectl, rules};
use crate::node_state::{NodeState, PROGRAMS};

/// A program of this node answers at once, or not at all.
const WITHIN: Duration = Duration::from_secs(1);
/// No answer that is read here is longer.
const ANSWER_MAX: u64 = 4096;
/// No file that is read here is longer.
const FILE_MAX: u64 = 64 * 1024;

/// Looks.
pub(super) fn read_node_state() -> NodeState {
    let (forward_drops, sees_rules) = rules::forward_drops();
    NodeState {
        host_name: gethostname()
            .map_or_else(|_| String::new(), |name| name.to_string_lossy().into()),
        addresses: own_addresses(),
        has_kubeconfig: kubectl::has_admin_kubeconfig(),
        programs: programs(),
        kubelet_server: kubelet_server(),
        proxy_mode: answer(10249, "/proxyMode"),
        cni_files: cni_files(),
        forward_drops,
        sees_rules,
    }
}

fn own_addresses() -> BTreeSet<IpAddr> {
    let found = addresses(&KernelSocket).map(|found| found.entries).unwrap_or_default();
    let all = found.into_iter().map(|(_, address)| address.prefix.address);
    all.filter(|address| !address.is_loopback()).collect()
}

fn programs() -> BTreeSet<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let names =
        processes.filter_map(|process| fs::read_to_string(process.path().join("comm")).ok());
    names
        .map(|name| name.trim().to_owned())
        .filter(|name| PROGRAMS.contains(&name.as_str()))
        .collect()
}

fn file(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(FILE_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn kubelet_server() -> Option<Untrusted> {
    let document = yaml::read(&file("/etc/kubernetes/kubelet.conf")?).ok()?;
    let cluster = document.get("clusters")?.items().first()?.get("cluster")?;
    Some(Untrusted::new(cluster.get("server")?.text()?.trim_start_matches("https://")))
}

/// What containerd reads there (github.com/containerd/go-cni), the first of them by name.
fn cni_files() -> Vec<Untrusted> {
    let files = fs::read_dir("/etc/cni/net.d").into_iter().flatten().filter_map(Result::ok);
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let is_read =
        |name: &String| [".conf", ".conflist", ".json"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<String> = names.filter(is_read).collect();
    names.sort();
    names.iter().map(|name| Untrusted::new(name)).collect()
}

/// The first line of the body of a page of this node.
fn answer(port: u16, path: &str) -> Option<Untrusted> {
    let here: IpAddr = Ipv4Addr::LOCALHOST.into();
    let mut stream = connect((here, port).into(), WITHIN).ok()?;
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(WITHIN)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).ok()?;
    let mut bytes = Vec::new();
    // What came before an end that is none counts as well.
    let _ = stream.take(ANSWER_MAX).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (_, body) = text.split_once("\r\n\r\n")?;
    Some(Untrusted::new(body.lines().next().unwrap_or_default().trim()))
}

/// The last lines of kubelet's log, where systemd keeps one.
pub(super) fn kubelet_log() -> String {
    let output = command("timeout")
        .args(["5", "journalctl", "-u", "kubelet", "-n", "40", "--no-pager", "-o", "cat"])
        .output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "what reads a log is started here")]
fn command(program: &str) -> Command {
    Command::new(program)
}
