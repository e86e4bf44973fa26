//! The command as users and scripts run it, in labs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use pontoon_tests::program::{pontoon, pontoon_in, start_pontoon, stdout};
use serde_json::Value;

/// Runs a command on a host of a lab.
fn on(scenario: &str, host: &str, command: &[&str]) -> Output {
    let shell = ["lab", "shell", scenario, host, "--"];
    pontoon(&[&shell, command].concat())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_verdict_needs_the_other_end() {
    let check = ["pontoon", "check", "--offline", "--peer", "pi2", "--via", "pontoon lab via {}"];
    let output = on("wifi-only", "pi1", &check);
    let text = stdout(&output);
    assert!(
        text.starts_with("The network isolates its clients from each other (client isolation):"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(3), "{text}");
    // One end alone: possible at most.
    let output = on("wifi-only", "pi1", &["pontoon", "check", "--offline", "--peer", "172.20.5.2"]);
    let text = stdout(&output);
    assert!(text.contains("peer-unanswered  (possible)"), "{text}");
    assert!(text.contains("--via"), "what would decide is not said: {text}");
    assert_eq!(output.status.code(), Some(4), "{text}");
}

#[test]
fn what_cannot_be_is_said_with_a_number() {
    let table: &[(&[&str], i32, &str)] = &[
        (&["check", "--interface", "nope0"], 2, "nope0"),
        (&["check", "--peer", "no.such.host.invalid"], 6, "no.such.host.invalid"),
        (&["check", "--peer", "127.0.0.2", "--via", "'"], 2, "quote"),
        (&["check", "--timeout", "soon"], 2, "soon"),
        (&["explain", "client-isolatoin"], 2, "did you mean `client-isolation`?"),
        (&["lab", "run", "no-such-scenario"], 2, "no-such-scenario"),
        (&["replay", "/no/such/file"], 2, "/no/such/file"),
    ];
    for (arguments, code, said) in table {
        // In a lab: nothing leaves this machine, whatever the arguments are.
        let inside: Vec<&str> = ["pontoon"].iter().chain(*arguments).copied().collect();
        let output = on("home", "pi1", &inside);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_peer_whose_agent_does_not_start_is_named() {
    for via in ["false", "/no/such/program", "echo Welcome", "sh -c 'exec sleep 60'"] {
        let check = ["pontoon", "check", "--offline", "--peer", "pi2", "--via", via];
        let output = on("home", "pi1", &check);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(6), "{via}: {text}{}", stderr(&output));
        assert!(text.contains("could not be asked"), "{via}: {text}");
    }
}

#[test]
fn without_rights_it_says_what_it_did_not_test() {
    let drop = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"];
    let check = ["pontoon", "check", "--offline", "--peer", "pi2", "--via", "pontoon lab via {}"];
    let output = on("wifi-only", "pi1", &[&drop[..], &check[..]].concat());
    let text = stdout(&output);
    assert!(text.contains("not tested"), "{text}{}", stderr(&output));
    assert!(text.contains("wlan0"), "{text}");
    assert!(!text.contains("(confirmed)\n  the network"), "nothing is confirmed blindly: {text}");
}

#[test]
fn a_link_that_goes_down_in_mid_run_is_no_isolation() {
    // wlan0 isolates: the run goes on for ten seconds, and the wire goes down after two.
    let script = "(sleep 2; ip link set eth0 down) & \
        pontoon check --offline --peer pi2 --via 'pontoon lab via {}'";
    let output = on("campus", "pi1", &["sh", "-c", script]);
    let text = stdout(&output);
    assert!(!text.contains("on eth0 (IPv4)\n  because 0 of"), "{text}");
    let isolated: Vec<&str> = text.lines().filter(|line| line.contains("isolated")).collect();
    assert!(isolated.iter().all(|line| !line.contains("isolated     isolated")), "{text}");
    assert!(text.contains("peer-link-down  (confirmed)"), "{text}");
}

#[test]
fn asking_changes_nothing_on_a_host() {
    let folder = tempfile::tempdir().unwrap();
    // The lab's hosts have a /tmp of their own, so results are returned on standard output.
    let script = "pontoon check --passive --record /tmp/before >/dev/null; \
        pontoon check --peer pi2 --via 'pontoon lab via {}' >/dev/null; \
        pontoon check --passive --record /tmp/after >/dev/null; \
        cat /tmp/before; echo; cat /tmp/after";
    let output = on("home", "pi1", &["sh", "-c", script]);
    fs::write(folder.path().join("both"), &output.stdout).unwrap();
    let snapshots: Vec<Value> = stdout(&output)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["type"] == "snapshot")
        .map(|line| line["snapshot"].clone())
        .map(|mut snapshot| {
            // Caches and the time are not configuration.
            snapshot["neighbours"].take();
            snapshot["clock"].take();
            snapshot
        })
        .collect();
    let [before, after] = snapshots.as_slice() else {
        panic!("two snapshots were expected: {}", stderr(&output))
    };
    assert_eq!(before, after);
}

#[test]
fn a_record_is_judged_again_with_the_same_words() {
    let script = "pontoon check --offline --peer pi2 --via 'pontoon lab via {}' --record /tmp/r; \
        echo =====; pontoon replay /tmp/r; echo =====; \
        pontoon replay /tmp/r --record /tmp/hidden --redact >/dev/null; \
        pontoon replay /tmp/hidden; echo =====; cat /tmp/hidden";
    let output = on("campus", "pi1", &["sh", "-c", script]);
    let text = stdout(&output);
    let [seen, again, redacted, hidden] = text.split("=====\n").collect::<Vec<_>>()[..] else {
        panic!("{text}{}", stderr(&output))
    };
    assert!(seen.contains("client-isolation") && seen.contains("dual-homed-selection"), "{seen}");
    assert_eq!(seen, again);
    // Pseudonyms differ in length, so lines may break elsewhere: the findings are the same.
    let heads = |text: &str| -> Vec<String> {
        let is_head = |line: &&str| line.starts_with("error ") || line.starts_with("warning ");
        text.lines().filter(is_head).map(str::to_owned).collect()
    };
    assert_eq!(heads(seen), heads(redacted));
    for secret in ["02:aa:00", "Campus DeviceNet", "\"pi1\""] {
        assert!(!hidden.contains(secret), "{secret} is in a redacted record");
    }
}

#[test]
fn nobody_reading_is_no_error() {
    let output =
        on("home", "pi1", &["bash", "-c", "pontoon explain --list | true; echo ${PIPESTATUS[0]}"]);
    let text = stdout(&output);
    // 0 if everything was written before the reader closed the pipe.
    assert!(["141\n", "0\n"].contains(&text.as_str()), "{text}");
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
}

/// Processes below `/proc` whose command line has this word.
fn processes_with(word: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted").filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok())
        .filter(|line| line.contains(word))
        .collect()
}

#[test]
fn a_killed_lab_leaves_no_process() {
    // A word that no other process has.
    let word = format!("pontoon-killed-{}", std::process::id());
    let script = format!(": {word}; sleep 300");
    let mut lab = start_pontoon(&["lab", "shell", "home", "pi1", "--", "sh", "-c", &script]);
    let until = |is_there: bool| {
        // A lab is up within a second; a slow machine gets a minute.
        for _ in 0..600 {
            let inside = processes_with(&word).iter().any(|line| line.starts_with("sh\0"));
            if inside == is_there {
                return true;
            }
            pause();
        }
        false
    };
    assert!(until(true), "the lab did not come up");
    lab.kill().unwrap();
    lab.wait().unwrap();
    assert!(until(false), "left behind: {:?}", processes_with(&word));
}

#[expect(clippy::disallowed_methods, reason = "a test waits for other processes")]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(100));
}

#[test]
fn without_hosts_a_cluster_has_the_nodes_that_kubectl_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a PATH"));
    let check = |kubectl: &str| {
        let program = folder.path().join("kubectl");
        fs::write(&program, format!("#!/bin/sh\n{kubectl}\n")).expect("it can be written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let variables = [("PATH", path.as_str()), ("KUBECONFIG", "/dev/null")];
        pontoon_in(folder.path(), &variables, &["cluster", "check", "--ssh", "false"], "")
    };
    // Log lines of kubectl before its error message are not shown.
    let failed = "echo 'E1129 06:00:48.1 1 memcache.go:265] Unhandled' >&2; \
                  echo 'The connection to the server was refused' >&2; exit 1";
    let output = check(failed);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("names no nodes: The connection to the server was refused\n"),
        "{}",
        stderr(&output)
    );
    let output = check("[ \"$2 $3\" = 'get nodes' ] && printf 'nobody1 nobody2'");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("nobody[1-2]: ") || stderr(&output).contains("nobody1,nobody2: "),
        "{}",
        stderr(&output)
    );
}
