//! `pontoon clock` as users run it. No clock is set: the hosts' `date` is a script that prints
//! another time and logs what it is to set, and `ssh` is a script that runs the command here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use pontoon_tests::checkout::{root, text};
use pontoon_tests::program::{pontoon_in, stdout};
use serde_json::Value;

/// Runs the command for a host here, with the programs of that host first in PATH. It accepts the
/// options that pontoon gives to ssh, and fails for a host that is off.
const SSH: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do
  case $1 in -o | -l | -p | -i) shift 2 ;; *) shift ;; esac
done
host=$2 line=$3
[ -d "$FOLDER/$host" ] || {
  echo "ssh: connect to host $host port 22: No route to host" >&2
  exit 255
}
echo 'Welcome to Raspberry Pi OS'
HOST=$FOLDER/$host PATH=$FOLDER/$host:$PATH exec sh -c "$line"
"#;

/// The file `ahead` contains the seconds by which the clock is ahead. A time that is set is written
/// to `set`, and then the clock is right.
const DATE: &str = r#"#!/bin/sh
for last; do :; done
case $* in
  *-s*)
    [ -e "$HOST/refuses" ] && { echo 'date: cannot set date: Operation not permitted' >&2; exit 1; }
    echo "$*" >>"$HOST/set"
    echo 0 >"$HOST/ahead" ;;
  *)
    ahead=$(cat "$HOST/ahead")
    now=$(/bin/date -u +%s.%N)
    [ -e "$HOST/busybox" ] && { echo "$((${now%.*} + ahead)).%N"; exit; }
    echo "$((${now%.*} + ahead)).${now#*.}" ;;
esac
"#;

const SUDO: &str =
    "#!/bin/sh\n[ \"$1\" = -n ] || exit 1\nshift\necho sudo >>\"$HOST/set\"\nexec \"$@\"\n";

/// A folder with a host for each of these, this many seconds ahead.
struct Hosts(tempfile::TempDir);

