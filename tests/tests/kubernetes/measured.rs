//! The functions themselves on hosts made by hand, and predictions for those that were not run.

use std::net::IpAddr;

use pontoon_model::port::{CONTROL_PLANE_PORTS, WORKER_PORTS};
use pontoon_predict::apimachinery::resolve_bind_address;
use pontoon_predict::node_name::{GoResolver, NameLookup, look_up};
use pontoon_predict::{Component, PredictedChoice, calico, k0s};
use serde_json::{Value, json};

use crate::files::{assert_same, functions, host, list, word, words};

#[test]
fn the_host_interface_is_apimachinerys() {
    let all = functions();
    let cases = list(&all["measured"]["choose_host_interface"], "cases");
    let mut differing = Vec::new();
    for case in cases {
        let node = host(case);
        for (field, bind) in [
            ("choose_host_interface", None),
            ("resolve_0.0.0.0", Some("0.0.0.0")),
            ("resolve_::", Some("::")),
        ] {
            let bind: Option<IpAddr> = bind.map(|text| text.parse().expect("an address"));
            let found = match resolve_bind_address(&node, bind) {
                Ok(chosen) => json!({ "ip": chosen.address }),
                Err(error) => json!({ "error": error.to_string() }),
            };
            let expected = &case["expect"][field];
            if found != *expected {
                differing.push(format!("{} {field}: {found}, not {expected}", word(case, "id")));
            }
        }
    }
    assert_same("apimachinery", cases.len(), &differing);
}

#[test]
fn names_mean_what_go_finds() {
    let all = functions();
    let cases = list(&all["measured"]["node_name_lookup"], "cases");
    let mut differing = Vec::new();
    for case in cases {
        let facts = json!({ "hostname": "pi1", "hosts": case["etc_hosts"] });
        let found = match look_up(&host(&facts), "pi1", GoResolver::Cgo) {
            NameLookup::Known { addresses, .. } => {
                addresses.iter().map(ToString::to_string).collect::<Vec<_>>()
            }
            NameLookup::Unknown { missing } => vec![missing],
        };
        let expected = words(&case["lookup"]);
        if found != expected {
            differing.push(format!("{}: {found:?}, not {expected:?}", word(case, "id")));
        }
    }
    assert_same("LookupIP", cases.len(), &differing);
}

/// Whether a choice matches a case: an address, its interface if it is given, or an error message.
fn is_same(choice: &PredictedChoice, expected: &Value) -> bool {
    match choice {
        PredictedChoice::Pick(pick) => {
            let link = expected.get("interface").and_then(Value::as_str);
            pick.addresses.first().map(ToString::to_string).as_deref()
                == expected["address"].as_str()
                && link.is_none_or(|link| pick.links == [link])
        }
        PredictedChoice::Refusal { words, .. } => {
            let mut said = [&expected["error"], &expected["fatal"]].into_iter();
            said.any(|said| said.as_str().is_some_and(|said| words.contains(said)))
        }
        PredictedChoice::Unknown { .. } => false,
    }
}

#[test]
fn every_program_picks_what_it_was_seen_or_calculated_to_pick() {
    let all = functions();
    let hosts = list(&all["measured"]["choose_host_interface"], "cases");
    let picks = list(&all["derived"]["picks"], "cases");
    let mut differing = Vec::new();
    let mut compared = 0;
    for pick in picks {
        // The hosts of some picks are not among the cases.
        let Some(case) = hosts.iter().find(|host| host["id"] == pick["id"]) else { continue };
        let node = host(case);
        for (field, choice) in [
            ("kubeadm_advertise", Component::Kubeadm.choose(&node)),
            ("kubelet_no_node_ip_no_name_lookup", Component::Kubelet.choose(&node)),
            ("calico_first_found", calico::first_found(&node)),
            ("k0s_api_address", k0s::api_address(&node)),
        ] {
            compared += 1;
            if !is_same(&choice, &pick[field]) {
                let id = word(pick, "id");
                differing.push(format!("{id} {field}: {choice:?}, not {}", pick[field]));
            }
        }
    }
    assert_same("by source", compared, &differing);
}

/// These hosts have `/proc/net/route` and no output of `ip route`: what is not there is not known.
#[test]
fn routes_that_were_not_captured_are_not_taken_for_none() {
    let all = functions();
    for case in list(&all["measured"]["choose_host_interface"], "cases") {
        let mut facts = case.clone();
        let id = word(case, "id");
        let routes = |facts: &Value, component: Component| component.choose(&host(facts));
        if facts["ip_route_all"].is_null() {
            let choice = routes(&facts, Component::Flannel);
            assert!(matches!(choice, PredictedChoice::Unknown { .. }), "{id}: {choice:?}");
        }
        for file in ["proc_net_route", "proc_net_ipv6_route"] {
            facts[file] = Value::Null;
        }
        for component in [Component::Kubeadm, Component::KubeProxy] {
            let choice = routes(&facts, component);
            assert!(matches!(choice, PredictedChoice::Unknown { .. }), "{id}: {choice:?}");
        }
    }
}

/// The ports that are asked for are the ones of a kubeadm cluster with flannel's VXLAN, with their
/// protocols: those that another host dials.
#[test]
fn the_ports_are_those_of_the_programs() {
    let all = functions();
    let services = [
        "kube-apiserver",
        "etcd client",
        "etcd peer",
        "kubelet",
        "kube-proxy healthz",
        "flannel vxlan",
    ];
    let rows = list(&all["tables"], "ports");
    let row = |service: &&str| rows.iter().find(|row| row["service"] == *service);
    let shown = |row: &Value| format!("{}/{}", word(row, "port"), word(row, "protocol"));
    let mut expected: Vec<String> = services.iter().filter_map(row).map(shown).collect();
    let asked = CONTROL_PLANE_PORTS.iter().chain(&WORKER_PORTS);
    let mut asked: Vec<String> = asked.map(|need| need.port.to_string()).collect();
    for list in [&mut expected, &mut asked] {
        list.sort();
        list.dedup();
    }
    assert_eq!(asked, expected);
    assert_eq!(asked.len(), services.len());
}

#[test]
fn every_component_answers_for_every_host() {
    let all = functions();
    for case in list(&all["measured"]["choose_host_interface"], "cases") {
        for component in Component::ALL {
            let choice = component.choose(&host(case));
            let rule = match choice {
                PredictedChoice::Pick(pick) => pick.rule,
                PredictedChoice::Refusal { rule, .. } => rule,
                PredictedChoice::Unknown { missing } => missing,
            };
            assert!(!rule.is_empty(), "{component} on {}", word(case, "id"));
        }
    }
}
