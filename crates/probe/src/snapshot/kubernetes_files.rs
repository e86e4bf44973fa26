//! The files that Kubernetes' components read before they choose an address.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use pontoon_model::net::IpFamily;
use pontoon_model::node_files::{FlannelFlags, KubeadmFiles, NodeFiles};
use pontoon_model::snapshot::CollectionGap;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::apimachinery::is_relevant_route_line;
use pontoon_predict::kubelet_flags::effective_flags;

use super::files::{self, FileError};

/// Eight thousand routes of IPv4; the default ones stand first (`fib_trie` is walked from 0.0.0.0).
const ROUTES_BYTES: u64 = 1024 * 1024;
/// Of the lines that lead everywhere so many are kept: no host has more uplinks.
const MAX_ROUTES: usize = 64;
/// nsswitch.conf(5), and the two files of kubelet: a screen each.
const SMALL_FILE_BYTES: u64 = 64 * 1024;
/// Sources of a line of nsswitch.conf(5).
const MAX_SERVICES: usize = 16;

/// Reads what kubelet, kubeadm and k3s left on the host.
pub(super) fn read(root: &Path, unread: &mut Vec<CollectionGap>) -> NodeFiles {
    let mut text = |path: &str, limit| match files::read(root, path, limit) {
        Ok(found) => Some(found.text),
        Err(FileError::Missing(_)) => None,
        Err(error) => {
            unread.push(super::unread(&format!("/{path}"), &error));
            None
        }
    };
    let kubeadm = text("var/lib/kubelet/kubeadm-flags.env", SMALL_FILE_BYTES);
    let extra = text("etc/default/kubelet", SMALL_FILE_BYTES)
        .or_else(|| text("etc/sysconfig/kubelet", SMALL_FILE_BYTES));
    let nsswitch = text("etc/nsswitch.conf", SMALL_FILE_BYTES).unwrap_or_default();
    NodeFiles {
        proc_net_route: text("proc/net/route", ROUTES_BYTES)
            .map(|text| relevant_routes(&text, IpFamily::V4)),
        proc_net_ipv6_route: text("proc/net/ipv6_route", ROUTES_BYTES)
            .map(|text| relevant_routes(&text, IpFamily::V6)),
        name_services: name_services(&nsswitch),
        looked_up: None,
        kubelet: effective_flags(kubeadm.as_deref(), extra.as_deref()),
        kubeadm: kubeadm_files(root),
        flannel: flannel(root),
    }
}

/// What kubeadm wrote. An ordinary user sees only that `kubelet.conf` exists, which is no gap.
fn kubeadm_files(root: &Path) -> KubeadmFiles {
    let text = |path: &str| files::read(root, path, SMALL_FILE_BYTES).ok().map(|file| file.text);
    let after = |text: &str, start: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::to_owned)
    };
    let server = text(KUBELET_CONF).and_then(|text| after(&text, "server: https://"));
    let advertised = text("etc/kubernetes/manifests/kube-apiserver.yaml")
        .and_then(|text| after(&text, "- --advertise-address="));
    KubeadmFiles {
        is_node: root.join(KUBELET_CONF).exists(),
        api_server: server.as_deref().and_then(server_address),
        advertise_address: advertised.and_then(|address| address.parse().ok()),
    }
}

const KUBELET_CONF: &str = "etc/kubernetes/kubelet.conf";

/// The address in `10.0.0.1:6443` or `[fd00::1]:6443`.
fn server_address(authority: &str) -> Option<IpAddr> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host.trim_matches(['[', ']']).parse().ok()
}

/// The flags of the flanneld in this network namespace: its command line and, where that may be
/// read, its environment.
fn flannel(root: &Path) -> FlannelFlags {
    let processes = fs::read_dir(root.join("proc")).into_iter().flatten().filter_map(Result::ok);
    let own = fs::read_link(root.join("proc/self/ns/net")).ok();
    let read = |process: &str, file: &str| {
        files::read(root, &format!("proc/{process}/{file}"), SMALL_FILE_BYTES).ok()
    };
    let names = processes.filter_map(|process| process.file_name().into_string().ok());
    let mut flags = names.filter_map(|process| {
        let is_number = process.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || read(&process, "comm")?.text.trim() != "flanneld" {
            return None;
        }
        // An ordinary user may not read the namespace of another user's process: then any flanneld
        // is taken for this one.
        let namespace = fs::read_link(root.join(format!("proc/{process}/ns/net"))).ok();
        if namespace.is_some() && namespace != own {
            return None;
        }
        // A zombie has no command line.
        let line = read(&process, "cmdline").filter(|line| !line.text.is_empty())?;
        let flags = FlannelFlags::of(line.text.split('\0').skip(1));
        let environment = read(&process, "environ").map(|all| all.text).unwrap_or_default();
        Some(flags.with_environment(environment.split('\0')))
    });
    flags.next().unwrap_or_default()
}

