//! The error that `join-check` predicts, compared with that of the real kubeadm.
//!
//! kubeadm gives up after the time that is set in its configuration: here after its first request,
//! which has a timeout of ten seconds. `PONTOON_DISCOVERY_S=300` waits out the five minutes that
//! are its default.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cluster::{Cluster, MASTER, WORKER};
use crate::session::Running;

/// Joins at a time.
const AT_ONCE: usize = 6;

/// Seconds for which kubeadm requests cluster-info.
fn discovery_s() -> u64 {
    let told = std::env::var("PONTOON_DISCOVERY_S").ok();
    told.map_or(12, |text| text.parse().expect("PONTOON_DISCOVERY_S is a number of seconds"))
}

/// The parts of the line that init printed, and the proxy of the environment.
#[derive(Clone)]
struct Line {
    endpoint: String,
    token: String,
    pin: String,
    proxy: &'static str,
}

impl Line {
    fn of(line: &str) -> Self {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let [_, _, endpoint, token_flag, token, pin_flag, pin] = &words[..] else {
            panic!("another line: {line}")
        };
        let flags = (token_flag.as_str(), pin_flag.as_str());
        assert_eq!(flags, ("--token", "--discovery-token-ca-cert-hash"), "{line}");
        let (endpoint, token, pin) = (endpoint.clone(), token.clone(), pin.clone());
        Self { endpoint, token, pin, proxy: "" }
    }

    /// The same as a `JoinConfiguration`.
    fn configuration(&self) -> String {
        let Self { endpoint, token, pin, .. } = self;
        format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  \
             bootstrapToken:\n    apiServerEndpoint: {endpoint}\n    token: {token}\n    \
             caCertHashes: ['{pin}']\ntimeouts:\n  discovery: {}s\n",
            discovery_s()
        )
    }
}

/// The line with a fault in it, or in its environment.
fn cases(line: &Line) -> Vec<(&'static str, Line)> {
    let at = |endpoint: &str| Line { endpoint: endpoint.to_owned(), ..line.clone() };
    let by = |proxy| Line { proxy, ..line.clone() };
    let token = |token: String| Line { token, ..line.clone() };
    let (id, z) = (&line.token[..6], "z".repeat(16));
    vec![
        ("nobody has the address", at("10.0.0.77:6443")),
        ("the WiFi keeps clients apart", at("172.20.5.1:6443")),
        ("nothing listens", at("10.0.0.1:6444")),
        ("packets are dropped", at("10.0.0.1:7777")),
        ("a name that nobody knows", at("nobody.invalid:6443")),
        ("the certificate lacks the address", at("10.0.0.101:6443")),
        ("kubelet's port", at("10.0.0.1:10250")),
        ("no token of that name", token(format!("zzzzzz.{z}"))),
        ("another secret half", token(format!("{id}.{z}"))),
        ("another pin", Line { pin: format!("sha256:{}", "0f".repeat(32)), ..line.clone() }),
        ("no proxy is there", by("http://10.0.0.1:6444")),
        ("a web server in the place of a proxy", by("http://10.0.0.1:3128")),
    ]
}

/// The beginning of every error of kubeadm.
const BEGIN: &str = "error execution phase ";

/// The error that kubeadm ends with, in one line.
fn error(said: &str) -> String {
    let said = said.split_once(BEGIN).map_or("", |(_, error)| error);
    let said = said.split("To see the stack trace").next().unwrap_or_default();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    said.replace(CLIENT_TIMEOUT, DEADLINE).replace(AWAITING, DEADLINE)
}

const DEADLINE: &str = "context deadline exceeded";

/// The error for silence if the timeout of the request ends it, not that of the whole join: which
/// of the two comes first is random, and so is whose words Go's client takes for it.
const CLIENT_TIMEOUT: &str = "net/http: request canceled while waiting for connection \
                              (Client.Timeout exceeded while awaiting headers)";

const AWAITING: &str = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/// The error that `join-check` predicts.
fn predicted(said: &str) -> String {
    let report: Value =
        serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"));
    error(report["verdict"]["failure"]["response"].as_str().unwrap_or_default())
}

