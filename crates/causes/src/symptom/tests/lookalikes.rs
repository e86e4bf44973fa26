//! Texts that must not be recognised.

use crate::symptom::explain;

const UNKNOWN: &[&str] = &[
    "",
    "hello",
    // Healthy logs.
    "I1124 12:30:15.1 1 server.go:872] \"Version info\" version=\"v1.36.2\"",
    "[preflight] Running pre-flight checks",
    "This node has joined the cluster:",
    "I1124 12:30:15.1 1 shared_informer.go:356] \"Caches are synced\" controller=\"node config\"",
    "[INFO] plugin/reload: Running configuration SHA512 = 1b226df79860026c6a52e67daa10d7f0d57ec5b0",
    "CoreDNS-1.14.2\nlinux/arm64, go1.26, dd1df4f",
    "node/pi2 condition met",
    "NAME STATUS ROLES AGE VERSION\npi1 Ready control-plane 3d v1.36.2",
    "I1124 main.go:211] CLI flags config: {etcdEndpoints:http://127.0.0.1:4001 iface:[eth0]}",
    "I1124 12:30:15 1 iptables.go:51] Starting flannel in iptables mode...",
    // Texts that resemble symptoms.
    "ssh: connect to host pi2 port 22: No route to host",
    "ssh: connect to host pi2 port 22: Connection refused",
    "fatal: unable to access 'https://github.com/x/': Failed to connect to github.com port 443: \
     Connection refused",
    "ping: connect: Network is unreachable",
    "the swap of two values",
    "no route to host was found in the novel",
    "connection refused",
    "i/o timeout",
    "mount.nfs: Connection timed out",
    "the certificate is valid for another year",
    "psql: could not connect to server: Connection refused",
    "E: Unable to locate package kubeadm",
    "curl: (22) The requested URL returned error: 404",
];

#[test]
fn of_other_texts_nothing_is_said() {
    for text in UNKNOWN {
        let explanation = explain(text.as_bytes());
        assert!(!explanation.is_recognised, "{text}: {:?}", explanation.symptoms);
    }
}

/// Every program waits for its caches for a moment when it starts.
#[test]
fn a_healthy_start_is_not_accused() {
    let log = "I1124 12:30:15.1 1 shared_informer.go:349] \"Waiting for caches to sync\" \
               controller=\"service config\"\n\
               I1124 12:30:15.2 1 shared_informer.go:356] \"Caches are synced\" \
               controller=\"service config\"";
    assert!(!explain(log.as_bytes()).is_recognised);
    let hanging = log.lines().next().unwrap();
    assert!(explain(hanging.as_bytes()).is_recognised);
}

/// A text without the format of the placeholder's kind is no value.
#[test]
fn what_is_no_address_does_not_stand_in_a_command() {
    let evil = [
        "dial tcp $(reboot):10250: connect: no route to host",
        "dial tcp 10.0.0.1;reboot:10250: connect: no route to host",
        "dial tcp -oProxyCommand=x:10250: connect: no route to host",
        "dial tcp 10.0.0.1:99999: connect: no route to host",
        "** server can't find `id`: NXDOMAIN",
        "** server can't find -rf: NXDOMAIN",
    ];
    for text in evil {
        let explanation = explain(text.as_bytes());
        for one in &explanation.diagnoses {
            let shown = format!("{} {:?} {:?}", one.summary, one.distinguished_by, one.remedies);
            for word in ["$(reboot)", ";reboot", "ProxyCommand", "`id`", "-rf"] {
                assert!(!shown.contains(word), "{text}: {shown}");
            }
        }
    }
}
