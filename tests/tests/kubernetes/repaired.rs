//! The repair scripts, with each of the programs that they start failing at each call: the host's
//! files are as before, or the repair is complete.
//!
//! A script runs in namespaces of its own, without a network; its `/etc` and `/var/lib` are folders
//! of the test, and its programs are `repaired/program.sh`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use pontoon_predict::kubeadm::version::ConfigApi;
use pontoon_settings::manifests::kubeadm_repair;

use crate::emitted::settings;

const OLD: &str = "172.20.5.1";
const NEW: &str = "10.0.0.1";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kubernetes/repaired/program.sh");
const PROGRAMS: [&str; 15] = [
    "kubectl",
    "kubeadm",
    "systemctl",
    "sysctl",
    "timeout",
    "sleep",
    "seq",
    "cp",
    "mv",
    "sed",
    "grep",
    "mktemp",
    "mkdir",
    "cat",
    "head",
];
const CLUSTER: &str = "apiServer: {}\napiVersion: kubeadm.k8s.io/v1beta4\n\
    certificatesDir: /etc/kubernetes/pki\ncontrolPlaneEndpoint: 172.20.5.1:6443\n\
    kind: ClusterConfiguration\nkubernetesVersion: v1.36.2\nnetworking:\n  podSubnet: 10.244.0.0/16\n";

/// Path, mode and contents of each file.
type Files = BTreeMap<String, (u32, String)>;

/// Which call fails, and whether those of the cluster's programs after it fail, too.
#[derive(Clone, Copy, Debug)]
struct Fault {
    call: usize,
    goes_on: bool,
}

/// A host with a cluster whose control plane is at `OLD`.
struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn of(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        for conf in ["admin", "kubelet", "scheduler"] {
            let server = format!("    server: https://{OLD}:6443\n");
            put(&format!("etc/kubernetes/{conf}.conf"), &server);
        }
        for pod in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
            let text = format!("    - --address={OLD}\n    - --secure-port=6443\n");
            put(&format!("etc/kubernetes/manifests/{pod}.yaml"), &text);
        }
        put("etc/kubernetes/manifests/kube-vip.yaml", "somebody else's\n");
        for pair in ["ca", "apiserver", "etcd/ca", "etcd/server", "etcd/peer"] {
            put(&format!("etc/kubernetes/pki/{pair}.crt"), &format!("{OLD}\n"));
            put(&format!("etc/kubernetes/pki/{pair}.key"), "key\n");
        }
        put("etc/sysctl.d/README", "");
        let flags = format!("KUBELET_KUBEADM_ARGS=\"--node-ip={OLD} --v=2\"\n");
        put("lib/kubelet/kubeadm-flags.env", &flags);
        put("objects/kube-proxy", &format!("server: https://{OLD}:6443\n"));
        put("objects/kubeadm-config", CLUSTER);
        put("objects/cluster-info", OLD);
        put("cluster.yaml", CLUSTER);
        put("repair.sh", script);
        put("bin/README", "");
        for name in PROGRAMS {
            symlink(PROGRAM, folder.path().join("bin").join(name)).expect("a link");
        }
        Self(folder)
    }

    #[expect(clippy::disallowed_methods, reason = "the script is run")]
    fn run(&self, fault: Option<Fault>) -> Output {
        fs::write(self.path().join("calls"), "").expect("a file");
        let inside = "mount --bind etc /etc && mount --bind lib /var/lib && \
                      PATH=$SANDBOX/bin:/usr/bin:/bin exec bash repair.sh";
        Command::new("unshare")
            .args(["--map-root-user", "--mount", "--net", "sh", "-c", inside])
            .current_dir(self.path())
            .env("SANDBOX", self.path())
            .env("FAIL", fault.map_or(0, |fault| fault.call).to_string())
            .env("FROM", if fault.is_some_and(|fault| fault.goes_on) { "yes" } else { "" })
            .output()
            .expect("unshare(1)")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path().join("calls")).expect("the calls");
        calls.lines().map(str::to_owned).collect()
    }

    /// The files of Kubernetes, with what the script left beside them.
    fn host(&self) -> Files {
        let mut files = Files::new();
        walk(&self.path().join("etc"), &mut files);
        walk(&self.path().join("lib"), &mut files);
        files.retain(|path, _| !path.contains("/sysctl.d/"));
        let root = self.path().display().to_string();
        files.into_iter().map(|(path, file)| (path.replace(&root, ""), file)).collect()
    }

    fn objects(&self) -> Vec<String> {
        ["kube-proxy", "kubeadm-config", "cluster-info"]
            .map(|name| fs::read_to_string(self.path().join("objects").join(name)).expect(name))
            .to_vec()
    }
}

