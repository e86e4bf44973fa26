//! A cluster of two hosts, and commands on it.

use std::path::{Path, PathBuf};

use pontoon_tests::checkout::root;

use crate::session::{Running, Session};

/// The host that is the control plane.
pub(crate) const MASTER: &str = "pi1";
/// The host that is the worker.
pub(crate) const WORKER: &str = "pi2";

/// What kubeadm wrote on each of them.
pub(crate) const INIT_LOG: &str = "/run/init.log";
pub(crate) const JOIN_LOG: &str = "/run/join.log";

/// Preflight checks that fail in a lab, by name (`kubeadm init --help`).
const IGNORED: &str = "SystemVerification";

/// kubectl as the administrator.
pub(crate) const KUBECTL: &str = "kubectl --kubeconfig /etc/kubernetes/admin.conf";

/// A scenario of `tests/kubernetes/scenarios`.
pub(crate) fn scenario(name: &str) -> PathBuf {
    root().join("tests/kubernetes/scenarios").join(name).with_extension("toml")
}

/// The lab with its nodes.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) lab: Session,
}

impl Cluster {
    /// Starts the hosts; nothing is initialised.
    pub(crate) fn raise(scenario: &Path) -> Self {
        Self { lab: Session::start(scenario, MASTER) }
    }

    /// `kubeadm init` with this configuration; the line that it prints for workers.
    pub(crate) fn init(&self, configuration: &str) -> String {
        self.lab.put(MASTER, "/run/init.yaml", configuration);
        let out = self.lab.must(
            MASTER,
            &format!(
                "kubeadm init --config /run/init.yaml --ignore-preflight-errors={IGNORED} \
                 >{INIT_LOG} 2>&1; code=$?; cat {INIT_LOG}; exit $code"
            ),
        );
        printed_join(&out).unwrap_or_else(|| panic!("no line to join with in\n{out}"))
    }

    /// Runs the printed line on the worker.
    pub(crate) fn begin_join(&self, line: &str) -> Running {
        self.lab.begin(
            WORKER,
            &format!(
                "echo $$ >/run/join.pid; exec {line} --ignore-preflight-errors={IGNORED} 2>&1"
            ),
        )
    }

    /// Runs kubectl on the control plane; returns its output.
    pub(crate) fn kubectl(&self, arguments: &str) -> String {
        self.lab.must(MASTER, &format!("{KUBECTL} {arguments}"))
    }

    /// Applies a manifest.
    pub(crate) fn apply(&self, manifest: &str) {
        self.lab.must(MASTER, &format!("{KUBECTL} apply -f - <<'END'\n{manifest}\nEND"));
    }

    /// Starts flannel on both hosts: a service of each, with the permissions of the administrator.
    pub(crate) fn flannel(&self, option: &str) {
        let configuration = self.lab.must(MASTER, "cat /etc/kubernetes/admin.conf");
        for host in [MASTER, WORKER] {
            self.lab.put(host, "/etc/kube-flannel/admin.conf", &configuration);
            self.lab.put(
                host,
                "/etc/kube-flannel/net-conf.json",
                r#"{ "Network": "10.244.0.0/16", "Backend": { "Type": "vxlan" } }"#,
            );
            let options = format!(
                "FLANNELD_OPTIONS=\"--kubeconfig-file=/etc/kube-flannel/admin.conf {option}\""
            );
            self.lab.put(host, "/etc/default/flanneld", &options);
            self.lab.must(host, "systemctl enable --now flanneld");
        }
    }

    /// Waits until both nodes are ready.
    pub(crate) fn await_nodes(&self) {
        self.kubectl("wait node/pi1 node/pi2 --for=condition=Ready --timeout=300s");
    }

    /// The `InternalIP` of a node.
    pub(crate) fn internal_ip(&self, node: &str) -> String {
        self.kubectl(&format!(
            "get node {node} -o 'jsonpath={{.status.addresses[?(@.type==\"InternalIP\")].address}}'"
        ))
    }

    /// The mode that kube-proxy reports on the worker, once it runs: a node is ready without it.
    pub(crate) fn proxy_mode(&self) -> String {
        self.lab.must(
            WORKER,
            "curl -sS -m 5 --retry 120 --retry-delay 1 --retry-connrefused \
             http://127.0.0.1:10249/proxyMode",
        )
    }
}

/// The command that `kubeadm init` prints last, on one line.
pub(crate) fn printed_join(out: &str) -> Option<String> {
    let at = out.rfind("kubeadm join ")?;
    let line = out[at..].replace("\\\n", " ");
    Some(line.lines().next()?.split_whitespace().collect::<Vec<_>>().join(" "))
}