/// Before the worker joins: `printed` is what init printed.
pub(crate) fn kubeadm_says_what_join_check_foretells(cluster: &Cluster, printed: &str) {
    cluster.lab.must(MASTER, "ip address add 10.0.0.101/24 dev eth0");
    cluster.lab.must(MASTER, "mkdir /run/empty; busybox httpd -f -p 10.0.0.1:3128 -h /run/empty >/dev/null 2>&1 & echo $! >/run/httpd.pid");
    cluster.lab.must(
        WORKER,
        "nft 'table ip words { chain output { type filter hook output priority 0; \
         tcp dport 7777 drop; }; }'",
    );
    let line = Line::of(printed);
    let mut differ = String::new();
    let mut checking: Vec<(&str, Running, String)> = Vec::new();
    for (at, (name, case)) in cases(&line).into_iter().enumerate() {
        let file = format!("/run/words-{at}.yaml");
        cluster.lab.put(WORKER, &file, &case.configuration());
        let environment = format!("export HTTPS_PROXY={}", case.proxy);
        let check =
            format!("{environment}; pontoon join-check --json --config {file} --node-name pi2");
        let join = format!(
            "{environment}; kubeadm join --config {file} \
             --ignore-preflight-errors=SystemVerification 2>&1"
        );
        checking.push((name, cluster.lab.begin(WORKER, &check), join));
    }
    // Each has seconds for what takes milliseconds, unless all of them run at once.
    let predicted: Vec<(&str, String, String)> = checking
        .into_iter()
        .map(|(name, check, join)| {
            (name, predicted(&check.within(400).expect("join-check ends").out), join)
        })
        .collect();
    for together in predicted.chunks(AT_ONCE) {
        let joining: Vec<Running> =
            together.iter().map(|(_, _, join)| cluster.lab.begin(WORKER, join)).collect();
        for ((name, predicted, _), join) in together.iter().zip(joining) {
            let join = join.within(discovery_s() + 400).expect("kubeadm join ends");
            let said = error(&join.out);
            assert!(!said.is_empty(), "{name}: kubeadm ends without an error: {}", join.out);
            compare(&mut differ, name, predicted, &said);
        }
    }
    certificates(cluster, printed, &mut differ);
    assert!(differ.is_empty(), "{differ}");
    cluster
        .lab
        .must(MASTER, "kill $(cat /run/httpd.pid); ip address delete 10.0.0.101/24 dev eth0");
    cluster.lab.must(WORKER, "nft delete table ip words");
}

fn compare(differ: &mut String, name: &str, predicted: &str, said: &str) {
    if predicted != said {
        writeln!(differ, "{name}\n  predicted: {predicted}\n  said:     {said}")
            .expect("a String can be written to");
    }
}

/// The certificates that control planes share: missing, then encrypted with another key, then with
/// this one.
fn certificates(cluster: &Cluster, printed: &str, differ: &mut String) {
    let check = |key: &str| {
        let line = format!("{printed} --control-plane --certificate-key {key}");
        let script = format!("pontoon join-check --json --node-name pi2 - <<'END'\n{line}\nEND");
        cluster.lab.run(WORKER, &script).out
    };
    let real = |key: &str| {
        // Only this phase, because the phases before it make the host a control plane.
        let phase = printed.replace(
            "kubeadm join",
            "kubeadm join phase control-plane-prepare \
             download-certs",
        );
        let said = cluster
            .lab
            .run(WORKER, &format!("{phase} --control-plane --certificate-key {key} 2>&1"));
        error(&said.out)
    };
    let predicted = |key: &str| predicted(&check(key));
    let other = "0f".repeat(32);
    compare(differ, "never uploaded", &predicted(&other), &real(&other));
    let said = cluster.lab.must(MASTER, "kubeadm init phase upload-certs --upload-certs");
    let own = said.split_whitespace().last().expect("it prints a key").to_owned();
    compare(differ, "another key", &predicted(&other), &real(&other));
    let said: Value = serde_json::from_str(&check(&own)).expect("a report is JSON");
    let steps = said["verdict"]["stages"].as_array().expect("stages");
    let opened = steps.iter().find(|step| step["stage"] == "shared-certificates");
    assert_eq!(opened.map(|step| &step["is_passed"]), Some(&true.into()), "{said:#}");
    cluster.kubectl("-n kube-system delete secret kubeadm-certs");
    compare(differ, "deleted after two hours", &predicted(&own), &real(&own));
}
