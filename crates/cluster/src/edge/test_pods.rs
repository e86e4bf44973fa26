//! The pods that a check makes: one on each node, put there without the scheduler, and a Service
//! before them. They end by themselves, should nobody be left to remove them.

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::{RunClock, unix_ms};
use serde_json::{Value, json};

use super::kubectl::Kubectl;
use crate::objects::OWN_LABEL;
use crate::test_matrix::{ECHO, SERVICE};
use crate::timestamp::unix_s;

/// What a namespace of a check is called, before what tells it from others.
const PREFIX: &str = "pontoon-check-";
/// So long the pods live at most: longer than any check.
const LIFE_S: u32 = 600;
/// So long what is refused is tried again.
const TRIES_MS: u64 = 10_000;
/// The same where the namespace has no account for pods yet. The controller manager makes it: in
/// moments, or after a restart of the API server once its lease has run out and been taken again
/// (15 s, 10 s and 2 s of `--leader-elect-*`), and it has read all objects anew.
const ACCOUNT_MS: u64 = 60_000;

/// Creates the namespace, the Service and the pods, each on a node and of an image.
pub(super) fn create(
    kubectl: &Kubectl,
    namespace: &str,
    pods: &[(String, String)],
) -> Result<(), Untrusted> {
    let manifest = manifest(namespace, pods).to_string();
    let clock = RunClock::start();
    loop {
        match kubectl.run(&["apply", "-f", "-"], &manifest) {
            Ok(_) => {
                remove_old(kubectl, namespace);
                return Ok(());
            }
            // The tries themselves take a second each.
            Err(why) if clock.now().0 <= tries_ms(why.raw()) => {}
            Err(why) => return Err(why),
        }
    }
}

fn tries_ms(refusal: &str) -> u64 {
    let has_account = !refusal.contains("error looking up service account");
    if has_account { TRIES_MS } else { ACCOUNT_MS }
}

/// The name of a new namespace: no two checks begin in the same millisecond.
#[must_use]
pub(super) fn name() -> String {
    format!("{PREFIX}{:x}", unix_ms())
}

/// Removes what an earlier check left, should it have died with its node. One that goes on at the
/// same time, by somebody else, is younger than its pods may become. Ages are told by the API
/// server's clock alone: against the new namespace, which it made as well.
fn remove_old(kubectl: &Kubectl, namespace: &str) {
    let label = format!("{}={}", OWN_LABEL.0, OWN_LABEL.1);
    let columns = "custom-columns=N:.metadata.name,C:.metadata.creationTimestamp";
    let words = ["get", "namespaces", "-l", &label, "--no-headers", "-o", columns];
    let listed = kubectl.run(&words, "").unwrap_or_default();
    let created = |line: &str| {
        let (name, created) = line.split_once(' ')?;
        Some((name.to_owned(), unix_s(created.trim())?))
    };
    let all: Vec<(String, i64)> = listed.lines().filter_map(created).collect();
    let Some((_, now_s)) = all.iter().find(|(name, _)| name == namespace) else { return };
    for (name, created_s) in &all {
        if name.starts_with(PREFIX) && now_s - created_s > i64::from(LIFE_S) {
            // The check that is to begin does not depend on it.
            let _ = delete(kubectl, name);
        }
    }
}

/// Removes the namespace with all that is in it, and does not wait for that. Its pods end by
/// themselves where that fails.
pub(super) fn delete(kubectl: &Kubectl, namespace: &str) -> Result<(), Untrusted> {
    let words = ["delete", "namespace", namespace, "--wait=false", "--ignore-not-found"];
    kubectl.run(&words, "").map(|_| ())
}

