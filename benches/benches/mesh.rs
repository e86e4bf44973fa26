//! The cost of a mesh: 10, 20 and 50 hosts on a switch and a WiFi with or without isolation, with
//! `pontoon lab via` as the connection to the hosts; and a thousand hosts in memory.
//!
//! `cargo build --release && cargo bench -p pontoon-benches --bench mesh`. As root: fifty hosts
//! need more neighbour entries than a kernel allows by default.

#![expect(clippy::unwrap_used, reason = "a bench that fails panics at the place")]

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::time::Instant;

use pontoon_benches::{home_of, release};
use pontoon_probe::survey::SurveyOptions;
use pontoon_probe::survey::twin::SurveyTwin;

fn main() {
    // `cargo test --benches` starts this as well, without anything to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("pontoon-mesh-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (hosts, open_s, shut_s) in [(10, 20, 75), (20, 20, 75), (50, 20, 75)] {
        for (isolation, promised_s) in [("none", open_s), ("all-frames", shut_s)] {
            let file = folder.join("mesh.toml");
            fs::write(&file, home_of(hosts, isolation)).unwrap();
            let (seconds, coordinator, agent) = mesh(&file.to_string_lossy(), hosts);
            say(&format!(
                "{hosts:4} hosts, isolation {isolation:10}  {seconds:5} s (promised {promised_s}), \
                 coordinator {coordinator} MiB (60), largest agent {agent} MiB (10)"
            ));
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    thousand();
}

/// Seconds that a mesh takes, without the set-up of the lab; and the largest resident set of the
/// coordinator and of an agent, in MiB (`VmHWM` in proc(5)).
#[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
fn mesh(scenario: &str, hosts: u16) -> (String, String, String) {
    let script = format!(
        "start=$(date +%s%N); \
         pontoon mesh 'pi[1-{hosts}]' --via 'pontoon lab via {{}}' >/dev/null 2>&1 & own=$!; \
         sleep 3; agents=$(pgrep -f 'pontoon agent --stdio' | head -n 1); \
         while kill -0 $own 2>/dev/null; do \
           hwm() {{ sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$1/status 2>/dev/null; }}; \
           c=$(hwm $own); coordinator=${{c:-$coordinator}}; \
           a=$(hwm ${{agents:-0}}); agent=${{a:-$agent}}; sleep 0.2; \
         done; wait $own; end=$(date +%s%N); \
         echo $(( (end - start) / 100000000 )) ${{coordinator:-0}} ${{agent:-0}}"
    );
    let output = Command::new(release("pontoon"))
        .args(["lab", "shell", scenario, "pi1", "--", "bash", "-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [tenths, coordinator, agent] = numbers[..] else {
        panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
    };
    let mib = |kib: u64| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024);
    (format!("{}.{}", tenths / 10, tenths % 10), mib(coordinator), mib(agent))
}

/// The schedule and the matrix of a thousand simulated hosts.
#[expect(clippy::disallowed_methods, reason = "the bench measures")]
fn thousand() {
    let options = SurveyOptions::default();
    let start = Instant::now();
    let mut twin = SurveyTwin::new(1000, &options);
    let scheduled = start.elapsed();
    twin.simulate(&|from, to| (from < 500) == (to < 500));
    let start = Instant::now();
    let sum = twin.sum();
    let summed = start.elapsed();
    say(&format!(
        "1000 hosts in memory: {} questions in {} MiB scheduled in {} ms, {} pairs summed up in \
         {} ms (promised: 2000 ms together)",
        twin.questions,
        twin.message_bytes >> 20,
        scheduled.as_millis(),
        sum.open + sum.one_way + sum.shut,
        summed.as_millis()
    ));
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}
