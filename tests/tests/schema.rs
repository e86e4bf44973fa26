//! The published schemas of inputs and outputs: they are up to date, and real outputs match them.

use std::path::Path;
use std::{fs, thread};

use jsonschema::Validator;
use pontoon_causes::symptom::{explain, explanation};
use pontoon_cluster::cluster_report as cluster;
use pontoon_fleet::clock::clock_report as clock;
use pontoon_fleet::exec::results as exec;
use pontoon_fleet::inventory;
use pontoon_join::{hosts_report as join_hosts, report as join};
use pontoon_lab::scenario;
use pontoon_model::record;
use pontoon_probe::discover::report as discover;
use pontoon_rules::report;
use pontoon_settings::prediction;
use pontoon_tests::checkout::{files_below, root, shown, text};
use pontoon_tests::generated::assert_current;
use pontoon_tests::program::{pontoon, stdout};
use schemars::JsonSchema;
use serde_json::{Value, json};

/// Scenarios whose outputs have little in common: two links, both families, a router, a portal, a
/// host that cannot be reached, packet filters, records merged without a control channel.
const RAISED: [&str; 6] =
    ["campus", "campus-v6", "docker", "portal", "wifi-only-no-control", "peer-off"];

fn page<T: JsonSchema>(title: &str) -> String {
    titled(schemars::schema_for!(T).to_value(), title)
}

fn titled(mut schema: Value, title: &str) -> String {
    schema["title"] = json!(title);
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    format!("{text}\n")
}

fn published(name: &str) -> Validator {
    let path = root().join("docs/schema").join(format!("{name}.schema.json"));
    let schema = serde_json::from_str(&text(&path)).expect("a published schema is JSON");
    jsonschema::validator_for(&schema).expect("a published schema is a schema")
}

fn violations(schema: &Validator, value: &Value, what: &str) -> Vec<String> {
    let errors = schema.iter_errors(value);
    errors.map(|error| format!("{what}, {}: {error}", error.instance_path())).collect()
}

