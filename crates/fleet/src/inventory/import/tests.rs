//! Imports of realistic files, and of hostile ones.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::inventory::Inventory;

fn imported(text: &str, format: InventoryFormat) -> (String, Vec<String>) {
    let ImportedHosts { hosts, notices } = import(text, format, None).unwrap();
    (shown(&hosts), notices.iter().map(ToString::to_string).collect())
}

/// The hosts in our own format, one per line.
fn shown(hosts: &[InventoryHost]) -> String {
    let mut inventory = Inventory::parse("").unwrap();
    for host in hosts {
        inventory.put(host);
    }
    let text = inventory.to_string().replace("\n\n", "\n");
    let text = text.replace("\n[", "\u{0}[").trim_end().replace('\n', " ");
    text.replace('\u{0}', "\n")
}

const CMS: &str = "\
pi1:
  cluster: campus
  comment: ''
  host: pi1
  ip: 192.168.1.21
  keyfile: ~/.ssh/id_rsa
  label: master
  name: pi1
  owners: &id001 [gregor]
  project: null
  services: [pi_kubernetes]
pi2:
  host: pi2
  ip: ''
  label: worker,gpu=no
  owners: *id001
  service: nfs
stray: 3
";

const INI: &str = "\
; the lab
pi9 ansible_host=10.0.0.9

[kube_control_plane]
pi1:2222 ansible_host=192.168.1.21   # the one with the fan

