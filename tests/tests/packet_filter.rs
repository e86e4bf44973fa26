//! The packet filter as it is read over netlink, against what nft(8) lists of the same kernel.
//!
//! Each ruleset of `tests/rulesets` is made in a network namespace of its own.

#[path = "packet_filter/listing.rs"]
mod listing;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use pontoon_cluster::forward_chain::{filters_forwarded, forward_drops};
use pontoon_netlink::KernelSocket;
use pontoon_netlink::nf_tables::ruleset::NftRuleset;
use pontoon_tests::checkout::{files_below, name, root};

/// The variable that names the ruleset to the process inside the namespace.
const RULESET: &str = "PONTOON_TEST_RULESET";

#[expect(clippy::disallowed_methods, reason = "programs are what is compared with")]
fn run(program: &Path, arguments: &[&str], ruleset: &Path) -> String {
    let output = Command::new(program).args(arguments).env(RULESET, ruleset).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{} {arguments:?}:\n{out}\n{err}", program.display());
    out
}

/// Runs a test of this file in a network namespace that has this ruleset.
fn in_a_namespace(test: &str, ruleset: &Path) {
    let this = env::current_exe().expect("a test knows its own file");
    let script = format!(
        "sh -e '{}' && exec '{}' --exact {test} --include-ignored --nocapture",
        ruleset.display(),
        this.display()
    );
    let arguments = ["--map-root-user", "--net", "--", "sh", "-ec", &script];
    let out = run(Path::new("unshare"), &arguments, ruleset);
    assert!(out.contains("1 passed"), "{out}");
}

fn ruleset(name: &str) -> PathBuf {
    root().join("tests/rulesets").join(name).with_extension("sh")
}

#[test]
fn netlink_and_nft_say_the_same() {
    let rulesets = files_below("tests/rulesets");
    assert!(rulesets.len() >= 5, "{rulesets:?}");
    for ruleset in rulesets {
        in_a_namespace("inside_the_same_is_read", &ruleset);
    }
}

#[test]
#[ignore = "runs in the namespace that netlink_and_nft_say_the_same makes"]
fn inside_the_same_is_read() {
    let ruleset = env::var_os(RULESET).expect("this test is run by another");
    let listed = run(Path::new("nft"), &["-j", "list", "ruleset"], Path::new(&ruleset));
    let listed = listing::of_nft(&serde_json::from_str(&listed).unwrap());
    let read = NftRuleset::read(&KernelSocket, |_| true).unwrap();
    assert_eq!(read.flaw, None);
    let read = listing::of_netlink(&read);
    let rules: usize = read.values().map(Vec::len).sum();
    assert!(rules >= 10, "{read:#?}");
    for (chain, lines) in &listed {
        assert_eq!(read.get(chain), Some(lines), "{chain}");
    }
    assert_eq!(read.len(), listed.len());
}

/// The result of the cluster check for each: chain, and for which sources it accepts.
const DROPS: [(&str, &[(&str, &str)]); 5] = [
    ("docker", &[("ip filter FORWARD", "docker0 docker0 docker0 172.17.0.2")]),
    ("ufw", &[("ip filter FORWARD", "10.244.0.0/20")]),
    (
        "kube-proxy-iptables",
        &[
            ("ip filter FORWARD", "10.244.0.0/16 10.244.0.0/16 cali*"),
            ("ip6 filter FORWARD", "fd00::/8"),
        ],
    ),
    (
        "firewalld",
        &[
            (
                "inet firewalld filter_FORWARD",
                "lo cni0 flannel.1 10.96.0.0/12 10.244.0.0/16 10.1.0.0/16 10.2.0.1 \
                 10.4.0.1-10.4.0.77 !=\u{a0}10.5.0.0/20 fd00::/8 everything",
            ),
            ("bridge b forward", "10.0.0.0/8"),
        ],
    ),
    ("kube-proxy-nftables", &[("inet hostfw forward", "cni0 flannel.1")]),
];

#[test]
fn chains_that_drop_what_is_forwarded_are_known_with_what_they_accept() {
    for (name, _) in DROPS {
        in_a_namespace("inside_the_drops_are_found", &ruleset(name));
    }
}

#[test]
#[ignore = "runs in the namespace that another test makes"]
fn inside_the_drops_are_found() {
    let path = PathBuf::from(env::var_os(RULESET).expect("this test is run by another"));
    let own = name(&path).trim_end_matches(".sh");
    let (_, expected) = DROPS.iter().find(|(name, _)| *name == own).unwrap();
    let ruleset = NftRuleset::read(&KernelSocket, filters_forwarded).unwrap();
    let found: Vec<(String, String)> = forward_drops(&ruleset)
        .iter()
        .map(|drop| {
            let accepts = drop.accepts.iter().map(|one| one.raw().replace(' ', "\u{a0}"));
            (format!("{} {}", drop.table, drop.chain), accepts.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(at, accepts)| (&at[..], &accepts[..])).collect();
    assert_eq!(found, *expected, "{own}");
}
