//! Scenario files: what they may say, and what is said about those that make no sense.

use super::*;

/// A scenario with nothing in it that could be wrong.
const GOOD: &str = "title = \"t\"\ntruth = \"t\"\n[network.wire]\nkind = \"switch\"\n\
                    [host.pi1]\nlinks.eth0 = { network = \"wire\" }\n";

/// What is said about a scenario that is good but for these lines at its end.
fn said_of(more: &str) -> String {
    let error = parse("one", &format!("{GOOD}{more}\n")).expect_err(more);
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn what_cannot_be_built_is_refused_with_its_place() {
    for (more, said) in [
        ("[host.pi2]\nlinks.eth0 = { network = \"wier\" }", "pi2.links.eth0: no network `wier`"),
        ("[host.pi2]\nlinks.lo = { network = \"wire\" }", "`lo` is there already"),
        ("[server.pi1]", "pi1: two machines of this name"),
        ("[server.srv]\nkubernetes = \"worker\"", "srv.kubernetes: only a host"),
        ("[host.pi2]\nmasquerade = [\"eth1\"]", "pi2: it has no link `eth1`"),
        ("[host.pi2]\nroutes = [\"a\\nb\"]", "must be one line"),
        ("[host.pi2]\nsysctls.\"vm.swappiness\" = 42", "pi2.sysctls: `vm.swappiness` is not"),
        ("[host.pi2]\nsysctls.\"net\" = 1", "pi2.sysctls: `net` is not of"),
        ("[host.pi2]\nrun = [[]]", "pi2.run: an empty list"),
        ("[network.a_b]\nkind = \"switch\"", "network.a_b: a network's name"),
        ("[network.air]\nkind = \"access-point\"\naccess-points = 9", "1 to 8 access points"),
        ("[network.air]\nkind = \"access-point\"\nloss-percent = 101", "at most 100"),
        ("[network.air]\nkind = \"access-point\"\nonly-with = [\"pi1\"]", "no machine `pi1`"),
        ("[check]\nfrom = [\"pi9\"]", "check.from: `pi9` is no host"),
        ("[host.pi2]\ncolour = \"red\"", "unknown field `colour`"),
        ("[host.pi2", "line numbers are the file's"),
    ] {
        let text = said_of(more);
        assert!(text.contains(said), "{more}: {text}");
    }
    let none = parse("none", "title = \"t\"\ntruth = \"t\"\n").unwrap_err();
    assert!(matches!(none, ScenarioLoadError::Invalid { .. }), "{none}");
}

#[test]
fn a_scenario_that_begins_from_another_has_what_it_does_not_say_from_there() {
    let head = "title = \"t\"\ntruth = \"t\"\nbase = \"campus\"\n";
    let base = builtin("campus").unwrap().unwrap();
    let own = parse("own", &format!("{head}without = [\"host.pi3\"]\n")).unwrap();
    assert_eq!((own.title.as_str(), own.name.as_str()), ("t", "own"));
    assert_eq!(own.host.len() + 1, base.host.len());
    assert_eq!(own.network, base.network);
    // What must be found in the base is not what must be found here.
    assert!(own.expect.is_empty() && !base.expect.is_empty());
    let wrong = parse("own", &format!("{head}without = [\"host.pi9\"]\n")).unwrap_err();
    assert!(matches!(wrong, ScenarioLoadError::NotThere { .. }), "{wrong}");
    let nowhere = parse("own", "title = \"t\"\ntruth = \"t\"\nbase = \"../etc/passwd\"\n");
    assert!(matches!(nowhere, Err(ScenarioLoadError::NoBase { .. })));
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let text = said_of("[host.pi2]\n\"\\u001b[2J\" = 1");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.toml");
    std::fs::write(&path, vec![b'#'; usize::try_from(MAX_FILE_BYTES).unwrap() + 1]).unwrap();
    assert!(matches!(load(&path), Err(ScenarioLoadError::TooLarge { .. })));
    std::fs::write(&path, GOOD).unwrap();
    assert_eq!(load(&path).unwrap().name, "large");
}

#[test]
fn kubernetes_nodes_are_seen_before_a_lab_is_raised() {
    let plain = parse("plain", GOOD).unwrap();
    assert!(!plain.has_kubernetes_nodes());
    let more = format!("{GOOD}[host.pi2]\nkubernetes = \"control-plane\"\n");
    assert!(parse("nodes", &more).unwrap().has_kubernetes_nodes());
}

#[test]
fn every_host_of_a_network_is_a_neighbour_of_every_other() {
    let three = format!(
        "{GOOD}[host.pi2]\nlinks.eth0 = {{ network = \"wire\" }}\n[router.gw]\nlinks.eth0 = {{ \
         network = \"wire\" }}\n"
    );
    assert_eq!(parse("three", &three).unwrap().neighbours(), 9);
}
