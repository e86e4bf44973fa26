//! `pontoon mesh --ports`: real listeners, real packet filters, a real service.

use std::fs;

use pontoon_tests::program::{pontoon, stdout};
use serde_json::{Value, json};

/// pi1 drops one port and has a service on another; pi2 rejects one, and blocks one outgoing.
const LAB: &str = r#"
title = "Three hosts, and filters for ports"
base = "home"
truth = "Each filter is about one port."
expect = []

[host.pi1]
nft = """
table inet firewall {
  chain input {
    type filter hook input priority filter; policy accept
    iifname "eth0" tcp dport 6443 drop
  }
}
"""

[host.pi2]
nft = """
table inet firewall {
  chain input {
    type filter hook input priority filter; policy accept
    iifname "eth0" tcp dport 10250 reject with tcp reset
  }
  chain output {
    type filter hook output priority filter; policy accept
    ip daddr 192.168.50.3 udp dport 8472 drop
  }
}
"""
"#;

/// Runs a script on pi1 of that lab.
fn on_pi1(script: &str) -> (Option<i32>, String, String) {
    on_pi1_of(LAB, script)
}

fn on_pi1_of(lab: &str, script: &str) -> (Option<i32>, String, String) {
    let text = lab;
    let folder = tempfile::tempdir().expect("a folder");
    let lab = folder.path().join("ports.toml");
    fs::write(&lab, text).expect("a file can be written");
    let lab = lab.display().to_string();
    let output = pontoon(&["lab", "shell", &lab, "pi1", "--", "bash", "-c", script]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), stdout(&output), said)
}

/// Rows of one link: port, host, what listens, open from, blocked from.
fn rows(report: &Value, link: &str) -> Vec<Value> {
    let rows = report["ports"].as_array().expect("a report has ports");
    let rows = rows.iter().filter(|row| row["link"] == link);
    rows.map(|row| {
        let [open, blocked] = ["open_from", "blocked_from"].map(|from| row[from].clone());
        json!([row["port"], row["host"], row["answerer"], open, blocked])
    })
    .collect()
}

const MESH: &str = "pontoon mesh 'pi[1-3]' --via 'pontoon lab via {}' --offline -i eth0 --json \
                    --inventory hosts.toml";

