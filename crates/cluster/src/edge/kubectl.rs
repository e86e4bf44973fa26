//! The API server, asked by kubectl with an administrator's kubeconfig.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::RunClock;

use crate::connectivity_test::ConnectivityOutcome;
use crate::objects::{self, CONFIG_MAP_NAMES, CONFIG_MAP_NAMESPACES, ClusterObjects};

/// Where an administrator's kubeconfig lies, and the kubectl that goes with it.
const WAYS: [(&str, &[&str]); 4] = [
    ("/etc/kubernetes/admin.conf", &["kubectl"]),
    ("/etc/rancher/k3s/k3s.yaml", &["k3s", "kubectl"]),
    ("/etc/rancher/rke2/rke2.yaml", &["/var/lib/rancher/rke2/bin/kubectl"]),
    ("/var/lib/k0s/pki/admin.conf", &["k0s", "kubectl"]),
];
/// An API server that answers at all does so in this time; then kubectl is ended.
const WITHIN_S: &str = "12";
/// kubectl's own limit for a question.
const REQUEST: &str = "--request-timeout=8s";
/// Most bytes of a list of objects: 256 MiB are those of some ten thousand pods.
const OUTPUT_MAX: usize = 256 << 20;
/// What is kept of a text for people, in bytes.
const TEXT_MAX: usize = 16 * 1024;
/// So many kubectl run at a time: each takes 50 MB, and a Pi has little.
const AT_ONCE: usize = 4;

/// A kubectl, and the kubeconfig that it is to use.
#[derive(Clone, Debug)]
pub(super) struct Kubectl {
    words: Vec<String>,
    kubeconfig: Option<PathBuf>,
}

impl Kubectl {
    /// kubectl with an administrator's kubeconfig of this host; none: it has none.
    pub(super) fn of_admin() -> Option<Self> {
        let (file, words) = WAYS.into_iter().find(|(file, _)| Path::new(file).exists())?;
        let words = words.iter().map(ToString::to_string).collect();
        Some(Self { words, kubeconfig: Some(file.into()) })
    }

