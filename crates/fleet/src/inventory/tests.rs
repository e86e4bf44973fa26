//! The text of inventories: what is accepted, what is rejected, what a change leaves untouched.

use proptest::prelude::*;

use super::*;

const CAMPUS: &str = r#"# The cluster under the desk.
[host.pi1]
role = "control-plane"   # the one with the fan
address = '192.168.1.21'
user = "pi"

# Lent from the library.
[host.pi2]
labels = ["gpu=no", "rack=3"]
port = 2222

[host."pi3.local"]
labels = { gpu = "yes" }
cluster = "campus"
# the end
"#;

fn parsed(text: &str) -> Inventory {
    Inventory::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn host(name: &str, lines: &str) -> InventoryHost {
    let inventory = parsed(&format!("[host.{name}]\n{lines}"));
    inventory.hosts[0].clone()
}

#[test]
fn hosts_are_known_in_the_order_of_the_file() {
    let inventory = parsed(CAMPUS);
    let names: Vec<_> = inventory.hosts().iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["pi1", "pi2", "pi3.local"]);
    assert_eq!(inventory.hosts()[0].destination(), "192.168.1.21");
    assert_eq!(inventory.hosts()[1].entry.labels.to_string(), "gpu=no,rack=3");
    let unknown = inventory.host(&"pi9".parse().unwrap());
    assert_eq!((unknown.destination(), &unknown.entry), ("pi9", &HostEntry::default()));
}

#[test]
fn what_is_no_inventory_is_refused_with_its_line() {
    let table = [
        ("[host.pi1]\nrole = \"boss\"", "line 2, column 8", "control-plane"),
        ("[host.pi1]\nip = \"10.0.0.1\"", "line 2, column 1", "address"),
        ("[host.pi1]\nport = 70000", "line 2, column 8", "u16"),
        ("[host.pi1]\naddress = \"10.0.0.300\"", "line 2, column 11", "an address such as"),
        ("[host.pi1]\nuser = \"a b\"", "line 2, column 8", "a user such as pi"),
        ("[host.\"-x\"]", "line 1, column 7", "a host name such as"),
        ("[host.pi1]\n[host.pi1]", "line 2, column 7", "duplicate"),
        ("[hosts.pi1]", "line 1, column 2", "host"),
        ("[host.pi1]\nkey = ", "line 2", ""),
    ];
    for (text, line, said) in table {
        let error = Inventory::parse(text).unwrap_err().to_string();
        assert!(error.contains(line) && error.contains(said), "{text}\n{error}");
    }
    let error = Inventory::parse("a = \"\u{1b}[2J\"").unwrap_err().to_string();
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_change_touches_its_own_line_only() {
    let mut inventory = parsed(CAMPUS);
    for known in inventory.hosts().to_vec() {
        inventory.put(&known);
    }
    assert_eq!(inventory.to_string(), CAMPUS);
    let mut pi1 = inventory.hosts()[0].clone();
    pi1.entry.role = Some(HostRole::Worker);
    pi1.entry.user = None;
    inventory.put(&pi1);
    let expected = CAMPUS
        .replace("role = \"control-plane\"", "role = \"worker\"")
        .replace("user = \"pi\"\n", "");
    assert_eq!(inventory.to_string(), expected);
}

#[test]
fn a_new_host_stands_at_the_end() {
    let mut inventory = Inventory::default();
    inventory.put(&host("pi1", "role = \"worker\"\nport = 2222"));
    inventory.put(&host("pi2", "labels = { gpu = \"no\" }"));
    let text = inventory.to_string();
    let (comment, hosts) = text.split_once("\n\n").unwrap();
    assert!(comment.starts_with("# Hosts of pontoon."), "{text}");
    let expected = "[host.pi1]\nrole = \"worker\"\nport = 2222\n\n[host.pi2]\n\
        labels = { gpu = \"no\" }\n";
    assert_eq!(hosts, expected);
    let mut inventory = parsed(CAMPUS);
    inventory.put(&host("pi4", ""));
    // The comment at the end moves above the new host.
    let expected = CAMPUS.replace("# the end", "\n# the end\n\n[host.pi4]");
    assert_eq!(inventory.to_string(), expected);
}

#[test]
fn a_removed_host_takes_its_comment_along() {
    let mut inventory = parsed(CAMPUS);
    assert!(inventory.remove(&"pi2".parse().unwrap()));
    assert!(!inventory.remove(&"pi2".parse().unwrap()));
    let text = inventory.to_string();
    assert!(!text.contains("library") && text.contains("under the desk"), "{text}");
    assert_eq!(parsed(&text).hosts(), inventory.hosts());
}

fn any_host() -> impl Strategy<Value = InventoryHost> {
    let lines = [
        "",
        "role = \"worker\"",
        "user = \"pi\"",
        "address = \"fe80::1%eth0\"",
        "port = 1",
        "labels = { a = \"\", \"x.y/b\" = \"c\" }",
        "cluster = \"c\"",
        "key = \"~/a \\\"b\\\"\"",
    ];
    let lines = proptest::sample::subsequence(lines.to_vec(), 0..=lines.len());
    ("[a-c]|\"a\\.b\"|\"[0-9:%]{1,3}\"", lines)
        .prop_map(|(name, lines)| host(&name, &lines.join("\n")))
}

proptest! {
    #[test]
    fn what_is_written_says_what_was_put(
        steps in proptest::collection::vec((any_host(), any::<bool>()), 0..12),
        start in prop_oneof![
            Just(""), Just(CAMPUS), Just("host = { a = { port = 1 } } # c"),
            Just("host.a.user = \"x\"\nhost.b = {}"), Just("[host]\na = { role = \"worker\" }\n"),
            Just("[host.a.labels]\n# why\nx = \"y\"\n[host.a]\nport = 3"), Just("# only this"),
        ],
    ) {
        let mut inventory = parsed(start);
        for (host, is_removed) in steps {
            if is_removed {
                inventory.remove(&host.name);
            } else {
                inventory.put(&host);
            }
            let text = inventory.to_string();
            let mut again = Inventory::parse(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}\n{text}"))
            })?.hosts;
            let mut hosts = inventory.hosts.clone();
            // If the table of hosts is in several parts, a new host may precede others.
            again.sort_by(|one, two| one.name.cmp(&two.name));
            hosts.sort_by(|one, two| one.name.cmp(&two.name));
            prop_assert_eq!(again, hosts, "{}", text);
        }
    }

    #[test]
    fn no_text_stops_the_reader(text in "(\\[|\\]|host|\\.|a|=|\"|\\{|\\}|\n|,|role|labels|#|\\PC){0,30}") {
        let _ = Inventory::parse(&text);
    }
}
