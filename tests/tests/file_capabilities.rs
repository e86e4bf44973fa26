//! A pontoon whose file has capabilities, as the README gives them, in the hands of any local user:
//! it sends and sees frames for `check` and its kind, and does nothing else with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pontoon_tests::program::{path, shell, stdout};

/// Runs a script of root in a network namespace of its own, in which `$PONTOON` is such a file and
/// `as_user` runs a command as an ordinary user. Returns what it wrote.
fn in_namespace(script: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let copy = folder.path().join("pontoon");
    fs::copy(path(), &copy).expect("there is room");
    let copy = copy.display();
    let head = format!(
        "set -e; PONTOON={copy}; setcap cap_net_raw,cap_net_admin+ep $PONTOON
         as_user() {{ setpriv --reuid 65534 --regid 65534 --clear-groups timeout 5 \"$@\"; }}
         ip link set lo up; ip link add left type veth peer name left-out
         ip link add right type veth peer name right-out
         for link in left left-out right right-out; do ip link set $link up; done
"
    );
    let output = shell(&["unshare", "--net", "sh", "-c", &format!("{head}{script}")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test needs root, setcap and setpriv: {said}");
    stdout(&output)
}

const SETTING: &str = "/proc/sys/net/ipv4/ip_forward";

#[test]
#[ignore = "needs root: a file with capabilities, and a network namespace"]
fn the_helpers_of_the_lab_change_nothing_of_the_machine() {
    let script = format!(
        r#"
        echo 0 > {SETTING}
        order='[{{"sysctl":{{"key":"net/ipv4/ip_forward","value":"1","optional":false}}}}]'
        for helper in lab-host-init lab-segment lab-host; do
            (echo "$order"; sleep 1) | as_user $PONTOON $helper && echo "$helper ran"
            (echo "$order"; sleep 1) | timeout 5 $PONTOON $helper && echo "$helper ran as root"
        done 2>&1
        pairs='{{"manner":{{}},"pairs":[["left","right"]]}}'
        as_user $PONTOON lab-relay "$pairs" 2>&1 || echo "relay ended with $?"
        timeout 5 $PONTOON lab-relay "$pairs" 2>&1 || echo "relay of root ended with $?"
        for helper in "lab-service {{}}" "lab-enter 1 -- true" "lab-exec true" "lab-init 1"; do
            as_user $PONTOON $helper 2>&1 || echo "$helper ended with $?"
        done
        echo "ip_forward is $(cat {SETTING})"
        "#
    );
    let said = in_namespace(&script);
    assert!(said.contains("ip_forward is 0"), "{said}");
    assert_eq!(said.matches("which runs in its sandbox only").count(), 11, "{said}");
    for ran in [" ran", "ready", "well", "ended with 124"] {
        assert!(!said.contains(ran), "{ran}: {said}");
    }
}

/// What a process that runs for a while holds, as the kernel says it.
fn held(words: &str) -> String {
    let script = format!(
        r#"
        sleep 2 | as_user $PONTOON {words} >/dev/null 2>&1 & sleep 1
        for file in /proc/[0-9]*; do
            [ "$(readlink $file/exe)" = $PONTOON ] && grep -E '^Cap(Eff|Prm|Inh)' $file/status
        done
        wait || true
        "#
    );
    in_namespace(&script)
}

#[test]
#[ignore = "needs root: a file with capabilities, and a network namespace"]
fn only_what_sends_frames_keeps_capabilities() {
    // CAP_NET_ADMIN is 12, CAP_NET_RAW 13 (linux/capability.h).
    let agent = held("agent --stdio");
    assert!(agent.contains("CapEff:\t0000000000003000"), "{agent}");
    let explain = held("explain -");
    assert!(explain.contains("CapEff:\t0000000000000000"), "{explain}");
    assert!(explain.contains("CapPrm:\t0000000000000000"), "{explain}");
}

#[test]
#[ignore = "needs root: a file with capabilities, and a network namespace"]
fn a_user_of_such_a_file_raises_labs_as_without_capabilities() {
    let said = in_namespace("as_user $PONTOON lab run home 2>&1");
    assert!(said.contains("as expected"), "{said}");
}
