//! Copies of cards and disks, and namespaces of one machine, which look like them.

use super::fixture::{TestFacts, host_name};
use crate::rule::diagnose;
use pontoon_diagnosis::evidence::IdentityEvidence;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::record::Record;
use pontoon_model::record::redact::redact;
use pontoon_model::snapshot::{CollectionGap, MachineIdentity};
use pontoon_model::untrusted::Untrusted;

const UUID: &str = "4c4c4544-0042-3510-8052-b3c04f4b4e32";

#[expect(clippy::unnecessary_wraps, reason = "every field it fills is optional")]
fn some(text: &str) -> Option<Untrusted> {
    Some(Untrusted::new(text))
}

/// Two hosts with these boot ids, and all else in common.
fn copies(boot_ids: [Option<&str>; 2]) -> TestFacts {
    let mut bench = TestFacts::wifi_only(2);
    for (host, boot_id) in ["pi1", "pi2"].into_iter().zip(boot_ids) {
        bench.host(host).snapshot.identity = MachineIdentity {
            machine_id: some("aa"),
            product_uuid: some(UUID),
            ssh_host_keys: vec![Untrusted::new("SHA256:x"), Untrusted::new("SHA256:y")],
            boot_id: boot_id.map(Untrusted::new),
        };
        bench.host(host).snapshot.host_name = host_name("raspberrypi");
    }
    bench
}

const ALL: [DiagnosisCode; 4] = [
    code::DUPLICATE_HOST_NAME,
    code::DUPLICATE_MACHINE_ID,
    code::DUPLICATE_PRODUCT_UUID,
    code::DUPLICATE_SSH_HOST_KEY,
];

#[test]
fn copies_are_told_and_namespaces_of_one_machine_are_not() {
    let table = [
        ([Some("b1"), Some("b2")], Some("confirmed")),
        ([Some("b1"), None], Some("possible")),
        ([None, None], Some("possible")),
        ([Some("b1"), Some("b1")], None),
    ];
    for (boot_ids, certainty) in table {
        let expected: Vec<_> = certainty
            .iter()
            .flat_map(|sure| ALL.map(|code| format!("{code} pi1>pi2 {sure}")))
            .collect();
        assert_eq!(copies(boot_ids).found(), expected, "{boot_ids:?}");
    }
}

#[test]
fn every_pair_of_copies_is_told_but_those_of_one_machine() {
    let mut bench = TestFacts::wifi_only(3);
    for (host, boot_id) in [("pi1", "b1"), ("pi2", "b1"), ("pi3", "b2")] {
        bench.host(host).snapshot.identity.boot_id = some(boot_id);
        bench.host(host).snapshot.identity.machine_id = some("aa");
    }
    let expected =
        ["duplicate-machine-id pi1>pi3 confirmed", "duplicate-machine-id pi2>pi3 confirmed"];
    assert_eq!(bench.found(), expected);
}

#[test]
fn what_differs_or_is_not_there_accuses_nobody() {
    let edits: [(&str, fn(&mut MachineIdentity)); 3] = [
        ("other ids", |own| {
            own.machine_id = some("bb");
            own.product_uuid = some("4c4c4544-0042-3510-8052-b3c04f4b4e33");
            own.ssh_host_keys = vec![Untrusted::new("SHA256:z")];
        }),
        ("none", |own| {
            *own = MachineIdentity { boot_id: own.boot_id.clone(), ..MachineIdentity::default() }
        }),
        ("none and no boot id", |own| *own = MachineIdentity::default()),
    ];
    for (case, edit) in edits {
        let mut bench = copies([Some("b1"), Some("b2")]);
        edit(&mut bench.host("pi2").snapshot.identity);
        bench.host("pi2").snapshot.host_name = host_name("pi2");
        assert!(bench.found().is_empty(), "{case}: {:?}", bench.found());
    }
    // Neither host has any.
    assert!(TestFacts::of(2).found().is_empty());
}

#[test]
fn samples_of_a_vendor_are_no_product_uuid() {
    for (uuid, is_told) in [
        (UUID, true),
        ("03000200-0400-0500-0006-000700080009", false),
        ("00000000-0000-0000-0000-000000000000", false),
        ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", false),
    ] {
        let mut bench = TestFacts::wifi_only(2);
        for (host, boot_id) in [("pi1", "b1"), ("pi2", "b2")] {
            bench.host(host).snapshot.identity = MachineIdentity {
                product_uuid: some(uuid),
                boot_id: some(boot_id),
                ..MachineIdentity::default()
            };
        }
        let expected =
            vec!["duplicate-product-uuid pi1>pi2 confirmed".to_owned(); usize::from(is_told)];
        assert_eq!(bench.found(), expected, "{uuid}");
        // Hiding what it is does not make a name of it, nor take one away.
        let record = Record { facts: bench.facts, ..Record::default() };
        let redacted = redact(&record, &|text| {
            let mut tag = [7; 32];
            text.iter().enumerate().for_each(|(at, byte)| tag[at % 4] ^= byte.rotate_left(3));
            tag
        });
        assert_eq!(diagnose(&redacted.facts).len(), expected.len(), "{uuid}");
        let text = pontoon_model::record::write(&redacted).unwrap();
        assert_eq!(text.contains(uuid), !is_told, "{uuid}");
    }
}

#[test]
fn host_names_are_compared_as_kubelet_takes_them() {
    let table = [
        ("pi", "PI", true),
        ("pi.a.example", "pi.a.example", true),
        ("pi.a.example", "pi.b.example", false),
        ("pi", "pi.local", false),
        ("localhost", "localhost", true),
    ];
    for (one, two, is_told) in table {
        let mut bench = TestFacts::wifi_only(2);
        for (host, name, boot_id) in [("pi1", one, "b1"), ("pi2", two, "b2")] {
            bench.host(host).snapshot.host_name = host_name(name);
            bench.host(host).snapshot.identity.boot_id = some(boot_id);
        }
        assert_eq!(bench.found().len(), usize::from(is_told), "{one} {two}");
    }
    // What could not be read is called localhost.
    let mut unread = TestFacts::wifi_only(2);
    for host in ["pi1", "pi2"] {
        unread.host(host).snapshot.host_name = host_name("localhost");
        let gap = CollectionGap { what: "host name".to_owned(), why: "no such file".to_owned() };
        unread.host(host).snapshot.unread = vec![gap];
    }
    assert!(unread.found().is_empty());
}

#[test]
fn several_keys_of_one_card_are_one_finding() {
    let bench = copies([Some("b1"), Some("b2")]);
    let same = IdentityEvidence::SameSshHostKey {
        a: host_name("pi1"),
        b: host_name("pi2"),
        fingerprint: Untrusted::new("SHA256:x"),
        more: 1,
    };
    assert_eq!(bench.evidence(code::DUPLICATE_SSH_HOST_KEY)[0], same.into());
}
