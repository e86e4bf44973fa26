//! `pontoon hosts` as users run it.

use std::fs;
use std::path::Path;
use std::process::Output;

use pontoon_tests::checkout::{root, text};
use pontoon_tests::program::{pontoon_in, stdout};

/// The empty home folder of a new user.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs `pontoon hosts` there, as that user.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let home = self.path().to_str().expect("folders for tests have plain names");
        let variables = [("HOME", home), ("XDG_CONFIG_HOME", ""), ("PONTOON_HOSTS", "")];
        pontoon_in(self.path(), &variables, &[&["hosts"], arguments].concat(), input)
    }

    /// Runs a command that must succeed; returns its standard error.
    fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        let said = stderr(&output);
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    fn file(&self) -> String {
        fs::read_to_string(self.path().join(".config/pontoon/hosts.toml")).unwrap_or_default()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_cluster_is_written_down_as_a_user_would() {
    let desk = Desk::new();
    let said =
        desk.does(&["add", "pi[1-5]", "--role", "worker", "--user", "pi", "--label", "gpu=no"]);
    assert!(said.starts_with("added pi[1-5] (/"), "{said}");
    desk.does(&["set", "pi1", "role=control-plane"]);
    desk.does(&["set", "pi[1-5]", "address=192.168.1.[21-25]"]);
    desk.does(&["remove", "pi[4-5]"]);
    let expected = "\
[host.pi1]
role = \"control-plane\"
user = \"pi\"
labels = { gpu = \"no\" }
address = \"192.168.1.21\"

[host.pi2]
role = \"worker\"
user = \"pi\"
labels = { gpu = \"no\" }
address = \"192.168.1.22\"
";
    assert!(desk.file().contains(expected), "{}", desk.file());
    let table = stdout(&desk.run(&["list"], ""));
    let expected = "\
host  role           address       user  labels
pi1   control-plane  192.168.1.21  pi    gpu=no
pi2   worker         192.168.1.22  pi    gpu=no
pi3   worker         192.168.1.23  pi    gpu=no
";
    assert_eq!(table, expected);
    let one = stdout(&desk.run(&["list", "pi3"], ""));
    assert_eq!(one.lines().count(), 2, "{one}");
}

/// The commands of the cloudmesh tutorial, with `pontoon hosts` in place of `cms inventory`.
#[test]
fn what_cloudmesh_users_type_is_understood() {
    let desk = Desk::new();
    let add = ["--cluster", "campus", "--service", "pi_kubernetes", "--label", "worker"];
    let said = desk.does(&[&["add", "pi[1-5]"], &add[..]].concat());
    assert!(said.contains("`worker` is understood as role=worker"), "{said}");
    let said = desk.does(&["set", "pi1", "label", "to", "master"]);
    assert!(said.contains("`master` is understood as role=control-plane"), "{said}");
    desk.does(&["set", "pi[1-5]", "ip", "to", "192.168.1.[21-25]"]);
    let pi1 = desk.file();
    let pi1 = pi1.split("[host.").nth(1).expect("a host is there");
    let lines =
        ["role = \"control-plane\"", "address = \"192.168.1.21\"", "service = \"pi_kubernetes\""];
    assert!(lines.iter().all(|line| pi1.contains(line)), "{pi1}");
}

#[test]
fn what_makes_no_sense_is_said_with_a_number_and_changes_nothing() {
    let desk = Desk::new();
    desk.does(&["add", "pi[1-3]"]);
    let before = desk.file();
    let table: &[(&[&str], i32, &str)] = &[
        (&["add", "pi[3-1]"], 2, "column 4: `3-1` counts down; write `1-3`"),
        (&["add", "pi3,pi4"], 2, "pontoon hosts set pi3"),
        (&["add", "pi 4"], 2, "a host name such as pi1"),
        (&["add", "--", "-oProxyCommand=x"], 2, "a host name such as pi1"),
        (&["add", ""], 2, "no host is named"),
        (&["add", "pi9", "--role", "boss"], 2, "control-plane or worker"),
        (&["add", "pi9", "--key", "-----BEGIN OPENSSH PRIVATE KEY-----"], 2, "(a private key)"),
        (&["set", "pi[1-3]", "address=10.0.0.[1-2]"], 2, "2 values cannot be paired with 3 hosts"),
        (&["set", "pi1", "user=pi", "colour=red"], 2, "role, address, user"),
        (&["set", "pi1", "role"], 2, "FIELD=VALUE"),
        (&["set", "pi[3-5]", "user=pi"], 6, "pi[4-5]: not in the inventory"),
        (&["remove", "pi3,pi4"], 6, "pi4: not in the inventory"),
        (&["list", "pi4"], 6, "pi4: not in the inventory"),
        (&["expand", "pi[1-5"], 2, "column 3: the `[` is not closed"),
        (&["compress", "pi[1-100001]"], 2, "100000"),
        (&["list", "--inventory", "/proc/self/mem"], 2, "/proc/self/mem"),
    ];
    for (arguments, code, said) in table {
        let output = desk.run(arguments, "");
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(desk.file(), before, "{arguments:?}");
    }
}

#[test]
fn a_file_that_makes_no_sense_is_named_with_its_line() {
    let desk = Desk::new();
    fs::write(desk.path().join("hosts.toml"), "[host.pi1]\nrole = \"boss\"\n").unwrap();
    let output = desk.run(&["list"], "");
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("hosts.toml") && text.contains("line 2, column 8"), "{text}");
    // The lines that point at it stay lines.
    assert!(text.contains("\n    2 | role = \"boss\"\n"), "{text}");
}

#[test]
fn an_ssh_configuration_by_its_bare_name_has_its_includes() {
    let desk = Desk::new();
    fs::write(desk.path().join("config"), "Include more\n").unwrap();
    fs::write(desk.path().join("more"), "Host pi1\n").unwrap();
    desk.does(&["import", "config"]);
    assert!(desk.file().contains("[host.pi1]"), "{}", desk.file());
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let desk = Desk::new();
    let output = desk.run(&["add", "pi[1-2]", "-n"], "");
    assert!(output.status.success());
    assert!(stdout(&output).contains("[host.pi2]"));
    assert_eq!(desk.file(), "");
}

#[test]
fn the_inventory_is_the_first_that_is_found() {
    let desk = Desk::new();
    let here = desk.path().join("hosts.toml");
    fs::write(&here, "").unwrap();
    desk.does(&["add", "here"]);
    desk.does(&["add", "asked", "--inventory", "other.toml"]);
    assert!(fs::read_to_string(&here).unwrap().contains("[host.here]"));
    assert!(fs::read_to_string(desk.path().join("other.toml")).unwrap().contains("[host.asked]"));
    assert_eq!(desk.file(), "");
}

#[test]
fn a_file_that_was_named_must_be_there_but_for_what_makes_it() {
    let desk = Desk::new();
    for command in [&["list"][..], &["set", "pi1", "role=worker"], &["remove", "pi1"]] {
        let output = desk.run(&[command, &["--inventory", "host.toml"]].concat(), "");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.contains("there is no `host.toml`"), "{said}");
        assert!(said.contains("to make it: pontoon hosts --inventory host.toml add"), "{said}");
    }
    let home = desk.path().to_str().unwrap();
    let exec = ["exec", "pi1", "--inventory", "host.toml", "true"];
    let output = pontoon_in(desk.path(), &[("HOME", home), ("PONTOON_HOSTS", "")], &exec, "");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let unset = pontoon_in(desk.path(), &[("PONTOON_HOSTS", "gone.toml")], &["hosts", "list"], "");
    assert!(stderr(&unset).contains("PONTOON_HOSTS names it"), "{}", stderr(&unset));
    assert!(desk.run(&["list"], "").status.success(), "nobody named the file that is not there");
    desk.does(&["add", "pi1", "--inventory", "host.toml"]);
    desk.does(&["list", "--inventory", "host.toml"]);
}

#[test]
fn of_commands_at_once_all_are_kept() {
    let desk = Desk::new();
    let names: Vec<String> = (1..=8).map(|at| format!("pi{at}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let desk = &desk;
            scope.spawn(move || desk.does(&["add", name]));
        }
    });
    for name in &names {
        assert!(desk.file().contains(&format!("[host.{name}]")), "{}", desk.file());
    }
    let folder = desk.path().join(".config/pontoon");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no lock file stays behind");
}

