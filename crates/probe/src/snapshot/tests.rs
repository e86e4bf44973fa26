use super::*;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::snapshot::{LinkAddress, LinkKind};
use pontoon_rules::rule::diagnose;

fn fixture(name: &str) -> SnapshotSources {
    SnapshotSources {
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name),
        now_unix_s: 1_790_000_000,
        environment: BTreeMap::new(),
    }
}

fn live() -> SnapshotSources {
    SnapshotSources::live(1_790_000_000, [])
}

#[test]
fn a_raspberry_pi_behind_systemd_resolved() {
    let snapshot = take(&fixture("pi"));
    assert_eq!(snapshot.host_name.as_str(), "pi1");
    let servers: Vec<_> = snapshot.resolver.servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["10.80.0.1", "fe80::1"], "the stub's own servers");
    assert_eq!(snapshot.resolver.search[0].raw(), "campus.example");
    let own = &snapshot.hosts_file[1];
    assert_eq!((own.address.to_string().as_str(), own.names[0].raw()), ("127.0.1.1", "pi1"));
    assert_eq!(snapshot.forwarding, IpForwarding { ipv4: Some(true), ipv6: Some(false) });
    assert_eq!(snapshot.all_links.rp_filter, Some(2));
    assert_eq!(snapshot.all_links.arp_filter, None, "there is no such file in the fixture");
    assert!(snapshot.privileges.net_raw && !snapshot.privileges.net_admin);
    let legacy: Vec<_> = snapshot.netfilter.legacy_tables.iter().map(Untrusted::raw).collect();
    assert_eq!(legacy, ["filter", "nat"]);
    assert_eq!(snapshot.unread.len(), 1, "{:?}", snapshot.unread);
}

/// What is said of hosts whose files these are, as far as it is about copies.
fn copies(names: [&str; 2]) -> Vec<DiagnosisCode> {
    let mut facts = Facts::default();
    for (number, name) in names.into_iter().enumerate() {
        let host = HostFacts::of(take(&fixture(name)));
        facts.hosts.insert(HostName::lossy(&format!("host{number}")), host);
    }
    let codes = diagnose(&facts).into_iter().map(|finding| finding.code);
    codes.filter(|code| code.as_str().starts_with("duplicate-")).collect()
}

#[test]
fn a_copied_card_is_told_from_a_new_one_and_from_the_same_host() {
    let told =
        [code::DUPLICATE_HOST_NAME, code::DUPLICATE_MACHINE_ID, code::DUPLICATE_SSH_HOST_KEY];
    assert_eq!(copies(["pi", "pi-copy"]), told);
    assert!(copies(["pi", "pi-new"]).is_empty());
    assert!(copies(["pi", "pi"]).is_empty(), "one boot id, one machine");
}

#[test]
fn hostile_files_stay_text() {
    let snapshot = take(&fixture("hostile"));
    assert_eq!(snapshot.host_name.as_str(), "__2Jevil");
    for line in &snapshot.hosts_file {
        for name in &line.names {
            assert!(!name.to_string().contains('\u{1b}'), "{name:?}");
        }
    }
    assert_eq!(snapshot.hosts_file.len(), 1);
    assert!(snapshot.resolver.servers.is_empty());
}

#[test]
fn an_empty_tree_is_a_snapshot_that_says_what_it_lacks() {
    let root = tempfile::tempdir().unwrap();
    let sources = SnapshotSources { root: root.path().to_owned(), ..fixture("pi") };
    let snapshot = take(&sources);
    let unread: Vec<_> = snapshot.unread.iter().map(|unread| unread.what.as_str()).collect();
    assert!(unread.contains(&"host name") && unread.contains(&"privileges"), "{unread:?}");
    assert_eq!(snapshot.forwarding, IpForwarding::default());
}

#[test]
fn this_machine_has_a_loopback_and_its_sysctls() {
    let snapshot = take(&live());
    let lo = snapshot.link(&"lo".parse().unwrap()).expect("every namespace has lo");
    assert_eq!((lo.kind, lo.mac, lo.index), (LinkKind::Loopback, None, 1));
    assert!(lo.mtu >= 1500 && lo.sysctls.rp_filter.is_some(), "{lo:?}");
    assert!(!snapshot.rules.is_empty(), "the kernel makes the rules for local and main itself");
    assert!(snapshot.rules.is_sorted_by_key(|rule| rule.preference));
    assert!(snapshot.forwarding.ipv4.is_some() && snapshot.all_links.rp_filter.is_some());
    assert_eq!(snapshot.clock.unix_s, 1_790_000_000);
    for route in &snapshot.routes {
        let link = route.link.as_ref();
        assert!(link.is_none_or(|link| snapshot.link(link).is_some()), "{route:?}");
    }
}

#[test]
fn netlink_and_proc_agree_on_a_sysctl() {
    let snapshot = take(&live());
    let lo = snapshot.link(&"lo".parse().unwrap()).expect("every namespace has lo");
    let proc =
        |name: &str| files::number(Path::new("/"), &format!("proc/sys/net/ipv4/conf/lo/{name}"));
    let own = &lo.sysctls;
    for (name, value) in [
        ("forwarding", own.forwarding),
        ("rp_filter", own.rp_filter),
        ("arp_ignore", own.arp_ignore),
        ("arp_announce", own.arp_announce),
        ("arp_filter", own.arp_filter),
        ("accept_redirects", own.accept_redirects),
        ("send_redirects", own.send_redirects),
        ("proxy_arp", own.proxy_arp),
    ] {
        assert_eq!(value, proc(name), "{name}");
    }
}

#[test]
fn taken_twice_the_configuration_is_the_same() {
    let (first, second) = (take(&live()), take(&live()));
    assert_eq!(configuration(&first), configuration(&second));
}

#[test]
fn the_passing_of_time_is_no_change_of_configuration() {
    let mut before = take(&live());
    let lo = before.links.iter_mut().find(|link| link.index == 1).expect("every namespace has lo");
    let prefix = "fd00::1/64".parse().unwrap();
    let address = LinkAddress { prefix, scope: 0, flags: 0x40, valid_s: Some(3600) };
    lo.addresses = vec![address];
    let change = |edit: &dyn Fn(&mut Snapshot)| {
        let mut after = before.clone();
        edit(&mut after);
        configuration(&after) != configuration(&before)
    };
    let address = |snapshot: &mut Snapshot, edit: &dyn Fn(&mut LinkAddress)| {
        let lo = snapshot.links.iter_mut().filter(|link| link.index == 1);
        lo.flat_map(|link| &mut link.addresses).for_each(edit);
    };
    assert!(!change(&|s| s.clock.unix_s += 60));
    assert!(!change(&|s| address(s, &|a| a.valid_s = Some(3540))));
    assert!(!change(&|s| address(s, &|a| a.flags = 0)));
    assert!(change(&|s| address(s, &|a| a.valid_s = None)));
    assert!(change(&|s| address(s, &|a| a.flags |= 0x80)));
    assert!(change(&|s| s.links.iter_mut().for_each(|link| link.sysctls.rp_filter = Some(7))));
    assert!(change(&|s| s.forwarding.ipv4 = None));
}

#[test]
fn a_snapshot_survives_json() {
    let snapshot = take(&live());
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
}