fn walk(folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            let mode = path.metadata().expect("a file").mode();
            let text = fs::read_to_string(&path).expect("a text");
            files.insert(path.display().to_string(), (mode, text));
        }
    }
}

/// Runs a script with every fault. A second run without one always completes the repair, after which
/// no file whose path contains one of `moved` has the old address.
fn assert_never_worse(script: &str, moved: &[&str]) {
    let whole = Sandbox::of(script);
    let before = whole.host();
    let output = whole.run(None);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (complete, objects) = (whole.host(), whole.objects());
    let is_moved = |path: &str| {
        moved.iter().any(|part| path.contains(part))
            && !path.contains(".before")
            && !path.contains("ca.crt")
    };
    for (path, (_, text)) in complete.iter().filter(|(path, _)| is_moved(path)) {
        assert!(!text.contains(OLD), "{path}: {text}");
    }
    assert_ne!(before, complete);
    let calls = whole.calls();
    let once = (1..=calls.len()).map(|call| Fault { call, goes_on: false });
    let for_good = (1..=calls.len())
        .filter(|call| calls[call - 1].starts_with("kube"))
        .map(|call| Fault { call, goes_on: true });
    for fault in once.chain(for_good) {
        let host = Sandbox::of(script);
        let output = host.run(Some(fault));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let after = host.host();
        if output.status.success() {
            assert_eq!((&after, &host.objects()), (&complete, &objects), "{fault:?}: {said}");
            continue;
        }
        let is_whole = after == before || after == complete;
        assert!(is_whole, "{fault:?}: {said}\n{:#?}\n{after:#?}", host.calls());
        if after == complete && host.objects() == objects {
            continue;
        }
        let again = host.run(None);
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(again.status.success(), "again after {fault:?}: {said}");
        assert_eq!((host.host(), host.objects()), (complete.clone(), objects.clone()), "{fault:?}");
    }
}

#[test]
fn a_control_plane_is_as_before_or_moved_whichever_step_fails() {
    let old = OLD.parse().expect("an address");
    let script = kubeadm_repair::control_plane(&settings("pi1"), old, ConfigApi::V1Beta4);
    assert_never_worse(&script, &["/"]);
}

#[test]
fn a_worker_is_as_before_or_led_to_the_new_address_whichever_step_fails() {
    let addresses = [OLD, NEW].map(|address| address.parse().expect("an address"));
    let script = kubeadm_repair::worker(&settings("pi2"), addresses[0], addresses[1]);
    assert_never_worse(&script, &["kubelet.conf", "kubeadm-flags"]);
}

#[test]
fn nothing_moves_for_a_configuration_that_is_not_whole() {
    let old = OLD.parse().expect("an address");
    let script = kubeadm_repair::control_plane(&settings("pi1"), old, ConfigApi::V1Beta4);
    for cluster in ["", "apiServer: {}\n", &CLUSTER.replace("networking:", "net")] {
        let host = Sandbox::of(&script);
        fs::write(host.path().join("cluster.yaml"), cluster).expect("a file");
        let before = (host.host(), host.objects());
        let output = host.run(None);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("nothing was changed"), "{said}");
        assert_eq!((host.host(), host.objects()), before, "{cluster}");
    }
}
