//! What this node says of itself: its programs, and what they left in files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::unistd::gethostname;
use pontoon_join::edge::endpoint_check::connect;
use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::KernelSocket;
use pontoon_netlink::route::addresses::addresses;
use pontoon_wire::yaml;

use super::kubectl::Kubectl;
use super::rules;
use crate::node_state::{NodeState, PROGRAMS};
use crate::probe_authorization::OwnCluster;

/// kubelet's kubeconfig and configuration, where kubeadm writes them.
const KUBECONFIG: &str = "/etc/kubernetes/kubelet.conf";
const CONFIGURATION: &str = "/var/lib/kubelet/config.yaml";
/// A program of this node answers at once, or not at all.
const WITHIN: Duration = Duration::from_secs(1);
/// No answer that is read here is longer.
const ANSWER_MAX: u64 = 4096;
/// No file that is read here is longer.
const FILE_MAX: u64 = 64 * 1024;

/// Reads what bears on the cluster's network: programs, files, the packet filter.
pub(super) fn read_node_state() -> NodeState {
    let (forward_drops, sees_rules) = rules::forward_drops();
    NodeState {
        host_name: gethostname()
            .map_or_else(|_| String::new(), |name| name.to_string_lossy().into()),
        addresses: own_addresses(),
        has_kubeconfig: Kubectl::of_admin().is_some(),
        programs: programs(Path::new("/proc")),
        kubelet_server: kubelet_server(Path::new(KUBECONFIG)),
        proxy_mode: answer(10249, "/proxyMode"),
        cni_files: cni_files(Path::new("/etc/cni/net.d")),
        flannel_subnet: flannel_subnet(Path::new("/run/flannel/subnet.env")),
        advertised: advertised(Path::new("/etc/kubernetes/manifests/kube-apiserver.yaml")),
        forward_drops,
        sees_rules,
    }
}

fn own_addresses() -> BTreeSet<IpAddr> {
    let found = addresses(&KernelSocket).map(|found| found.entries).unwrap_or_default();
    let all = found.into_iter().map(|(_, address)| address.prefix.address);
    all.filter(|address| !address.is_loopback()).collect()
}

/// Programs of a cluster that run, by what the kernel calls them.
fn programs(proc: &Path) -> BTreeSet<String> {
    let processes = fs::read_dir(proc).into_iter().flatten().filter_map(Result::ok);
    let names =
        processes.filter_map(|process| fs::read_to_string(process.path().join("comm")).ok());
    names
        .map(|name| name.trim().to_owned())
        .filter(|name| PROGRAMS.contains(&name.as_str()))
        .collect()
}

