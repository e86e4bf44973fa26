//! Whoever asks, the findings are the same: `check` from each host with the others as its peers, and
//! `mesh`, find in a scenario what `lab run` has to find in it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

use pontoon_diagnosis::DiagnosisScope;
use pontoon_lab::expected_findings::ExpectedFinding;
use pontoon_lab::scenario::{Scenario, builtin, builtin_names};
use pontoon_tests::program::{path, pontoon, stdout};
use serde_json::Value;

/// The scenarios in which it mattered once who asks: a host is the gateway of another, routers
/// connect the hosts, a gateway is dead, a third party answers, a peer has no agent.
const ALWAYS: &[&str] = &[
    "two-ssids-blocked",
    "docker",
    "no-masquerade",
    "source-guard",
    "forwarding-off",
    "one-address-networks",
    "dead-gateway",
    "portal",
    "peer-off",
];
/// With this variable all scenarios are asked, which `./check --soak` does: four labs each.
const ALL: &str = "PONTOON_EVERY_ENTRY_POINT";
/// Labs side by side: they wait more than they compute.
const LABS: usize = 8;
/// Of more hosts than this the first and the last ask: the others are their copies.
const HOSTS_MAX: usize = 4;

#[test]
fn check_from_each_host_and_mesh_find_what_lab_run_finds() {
    let is_chosen = |name: &&str| std::env::var_os(ALL).is_some() || ALWAYS.contains(name);
    let scenarios: Vec<Scenario> =
        builtin_names().filter(is_chosen).map(|name| builtin(name).unwrap().unwrap()).collect();
    // Without a control connection there is no other entry point.
    let scenarios: Vec<&Scenario> = scenarios.iter().filter(|one| one.check.control).collect();
    assert!(scenarios.len() >= ALWAYS.len(), "a scenario has another name");
    let queue: VecDeque<_> = scenarios.iter().flat_map(|scenario| entries(scenario)).collect();
    let (queue, faults) = (Mutex::new(queue), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    // Built before the labs need it.
    let _ = path();
    thread::scope(|scope| {
        for _ in 0..LABS {
            scope.spawn(|| {
                while let Some((scenario, host, command)) = next() {
                    let fault = difference(scenario, &host, &command);
                    faults.lock().unwrap_or_else(PoisonError::into_inner).extend(fault);
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of them:\n{}", faults.len(), faults.join("\n"));
}

/// A command, and the host of the scenario on which it is typed.
type Entry<'a> = (&'a Scenario, String, Vec<String>);

/// `check` on each host, and `mesh` on the last.
fn entries(scenario: &Scenario) -> Vec<Entry<'_>> {
    let hosts: Vec<String> = scenario.askers().iter().map(ToString::to_string).collect();
    let args = &scenario.check.args;
    let check = |host: &String| {
        let mut words = vec!["pontoon".to_owned(), "check".to_owned(), "--json".to_owned()];
        for peer in hosts.iter().filter(|peer| *peer != host) {
            words.extend(
                ["--peer", peer, "--via", &format!("pontoon lab via {peer}")].map(Into::into),
            );
        }
        // A peer of the scenario has no agent, and so no command.
        let bare = args.iter().filter(|word| *word == "--peer");
        words.extend(bare.flat_map(|_| ["--via".to_owned(), String::new()]));
        words.extend(args.iter().cloned());
        (scenario, host.clone(), words)
    };
    let is_asker =
        |(at, _): &(usize, &String)| hosts.len() <= HOSTS_MAX || *at == 0 || at + 1 == hosts.len();
    let asking = hosts.iter().enumerate().filter(is_asker);
    let mut entries: Vec<Entry<'_>> = asking.map(|(_, host)| check(host)).collect();
    // mesh has no hosts without an agent.
    if !args.iter().any(|word| word == "--peer") {
        let mut words =
            ["pontoon", "mesh", &hosts.join(","), "--json", "--via", "pontoon lab via {}"]
                .map(ToOwned::to_owned)
                .to_vec();
        words.extend(args.iter().cloned());
        entries.extend(hosts.last().map(|host| (scenario, host.clone(), words)));
    }
    entries
}

/// What was not found, or found and not expected.
fn difference(scenario: &Scenario, host: &str, command: &[String]) -> Option<String> {
    let shell = ["lab", "shell", &scenario.name, host, "--"];
    let words: Vec<&str> = shell.into_iter().chain(command.iter().map(String::as_str)).collect();
    let output = pontoon(&words);
    let text = stdout(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    let failed = || Some(format!("{}: {command:?} on {host}: {said}{text}", scenario.name));
    let Ok(report) = serde_json::from_str::<Value>(&text) else { return failed() };
    let found: Vec<&Value> = report["diagnoses"]
        .as_array()?
        .iter()
        .filter(|diagnosis| diagnosis["severity"] != "info")
        .collect();
    let rows = &scenario.expect;
    let missing = rows.iter().filter(|row| !found.iter().any(|one| is_met(row, one)));
    let missing: Vec<String> =
        missing.map(|row| format!("missing {} {:?}", row.code, row.scope)).collect();
    let surplus = found.iter().filter(|one| !rows.iter().any(|row| is_met(row, one)));
    let surplus: Vec<String> = surplus
        .map(|one| format!("surplus {} {} {}", one["code"], one["scope"], one["evidence"]))
        .collect();
    let lines = [missing, surplus].concat();
    (!lines.is_empty()).then(|| {
        let entry = &command[1];
        format!("{}: {entry} on {host}:\n  {}", scenario.name, lines.join("\n  "))
    })
}

/// As [`ExpectedFinding::matches`], of a diagnosis in a report.
fn is_met(row: &ExpectedFinding, found: &Value) -> bool {
    let scope: DiagnosisScope =
        serde_json::from_value(found["scope"].clone()).expect("a scope has a known shape");
    let is_scope = row.scope.overlaps(&scope)
        || found["is_symmetric"] == true && row.scope.reversed().overlaps(&scope);
    found["code"] == row.code.as_str()
        && row.certainty.is_none_or(|certainty| found["certainty"] == certainty.as_str())
        && is_scope
}
