//! Labs whose hosts are connected by OpenSSH, and meshes in them.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::program::{pontoon, stdout};

/// Checks that hosts of a lab can have ssh servers.
///
/// # Panics
///
/// If they cannot: this needs root and an installed server, and a test that did not run must not
/// pass.
pub fn need_ssh() {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    assert!(is_root, "hosts of a lab have ssh servers only as root: run sudo ./check");
    assert!(
        Path::new("/usr/sbin/sshd").exists(),
        "there is no sshd: run ./check, which installs it (Debian: apt-get install openssh-server)"
    );
}

/// Runs a bash script on the first of `count` hosts of a healthy home, pi1, pi2 and so on.
///
/// # Panics
///
/// If the lab's file cannot be written, or ssh is not possible.
#[must_use]
pub fn in_home_of(count: usize, script: &str) -> Output {
    need_ssh();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("many.toml");
    fs::write(&path, many(count)).expect("a file can be written");
    pontoon(&["lab", "shell", &path.to_string_lossy(), "pi1", "--", "bash", "-c", script])
}

/// The scenario file of a healthy home with `count` hosts.
#[must_use]
pub fn many(count: usize) -> String {
    let mut text = String::from(
        "title = \"A home with many hosts\"\nbase = \"home\"\nexpect = []\ntruth = \"All is well.\"\n",
    );
    for at in 4..=count {
        text.push_str(&format!(
            "[host.pi{at}]\nresolver = [\"203.0.113.53\"]\n\
             links.wlan0 = {{ network = \"wifi\", address = \"172.20.5.{at}/16\", gateway = \
             \"172.20.0.1\" }}\n\
             links.eth0 = {{ network = \"switch\", address = \"192.168.50.{at}/24\" }}\n"
        ));
    }
    text
}

/// The result of a mesh.
#[derive(Debug)]
pub struct Mesh {
    /// Its exit code.
    pub code: i32,
    /// Its report, parsed.
    pub report: Value,
    /// Files and agents that were left behind on the hosts that can be inspected.
    pub left: String,
    /// Its standard error.
    pub noise: String,
}

/// A shell script without a `'` that lists copies of pontoon and agents that are left on a host,
/// after the time that agents may take to notice that their connection is closed.
pub const LEFT_AT_LAST: &str = "left() { ls -A /tmp; ps ax -o args= | grep \"[a]gent --stdio\"; }; \
     n=0; while [ $n -lt 300 ] && left | grep -q pontoon; do sleep 0.2; n=$((n + 1)); done; left";

/// Breaks hosts with a script that runs on pi1, then runs a mesh of all hosts. In the script
/// `on HOST` runs its standard input on a host, and `program HOST` installs it there as `pontoon`.
///
/// # Panics
///
/// If the mesh writes no report.
#[must_use]
pub fn mesh(count: usize, faults: &str, arguments: &str) -> Mesh {
    let script = format!(
        "on() {{ ssh \"$1\" 'cat >/run/fault; sh /run/fault'; }}\n\
         program() {{ ssh \"$1\" 'mkdir -p ~/bin; cat >~/bin/pontoon; chmod 755 ~/bin/pontoon'; }}\n\
         {faults}\n\
         pontoon mesh 'pi[1-{count}]' --offline --json {arguments}\n\
         printf '\\n=====%s\\n' $?\n\
         for host in $(seq -f pi%g {count}); do\n\
         ssh -n -o BatchMode=yes $host '{LEFT_AT_LAST}'\n\
         done"
    );
    let output = in_home_of(count, &script);
    let noise = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = stdout(&output);
    let (report, rest) = text.split_once("\n=====").unwrap_or_else(|| panic!("{text}{noise}"));
    let (code, left) = rest.split_once('\n').expect("a line ends");
    Mesh {
        code: code.parse().expect("a status is a number"),
        report: serde_json::from_str(report)
            .unwrap_or_else(|error| panic!("{error}: {text}{noise}")),
        left: left.to_owned(),
        noise,
    }
}

impl Mesh {
    /// The reason why a host could not be reached; empty if it was.
    #[must_use]
    pub fn why(&self, host: &str) -> &str {
        self.report["unreached"][host].as_str().unwrap_or_default()
    }

    /// Asserts that these hosts have a complete result: each pair of them open on each link, in
    /// both directions.
    ///
    /// # Panics
    ///
    /// If they have not.
    pub fn assert_whole(&self, hosts: &[&str]) {
        let pairs = self.report["pairs"].as_array().expect("a report has pairs");
        let is_ours = |pair: &&Value| {
            let is = |end: &str| hosts.iter().any(|host| pair[end].as_str() == Some(*host));
            is("from") && is("to")
        };
        let states: Vec<&Value> = pairs.iter().filter(is_ours).map(|pair| &pair["state"]).collect();
        // Each pair has two links: a switch and a WiFi.
        assert_eq!(states.len(), hosts.len() * (hosts.len() - 1), "{:#}", self.report);
        assert!(states.iter().all(|state| **state == "open"), "{:#}", self.report["pairs"]);
    }
}
