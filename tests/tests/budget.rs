//! What `pontoon` sends on a radio link, counted on the wire: never more than the limit.

use std::fs;

use pontoon_tests::program::{pontoon, stdout};
use pontoon_tests::ssh_lab::many;

/// Counts the frames that leave on a link while a command runs.
const COUNT: &str = include_str!("budget/count.py");

/// The frames that a command sent on wlan0 of pi1.
#[derive(Debug)]
struct Sent {
    busiest: usize,
    busiest_groups: usize,
    all: usize,
    kernel_arp: usize,
    /// The frames of the busiest second, by kind.
    words: String,
}

/// Runs a command on pi1 of a WiFi with [`HOSTS`] hosts, with or without isolation.
fn sent(count: usize, isolation: &str, command: &str) -> Sent {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("many.toml");
    let text = many(count) + &format!("[network.wifi]\nisolation = \"{isolation}\"\n");
    fs::write(&path, text).expect("a file can be written");
    let script = format!("python3 - wlan0 {command} <<'COUNT'\n{COUNT}\nCOUNT");
    let path = path.to_string_lossy();
    let output = pontoon(&["lab", "shell", &path, "pi1", "--", "bash", "-c", &script]);
    let text = stdout(&output);
    let (numbers, words) = text.split_once('\n').unwrap_or_default();
    let numbers: Vec<usize> = numbers.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [busiest, busiest_groups, all, kernel_arp] = numbers[..] else {
        panic!("{text}{}", String::from_utf8_lossy(&output.stderr))
    };
    Sent { busiest, busiest_groups, all, kernel_arp, words: words.to_owned() }
}

#[test]
fn no_second_on_a_radio_link_holds_more_than_ten_own_frames() {
    const HOSTS: usize = 12;
    let mesh = format!("pontoon mesh 'pi[1-{HOSTS}]' --via 'pontoon lab via {{}}'");
    let cases = [
        ("none", mesh.as_str(), 11 * 3),
        ("all-frames", mesh.as_str(), 11 * 10),
        ("none", "pontoon check", 10),
    ];
    for (isolation, command, at_least) in cases {
        let sent = sent(HOSTS, isolation, command);
        assert!(sent.all >= at_least, "{isolation}, {command}: {sent:?}");
        // Times are those of the kernel: a delayed frame leaves a second after the frame it waited
        // for, however busy the machine is.
        assert!(sent.busiest <= 10, "{isolation}, {command}: {}: {sent:?}", sent.words);
        assert!(sent.busiest_groups <= 2, "{isolation}, {command}: {sent:?}");
        // For packets of ordinary sockets the kernel resolves each peer and the gateway.
        assert!(sent.kernel_arp <= 3 * HOSTS, "{isolation}, {command}: {sent:?}");
    }
}
