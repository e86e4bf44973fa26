//! `pontoon cluster check` over real ssh, on hosts whose `kubectl` is a script: what is started on
//! them, and what is undone. The cluster itself is not tested here.

use pontoon_tests::program::stdout;
use pontoon_tests::ssh_lab::{LEFT_AT_LAST, in_home_of};

/// A cluster of pi2 and pi3 without other objects; pi2 is the control plane. Every call of kubectl
/// is logged in /run/kubectl there; /tmp/spy is an ssh that logs what it starts.
const CLUSTER: &str = r#"
cat >/tmp/spy <<'X'
#!/bin/bash
for word; do host=$last; last=$word; done
echo "$host $last" >>/tmp/started
exec ssh "$@"
X
chmod 755 /tmp/spy
ssh pi2 'mkdir -p /etc/kubernetes ~/bin; touch /etc/kubernetes/admin.conf; cat >~/bin/kubectl; chmod 755 ~/bin/kubectl' <<'X'
#!/bin/bash
echo "$*" >>/run/kubectl
node() {
    echo '{"kind": "Node", "metadata": {"name": "'$1'", "creationTimestamp": "2020-01-01T00:00:00Z",
            "labels": {'"$3"'}},
        "status": {"addresses": [{"type": "InternalIP", "address": "'$2'"}],
        "conditions": [{"type": "Ready", "status": "True"}]}}'
}
case "$*" in
*configmaps*) echo '{"items": []}' ;;
*"get nodes,"*) echo "{\"items\": [$(node pi2 192.168.50.2 '"node-role.kubernetes.io/control-plane": ""'), $(node pi3 192.168.50.3)]}" ;;
*apply*) cat >/dev/null; sleep "$(cat /run/apply-takes 2>/dev/null || echo 0)" ;;
esac
X
"#;

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_check_starts_one_process_on_a_host_and_removes_what_it_made() {
    let script = format!(
        "{CLUSTER}\n\
         pontoon cluster check 'pi[2-3]' --ssh /tmp/spy --json 2>/tmp/said; echo =====\n\
         sort /tmp/started; echo =====; ssh -n pi2 'cat /run/kubectl'; echo =====\n\
         for host in pi2 pi3; do ssh -n $host '{LEFT_AT_LAST}'; done"
    );
    let text = stdout(&in_home_of(3, &script));
    let parts: Vec<&str> = text.split("=====\n").collect();
    let [report, started, asked, left] = parts[..] else { panic!("{text}") };
    let report: serde_json::Value =
        serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {text}"));
    // The survey and the node's requests used the same connections: the former knows the link,
    // the latter the cluster.
    let nodes = report["nodes"].as_array().expect("a report has nodes");
    let links: Vec<_> = nodes.iter().map(|node| node["link"].as_str()).collect();
    assert_eq!(links, [Some("eth0"), Some("eth0")], "{report:#}");
    let text = report.to_string();
    assert!(text.contains("pi3 to kubelet of pi2") && text.contains("pi2 to kubelet of pi3"));
    assert_eq!(started, "pi2 pontoon agent --stdio\npi3 pontoon agent --stdio\n");
    assert!(asked.contains("delete namespace pontoon-check-"), "{asked}");
    assert!(!left.contains("pontoon"), "{left}");
}

/// While the control plane is still creating the test pods: its far end notices that its input has
/// ended as soon as that is done.
#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_check_that_is_killed_is_taken_back_by_the_far_end() {
    let script = format!(
        "{CLUSTER}\n\
         ssh -n pi2 'echo 2 >/run/apply-takes'\n\
         for signal in TERM KILL; do\n\
         ssh -n pi2 'rm -f /run/kubectl'\n\
         pontoon cluster check 'pi[2-3]' >/dev/null 2>&1 & check=$!\n\
         ssh -n pi2 'for i in $(seq 100); do grep -qs apply /run/kubectl && break; sleep 0.1; done'\n\
         kill -s $signal $check; wait $check\n\
         for host in pi2 pi3; do ssh -n $host '{LEFT_AT_LAST}'; done\n\
         ssh -n pi2 'grep -c \"delete namespace pontoon-check-\" /run/kubectl'\n\
         done"
    );
    let output = in_home_of(3, &script);
    assert_eq!(stdout(&output), "1\n1\n", "{}", String::from_utf8_lossy(&output.stderr));
}