#[test]
fn every_filter_is_found_and_nothing_else_is_accused() {
    let script = format!(
        "cd $(mktemp -d) && pontoon hosts add pi1 --role control-plane --inventory hosts.toml >/dev/null
         python3 -c 'import socket,time
s = socket.create_server((\"0.0.0.0\", 2379)); time.sleep(60)' & service=$!
         until ss -Hltn | grep -q ':2379 '; do kill -0 $service || exit; sleep 0.1; done
         {MESH} --ports control-plane; code=$?; kill $service; exit $code"
    );
    let (code, page, said) = on_pi1(&script);
    let report: Value = serde_json::from_str(&page).unwrap_or_else(|_| panic!("{page}{said}"));
    let expected = json!([
        ["6443/tcp", "pi1", "agent", [], ["pi2", "pi3"]],
        ["8472/udp", "pi1", "agent", ["pi2", "pi3"], []],
        ["8472/udp", "pi2", "agent", ["pi1", "pi3"], []],
        ["8472/udp", "pi3", "agent", ["pi1"], ["pi2"]],
        ["10250/tcp", "pi2", "agent", [], ["pi1"]],
        ["10250/tcp", "pi3", "agent", ["pi1"], []],
    ]);
    assert_eq!(json!(rows(&report, "eth0")), expected, "{page}");
    let findings = report["diagnoses"].as_array().expect("a report has diagnoses");
    let mut found: Vec<_> = findings
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| {
            let [from, to] = ["from", "to"].map(|end| finding["scope"][end].clone());
            json!([finding["code"], from, to, finding["certainty"]]).to_string()
        })
        .collect();
    found.sort();
    let expected = [
        r#"["port-blocked","pi1","pi2","confirmed"]"#,
        r#"["port-blocked","pi2","pi1","confirmed"]"#,
        r#"["port-blocked","pi3","pi1","confirmed"]"#,
        r#"["port-filtered","pi2","pi3","confirmed"]"#,
    ];
    assert_eq!(found, expected, "{page}");
    assert_eq!(code, Some(3), "{said}");
}

/// No host filters anything; the switch drops one port, and a router resets one and drops another.
const SWITCH: &str = r#"
title = "A switch that drops one port"
base = "home"
truth = "No host filters anything; the switch does."
expect = []
[network.switch]
nft = """
table bridge ports {
  chain pass {
    type filter hook forward priority 10; policy accept
    ip daddr 192.168.50.2 tcp dport 6443 drop
  }
}
"""
"#;
const ROUTER: &str = r#"
title = "A router that resets one port and drops another"
base = "two-ssids"
without = ["host.pi2"]
truth = "No host filters anything; the router between two networks does."
expect = []
[router.gw]
nft = """
table inet ports {
  chain forward {
    type filter hook forward priority filter; policy accept
    tcp dport 6443 reject with tcp reset
    udp dport 8472 drop
  }
}
"""
"#;

#[test]
fn what_is_dropped_on_the_way_accuses_no_host() {
    let lists = "printf '6443/tcp all\\n8472/udp all\\n' >list; touch hosts.toml";
    for (lab, hosts, link, expected) in [
        (SWITCH, "pi[1-2]", "-i eth0", vec![("pi1", "pi2", "likely")]),
        (ROUTER, "pi[1,3]", "", vec![("pi1", "pi3", "confirmed"), ("pi3", "pi1", "confirmed")]),
    ] {
        let script = format!(
            "cd $(mktemp -d); {lists}; pontoon mesh '{hosts}' --via 'pontoon lab via {{}}' \
             --offline {link} --json --inventory hosts.toml --ports list"
        );
        let (code, page, said) = on_pi1_of(lab, &script);
        let report: Value = serde_json::from_str(&page).unwrap_or_else(|_| panic!("{page}{said}"));
        let findings = report["diagnoses"].as_array().expect("a report has diagnoses");
        let errors = findings.iter().filter(|finding| finding["severity"] == "error");
        let found: std::collections::BTreeSet<String> = errors
            .filter(|finding| finding["evidence"].to_string().contains("6443/tcp"))
            .map(|finding| {
                let [from, to] = ["from", "to"].map(|end| finding["scope"][end].clone());
                json!([finding["code"], from, to, finding["certainty"]]).to_string()
            })
            .collect();
        let expected: std::collections::BTreeSet<String> = expected
            .iter()
            .map(|(from, to, level)| json!(["port-filtered", from, to, level]).to_string())
            .collect();
        assert_eq!(found, expected, "{page}");
        let is_ours = |finding: &&Value| finding["code"] != "port-filtered";
        let others: Vec<_> = findings.iter().filter(is_ours).map(|found| &found["code"]).collect();
        assert!(!others.contains(&&json!("port-blocked")), "{others:?}");
        assert_eq!(code, Some(3), "{said}");
    }
}

#[test]
fn a_port_in_use_is_asked_of_the_service_that_has_it() {
    let script = format!(
        "cd $(mktemp -d) && printf '2379/tcp all\\n22/tcp all # of this host alone\\n' >list
         touch hosts.toml
         python3 -c 'import socket,time
s = socket.create_server((\"0.0.0.0\", 2379)); t = socket.create_server((\"127.0.0.1\", 22))
time.sleep(60)' & service=$!
         until [ $(ss -Hltn | grep -cE ':(2379|22) ') -ge 2 ]; do kill -0 $service || exit; sleep 0.1; done
         {MESH} --ports list; code=$?; kill $service; exit $code"
    );
    let (code, page, said) = on_pi1(&script);
    let report: Value = serde_json::from_str(&page).unwrap_or_else(|_| panic!("{page}{said}"));
    let rows = rows(&report, "eth0");
    let of_pi1: Vec<_> = rows.iter().filter(|row| row[1] == "pi1").cloned().collect();
    let expected = json!([
        // It listens on 127.0.0.1 only: neither open nor blocked.
        ["22/tcp", "pi1", "service", [], []],
        ["2379/tcp", "pi1", "service", ["pi2", "pi3"], []],
    ]);
    assert_eq!(json!(of_pi1), expected, "{page}");
    assert_eq!(code, Some(0), "{page}{said}");
}

#[test]
fn nobody_listens_unless_ports_are_asked_for() {
    let script = "ss -Hltn >before; pontoon mesh 'pi[1-3]' --via 'pontoon lab via {}' --offline \
                  --json >page & mesh=$!; sleep 1; ss -Hltn >during; wait $mesh; \
                  diff before during && grep -c '\"ports\": \\[\\]' page";
    let (code, page, said) = on_pi1(&format!("cd $(mktemp -d); {script}"));
    assert_eq!((code, page.trim()), (Some(0), "1"), "{said}");
}

#[test]
fn lists_that_say_something_else_are_refused_before_anything_starts() {
    let table = [
        ("printf '6443/tcp master\\n' >list", "list", "line 1: `6443/tcp master`"),
        (":", "control-plane", "pontoon hosts set pi1 role=control-plane"),
        (":", "no-such-file", "no-such-file"),
    ];
    for (prepare, list, words) in table {
        let script = format!("cd $(mktemp -d); touch hosts.toml; {prepare}; {MESH} --ports {list}");
        let (code, page, said) = on_pi1(&script);
        assert_eq!(code, Some(2), "{list}: {page}{said}");
        assert!(said.contains(words) && page.is_empty(), "{list}: {said}");
    }
}
