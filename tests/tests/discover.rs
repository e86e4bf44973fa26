//! `pontoon discover` on links of labs.

use std::process::Output;

use pontoon_tests::checkout::{root, text};
use pontoon_tests::program::{pontoon, stdout};
use serde_json::Value;

/// Runs a command on pi1 of a lab.
fn on(scenario: &str, command: &[&str]) -> Output {
    pontoon(&[&["lab", "shell", scenario, "pi1", "--"], command].concat())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn who_is_on_a_private_switch_is_found() {
    let output = on("switch-only", &["pontoon", "discover", "--interface", "eth0"]);
    let page = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{page}{}", stderr(&output));
    let hosts: Vec<_> = page.lines().filter(|line| line.contains("02:aa:00:00:")).collect();
    let expected = ["192.168.50.2  02:aa:00:00:02:01", "192.168.50.3  02:aa:00:00:03:01"];
    assert_eq!(hosts, expected, "{page}");
    let line = "pontoon hosts add 'node[1-2]' --address '192.168.50.[2-3]'";
    assert!(page.contains(line), "{page}");
}

#[test]
fn a_link_that_others_share_is_not_swept() {
    for (scenario, why) in [("campus", "default gateway (172.20.0.1)"), ("home", "default gateway")]
    {
        let script = "cat /sys/class/net/wlan0/statistics/tx_packets; \
            pontoon discover --interface wlan0; echo \"ended with $?\"; \
            cat /sys/class/net/wlan0/statistics/tx_packets";
        let output = on(scenario, &["sh", "-c", script]);
        let (page, said) = (stdout(&output), stderr(&output));
        assert!(said.contains(why), "{scenario}: {said}");
        let [before, ended, after] = page.lines().collect::<Vec<_>>()[..] else { panic!("{page}") };
        assert_eq!(ended, "ended with 2", "{scenario}: {said}");
        // The lab's own beacons and neighbour discovery may add a few; a sweep would add 1024.
        let number = |text: &str| text.parse::<u64>().expect("a counter is a number");
        assert!(number(after) - number(before) < 50, "{scenario}: {page}");
    }
}

#[test]
fn without_rights_it_says_what_would_help() {
    let drop = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"];
    let output = on("switch-only", &[&drop[..], &["pontoon", "discover", "-i", "eth0"]].concat());
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("setcap cap_net_raw"), "{said}");
    assert!(output.stdout.is_empty(), "{}", stdout(&output));
}

/// A cable from pi1 to a namespace with a responder that sends a name of its own, a name of another
/// host, and one that would clear the screen.
const WIRE: &str = r#"
unshare -n sleep 60 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
there="nsenter -t $other -n"
ip link add lan0 type veth peer name lan1 netns $other
$there ip link set lan1 address b8:27:eb:00:00:02
ip addr add 10.9.0.1/29 dev lan0
$there ip addr add 10.9.0.2/29 dev lan1
ip link set lan0 up
$there ip link set lan1 up
ip addr add fe80::1/64 dev lan0 nodad
$there ip addr add fe80::2/64 dev lan1 nodad
cat >/tmp/responder <<'PY'
import socket, struct
own = b"\x012\x010\x019\x0210\x07in-addr\x04arpa\x00"
other = b"\x013\x010\x019\x0210\x07in-addr\x04arpa\x00"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5353))
group = socket.inet_aton("224.0.0.251") + socket.inet_aton("10.9.0.2")
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
open("/tmp/ready", "w").close()
def say(to, id, owner, name):
    name += b"\x05local\x00"
    head = struct.pack(">6H", id, 0x8400, 0, 1, 0, 0)
    s.sendto(head + owner + struct.pack(">HHIH", 12, 1, 10, len(name)) + name, to)
while True:
    data, to = s.recvfrom(9000)
    id, = struct.unpack(">H", data[:2])
    s.sendto(b"\xff" * 3000, to)
    if own in data:
        say(to, id, own, b"\x03pi2")
        say(to, id, own, b"\x06zz\x1b[2J")
        say(to, id, other, b"\x05pi100")
PY
$there python3 /tmp/responder & responder=$!
until [ -e /tmp/ready ]; do sleep 0.1; done
pontoon discover --interface lan0 $JSON
code=$?
kill $other $responder
exit $code
"#;

fn over_a_wire(json: &str) -> String {
    let output = on("home-v6", &["env", &format!("JSON={json}"), "sh", "-c", WIRE]);
    let page = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{page}{}", stderr(&output));
    page
}

#[test]
fn names_and_families_are_put_together() {
    let expected = r"address   mac                made by       name
10.9.0.2  b8:27:eb:00:00:02  Raspberry Pi  pi2, zz\u{1b}[2J
fe80::2

to keep them (change the names and addresses as you like):
  pontoon hosts add pi2 --address 10.9.0.2
";
    let page = over_a_wire("");
    // The kernel may give the other end a link-local address of its own as well.
    let page: String = page
        .lines()
        .filter(|line| !line.contains(":ebff:"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(page, expected);
}

#[test]
fn what_is_written_keeps_the_published_schema() {
    let page = over_a_wire("--json");
    assert!(!page.contains('\u{1b}'), "{page}");
    let value: Value = serde_json::from_str(&page).expect("it is JSON");
    let schema = text(&root().join("docs/schema/discover.schema.json"));
    let schema = serde_json::from_str(&schema).expect("a published schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("a published schema is a schema");
    let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    assert_eq!(value["hosts"][0]["names"][0], "pi2", "{value:#}");
}
