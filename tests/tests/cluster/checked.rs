//! `cluster check` on the real cluster: nothing is accused while it works, and each fault that is
//! made in it is named by its cause.

use pontoon_tests::checkout::{root, text};
use serde_json::Value;

use crate::cluster::{Cluster, MASTER};
use crate::faults::{Broken, FAULTS};
use crate::session::Said;

/// So often a cluster that works is looked at in each mode of kube-proxy.
const LOOKS: usize = 3;

const KUBECTL: &str = "export KUBECONFIG=/etc/kubernetes/admin.conf; ";

impl Cluster {
    /// Looks at the cluster from the control plane.
    pub(crate) fn check(&self) -> (Said, Value) {
        let said = self.lab.run(MASTER, "pontoon cluster check pi1 pi2 --json");
        let report: Value = serde_json::from_str(&said.out).unwrap_or(Value::Null);
        let published = text(&root().join("docs/schema/cluster.schema.json"));
        let published = serde_json::from_str(&published).expect("a published schema is JSON");
        let published = jsonschema::validator_for(&published).expect("it is a schema");
        let wrong: Vec<String> =
            published.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{}{}", said.err, said.out);
        (said, report)
    }

    /// Nothing is accused.
    pub(crate) fn assert_healthy(&self) {
        self.assert_told_healthy(&self.check());
    }

    /// What was broken and mended comes to rest, and then nothing is accused.
    fn assert_heals(&self) {
        let mut told = self.check();
        for _ in 0..20 {
            if told.0.code == 0 {
                break;
            }
            self.lab.must(MASTER, "sleep 1");
            told = self.check();
        }
        self.assert_told_healthy(&told);
    }

    fn assert_told_healthy(&self, (said, report): &(Said, Value)) {
        assert_eq!(
            said.code,
            0,
            "{}\n{}",
            said.err,
            self.lab.run(MASTER, "pontoon cluster check pi1 pi2 -v").out
        );
        assert_eq!(report["diagnoses"], Value::Array(Vec::new()));
        let tests = report["connectivity_tests"].as_array().expect("it is a list");
        assert!(tests.len() > 20, "{report}");
        let left = self.kubectl("get namespaces -l app.kubernetes.io/managed-by=pontoon -o name --field-selector status.phase=Active");
        assert_eq!(left, "", "its namespace is still there");
    }
}

/// What a report says is wrong, apart from warnings: codes, and the nodes of each.
fn faults(report: &Value) -> Vec<(String, Vec<String>)> {
    let nodes = |diagnosis: &Value| -> Vec<String> {
        let all = diagnosis["scope"]["nodes"].as_array().into_iter().flatten();
        all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let code = |diagnosis: &Value| diagnosis["code"].as_str().unwrap_or_default().to_owned();
    let diagnoses = report["diagnoses"].as_array().into_iter().flatten();
    let faults = diagnoses.filter(|one| one["severity"] != "warning");
    faults.map(|one| (code(one), nodes(one))).collect()
}

/// A cluster that works in kube-proxy's iptables mode is accused of what is done to it, and of
/// nothing else; nothing works after that.
pub(crate) fn accused_of_what_is_done_to_it(cluster: &Cluster) {
    for _ in 0..LOOKS {
        cluster.assert_healthy();
    }
    // Each fault is undone, whatever was found, so that one look tells of them all.
    let mut wrong = Vec::new();
    for Broken { by, cause, nodes, undo } in FAULTS {
        let carry_out = |steps: &[(&str, &str)]| {
            for (host, script) in steps {
                cluster.lab.must(host, &format!("{KUBECTL}{script}"));
            }
        };
        carry_out(by);
        let (said, report) = cluster.check();
        let mut found = faults(&report);
        if nodes.is_empty() {
            for (_, nodes) in &mut found {
                nodes.clear();
            }
        }
        let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        let causes: Vec<&str> = cause.split(' ').collect();
        let expected: Vec<_> =
            causes.iter().map(|cause| ((*cause).to_owned(), nodes.clone())).collect();
        // What is not decided is a warning.
        let code = if causes.len() > 1 || *cause == "unexplained" { 4 } else { 3 };
        if found != expected || said.code != code {
            let again = cluster.lab.run(MASTER, "pontoon cluster check pi1 pi2 -v").out;
            let found = format!("{cause}: found {found:?}, exit {}", said.code);
            wrong.push(format!("{found}\n{by:?}\n{}\n{again}\n{report}", said.err));
        }
        carry_out(undo);
        if !undo.is_empty() {
            cluster.await_nodes();
            cluster.assert_heals();
        }
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Nothing is accused of a cluster that works, and a look leaves nothing.
pub(crate) fn accused_of_nothing(cluster: &Cluster) {
    for _ in 0..LOOKS {
        cluster.assert_healthy();
    }
    // The nodes' names are known here.
    cluster.lab.must(MASTER, "pontoon cluster check");
    // What was made goes when nobody is left to remove it.
    cluster.lab.must(MASTER, &format!("{KUBECTL}{ENDED_MIDWAY}"));
}

/// A check that is ended while its namespace is there: then that goes as well.
const ENDED_MIDWAY: &str = "pontoon cluster check pi1 pi2 >/dev/null 2>&1 & check=$!
own() { kubectl get namespaces -l app.kubernetes.io/managed-by=pontoon -o name; }
for i in $(seq 100); do [ -n \"$(own)\" ] && break; sleep 0.2; done
[ -n \"$(own)\" ] || { echo 'it made no namespace' >&2; exit 1; }
kill -TERM $check
for i in $(seq 180); do left=$(own) && [ -z \"$left\" ] && exit 0; sleep 1; done
echo 'its namespace is still there' >&2; exit 1";
