//! A mesh compared with common tools: `fping`, `arp-scan` and `nmap -sT` over ssh, for the same
//! tests on the same hosts in one run. Are the results equal, and how long does each take?
//!
//! `cargo build --release && cargo bench -p pontoon-benches --bench peers`, as root, with fping,
//! arp-scan, nmap and openssh-server (Debian's packages of these names).

#![expect(clippy::unwrap_used, reason = "a bench that fails panics at the place")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use pontoon_benches::{home_of, release};
use serde_json::Value;

/// The usual commands, for one host: which hosts answer pings and ARP on each link, and which
/// ports.
const TOOLS: &str = "\
fping -q -c 3 -I wlan0 $WIFI 2>&1; fping -q -c 3 -I eth0 $WIRE 2>&1
arp-scan -q -I wlan0 $WIFI; arp-scan -q -I eth0 $WIRE
nmap -n -Pn -sT -p 10250,10256 -oG - $WIFI $WIRE";

fn main() {
    // `cargo test --benches` starts this as well, without anything to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("pontoon-peers-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (hosts, isolation) in [(5, "none"), (5, "all-frames"), (10, "none"), (10, "all-frames")] {
        let file = folder.join("peers.toml");
        fs::write(&file, home_of(hosts, isolation)).unwrap();
        let found = run(&file.to_string_lossy(), hosts);
        say(&format!("{hosts} hosts over ssh, isolation {isolation}: {found}"));
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Runs all three in one lab: pontoon, the tools one host after another, and all hosts at once.
#[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
fn run(scenario: &str, hosts: u16) -> String {
    let script = format!(
        "cd $(mktemp -d); now() {{ date +%s%N; }}; all=$(seq 1 {hosts})
tools() {{
  WIFI=$(for i in $all; do [ $i = $1 ] || echo 172.20.5.$i; done | xargs)
  WIRE=$(for i in $all; do [ $i = $1 ] || echo 192.168.50.$i; done | xargs)
  ssh -n pi$1 \"export PATH=/usr/sbin:/usr/bin:/sbin:/bin WIFI='$WIFI' WIRE='$WIRE'; {TOOLS}\" >tools.$1
}}
for i in $all; do ssh -n pi$i true; done
t0=$(now); pontoon mesh 'pi[1-{hosts}]' --offline --ports worker --json >mesh.json; t1=$(now)
for i in $all; do tools $i; done; t2=$(now)
for i in $all; do tools $i & done; wait; t3=$(now)
echo $(( (t1 - t0) / 100000000 )) $(( (t2 - t1) / 100000000 )) $(( (t3 - t2) / 100000000 ))
for i in $all; do echo \"# pi$i\"; cat tools.$i; done; echo '# json'; cat mesh.json"
    );
    let output = Command::new(release("pontoon"))
        .args(["lab", "shell", scenario, "pi1", "--", "bash", "-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let (tools, json) = text.split_once("# json\n").unwrap_or_else(|| panic!("{text}{said}"));
    let report: Value = serde_json::from_str(json).unwrap();
    let (times, tools) = tools.split_once('\n').unwrap();
    let tenths: Vec<u64> = times.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [own, in_turn, at_once] = tenths[..] else { panic!("{times}{said}") };
    let (ours, theirs) = (by_us(&report), by_tools(tools));
    assert_eq!(ours.len(), theirs.len(), "{tools}");
    let differing: Vec<_> =
        ours.iter().filter(|(way, open)| theirs.get(*way) != Some(open)).collect();
    let seconds = |tenths: u64| format!("{}.{} s", tenths / 10, tenths % 10);
    format!(
        "pontoon mesh {}; fping, arp-scan and nmap one host after another {}, all at once {}; \
         {} of {} answers alike {}",
        seconds(own),
        seconds(in_turn),
        seconds(at_once),
        ours.len() - differing.len(),
        ours.len(),
        if differing.is_empty() { String::new() } else { format!("(not {differing:?})") }
    )
}

/// The source host, the destination address, and the kind of test: ping, ARP or TCP port.
type Way = (String, String, &'static str);

fn address(link: &str, host: &str) -> String {
    let number = host.trim_start_matches("pi");
    if link == "wlan0" { format!("172.20.5.{number}") } else { format!("192.168.50.{number}") }
}

/// The results of the tools' tests according to the report.
fn by_us(report: &Value) -> BTreeMap<Way, bool> {
    let mut ways = BTreeMap::new();
    for pair in report["pairs"].as_array().unwrap() {
        let [from, to, link] = ["from", "to", "link"].map(|name| pair[name].as_str().unwrap());
        let is_open = pair["state"] == "open";
        for (from, to) in [(from, to), (to, from)] {
            for how in ["ping", "arp"] {
                ways.insert((from.to_owned(), address(link, to), how), is_open);
            }
            // Where no packet passes, no port is tested: it is closed.
            ways.entry((from.to_owned(), address(link, to), "tcp")).or_insert(false);
        }
    }
    for row in report["ports"].as_array().unwrap() {
        if row["port"] != "10250/tcp" {
            continue;
        }
        let (host, link) = (row["host"].as_str().unwrap(), row["link"].as_str().unwrap());
        for from in row["open_from"].as_array().unwrap() {
            let from = from.as_str().unwrap().to_owned();
            ways.insert((from, address(link, host), "tcp"), true);
        }
    }
    ways
}

/// The output of the tools, host by host.
fn by_tools(text: &str) -> BTreeMap<Way, bool> {
    let mut ways = BTreeMap::new();
    let mut from = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["#", host] => (*host).clone_into(&mut from),
            // 172.20.5.2 : xmt/rcv/%loss = 3/3/0%, min/avg/max = ...
            [to, ":", "xmt/rcv/%loss", "=", loss, ..] => {
                let is_open = !loss.contains("/0/");
                ways.insert((from.clone(), (*to).to_owned(), "ping"), is_open);
                ways.entry((from.clone(), (*to).to_owned(), "arp")).or_insert(false);
            }
            // 172.20.5.2  02:aa:00:00:02:02
            [to, mac, ..] if mac.matches(':').count() == 5 && to.matches('.').count() == 3 => {
                ways.insert((from.clone(), (*to).to_owned(), "arp"), true);
            }
            // Host: 172.20.5.2 ()  Ports: 10250/closed/tcp//..., closed means that the host was
            // reached.
            ["Host:", to, "()", "Ports:", port, ..] => {
                let is_open = port.contains("/closed/") || port.contains("/open/");
                ways.insert((from.clone(), (*to).to_owned(), "tcp"), is_open);
            }
            _ => {}
        }
    }
    ways
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}