    /// The same where there has to be one.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub(super) fn required() -> Result<Self, Untrusted> {
        Self::of_admin().ok_or_else(|| Untrusted::new("no kubeconfig of an administrator is here"))
    }

    /// The user's own, which finds its kubeconfig itself.
    fn of_user() -> Self {
        Self { words: vec!["kubectl".to_owned()], kubeconfig: None }
    }

    /// Runs it, with this on its standard input.
    ///
    /// # Errors
    ///
    /// What it says to people, or why it says nothing.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Result<String, Untrusted> {
        let failed = |why: &dyn std::fmt::Display| Untrusted::new(&why.to_string());
        let mut command = command();
        command.args(["-k", "1", WITHIN_S]).args(&self.words).arg(REQUEST);
        if let Some(file) = &self.kubeconfig {
            command.arg("--kubeconfig").arg(file);
        }
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // What does not read its input says so itself.
            let _ = stdin.write_all(input.as_bytes());
        }
        let (stdout, stderr, status) = outputs(child).map_err(|error| failed(&error))?;
        if stdout.len() > OUTPUT_MAX {
            return Err(failed(&format!("kubectl wrote more than {OUTPUT_MAX} bytes")));
        }
        if status.success() {
            return Ok(String::from_utf8_lossy(&stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&stderr);
        let said = said.lines().filter(|line| !is_log(line)).collect::<Vec<_>>().join("\n");
        let said = said.trim();
        // timeout(1).
        Err(match status.code() {
            Some(124 | 137) => failed(&format!("kubectl had no answer in {WITHIN_S} s")),
            Some(127) => failed(&format!("{} is not installed", self.words[0])),
            _ if said.is_empty() => failed(&"kubectl failed without output"),
            _ => Untrusted::new(said),
        })
    }

    /// All that the API server says of the cluster.
    ///
    /// # Errors
    ///
    /// What kubectl says instead.
    pub(super) fn objects(&self) -> Result<ClusterObjects, Untrusted> {
        let mut objects = ClusterObjects::default();
        let mut read = |arguments: &[&str]| {
            let text = self.run(arguments, "")?;
            let is_empty = text.trim().is_empty();
            let list = if is_empty { Ok(()) } else { objects::read(&text, &mut objects) };
            list.map_err(|error| Untrusted::new(&error.to_string()))
        };
        read(&["get", "nodes,pods,services,endpointslices,daemonsets", "-A", "-o", "json"])?;
        // By name, for a tenant's own may be large, or many.
        for namespace in CONFIG_MAP_NAMESPACES {
            let mut words = vec!["get", "configmaps", "-n", namespace];
            words.extend(CONFIG_MAP_NAMES);
            words.extend(["-o", "json", "--ignore-not-found"]);
            read(&words)?;
        }
        Ok(objects)
    }

    /// kubelets of nodes, asked by the API server.
    pub(super) fn kubelets(&self, nodes: &[String]) -> Vec<ConnectivityOutcome> {
        let few = nodes.chunks(AT_ONCE);
        let outcomes = few.flat_map(|few| {
            thread::scope(|scope| {
                let running: Vec<_> =
                    few.iter().map(|node| scope.spawn(move || self.kubelet(node))).collect();
                let untried = || ConnectivityOutcome::Untried(Untrusted::new("it broke off"));
                let ends = running.into_iter().map(|one| one.join().unwrap_or_else(|_| untried()));
                ends.collect::<Vec<_>>()
            })
        });
        outcomes.collect()
    }

    fn kubelet(&self, node: &str) -> ConnectivityOutcome {
        let clock = RunClock::start();
        match self.run(&["get", "--raw", &format!("/api/v1/nodes/{node}/proxy/healthz")], "") {
            Ok(_) => ConnectivityOutcome::Works { ms: clock.now().0 },
            Err(said) => ConnectivityOutcome::Wrong(said),
        }
    }

    /// The last lines of a pod's log, and of the run before.
    pub(super) fn pod_log(&self, namespace: &str, name: &str) -> String {
        let of = |more: &[&str]| {
            let words = ["logs", "-n", namespace, name, "--tail=20", "--all-containers"];
            let words: Vec<&str> = words.iter().chain(more).copied().collect();
            self.run(&words, "").unwrap_or_default()
        };
        cut(format!("{}{}", of(&[]), of(&["--previous"])))
    }

    /// What was said of the pods of a namespace.
    pub(super) fn events(&self, namespace: &str) -> String {
        let columns = "custom-columns=O:.involvedObject.name,M:.message";
        let words = ["get", "events", "-n", namespace, "--no-headers", "-o", columns];
        cut(self.run(&words, "").unwrap_or_default())
    }
}

/// Both outputs of a program, each with a limit, and how it ended. What writes more than it may is
/// not read any further, which ends it (SIGPIPE).
fn outputs(mut child: Child) -> io::Result<(Vec<u8>, Vec<u8>, ExitStatus)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let errors = thread::spawn(move || limited(stderr, TEXT_MAX));
    let text = limited(stdout, OUTPUT_MAX + 1);
    let status = child.wait()?;
    Ok((text, errors.join().unwrap_or_default(), status))
}

fn limited(pipe: Option<impl Read>, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What came before an error counts as well.
        let _ = pipe.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes);
    }
    bytes
}

/// The names of the nodes: as the user's kubectl tells where `KUBECONFIG` says which cluster is
/// meant, or where the administrator's kubeconfig of this host is not there or not readable.
///
/// # Errors
///
/// What kubectl says instead.
pub fn node_names() -> Result<Vec<String>, Untrusted> {
    let names = ["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"];
    let admin = Kubectl::of_admin().filter(|admin| {
        let is_readable = admin.kubeconfig.as_ref().is_some_and(|file| File::open(file).is_ok());
        std::env::var_os("KUBECONFIG").is_none() && is_readable
    });
    let said = admin.unwrap_or_else(Kubectl::of_user).run(&names, "")?;
    Ok(said.split_ascii_whitespace().map(str::to_owned).collect())
}

/// Whether a line is one of klog's (severity, month and day, as `E1129 `), which precede what kubectl
/// says to people.
fn is_log(line: &str) -> bool {
    matches!(line.as_bytes(), [b'I' | b'W' | b'E' | b'F', m, n, d, e, b' ', ..]
        if [m, n, d, e].into_iter().all(u8::is_ascii_digit))
}

#[expect(clippy::disallowed_methods, reason = "kubectl is started here, and nowhere else")]
fn command() -> Command {
    Command::new("timeout")
}

/// At most [`TEXT_MAX`] bytes of a text, up to the end of a character.
fn cut(mut text: String) -> String {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
pub(super) mod tests;
