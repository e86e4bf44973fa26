//! Labs whose hosts talk over OpenSSH, and meshes in them.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::program::{pontoon, stdout};

/// Makes sure that hosts of a lab can have ssh servers.
///
/// # Panics
///
/// When they cannot, for it takes root and a server that is installed: a test that is not run proves
/// nothing.
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
/// When the lab's file cannot be written, or there can be no ssh.
#[must_use]
pub fn in_home_of(count: usize, script: &str) -> Output {
    need_ssh();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("many.toml");
    fs::write(&path, many(count)).expect("a file can be written");
    pontoon(&["lab", "shell", &path.to_string_lossy(), "pi1", "--", "bash", "-c", script])
}

/// The file of a healthy home of `count` hosts.
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

/// What a mesh came to.
#[derive(Debug)]
pub struct Mesh {
    /// What it ended with.
    pub code: i32,
    /// Its report.
    pub report: Value,
    /// Files and agents that were left on the hosts that can be looked at.
    pub left: String,
    /// What was said beside it.
    pub noise: String,
}

/// What is left on a host of pontoons that were copied there and of agents, after the time that
/// they may take to see that nobody is there: a shell script without a `'`.
pub const LEFT_AT_LAST: &str = "left() { ls -A /tmp; ps ax -o args= | grep \"[a]gent --stdio\"; }; \
     n=0; while [ $n -lt 300 ] && left | grep -q pontoon; do sleep 0.2; n=$((n + 1)); done; left";

/// Breaks hosts by a script that runs on pi1, then makes a mesh of all. In the script `on HOST`
/// runs its standard input on a host, and `program HOST` makes it the host's own pontoon.
///
/// # Panics
///
/// When the mesh writes no report.
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
    /// Why a host could not be asked; empty when it could.
    #[must_use]
    pub fn why(&self, host: &str) -> &str {
        self.report["unreached"][host].as_str().unwrap_or_default()
    }

    /// Asserts that these hosts have a whole result: each pair of them open on each link, in both
    /// directions.
    ///
    /// # Panics
    ///
    /// When not.
    pub fn assert_whole(&self, hosts: &[&str]) {
        let pairs = self.report["pairs"].as_array().expect("a report has pairs");
        let is_ours = |pair: &&Value| {
            let is = |end: &str| hosts.iter().any(|host| pair[end].as_str() == Some(*host));
            is("from") && is("to")
        };
        let states: Vec<&Value> = pairs.iter().filter(is_ours).map(|pair| &pair["state"]).collect();
        // A switch and a WiFi.
        assert_eq!(states.len(), hosts.len() * (hosts.len() - 1), "{:#}", self.report);
        assert!(states.iter().all(|state| **state == "open"), "{:#}", self.report["pairs"]);
    }
}
