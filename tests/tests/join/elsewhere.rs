//! `pontoon join-check --on`: a join rehearsed on other hosts over ssh, and what is sent to them.

use std::ffi::OsStr;
use std::net::Ipv4Addr;

use pontoon_tests::program::{pontoon, stdout};
use pontoon_tests::ssh_lab::need_ssh;
use serde_json::Value;

use crate::server::{Behaviour, Server};

const SECRET: &str = "0123456789abcdef";
const CERTIFICATE_KEY: &str = "feedfacecafebeeffeedfacecafebeeffeedfacecafebeeffeedfacecafebeef";
/// The file with the join line of the server that [`serve_in_a_lab`] starts.
const LINE: &str = "PONTOON_SERVES_LINE";
/// The address of pi1 on the switch.
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 50, 1);

/// The API server of the lab, which the test starts there by executing itself.
fn serve_in_a_lab(line: &OsStr) -> ! {
    let addresses = vec![Ipv4Addr::new(10, 96, 0, 1), SERVER];
    let behaviour = Behaviour { addresses, ..Behaviour::default() };
    let server = Server::start_at((SERVER, 6443).into(), behaviour);
    std::fs::write(line, server.line()).expect("a file can be written");
    // The script that started it ends it.
    loop {
        std::thread::park();
    }
}

/// Keeps every byte that is sent to the hosts, and every argument of ssh; pi3's path to the server
/// is blocked.
#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn each_host_is_judged_and_no_secret_leaves() {
    if let Some(line) = std::env::var_os(LINE) {
        serve_in_a_lab(&line);
    }
    need_ssh();
    let itself = std::env::current_exe().expect("a test knows its own path");
    let itself = itself.display();
    let script = format!(
        "mkdir /tmp/kept; cat >/tmp/spy <<'X'\n#!/bin/bash\nprintf '%s\\n' \"$*\" >/tmp/kept/argv.$$\n\
         exec ssh \"$@\" < <(tee /tmp/kept/sent.$$ 2>/dev/null)\nX\nchmod 755 /tmp/spy\n\
         {LINE}=/tmp/line {itself} --ignored --exact elsewhere::each_host_is_judged_and_no_secret_leaves >/tmp/served 2>&1 &\n\
         for i in $(seq 100); do [ -s /tmp/line ] && break; sleep 0.1; done\n\
         printf ' --control-plane --certificate-key {CERTIFICATE_KEY}' >>/tmp/line\n\
         ssh -n pi3 'ip route add unreachable {SERVER}'\n\
         pontoon join-check --on 'pi[2-3],pi9' --ssh /tmp/spy --json - </tmp/line\n\
         echo =====; cat /tmp/kept/* | LC_ALL=C tr -c '[:print:]\\n' ' '; echo =====\n\
         pontoon join-check --on 'pi[1-3]' - </tmp/line; kill %1"
    );
    let output = pontoon(&["lab", "shell", "campus", "pi1", "--", "bash", "-c", &script]);
    let noise = String::from_utf8_lossy(&output.stderr);
    let text = stdout(&output);
    let mut parts = text.split("=====");
    let mut part = || parts.next().unwrap_or_else(|| panic!("{text}{noise}"));
    let (report, kept, page) = (part(), part(), part());

    let report: Value = serde_json::from_str(report).unwrap_or_else(|_| panic!("{text}{noise}"));
    assert_eq!(report["schema"], "pontoon/join-hosts/v2");
    let hosts = report["hosts"].as_array().expect("hosts");
    let names: Vec<_> = hosts.iter().filter_map(|host| host["host"].as_str()).collect();
    assert_eq!(names, ["pi2", "pi3"], "{report:#}");
    let why = report["unreached"]["pi9"].as_str().unwrap_or_default();
    assert!(why.contains("its name has no address"), "{why}");
    let steps = hosts[0]["verdict"]["stages"].as_array().expect("stages");
    let passed = |stage: &str| {
        let step = steps.iter().find(|step| step["stage"] == stage);
        step.unwrap_or_else(|| panic!("{stage}: {steps:#?}"))["is_passed"].as_bool()
    };
    for stage in ["tcp", "tls", "cluster-info", "signature", "pin", "inside-certificate"] {
        assert_eq!(passed(stage), Some(true), "{stage}: {steps:#?}");
    }
    for stage in ["reads", "control-plane", "node-name"] {
        assert_eq!(passed(stage), None, "{stage}: {steps:#?}");
    }
    assert!(hosts[0]["verdict"]["failure"].is_null(), "{:#}", hosts[0]);
    let failure = &hosts[1]["verdict"]["failure"];
    assert!(failure["stage"].is_string(), "{:#}", hosts[1]);
    assert_eq!(failure["diagnoses"][0]["scope"]["from"], "pi3", "{failure:#}");

    assert!(kept.contains("pontoon agent --stdio"), "{kept}");
    assert!(kept.contains("Contact") && kept.contains("192.168.50.1:6443"), "{kept}");
    for secret in [SECRET, CERTIFICATE_KEY] {
        assert!(!text.contains(secret), "{text}");
        assert!(!noise.contains(secret), "{noise}");
    }

    assert!(page.contains("pi2: nothing on the network prevents the join, as far as"), "{page}");
    assert!(page.contains("\npi3: would hang for 5 minutes"), "{page}");
    let wide = page.lines().filter(|line| line.chars().count() > 80);
    assert!(wide.clone().all(|line| line.contains("https://")), "{:?}", wide.collect::<Vec<_>>());
}

/// Errors before any host is contacted.
#[test]
fn what_is_for_one_host_is_refused_for_several() {
    let table = [
        (&["--on", "pi2", "--server-via", "x", "-"][..], "cannot be used with"),
        (&["--on", "pi2", "--node-name", "x", "-"], "cannot be used with"),
        (&["--sudo", "-"], "--on <HOSTS>"),
        (&["--ssh", "x", "-"], "--on <HOSTS>"),
    ];
    for (words, said) in table {
        let output = pontoon(&[&["join-check"], words].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}");
    }
}