#[test]
fn a_rehearsed_join_is_as_published() {
    let published = published("join");
    let arguments = [
        "join-check",
        "--json",
        "--",
        "kubeadm",
        "join",
        "127.0.0.1:9",
        "--token",
        "abcdef.0123456789abcdef",
        "--discovery-token-unsafe-skip-ca-verification",
    ];
    let shown = serde_json::from_str(&stdout(&pontoon(&arguments))).expect("a report is JSON");
    let wrong = violations(&published, &shown, "nobody listens");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The name of this host needs no ssh; the other host has no address.
#[test]
fn a_join_rehearsed_on_hosts_is_as_published() {
    let published = published("join-hosts");
    let here = fs::read_to_string("/proc/sys/kernel/hostname").expect("/proc is mounted");
    let hosts = format!("{},nobody.invalid", here.trim());
    let mut arguments = vec!["join-check", "--json", "--on", &hosts, "--"];
    arguments.extend([
        "kubeadm",
        "join",
        "127.0.0.1:9",
        "--token",
        "abcdef.0123456789abcdef",
        "--discovery-token-unsafe-skip-ca-verification",
    ]);
    let shown: Value =
        serde_json::from_str(&stdout(&pontoon(&arguments))).expect("a report is JSON");
    assert!(shown["unreached"]["nobody.invalid"].is_string(), "{shown:#}");
    let wrong = violations(&published, &shown, "nobody listens");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_foretold_of_this_host_and_of_others_is_as_published() {
    let published = published("prediction");
    let cases = root().join("tests/kubernetes/cases/cluster-cases.json");
    let cases: Value = serde_json::from_str(&text(&cases)).expect("cases are JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    let mut of = |what: &str, arguments: &[&str]| {
        let output = pontoon(&[&["predict", "--json", "--component", "all"], arguments].concat());
        let shown = serde_json::from_str(&stdout(&output)).expect("a prediction is JSON");
        wrong.extend(violations(&published, &shown, what));
    };
    of("this host", &[]);
    for id in ["seed", "no-default", "nodeip-dual-v6first", "external-cloud-nodeip"] {
        let all = cases["cases"].as_array().expect("a list of cases");
        let case = all.iter().find(|case| case["id"] == id).expect("a case of that name");
        let path = folder.path().join("case.json");
        fs::write(&path, case.to_string()).expect("a case can be written");
        of(id, &["--facts", &path.display().to_string()]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_said_of_error_text_is_as_published() {
    let published = published("explanation");
    let cases = root().join("tests/kubernetes/cases/symptoms.json");
    let cases: Value = serde_json::from_str(&text(&cases)).expect("cases are JSON");
    let entries = cases["entries"].as_array().expect("a list of entries");
    let texts: Vec<_> = entries.iter().filter_map(|one| one["symptom_text"].as_str()).collect();
    let explanation = explain(texts.join("\n").as_bytes());
    assert!(explanation.symptoms.len() > 10, "{explanation:?}");
    let mut wrong = Vec::new();
    for explanation in [explanation, explain(b"nothing of this is known")] {
        let shown = serde_json::to_value(&explanation).expect("it is JSON");
        wrong.extend(violations(&published, &shown, "an explanation"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_published_schemas_are_current() {
    let title = format!("pontoon check --json: {}", report::SCHEMA);
    assert_current("docs/schema/report.schema.json", &page::<report::SurveyReport>(&title));
    let title = format!("a line of pontoon check --record: {}", record::SCHEMA);
    assert_current("docs/schema/record.schema.json", &page::<record::RecordLine>(&title));
    let title = "an inventory of pontoon hosts, as TOML";
    assert_current("docs/schema/hosts.schema.json", &page::<inventory::InventoryDocument>(title));
    let title = format!("pontoon hosts list --json: {}", inventory::LISTING);
    assert_current(
        "docs/schema/hosts-list.schema.json",
        &page::<inventory::InventoryListing>(&title),
    );
    let title = format!("pontoon exec --json: {}", exec::FORM);
    assert_current("docs/schema/exec.schema.json", &page::<exec::Results>(&title));
    let title = format!("pontoon clock --json: {}", clock::FORM);
    assert_current("docs/schema/clock.schema.json", &page::<clock::ClockReport>(&title));
    let title = format!("pontoon cluster check --json: {}", cluster::SCHEMA);
    assert_current("docs/schema/cluster.schema.json", &page::<cluster::ClusterReport>(&title));
    let title = format!("pontoon join-check --json: {}", join::SCHEMA);
    assert_current("docs/schema/join.schema.json", &page::<join::JoinReport>(&title));
    let title = format!("pontoon join-check --on HOSTS --json: {}", join_hosts::SCHEMA);
    assert_current(
        "docs/schema/join-hosts.schema.json",
        &page::<join_hosts::JoinHostsReport>(&title),
    );
    let title = format!("pontoon predict --json: {}", prediction::SCHEMA);
    assert_current("docs/schema/prediction.schema.json", &page::<prediction::Prediction>(&title));
    let title = format!("pontoon explain - --json: {}", explanation::SCHEMA);
    assert_current(
        "docs/schema/explanation.schema.json",
        &page::<explanation::Explanation>(&title),
    );
    let title = format!("pontoon discover --json: {}", discover::FORM);
    assert_current("docs/schema/discover.schema.json", &page::<discover::DiscoveryReport>(&title));
    let title = "a scenario of pontoon lab, as TOML";
    assert_current("docs/schema/scenario.schema.json", &titled(scenario::schema(), title));
}

#[test]
fn real_outputs_keep_the_published_schemas() {
    let (reports, records) = (published("report"), published("record"));
    let folder = tempfile::tempdir().expect("a folder for records can be made");
    let outputs: Vec<_> = thread::scope(|scope| {
        let raise = |name| {
            let file = folder.path().join(name);
            (name, file.clone(), scope.spawn(move || raised(name, &file)))
        };
        let raised: Vec<_> = RAISED.map(raise).into();
        raised
            .into_iter()
            .map(|(name, file, run)| (name, file, run.join().expect("a run ends")))
            .collect()
    });
    let mut wrong = Vec::new();
    for (name, file, outcome) in outputs {
        let all = outcome["reports"].as_array().expect("a run has reports");
        assert!(!all.is_empty(), "{name} has no report");
        wrong.extend(all.iter().flat_map(|one| violations(&reports, one, name)));
        let text = fs::read_to_string(&file).expect("a run writes its record");
        assert!(text.lines().count() > 20, "the record of {name} is short");
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("a record is JSON, line by line");
            wrong.extend(violations(&records, &line, name));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Starts a lab, checks its hosts, writes the record; returns the result.
fn raised(name: &str, record: &Path) -> Value {
    let record = record.to_str().expect("folders for tests have plain names");
    let run = pontoon(&["lab", "run", name, "--json", "--record", record]);
    serde_json::from_str(&stdout(&run)).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&run.stderr);
        panic!("the outcome of {name} is not JSON: {error}\n{said}")
    })
}

#[test]
fn scenario_files_keep_the_published_schema() {
    let schema = published("scenario");
    let wrong: Vec<_> = files_below("scenarios")
        .iter()
        .flat_map(|path| {
            let file: toml::Value = toml::from_str(&text(path)).expect("a scenario is TOML");
            let value = serde_json::to_value(file).expect("TOML without dates is JSON");
            violations(&schema, &value, &shown(path))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A schema that accepts everything would be useless.
#[test]
fn the_published_schemas_refuse_other_things() {
    let rows = [
        ("report", json!({})),
        ("report", json!({ "schema": report::SCHEMA })),
        ("record", json!({ "type": "rumour" })),
        ("record", json!({ "type": "run", "run": 7 })),
        ("record", json!({ "type": "unreached", "why": "no host" })),
        ("exec", json!({ "schema": exec::FORM })),
        ("exec", json!({ "schema": exec::FORM, "hosts": [{ "host": "pi1" }] })),
        ("clock", json!({ "schema": clock::FORM, "hosts": [] })),
        ("explanation", json!({ "schema": explanation::SCHEMA, "symptoms": [{}] })),
        ("join-hosts", json!({ "schema": join_hosts::SCHEMA, "hosts": [] })),
        ("discover", json!({ "schema": discover::FORM, "hosts": [{ "mac": "nobody" }] })),
        ("scenario", json!({ "title": "no truth" })),
        ("scenario", json!({ "title": "t", "truth": "t", "hosts": {} })),
        ("scenario", json!({ "title": "t", "truth": "t", "network": { "wifi": {} } })),
        ("scenario", json!({ "base": "home", "network": { "wifi": { "colour": "red" } } })),
        ("scenario", json!({ "title": "t", "truth": "t", "expect": [{ "code": 7 }] })),
    ];
    for (name, value) in rows {
        assert!(!published(name).is_valid(&value), "{name} takes {value}");
    }
}
