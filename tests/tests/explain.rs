//! `pontoon explain -` as a user runs it.

use std::fs;
use std::process::Output;

use pontoon_tests::program::{pontoon_in, stdout};
use serde_json::Value;

const NO_ARP: &str = "Error from server: Get \"https://172.20.5.2:10250/containerLogs/a/b/c\": dial \
                      tcp 172.20.5.2:10250: connect: no route to host\n";

fn explain(arguments: &[&str], text: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    pontoon_in(folder.path(), &[], &[&["explain"], arguments].concat(), text)
}

#[test]
fn the_first_line_is_what_is_proven() {
    let output = explain(&["-"], NO_ARP);
    let text = stdout(&output);
    assert!(text.starts_with("Proven: request to the kubelet at 172.20.5.2:10250"), "{text}");
    assert!(text.contains("\n3 possible causes; another one is possible\n"), "{text}");
    let check = "\n  check   on the control plane: ping -c 2 -W 2 172.20.5.2\n";
    assert!(text.contains(check), "{text}");
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn the_number_says_how_sure_it_is() {
    let table = [
        ("[ERROR Swap]: running with swap on is not supported", 3, "confirmed"),
        ("curl: (28) Connection timed out after 10001 milliseconds", 4, " possible causes"),
        ("nothing of this is known", 4, "not recognised"),
        ("This node has joined the cluster:", 0, "nothing is wrong"),
        ("Failed to listen: bind: address already in use", 4, "another one is possible"),
        (
            "nodes are not ready: no nodes available to schedule pods",
            3,
            "another cause is possible",
        ),
        ("[WARNING Swap]: swap is supported for cgroup v2 only", 0, "confirmed"),
    ];
    for (text, code, said) in table {
        let output = explain(&["-"], text);
        assert!(stdout(&output).contains(said), "{text}: {}", stdout(&output));
        assert_eq!(output.status.code(), Some(code), "{text}");
    }
    let empty = explain(&["-"], " \n");
    assert_eq!((empty.status.code(), stdout(&empty).as_str()), (Some(2), ""));
    let misplaced = explain(&["client-isolation", "--prove"], "");
    assert_eq!(misplaced.status.code(), Some(2));
}

#[test]
fn every_page_fits_its_columns() {
    let cases = pontoon_tests::checkout::root().join("tests/kubernetes/cases/symptoms.json");
    let all: Value = serde_json::from_str(&pontoon_tests::checkout::text(&cases)).expect("JSON");
    let texts = all["entries"].as_array().expect("a list").iter();
    let paste: Vec<_> = texts.filter_map(|entry| entry["symptom_text"].as_str()).collect();
    let output = explain(&["-", "-v"], &paste.join("\n"));
    let text = stdout(&output);
    assert!(text.lines().count() > 100, "{text}");
    let is_word = |line: &str| !line.trim_start().trim_end_matches(" \\").contains(' ');
    let long: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.iter().all(|line| is_word(line)), "{long:#?}");
}

/// Time grows with the length alone: with the square of it, 1 MiB took a minute and more.
#[expect(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
#[test]
fn a_long_paste_is_read_in_a_moment() {
    for line in ["waiting for caches to sync\n", "diskpressure true\n"] {
        let start = std::time::Instant::now();
        explain(&["-"], &line.repeat((1 << 20) / line.len()));
        let took = start.elapsed();
        assert!(took.as_secs() < 10, "{line}: {took:?}");
    }
}

#[test]
fn nothing_of_a_hostile_paste_reaches_the_terminal() {
    let evil = format!(
        "{NO_ARP}\u{1b}]0;evil\u{7}\u{1b}[2Jdial tcp $(touch evil):10250: connect: no \
                        route to host\u{202e}\n[ERROR Port-22]: `touch evil`\n"
    );
    for arguments in [&["-"][..], &["-", "--json"], &["-", "-v"]] {
        let output = explain(arguments, &evil);
        let text = stdout(&output);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '`']), "{text}");
        assert!(!text.contains("touch"), "{text}");
    }
}

/// Commands are run as they are shown, without a shell, and narrow the causes.
#[test]
fn prove_runs_what_only_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = folder.path().join("bin");
    fs::create_dir(&programs).expect("a folder can be made");
    // A cluster in which the node is NotReady.
    let script = "#!/bin/sh\necho \"$0 $*\" >>\"$LOG\"\necho 'NAME STATUS ROLES AGE VERSION \
                  INTERNAL-IP EXTERNAL-IP'\necho 'w NotReady <none> 1h v1.36.2 172.20.5.2 <none>'\n";
    let kubectl = programs.join("kubectl");
    fs::write(&kubectl, script).expect("a script can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&kubectl, mode).expect("a script can be made a program");
    let log = folder.path().join("log");
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let variables = [("PATH", path.as_str()), ("LOG", log.to_str().expect("a plain name"))];
    let run = |arguments: &[&str]| pontoon_in(folder.path(), &variables, arguments, NO_ARP);
    let output = run(&["explain", "-", "--prove", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let diagnoses = report["diagnoses"].as_array().expect("diagnoses").clone();
    let outcome = |code: &str| {
        let diagnosis = diagnoses.iter().find(|one| one["code"] == code).expect("a diagnosis");
        diagnosis["distinguished_by"]["outcome"].clone()
    };
    assert_eq!(outcome("node-off"), "fits");
    // Its ping has to run on the control plane.
    assert_eq!(outcome("firewall-reject")["unknown"], "it has to run on another host");
    let excluded = &report["symptoms"][0]["excluded"];
    assert_eq!(excluded.as_array().map(Vec::len), Some(1), "{excluded}");
    assert_eq!(excluded[0]["code"], "internal-ip-unreachable");
    assert_eq!(excluded[0]["command"], "kubectl get nodes -o wide");
    let asked = fs::read_to_string(&log).expect("kubectl was run");
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(asked.trim_end().ends_with("kubectl get nodes -o wide"), "{asked}");
    let text = stdout(&run(&["explain", "-", "--prove"]));
    assert!(text.contains("excluded by the output here: internal-ip-unreachable"), "{text}");
}

#[test]
fn a_cause_has_a_page_and_stands_in_the_list() {
    let page = stdout(&explain(&["path-mtu-hole"], ""));
    assert!(page.starts_with("path-mtu-hole: "), "{page}");
    let list = stdout(&explain(&["--list"], ""));
    assert!(list.contains("client-isolation") && list.contains("path-mtu-hole"), "{list}");
    let page = stdout(&explain(&["no-shared-network"], ""));
    assert!(
        page.starts_with("no-shared-network (refusal)\n") && page.lines().count() > 3,
        "{page}"
    );
    assert!(list.contains("no-shared-network"), "{list}");
    let near = explain(&["path-mtu-hol"], "");
    assert!(String::from_utf8_lossy(&near.stderr).contains("did you mean `path-mtu-hole`?"));
}