impl Hosts {
    fn new(hosts: &[(&str, i64)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder can be made"));
        program(&folder.path().join("ssh"), SSH);
        for (host, ahead) in hosts {
            let host = folder.path().join(host);
            fs::create_dir(&host).expect("a folder can be made");
            program(&host.join("date"), DATE);
            program(&host.join("sudo"), SUDO);
            fs::write(host.join("ahead"), format!("{ahead}\n")).expect("a file can be written");
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let folder = self.path().to_str().expect("folders for tests have plain names");
        let path = std::env::var("PATH").expect("there is a PATH");
        let variables = [("FOLDER", folder), ("HOME", folder), ("PATH", path.as_str())];
        let ssh = format!("{folder}/ssh");
        let words = [&["clock"], arguments, &["--ssh", &ssh]].concat();
        pontoon_in(self.path(), &variables, &words, "")
    }

    /// The times that a host's `date` was to set.
    fn set(&self, host: &str) -> String {
        fs::read_to_string(self.path().join(host).join("set")).unwrap_or_default()
    }
}

fn program(path: &Path, text: &str) {
    fs::write(path, text).expect("a file can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn row<'a>(table: &'a str, host: &str) -> &'a str {
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(host));
    row.unwrap_or_else(|| panic!("{host} has no line: {table}"))
}

/// Violations of a published schema.
fn violations(name: &str, value: &Value) -> Vec<String> {
    let schema = text(&root().join(format!("docs/schema/{name}.schema.json")));
    let schema = serde_json::from_str(&schema).expect("a published schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("a published schema is a schema");
    schema.iter_errors(value).map(|error| error.to_string()).collect()
}

#[test]
fn clocks_that_are_off_are_marked() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", -10_800), ("pi3", 0)]);
    let output = hosts.run(&["pi[1-4]"]);
    let text = stdout(&output);
    assert!(row(&text, "pi2").ends_with("off"), "{text}");
    assert!(row(&text, "pi2").contains("-3 h"), "{text}");
    assert!(row(&text, "pi1").ends_with(" s"), "{text}");
    assert!(row(&text, "pi4").contains("nothing answers at its address"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert_eq!(output.status.code(), Some(6), "{text}");
    assert_eq!(hosts.set("pi2"), "");
}

#[test]
fn the_number_says_how_far() {
    for (ahead, code) in [(0, 0), (30, 4), (-30, 4), (100_000, 3)] {
        let hosts = Hosts::new(&[("pi1", 0), ("pi2", ahead)]);
        let output = hosts.run(&["pi[1-2]"]);
        assert_eq!(output.status.code(), Some(code), "{ahead}: {}", stdout(&output));
    }
}

#[test]
fn a_date_without_nanoseconds_is_less_sure() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", 600)]);
    fs::write(hosts.path().join("pi2/busybox"), "").unwrap();
    let output = hosts.run(&["pi[1-2]", "--json"]);
    let found: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    let clock = &found["hosts"][1]["clock"];
    let number = |name: &str| clock[name].as_i64().expect("it is a number");
    let (offset, unsure) = (number("from_this_host_us"), number("uncertainty_us"));
    assert!(unsure >= 500_000, "{found:#}");
    assert!((offset - 600_000_000).abs() <= unsure, "{found:#}");
    assert_eq!(clock["standing"], "off");
}

#[test]
fn sync_sets_what_is_off_and_nothing_else() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", -10_800), ("pi3", 90_000)]);
    let output = hosts.run(&["pi[1-3]", "--sync", "--yes", "--sudo"]);
    let (text, said) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{text}{said}");
    assert_eq!(hosts.set("pi1"), "");
    for host in ["pi2", "pi3"] {
        let set = hosts.set(host);
        let second = set.trim().strip_prefix("sudo\n-u -s @").unwrap_or_else(|| panic!("{set}"));
        assert!(second.bytes().all(|b| b.is_ascii_digit()), "{set}");
    }
    assert!(said.contains("pi2: set; it was -3 h"), "{said}");
    let (before, after) = text.rsplit_once("host ").expect("there are two tables");
    assert!(row(before, "pi3").ends_with("off by days"), "{text}");
    assert!(row(after, "pi3").ends_with(" s"), "{text}");
}

#[test]
fn nothing_is_set_unasked() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", -10_800)]);
    let output = hosts.run(&["pi[1-2]", "--sync"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--yes"), "{}", stderr(&output));
    assert_eq!(hosts.set("pi2"), "");
}

#[test]
fn a_clock_that_cannot_be_set_is_said_with_what_would_help() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", 50)]);
    fs::write(hosts.path().join("pi2/refuses"), "").unwrap();
    let output = hosts.run(&["pi[1-2]", "--sync", "--yes"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("pi2: not set") && said.contains("--sudo"), "{said}");
}

#[test]
fn the_inventory_says_where_a_host_is() {
    let hosts = Hosts::new(&[("pi1", 0)]);
    let ssh = "#!/bin/sh\necho \"$*\" >>\"$FOLDER/asked\"\nexit 255\n";
    program(&hosts.path().join("ssh"), ssh);
    fs::write(
        hosts.path().join("hosts.toml"),
        "[host.pi1]\naddress = \"10.0.0.7\"\nuser = \"pi\"\n",
    )
    .unwrap();
    assert_eq!(hosts.run(&["pi1"]).status.code(), Some(6));
    let asked = fs::read_to_string(hosts.path().join("asked")).unwrap();
    assert!(asked.contains("HostName=10.0.0.7 -l pi") && asked.contains("-- pi1 sh"), "{asked}");
}

#[test]
fn what_is_written_keeps_the_published_schema() {
    let hosts = Hosts::new(&[("pi1", 0), ("pi2", 5)]);
    let output = hosts.run(&["pi[1-3]", "--json"]);
    let value: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    assert_eq!(violations("clock", &value), [""; 0], "{value:#}");
    let folder = hosts.path().to_str().unwrap();
    let ssh = format!("{folder}/ssh");
    let words = ["exec", "--json", "--ssh", &ssh, "pi[1-3]", "--", "echo", "hello"];
    let output = pontoon_in(hosts.path(), &[("FOLDER", folder), ("HOME", folder)], &words, "");
    let value: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    assert_eq!(violations("exec", &value), [""; 0], "{value:#}");
    assert_eq!(value["hosts"][0]["out"][1], "hello", "{value:#}");
}