/// The lines that the choice of an address depends on.
fn relevant_routes(text: &str, family: IpFamily) -> String {
    let lines = text.split_inclusive('\n').filter(|line| is_relevant_route_line(line, family));
    lines.take(MAX_ROUTES).map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The sources in the `hosts:` line, as nsswitch.conf(5) has them.
fn name_services(text: &str) -> Vec<Untrusted> {
    let line = text.lines().find_map(|line| {
        line.split('#').next().unwrap_or_default().trim_start().strip_prefix("hosts:")
    });
    let words = line.unwrap_or_default().split_ascii_whitespace();
    words.take(MAX_SERVICES).map(Untrusted::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_lead_everywhere_are_kept() {
        let text = "Iface\tDestination\tGateway \tFlags\n\
                    wlan0\t00000000\t010014AC\t0003\t0\t0\t600\t00000000\t0\t0\t0    \n\
                    eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let kept = relevant_routes(text, IpFamily::V4);
        assert_eq!(kept, "wlan0\t00000000\t010014AC\t0003\t0\t0\t600\t00000000\t0\t0\t0\n");
    }

    #[test]
    fn a_line_that_spoils_the_file_is_kept() {
        assert_eq!(relevant_routes("eth0\tXY\t00\n", IpFamily::V4), "eth0\tXY\t00\n");
    }

    #[test]
    fn a_node_knows_its_api_server_by_its_own_files() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(kubeadm_files(root.path()), KubeadmFiles::default());
        fs::create_dir_all(root.path().join("etc/kubernetes/manifests")).unwrap();
        let manifest = "spec:\n  - command:\n    - --advertise-address=fd00::1\n";
        fs::write(root.path().join("etc/kubernetes/manifests/kube-apiserver.yaml"), manifest)
            .unwrap();
        let table = [
            ("10.0.0.1:6443", Some("10.0.0.1")),
            ("[fd00::2]:6443", Some("fd00::2")),
            ("api.example:6443", None),
        ];
        for (server, address) in table {
            let conf = format!("clusters:\n- cluster:\n    server: https://{server}\n");
            fs::write(root.path().join(KUBELET_CONF), conf).unwrap();
            let expected = KubeadmFiles {
                is_node: true,
                api_server: address.map(|address| address.parse().unwrap()),
                advertise_address: Some("fd00::1".parse().unwrap()),
            };
            assert_eq!(kubeadm_files(root.path()), expected, "{server}");
        }
    }

    #[test]
    fn the_flanneld_of_this_network_is_asked() {
        let root = tempfile::tempdir().unwrap();
        let process = |id: &str, name: &str, namespace: &str, line: &str| {
            let folder = root.path().join("proc").join(id);
            fs::create_dir_all(folder.join("ns")).unwrap();
            fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            fs::write(folder.join("cmdline"), line).unwrap();
            if !namespace.is_empty() {
                std::os::unix::fs::symlink(namespace, folder.join("ns/net")).unwrap();
            }
        };
        process("self", "pontoon", "net:[1]", "pontoon\0predict\0");
        process("7", "flanneld", "net:[2]", "/opt/bin/flanneld\0--iface=eth7\0");
        process("8", "sh", "net:[1]", "sh\0--iface=eth8\0");
        assert_eq!(flannel(root.path()), FlannelFlags::default());
        // In whichever order a folder is read, some come first.
        for id in 20..60 {
            process(&id.to_string(), "flanneld", "", "");
        }
        process("9", "flanneld", "net:[1]", "/opt/bin/flanneld\0--ip-masq\0--iface=eth0\0");
        assert_eq!(flannel(root.path()).iface, [Untrusted::new("eth0")]);
        fs::write(root.path().join("proc/9/environ"), "FLANNELD_PUBLIC_IP=10.0.0.1\0").unwrap();
        assert_eq!(flannel(root.path()).public_ip, Some(Untrusted::new("10.0.0.1")));
    }

    #[test]
    fn name_services_and_their_lookalikes() {
        let table: [(&str, &[&str]); 4] = [
            ("hosts: files dns\n", &["files", "dns"]),
            (
                "#hosts: dns\n  hosts:\tfiles [NOTFOUND=return] # x\n",
                &["files", "[NOTFOUND=return]"],
            ),
            ("nohosts: dns\n", &[]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let words: Vec<_> =
                name_services(text).iter().map(|word| word.raw().to_owned()).collect();
            assert_eq!(words, expected, "{text}");
        }
    }
}