[workers]
pi[2:3].local ansible_user=ubuntu ansible_become_pass='hunter2 x'
pi[a-

[extra]
pi1

[cluster:children]
kube_control_plane
workers

[cluster:vars]
ansible_user=pi
ansible_ssh_private_key_file=\"~/.ssh/id pi\"

[all:vars]
ansible_user = root
ansible_port=22

[x:y]
gone
";

const YAML: &str = "\
all:
  vars:
    ansible_user: pi
  children:
    masters:
      hosts:
        pi1:
          ansible_host: 192.168.1.21
          ansible_password: !vault |
            62313365396662343061393464336163
    node:
      vars: {ansible_port: 2222, ansible_become: true}
      hosts:
        pi[2:3]:
        pi4: {ansible_port: 22}
  odd: [1]
";

const SSH: &str = "\
# mine
IdentitiesOnly yes
User all
Host pi1 pi2
  HostName %h.local
  User=pi
  Port 2222
  User second
  IdentityFile \"~/.ssh/id pi\"
  ProxyJump gate
Host pi? *.example !x
  User nobody
Match host pi1
  Port 1
Host gate
  HostName gate.example.org
  Port 99999
";

#[test]
fn each_file_is_what_it_looks_like() {
    let table = [
        (CMS, InventoryFormat::Cms),
        (INI, InventoryFormat::AnsibleIni),
        (YAML, InventoryFormat::AnsibleYaml),
        (SSH, InventoryFormat::Ssh),
        ("---\nworkers:\n  hosts:\n    pi1:\n", InventoryFormat::AnsibleYaml),
        ("Host=pi1\n", InventoryFormat::Ssh),
        ("[web]\npi1\n", InventoryFormat::AnsibleIni),
        ("pi1\n", InventoryFormat::AnsibleIni),
    ];
    for (text, format) in table {
        assert_eq!(guess(text), Some(format), "{text}");
    }
    for text in ["# nothing\n\n", "hello world\n", "{\"a\": 1}", "pi1\nhello world\n"] {
        assert_eq!(guess(text), None, "{text}");
    }
}

#[test]
fn cloudmesh_rows_are_taken_over() {
    let (hosts, notices) = imported(CMS, InventoryFormat::Cms);
    let expected = "\
[host.pi1] role = \"control-plane\" address = \"192.168.1.21\" key = \"~/.ssh/id_rsa\" \
labels = { service = \"pi_kubernetes\" } cluster = \"campus\"
[host.pi2] role = \"worker\" labels = { gpu = \"no\", service = \"nfs\" }";
    assert_eq!(hosts, expected);
    let expected = [
        "line 9: left out: owners `gregor` has no place here",
        "line 16: left out: owners `gregor` has no place here",
        "line 18: left out: `stray` is no host",
    ];
    assert_eq!(notices, expected);
}

#[test]
fn ansible_groups_give_roles_and_variables() {
    let (hosts, notices) = imported(INI, InventoryFormat::AnsibleIni);
    let key = "key = \"~/.ssh/id pi\"";
    let expected = [
        "[host.pi9] address = \"10.0.0.9\" user = \"root\" port = 22".to_owned(),
        format!(
            "[host.pi1] role = \"control-plane\" address = \"192.168.1.21\" user = \"pi\" \
             port = 2222 {key}"
        ),
        format!("[host.\"pi2.local\"] role = \"worker\" user = \"ubuntu\" port = 22 {key}"),
        format!("[host.\"pi3.local\"] role = \"worker\" user = \"ubuntu\" port = 22 {key}"),
    ];
    assert_eq!(hosts, expected.join("\n"));
    let expected = [
        "line 8: left out: the variable `ansible_become_pass` has no place here",
        "line 9: left out: column 3: the `[` is not closed; write such as `pi[1-5]`",
        "line 26: left out with its lines: this heading is not understood",
        "line 12: left out: the group `extra` names no role",
    ];
    assert_eq!(notices, expected);
}

#[test]
fn ansible_yaml_says_the_same() {
    let (hosts, notices) = imported(YAML, InventoryFormat::AnsibleYaml);
    let expected = "\
[host.pi1] role = \"control-plane\" address = \"192.168.1.21\" user = \"pi\"
[host.pi2] role = \"worker\" user = \"pi\" port = 2222
[host.pi3] role = \"worker\" user = \"pi\" port = 2222
[host.pi4] role = \"worker\" user = \"pi\" port = 22";
    assert_eq!(hosts, expected);
    let expected = [
        "line 9: left out: `ansible_password` has no place here",
        "line 12: left out: the variable `ansible_become` has no place here",
        "line 16: left out: `odd` is not understood in a group",
    ];
    assert_eq!(notices, expected);
}

#[test]
fn ssh_hosts_are_taken_over_and_the_rest_is_left_to_ssh() {
    let (hosts, notices) = imported(SSH, InventoryFormat::Ssh);
    let pi = |name: &str| {
        format!(
            "[host.{name}] address = \"{name}.local\" user = \"pi\" port = 2222 \
             key = \"~/.ssh/id pi\""
        )
    };
    let gate = "[host.gate] address = \"gate.example.org\"".to_owned();
    assert_eq!(hosts, [pi("pi1"), pi("pi2"), gate].join("\n"));
    let expected = [
        "line 3: left to ssh: User of hosts that are not named",
        "line 10: left to ssh: ProxyJump has no place here",
        "line 11: left to ssh: patterns of a `Host` line",
        "line 12: left to ssh: User of hosts that are not named",
        "line 13: left to ssh: a `Match` and what is below it",
        "line 14: left to ssh: Port of hosts that are not named",
        "line 17: left out: `99999` is not a port between 1 and 65535",
    ];
    assert_eq!(notices, expected);
}

#[test]
fn ranges_without_end_are_left_out() {
    let lines: String = (0..3_000).map(|at| format!("h{at}-[1:60000]\n")).collect();
    let ImportedHosts { hosts, notices } =
        import(&format!("[all]\n{lines}"), InventoryFormat::AnsibleIni, None).unwrap();
    assert_eq!(hosts.len(), HOSTS_MAX);
    let is_told = |words: &str| notices.iter().any(|notice| notice.text.contains(words));
    assert!(is_told("the lists stand for more than 100000 hosts"), "{notices:?}");
}

#[test]
fn included_files_lie_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(".ssh");
    fs::create_dir_all(config.join("config.d")).unwrap();
    fs::write(folder.path().join("outside"), "Host outside\n").unwrap();
    fs::write(config.join("config.d/b"), "Host b\n").unwrap();
    fs::write(config.join("config.d/a"), "Host a\n  User pi\n").unwrap();
    fs::write(config.join("round"), "Host r\nInclude round\n").unwrap();
    std::os::unix::fs::symlink("../outside", config.join("link")).unwrap();
    let text = "Include config.d/*\nInclude ~/.ssh/round\nInclude ../outside\n\
        Include link\nInclude /etc/passwd\nInclude gone\n";
    let ImportedHosts { hosts, notices } =
        import(text, InventoryFormat::Ssh, Some(&config)).unwrap();
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "r"]);
    let said: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(said.len(), 5, "{said:#?}");
    assert!(said[0].contains("more than 4 in one another"), "{said:#?}");
    assert!(said[1..4].iter().all(|said| said.contains("same folder")), "{said:#?}");
    assert!(import(text, InventoryFormat::Ssh, None).unwrap().hosts.is_empty());
}

