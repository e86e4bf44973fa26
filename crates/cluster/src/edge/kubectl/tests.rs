use std::fs;

use super::*;

/// A kubectl that is this script. It finds its arguments in `$*`, and `$dir` to leave files in.
pub(in crate::edge) struct FakeKubectl {
    pub(in crate::edge) kubectl: Kubectl,
    folder: tempfile::TempDir,
}

impl FakeKubectl {
    pub(in crate::edge) fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubectl");
        let dir = folder.path().display();
        fs::write(&path, format!("dir={dir}\n{script}\n")).unwrap();
        // A file that was just written cannot be started while another test forks (ETXTBSY).
        let words = vec!["sh".to_owned(), path.display().to_string()];
        let kubeconfig = Some(folder.path().join("admin.conf"));
        Self { kubectl: Kubectl { words, kubeconfig }, folder }
    }

    /// A file that the script has left.
    pub(in crate::edge) fn left(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn said(script: &str) -> Result<String, String> {
    FakeKubectl::new(script)
        .kubectl
        .run(&["get", "nodes"], "in\nput")
        .map_err(|why| why.raw().into())
}

#[test]
fn arguments_and_input_reach_kubectl() {
    let fake = FakeKubectl::new("echo \"$*\"; cat");
    let said = fake.kubectl.run(&["apply", "-f", "-"], "input").unwrap();
    let file = fake.folder.path().join("admin.conf");
    let arguments = format!("--request-timeout=8s --kubeconfig {} apply -f -", file.display());
    assert_eq!(said, format!("{arguments}\ninput"));
}

/// kubectl writes the log of its library before what it says to people.
#[test]
fn what_kubectl_says_to_people_is_its_error() {
    let log = "E1129 10:00:00.1 1 memcache.go:265] could not get current server API group list";
    let table = [
        (
            format!("echo '{log}' >&2; echo 'The connection was refused' >&2; exit 1"),
            "The connection was refused",
        ),
        (
            "echo Every Error begins like no log >&2; exit 1".to_owned(),
            "Every Error begins like no log",
        ),
        (format!("echo '{log}' >&2; exit 1"), "kubectl failed without output"),
        ("exit 3".to_owned(), "kubectl failed without output"),
        ("exit 124".to_owned(), "kubectl had no answer in 12 s"),
        ("exit 137".to_owned(), "kubectl had no answer in 12 s"),
    ];
    for (script, expected) in table {
        assert_eq!(said(&script), Err(expected.to_owned()), "{script}");
    }
    assert_eq!(said("echo warning >&2; echo fine"), Ok("fine\n".to_owned()));
}

#[test]
fn a_kubectl_that_is_missing_is_named() {
    let kubectl = Kubectl { words: vec!["/nowhere/kubectl".to_owned()], kubeconfig: None };
    let why = kubectl.run(&[], "").unwrap_err();
    assert_eq!(why.raw(), "/nowhere/kubectl is not installed");
}

#[test]
fn objects_come_in_lists_of_which_some_are_empty() {
    let script = r#"case "$*" in
        *configmaps*kube-flannel\ *) ;;
        *configmaps*) printf %s '{"items": [{"kind": "ConfigMap",
            "metadata": {"namespace": "kube-system", "name": "kubeadm-config"},
            "data": {"ClusterConfiguration": "networking:\n  podSubnet: 10.244.0.0/16\n"}}]}' ;;
        *nodes,pods*) echo '{"items": [{"kind": "Node", "metadata": {"name": "pi1"}}]}' ;;
        esac"#;
    let objects = FakeKubectl::new(script).kubectl.objects().unwrap();
    assert_eq!(objects.nodes[0].name, "pi1");
    assert_eq!(objects.networks.pods, ["10.244.0.0/16".parse().unwrap()]);
    let why = FakeKubectl::new("echo No resources found").kubectl.objects().unwrap_err();
    assert_eq!(why.raw(), "kubectl did not write a list of objects");
    let why = FakeKubectl::new("echo Unauthorized >&2; exit 1").kubectl.objects().unwrap_err();
    assert_eq!(why.raw(), "Unauthorized");
}

#[test]
fn an_endless_list_is_cut_and_named() {
    let why = said("yes '{\"items\": []}'").unwrap_err();
    assert_eq!(why, format!("kubectl wrote more than {OUTPUT_MAX} bytes"));
    assert!(said("yes >&2").is_err(), "endless errors end as well");
}

#[test]
fn kubelets_are_asked_in_their_order() {
    let script =
        r#"case "$*" in */pi2/*) echo 'dial tcp: refused' >&2; exit 1 ;; *) echo ok ;; esac"#;
    let nodes: Vec<String> = (1..=5).map(|at| format!("pi{at}")).collect();
    let outcomes = FakeKubectl::new(script).kubectl.kubelets(&nodes);
    let works: Vec<bool> = outcomes.iter().map(ConnectivityOutcome::works).collect();
    assert_eq!(works, [true, false, true, true, true]);
    assert_eq!(outcomes[1], ConnectivityOutcome::Wrong(Untrusted::new("dial tcp: refused")));
}

#[test]
fn logs_are_those_of_this_run_and_of_the_one_before() {
    let script = r#"case "$*" in *--previous) echo before ;; *) echo now ;; esac"#;
    assert_eq!(FakeKubectl::new(script).kubectl.pod_log("kube-system", "coredns"), "now\nbefore\n");
    assert_eq!(FakeKubectl::new("exit 1").kubectl.pod_log("kube-system", "coredns"), "");
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let text = cut("\u{e9}".repeat(TEXT_MAX));
    assert_eq!(text.len(), TEXT_MAX);
    assert_eq!(cut(format!("x{text}")).len(), TEXT_MAX - 1);
}