fn manifest(namespace: &str, pods: &[(String, String)]) -> Value {
    let labels = json!({ OWN_LABEL.0: OWN_LABEL.1 });
    let mut items = vec![
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": { "name": namespace, "labels": labels },
        }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": SERVICE, "namespace": namespace, "labels": labels },
            "spec": {
                "selector": labels,
                "ports": [{ "port": ECHO }],
                // The echo server is in the pod's network, whatever its container does.
                "publishNotReadyAddresses": true,
            },
        }),
    ];
    items.extend(pods.iter().enumerate().map(|(at, (node, image))| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": format!("{SERVICE}-{at}"), "namespace": namespace, "labels": labels },
            "spec": {
                "nodeName": node,
                "restartPolicy": "Never",
                "activeDeadlineSeconds": LIFE_S,
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "tolerations": [{ "operator": "Exists" }],
                "containers": [{
                    "name": "pause", "image": image, "imagePullPolicy": "IfNotPresent",
                    "resources": { "limits": { "memory": "16Mi", "cpu": "50m" } },
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "capabilities": { "drop": ["ALL"] },
                        "runAsNonRoot": true,
                        "runAsUser": 65535,
                        "seccompProfile": { "type": "RuntimeDefault" },
                    },
                }],
            },
        })
    }));
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::kubectl::tests::FakeKubectl;

    fn pods() -> Vec<(String, String)> {
        [("pi1", "pause:1"), ("pi2", "pause:2")]
            .map(|(node, image)| (node.to_owned(), image.to_owned()))
            .into()
    }

    #[test]
    fn each_node_has_a_pod_that_ends_by_itself() {
        let manifest = manifest("pontoon-check-1", &pods());
        let items = manifest["items"].as_array().unwrap();
        let kinds: Vec<_> = items.iter().filter_map(|item| item["kind"].as_str()).collect();
        assert_eq!(kinds, ["Namespace", "Service", "Pod", "Pod"]);
        for (pod, (node, image)) in items[2..].iter().zip(pods()) {
            assert_eq!(pod["spec"]["nodeName"], node, "the scheduler is not asked");
            assert_eq!(pod["spec"]["containers"][0]["image"], image);
            assert_eq!(pod["spec"]["activeDeadlineSeconds"], LIFE_S);
            // The Service finds it by this, and so does its removal.
            assert_eq!(pod["metadata"]["labels"], items[1]["spec"]["selector"]);
            assert_eq!(pod["metadata"]["namespace"], "pontoon-check-1");
        }
    }

    #[test]
    fn an_account_that_is_not_there_yet_is_waited_for_longer() {
        let refusal = "Error from server (Forbidden): error when creating \"STDIN\": pods \
             \"pontoon-0\" is forbidden: error looking up service account pontoon-check-1/default: \
             serviceaccount \"default\" not found";
        assert_eq!(tries_ms(refusal), ACCOUNT_MS);
        assert_eq!(tries_ms("The connection to the server was refused"), TRIES_MS);
    }

    /// A new namespace has no account for pods in its first moments.
    #[test]
    fn what_is_refused_at_first_is_tried_again() {
        let script = r#"case "$*" in *apply*) cat >$dir/manifest
            if ! test -e $dir/refused; then touch $dir/refused; exit 1; fi ;; esac"#;
        let fake = FakeKubectl::new(script);
        create(&fake.kubectl, "pontoon-check-1", &pods()).unwrap();
        assert!(fake.left("manifest").contains("pontoon-check-1"));
    }

    /// Whatever the clock of this host says.
    #[test]
    fn only_what_was_left_long_ago_is_removed() {
        let at = |minute: u32| format!("2020-01-01T00:{minute:02}:00Z");
        let (old, running, new) = (at(1), at(20), at(25));
        let script = format!(
            r#"case "$*" in *delete*) echo "$*" >>$dir/deleted ;;
            *namespaces*) echo "{PREFIX}1   {old}"; echo "{PREFIX}2 {running}"
            echo "{PREFIX}4 {new}"
            echo "default  {old}"; echo "{PREFIX}3 <none>" ;; esac"#
        );
        let fake = FakeKubectl::new(&script);
        // Nothing is known to be old where the new one is not listed.
        remove_old(&fake.kubectl, "pontoon-check-9");
        remove_old(&fake.kubectl, "pontoon-check-4");
        let deleted = fake.left("deleted");
        let old = format!("{PREFIX}1 ");
        assert!(deleted.lines().count() == 1 && deleted.contains(&old), "{deleted}");
    }
}