#[test]
fn secrets_are_neither_taken_nor_told() {
    let texts = [
        (INI.replace("pi9", "pi9 ansible_password=hunter2"), InventoryFormat::AnsibleIni),
        (
            "all: {hosts: {pi1: {ansible_ssh_pass: hunter2}}}".to_owned(),
            InventoryFormat::AnsibleYaml,
        ),
    ];
    for (text, format) in texts {
        let all = format!("{:?}", import(&text, format, None).unwrap());
        assert!(!all.contains("hunter2"), "{all}");
    }
}

#[test]
fn what_is_known_stays_unless_it_is_to_be_replaced() {
    let known = "[host.pi1]\nuser = \"me\" # mine\nlabels = { a = \"1\" }\n";
    let new =
        import("pi1 ansible_user=pi ansible_port=1\npi2\n", InventoryFormat::AnsibleIni, None);
    let new = new.unwrap().hosts;
    let mut inventory = Inventory::parse(known).unwrap();
    let conflicts = merge(&mut inventory, &new, false);
    let said: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["pi1: `me` is kept, `pi` is not"]);
    let text = inventory.to_string();
    assert!(text.starts_with(&known.replace("}\n", "}\nport = 1\n")), "{text}");
    merge(&mut inventory, &new, true);
    assert!(inventory.to_string().contains("user = \"pi\" # mine"), "{inventory}");
    assert_eq!(inventory.hosts().len(), 2);
}

#[test]
fn groups_that_go_in_circles_end() {
    let text = "[a:children]\nb\n[b:children]\na\nall\n[all:children]\na\n[b]\npi1\n\
        [a:vars]\nansible_user=x\n";
    let (hosts, _) = imported(text, InventoryFormat::AnsibleIni);
    assert_eq!(hosts, "[host.pi1] user = \"x\"");
}

const FORMATS: [InventoryFormat; 4] = [
    InventoryFormat::Cms,
    InventoryFormat::AnsibleIni,
    InventoryFormat::AnsibleYaml,
    InventoryFormat::Ssh,
];

proptest! {
    #[test]
    fn no_text_stops_an_import(
        text in "(pi|\\[|\\]|1|:|-|,|=|\n|  |hosts:|children:|vars:|all|ansible_user|Host |Include |User |\\*|&a|\"|'|#|\\{|\\}|!x |\\PC){0,60}",
    ) {
        let _ = guess(&text);
        for format in FORMATS {
            if let Ok(ImportedHosts { hosts, notices }) = import(&text, format, None) {
                prop_assert!(notices.len() <= NOTICES_MAX + 1);
                // The imported hosts are a valid inventory.
                let mut inventory = Inventory::default();
                merge(&mut inventory, &hosts, false);
                prop_assert!(Inventory::parse(&inventory.to_string()).is_ok(), "{}", inventory);
            }
        }
    }
}
