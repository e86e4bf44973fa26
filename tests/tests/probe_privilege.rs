//! An agent without access to frames (no `CAP_NET_RAW`): it probes through the kernel, answers its
//! peers, and reports what it did not test.

use std::process::Output;

use pontoon_tests::program::{pontoon, stdout};
use serde_json::Value;

/// Checks pi1 and pi2 from pi1, which has no access to frames.
fn blind(scenario: &str, more: &[&str]) -> Output {
    let shell = ["lab", "shell", scenario, "pi1", "--"];
    let drop = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"];
    let check = ["pontoon", "check", "--offline", "--peer", "pi2", "--via", "pontoon lab via {}"];
    let output = pontoon(&[&shell[..], &drop, &check, more].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "this test needs setpriv and a lab: {said}");
    output
}

fn report(scenario: &str) -> (Option<i32>, Value) {
    let output = blind(scenario, &["--json"]);
    let report = serde_json::from_str(&stdout(&output)).expect("a report is JSON");
    (output.status.code(), report)
}

fn states(report: &Value) -> Vec<&str> {
    let pairs = report["pairs"].as_array().expect("a report has pairs");
    pairs.iter().filter_map(|pair| pair["state"].as_str()).collect()
}

#[test]
fn an_open_network_is_seen_open_without_rights() {
    let (code, report) = report("home");
    assert_eq!(states(&report), ["open", "open"], "{report:#}");
    assert_eq!(code, Some(0), "{report:#}");
}

/// A packet that used the kernel's routes and caches and did not arrive proves nothing about
/// frames; one that arrived with a router's MAC did not pass directly.
#[test]
fn nothing_is_claimed_of_frames_that_could_not_be_sent() {
    for scenario in ["wifi-only", "proxy-arp"] {
        let (code, report) = report(scenario);
        assert_eq!(states(&report), ["undecided"], "{scenario}: {report:#}");
        assert_eq!(code, Some(5), "{scenario}: {report:#}");
    }
}

#[test]
fn what_was_not_tested_is_named_with_what_would_help() {
    let output = blind("home", &["-v"]);
    let text = stdout(&output);
    let not_tested = text.split_once("not tested").map(|(_, rest)| rest);
    let not_tested = not_tested.and_then(|rest| rest.split("frames sent").next());
    let words = not_tested.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    for link in ["eth0", "wlan0"] {
        for what in [
            format!("pi1: which frames arrive on {link} (a packet socket was refused"),
            format!("pi1: whether group frames pass on {link} (it takes CAP_NET_RAW)"),
            format!("pi1: ARP and ND on {link} (it takes CAP_NET_RAW)"),
        ] {
            assert!(words.contains(&what), "{what} is missing: {text}");
        }
    }
    assert!(words.contains("setcap cap_net_raw"), "{text}");
    assert!(!words.contains("pi2:"), "pi2 has its rights: {text}");
}
