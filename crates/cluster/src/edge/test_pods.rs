//! The pods that a check makes: one on each node, put there without the scheduler, and a Service
//! before them. They end by themselves, should nobody be left to remove them.

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::Clock;
use serde_json::{Value, json};

use super::kubectl;
use crate::course::{ECHO, SERVICE};
use crate::objects::OWN_LABEL;

/// So long the pods live at most: longer than any check.
const LIFE_S: u32 = 600;
/// A new namespace has no account for pods in its first moments.
const TRIES_MS: u64 = 10_000;

/// Makes them.
pub(super) fn raise(namespace: &str, pods: &[(String, String)]) -> Result<(), Untrusted> {
    // What an earlier check left, should it have died with its node.
    let _ = kubectl::run(
        &["delete", "namespace", "--wait=false", "-l", &format!("{}={}", OWN_LABEL.0, OWN_LABEL.1)],
        "",
    );
    let manifest = manifest(namespace, pods).to_string();
    let clock = Clock::start();
    loop {
        match kubectl::run(&["apply", "-f", "-"], &manifest) {
            Ok(_) => return Ok(()),
            Err(why) if clock.now().0 > TRIES_MS => return Err(why),
            // The tries themselves take a second each.
            Err(_) => {}
        }
    }
}

/// Removes them.
pub(super) fn clear(namespace: &str) {
    let words = ["delete", "namespace", namespace, "--wait=false", "--ignore-not-found"];
    // Nobody is left to be told; the pods end by themselves.
    let _ = kubectl::run(&words, "");
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
                // Whoever answers is in the pod's network, whatever its container does.
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
