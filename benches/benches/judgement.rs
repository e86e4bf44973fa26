//! How long the rules take: fifty hosts that cannot reach each other on one link.

#![expect(clippy::unwrap_used, reason = "a bench that fails panics at the place")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pontoon_model::facts::{AgentOutcome, Facts, HostFacts, LinkCapture};
use pontoon_model::host::HostName;
use pontoon_model::net::Mac;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeKind, RunId};
use pontoon_model::snapshot::Snapshot;
use pontoon_rules::rule::diagnose;

const HOSTS: u8 = 50;
const ROUNDS: u16 = 10;

fn snapshot(number: u8) -> Snapshot {
    let link = format!(
        r#"{{"name":"wlan0","index":2,"mac":"{}","mtu":1500,"kind":"wifi","is_up":true,
        "has_carrier":true,"addresses":[{{"prefix":"172.20.5.{number}/16","scope":0,"flags":0,
        "valid_s":null}}],"master":null,"sysctls":{{}},"radio":null}}"#,
        Mac([2, 0, 0, 0, 0, number])
    );
    let text = format!(
        r#"{{"host_name":"pi{number}","links":[{link}],"routes":[],"rules":[],"neighbours":[],
        "forwarding":{{}},"all_links":{{}},"resolver":{{"servers":[],"search":[]}},
        "hosts_file":[],"clock":{{"unix_s":0,"is_synchronised":null}},
        "netfilter":{{"is_readable":true,"tables":[],"legacy_tables":[],"owners":[]}},
        "privileges":{{"net_raw":true,"net_admin":true}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn facts() -> Facts {
    let mut facts = Facts { run: RunId(1), ..Facts::default() };
    let name = |number: u8| -> HostName { format!("pi{number}").parse().unwrap() };
    for number in 1..=HOSTS {
        let host = HostFacts {
            snapshot: snapshot(number),
            watches: vec![LinkCapture {
                link: "wlan0".parse().unwrap(),
                sees_frames: true,
                went_down: false,
                lost: 0,
                withheld: 0,
            }],
            counters: std::collections::BTreeMap::new(),
            frames_sent: std::collections::BTreeMap::new(),
            listeners: Vec::new(),
            untested: Vec::new(),
            ending: AgentOutcome::Complete,
        };
        facts.hosts.insert(name(number), host);
        for peer in (1..=HOSTS).filter(|peer| *peer != number) {
            for round in 1..=ROUNDS {
                facts.observations.insert(Observation {
                    run: RunId(1),
                    host: name(number),
                    peer: Some(name(peer)),
                    address: None,
                    link: Some("wlan0".parse().unwrap()),
                    asked_link: Some("wlan0".parse().unwrap()),
                    family: pontoon_model::net::IpFamily::V4,
                    direction: ObservedEvent::Sent,
                    round,
                    at_ms: u32::from(round) * 1000,
                    source_mac: None,
                    ttl: None,
                    cast: None,
                    kind: ProbeKind::Udp,
                    answer: None,
                });
            }
        }
    }
    facts
}

fn judgement(criterion: &mut Criterion) {
    let facts = facts();
    let mut group = criterion.benchmark_group("judgement");
    group.sample_size(10);
    group.bench_function("50 hosts, all pairs isolated", |bencher| {
        bencher.iter(|| diagnose(black_box(&facts)));
    });
    group.finish();
}

criterion_group!(benches, judgement);
criterion_main!(benches);