#[test]
fn lists_are_data() {
    let desk = Desk::new();
    let output = desk.run(&["expand", "pi[1:2]", "a[1-2]"], "");
    assert_eq!(stdout(&output), "pi1\npi2\na1\na2\n");
    assert_eq!(stderr(&output), "");
    let output = desk.run(&["compress", "pi3", "-"], "pi1\n  pi2 \n\npi5\n");
    assert_eq!(stdout(&output), "pi[1-3,5]\n");
    assert_eq!(stderr(&output), "");
}

#[test]
fn inventories_of_others_are_taken_over() {
    let desk = Desk::new();
    let ssh = desk.path().join(".ssh");
    fs::create_dir(&ssh).unwrap();
    fs::write(ssh.join("config"), "Include more\nHost pi1\n  User pi\n  ProxyJump gate\n").unwrap();
    fs::write(ssh.join("more"), "Host pi2\n  Port 2222\n").unwrap();
    let said = desk.does(&["import", ".ssh/config"]);
    assert!(said.contains("ProxyJump") && said.contains("took over pi[1-2]"), "{said}");
    assert!(desk.file().contains("[host.pi2]\nport = 2222"), "{}", desk.file());

    let cms = "pi1:\n  host: pi1\n  ip: 192.168.1.21\n  label: master\n  comment: fan\n";
    let output = desk.run(&["import", "-", "-n"], cms);
    assert!(stdout(&output).contains("role = \"control-plane\""), "{}", stderr(&output));
    assert!(!desk.file().contains("control-plane"));
    assert!(stderr(&output).contains("comment `fan` has no place here"), "{}", stderr(&output));

    let ansible = "[workers]\npi1 ansible_user=ubuntu\n";
    let output = desk.run(&["import", "-", "--format", "ansible"], ansible);
    assert!(stderr(&output).contains("pi1: `pi` is kept, `ubuntu` is not"), "{}", stderr(&output));
    let output = desk.run(&["import", "-", "--replace"], ansible);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(desk.file().contains("user = \"ubuntu\""), "{}", desk.file());

    let before = desk.file();
    let table = [("", 2, "--format"), ("a: [1\n", 2, "line "), ("[x]\n", 2, "names no hosts")];
    for (text, code, said) in table {
        let output = desk.run(&["import", "-"], text);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(stderr(&output).contains(said), "{text}: {}", stderr(&output));
    }
    assert_eq!(desk.file(), before);
}

#[test]
fn what_is_written_keeps_the_published_schemas() {
    let desk = Desk::new();
    desk.does(&["add", "pi[1-2]", "--role", "worker", "--port", "22", "--label", "a=b"]);
    desk.does(&[
        "set",
        "pi1",
        "key=~/.ssh/id",
        "cluster=campus",
        "user=pi",
        "address=fe80::1%eth0",
    ]);
    let list = serde_json::from_str(&stdout(&desk.run(&["list", "--json"], ""))).unwrap();
    let file = toml::from_str(&desk.file()).unwrap();
    for (name, value) in [("hosts-list", list), ("hosts", file)] {
        let schema = text(&root().join(format!("docs/schema/{name}.schema.json")));
        let schema = serde_json::from_str(&schema).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}
