//! The limits of sizes and times, and the measurements on this machine.
//!
//! `cargo build --release && cargo bench -p pontoon-benches --bench limits`. Each time is the
//! median of several runs, and the longest.

#![expect(clippy::unwrap_used, reason = "a bench that fails panics at the place")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use pontoon_benches::release;

/// A host on a network where only ARP is answered.
const SILENT: &str = r#"
title = "A gateway that drops everything"
base = "home"
without = ["host.pi2", "host.pi3"]
truth = "The gateway answers ARP and nothing else."

[router.gw]
nft = """
table ip silent {
  chain arrive {
    type filter hook prerouting priority raw
    iifname "lan" drop
  }
}
"""
"#;

fn main() {
    // `cargo test --benches` starts this as well, without anything to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let pontoon = release("pontoon");
    let folder = std::env::temp_dir().join(format!("pontoon-limits-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let silent = folder.join("silent.toml");
    fs::write(&silent, SILENT).unwrap();

    let size = fs::metadata(&pontoon).unwrap().len();
    say("release binary", &format!("{:.1} MiB", mib(size)), "9 MiB");
    say("pontoon --version", &times(20, || run(&pontoon, &["--version"])), "10 ms");
    let healthy = || in_lab(&pontoon, "home", "pontoon check");
    say("check, healthy host", &times(5, healthy), "1500 ms");
    let offline = || in_lab(&pontoon, "home", "pontoon check --offline");
    say("check --offline, healthy host", &times(5, offline), "1500 ms");
    let dead = silent.to_str().unwrap();
    say(
        "check, everything silent",
        &times(3, || in_lab(&pontoon, dead, "pontoon check")),
        "6000 ms",
    );
    for scenario in ["home", "campus", "no-l2-service", "wifi-only-no-control"] {
        let whole = || run(&pontoon, &["lab", "run", scenario]);
        say(&format!("scenario {scenario}"), &times(1, whole), "15000 ms");
    }
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    say(
        "largest process of all these",
        &format!("{:.1} MiB", mib(peak.unsigned_abs() * 1024)),
        "15 MiB",
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the bench starts what it measures, and measures")]
fn run(pontoon: &Path, arguments: &[&str]) -> u128 {
    let start = Instant::now();
    let status =
        Command::new(pontoon).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().code().is_some(), "{arguments:?}");
    start.elapsed().as_millis()
}

/// The milliseconds that a command takes on pi1 of a lab, without the set-up of the lab.
#[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
fn in_lab(pontoon: &Path, scenario: &str, command: &str) -> u128 {
    let timed = format!(
        "start=$(date +%s%N); {command} >/dev/null 2>&1; end=$(date +%s%N); \
         echo $(( (end - start) / 1000000 ))"
    );
    let output = Command::new(pontoon)
        .args(["lab", "shell", scenario, "pi1", "--", "sh", "-c", &timed])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn times(count: usize, measure: impl Fn() -> u128) -> String {
    let mut all: Vec<u128> = (0..count).map(|_| measure()).collect();
    all.sort_unstable();
    format!("{} ms, at most {} ms", all[count / 2], all[count - 1])
}

#[expect(clippy::cast_precision_loss, reason = "sizes are shown with one digit")]
fn mib(bytes: impl TryInto<u64>) -> f64 {
    bytes.try_into().unwrap_or(u64::MAX) as f64 / f64::from(1 << 20)
}

fn say(what: &str, measured: &str, promised: &str) {
    let line = format!("{what:32} {measured:28} promised: {promised}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