fn file(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(FILE_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The server in kubelet's kubeconfig.
fn kubelet_server(path: &Path) -> Option<Untrusted> {
    let document = yaml::read(&file(path)?).ok()?;
    let cluster = document.get("clusters")?.items().first()?.get("cluster")?;
    Some(Untrusted::new(cluster.get("server")?.text()?.trim_start_matches("https://")))
}

/// What this node knows of its cluster by its own files.
pub(super) fn own_cluster() -> OwnCluster {
    OwnCluster {
        kubelet_server: kubelet_server(Path::new(KUBECONFIG)).map(|server| server.raw().to_owned()),
        domain: cluster_domain(Path::new(CONFIGURATION)),
    }
}

/// The domain of the cluster's names, by kubelet's configuration.
fn cluster_domain(path: &Path) -> Option<String> {
    let document = yaml::read(&file(path)?).ok()?;
    Some(document.get("clusterDomain")?.text()?.to_owned())
}

/// What containerd reads there (github.com/containerd/go-cni), the first of them by name.
fn cni_files(folder: &Path) -> Vec<Untrusted> {
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let is_read =
        |name: &String| [".conf", ".conflist", ".json"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<String> = names.filter(is_read).collect();
    names.sort();
    names.iter().map(|name| Untrusted::new(name)).collect()
}

/// The network of this node's pods, as flannel wrote it for its CNI plug-in.
fn flannel_subnet(path: &Path) -> Option<Prefix> {
    let text = file(path)?;
    let mut values = text.lines().filter_map(|line| line.trim().strip_prefix("FLANNEL_SUBNET="));
    values.next()?.parse().ok()
}

/// The address in the arguments of the API server's static pod.
fn advertised(path: &Path) -> Option<IpAddr> {
    let text = file(path)?;
    let mut values = text.lines().filter_map(|line| {
        line.trim().trim_start_matches("- ").strip_prefix("--advertise-address=")
    });
    values.next()?.trim().parse().ok()
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn programs_of_a_cluster_are_known_by_their_processes() {
        let proc = folder(&[
            ("1/comm", "systemd\n"),
            ("17/comm", "kubelet\n"),
            ("18/comm", "kube-controller\n"),
            ("19/comm", "kubelet\n"),
            ("20/other", "etcd\n"),
            ("meminfo", "etcd\n"),
        ]);
        let programs: Vec<_> = programs(proc.path()).into_iter().collect();
        assert_eq!(programs, ["kube-controller", "kubelet"]);
    }

    #[test]
    fn the_server_of_kubelet_is_in_its_kubeconfig() {
        let server = |text: &str| {
            let folder = folder(&[("kubelet.conf", text)]);
            let server = kubelet_server(&folder.path().join("kubelet.conf"));
            server.map(|server| server.raw().to_owned())
        };
        let config = "apiVersion: v1\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  \
                      name: default-cluster\n";
        assert_eq!(server(config).as_deref(), Some("10.0.0.1:6443"));
        for text in ["", "clusters: []\n", "clusters:\n- name: x\n", "\u{0}", "a: [b"] {
            assert_eq!(server(text), None, "{text:?}");
        }
        // It is read to its limit, and what is cut there is no server.
        assert_eq!(server(&format!("# {}\n{config}", "x".repeat(1024 * 1024))), None);
        assert_eq!(kubelet_server(Path::new("/nowhere/kubelet.conf")), None);
    }

    #[test]
    fn network_configurations_are_those_that_containerd_reads() {
        let folder = folder(&[
            ("10-flannel.conflist", ""),
            ("00-other.conf", ""),
            ("99-loopback.json", ""),
            ("10-old.conflist.bak", ""),
            ("README", ""),
        ]);
        let files = cni_files(folder.path());
        let files: Vec<_> = files.iter().map(Untrusted::raw).collect();
        assert_eq!(files, ["00-other.conf", "10-flannel.conflist", "99-loopback.json"]);
        assert!(cni_files(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn networks_and_addresses_are_read_from_the_files_of_their_programs() {
        let folder = folder(&[
            ("subnet.env", "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\n"),
            (
                "api.yaml",
                "  - command:\n    - kube-apiserver\n    - --advertise-address=10.0.0.1\n",
            ),
            ("bad", "FLANNEL_SUBNET=\n    - --advertise-address=$(IP)\n"),
        ]);
        let at = |name: &str| folder.path().join(name);
        assert_eq!(flannel_subnet(&at("subnet.env")), "10.244.1.1/24".parse().ok());
        assert_eq!(advertised(&at("api.yaml")), "10.0.0.1".parse().ok());
        for path in ["bad", "nowhere"] {
            assert_eq!((flannel_subnet(&at(path)), advertised(&at(path))), (None, None), "{path}");
        }
    }

    /// What a page of this node is that says these bytes and ends.
    fn page(bytes: &'static str) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 1024];
            let count = stream.read(&mut question).unwrap();
            stream.write_all(bytes.as_bytes()).unwrap();
            String::from_utf8_lossy(&question[..count]).into_owned()
        });
        let answer = answer(port, "/proxyMode").map(|answer| answer.raw().to_owned());
        assert!(server.join().unwrap().starts_with("GET /proxyMode HTTP/1.0\r\n"));
        answer
    }

    #[test]
    fn the_mode_of_kube_proxy_is_the_first_line_of_its_page() {
        let good = "HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\nnftables\nmore";
        assert_eq!(page(good).as_deref(), Some("nftables"));
        assert_eq!(page("HTTP/1.0 200 OK\r\n"), None);
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_eq!(answer(free, "/proxyMode"), None, "nobody listens");
    }

    #[test]
    fn this_host_has_a_name_and_no_loopback_address() {
        let state = read_node_state();
        assert!(!state.host_name.is_empty());
        assert!(state.addresses.iter().all(|address| !address.is_loopback()));
    }
}
