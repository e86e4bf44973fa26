//! The functions of Kubernetes, case by case: each suite of the file is run by its id or stands in
//! a list of those that have no counterpart here, with the reason.

use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::apimachinery::{
    DefaultRoute, NoAddress, all_default_routes, choose_from_interfaces, choose_from_routes,
    ip_from_interface, ip_from_loopback, matching_global_ip,
};
use pontoon_predict::kube_proxy::{DetectedNodeIps, detect_node_ips};
use pontoon_predict::kubelet::{node_addresses, parse_node_ip, validate_node_ip};
use pontoon_predict::kubelet_flags::{KUBEADM_ARGS, arguments};
use pontoon_predict::node_name::node_name;
use pontoon_predict::{PredictedChoice, apimachinery, calico, kubeadm};
use serde_json::{Value, json};

use crate::files::{assert_same, functions, host, list, word, words};
use crate::{flannel_suite, kubeadm_suites};

/// Suites without a counterpart, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("calico_pool_selector", "the pool is named to Calico, so that it chooses none"),
    ("api_server_probe_address", MANIFESTS),
    ("apiserver_address_flags", MANIFESTS),
    ("bootstrap_group", TOKENS),
    ("bootstrap_token_secret_name", TOKENS),
    ("bootstrap_usages", TOKENS),
    ("controller_manager_probe_address", MANIFESTS),
    ("etcd_address_flags", MANIFESTS),
    ("etcd_probe", MANIFESTS),
    ("kube_proxy_defaults", MANIFESTS),
    ("kubeadm_token_groups", TOKENS),
    ("kubelet_node_name", "the name of a node is predicted by the suite `hostname`"),
    ("missing_route_files", "a file that is not there is no error here: netlink stands in for it"),
    ("mixed_arguments", "what is written is a file, or flags, and never both"),
    ("node_host_ips", AFTER),
    ("parse_node_ip_annotation", "the annotation is another program's word about the Node"),
    ("preferred_node_address", AFTER),
    ("scheduler_probe_address", MANIFESTS),
    ("skip_api_endpoint_defaulting", "a switch inside kubeadm: its effect is predicted"),
    ("split_version", VERSIONS),
    ("validate_discovery_file", "a file is read, and no URL is asked for one"),
    ("validate_urls", "an etcd outside of the cluster is not written"),
    ("version_from_network", VERSIONS),
];
const MANIFESTS: &str = "kubeadm writes the manifests, of an address that it is given";
const TOKENS: &str = "kubeadm makes the tokens";
const VERSIONS: &str = "the version is named, so that nobody is asked for one";
const AFTER: &str =
    "of a Node only its InternalIPs count: kubeadm's API server asks for no other first";

#[test]
fn every_suite_is_run_or_has_a_reason() {
    let all = functions();
    let mut differing = Vec::new();
    let (mut run, mut left) = (0, 0);
    for suite in list(&all, "suites") {
        let id = word(suite, "id");
        if let Some((_, why)) = WITHOUT.iter().find(|(without, _)| *without == id) {
            assert!(!why.is_empty(), "{id}");
            left += 1;
            continue;
        }
        for case in list(suite, "cases") {
            run += 1;
            if let Err(why) = same(suite, case, &all["fixtures"]) {
                differing.push(format!("{id}/{}: {why}", word(case, "id")));
            }
        }
    }
    assert_same(&format!("functions ({left} suites without a counterpart)"), run, &differing);
}

#[test]
fn a_suite_without_a_counterpart_is_one_of_the_file() {
    if std::env::var_os("PONTOON_CASES").is_some() {
        return;
    }
    let all = functions();
    let ids: Vec<&str> = list(&all, "suites").iter().map(|suite| word(suite, "id")).collect();
    for (id, _) in WITHOUT {
        assert!(ids.contains(id), "{id} is in no file of cases");
    }
}

/// Whether one case gives the expected result.
fn same(suite: &Value, case: &Value, fixtures: &Value) -> Result<(), String> {
    let id = word(suite, "id");
    let found = by_apimachinery(id, case, fixtures)
        .or_else(|| by_programs(id, case))
        .or_else(|| kubeadm_suites::found(id, case, fixtures))
        .or_else(|| flannel_suite::found(suite, case));
    let found = found.ok_or_else(|| format!("no test knows the suite {id}"))?;
    is_expected(&found, &case["expect"])
}

/// The suites of `pkg/util/net/interface_test.go`.
fn by_apimachinery(suite: &str, case: &Value, fixtures: &Value) -> Option<Value> {
    Some(match suite {
        "parse_ipv4_routes" => {
            routes(apimachinery::v4_default_routes(table(fixtures, case, 4, "table")))
        }
        "parse_ipv6_routes" => {
            routes(apimachinery::v6_default_routes(table(fixtures, case, 6, "table")))
        }
        "parse_hex_ip" => hex_ip(word(case, "hex"), family(case, "family")),
        "interface_up" => {
            let facts = json!({ "interfaces": [{ "name": "eth3", "flags": case["flags"] }] });
            json!(named_host(&facts).is_ok_and(|node| node.links[0].is_up))
        }
        "matching_global_ip" => {
            let addresses = words(&case["addrs"]);
            let typed = addresses.iter().filter_map(|text| text.split('/').next()?.parse().ok());
            json!(matching_global_ip(typed, family(case, "family")))
        }
        "ip_from_interface" => on(fixtures, case, |node| {
            let found = ip_from_interface(node, word(case, "interface"), family(case, "family"));
            found.map(|address| json!({ "ip": address })).map_err(|error| error.to_string())
        }),
        "ip_from_loopback" => on(fixtures, case, |node| {
            let found = ip_from_loopback(node, family(case, "family"));
            Ok(json!({ "ip": found.map(|(address, _)| address) }))
        }),
        "choose_from_routes" => on(fixtures, case, |node| {
            let listed = list(&fixtures["routes"], word(case, "routes"));
            let listed: Vec<DefaultRoute> = listed.iter().map(default_route).collect();
            let found = choose_from_routes(node, &listed, family(case, "prefer"));
            Ok(json!(found.ok().map(|chosen| chosen.address)))
        }),
        "choose_from_interfaces" => on(fixtures, case, |node| {
            let found = choose_from_interfaces(node, family(case, "prefer"));
            found.map(|chosen| json!({ "ip": chosen.address })).map_err(|error| error.to_string())
        }),
        "member_of" => {
            let address: IpAddr = word(case, "ip").parse().ok()?;
            json!(IpFamily::of(address.to_canonical()) == family(case, "family"))
        }
        "all_default_routes" => {
            let facts = json!({
                "proc_net_route": table(fixtures, case, 4, "table_v4"),
                "proc_net_ipv6_route": table(fixtures, case, 6, "table_v6"),
            });
            routes(all_default_routes(&host(&facts)).map_err(|error| error.to_string()))
        }
        _ => return None,
    })
}

/// The suites of kubelet, kubeadm, kube-proxy and Calico.
fn by_programs(suite: &str, case: &Value) -> Option<Value> {
    Some(match suite {
        "node_address" | "node_address_no_cloud" => node_address(case),
        "validate_node_ip" => valid_node_ip(word(case, "ip"), &case["expect"]),
        "parse_node_ip_argument" => node_ip_argument(case),
        "hostname" => match node_name("system", Some(word(case, "input"))) {
            // The case has no host name of the system.
            Ok(name) if name == "system" => json!({ "name": "(lower-cased system host name)" }),
            Ok(name) => json!({ "name": name }),
            Err(words) => json!({ "error": words }),
        },
        "kube_proxy_node_ips" => {
            let node: Vec<IpAddr> =
                words(&case["node_ips"]).iter().filter_map(|text| text.parse().ok()).collect();
            let bind = word(case, "bind_address").parse().ok()?;
            let DetectedNodeIps { primary, v4, v6 } = detect_node_ips(&node, bind);
            let primary = if primary == IpFamily::V4 { 4 } else { 6 };
            json!({ "primary_family": primary, "v4": v4, "v6": v6 })
        }
        "verify_api_server_bind_address" => {
            let address = word(case, "address").parse::<IpAddr>();
            json!({ "ok": address.is_ok_and(kubeadm::is_usable) })
        }
        "kubelet_flags_env" => match arguments(word(case, "input"), KUBEADM_ARGS) {
            Some(arguments) => json!({ "args": arguments }),
            None => json!({ "error": true }),
        },
        "calico_interface_filter" => {
            let mut names = words(&case["interfaces"]);
            names.reverse();
            names.retain(|name| calico::is_considered(name));
            json!(names)
        }
        _ => return None,
    })
}

/// The result, or an error that contains the expected words.
fn is_expected(found: &Value, expect: &Value) -> Result<(), String> {
    if found == expect {
        return Ok(());
    }
    let error = found["error"].as_str();
    let is_same = match (expect["error_contains"].as_str(), error) {
        (Some(part), Some(error)) => error.contains(part),
        (Some(_), None) => false,
        (None, Some(_)) if expect["error"] == json!(true) => true,
        (None, _) => found == expect,
    };
    if is_same { Ok(()) } else { Err(format!("{found}, not {expect}")) }
}

fn family(case: &Value, field: &str) -> IpFamily {
    if case[field] == json!(6) { IpFamily::V6 } else { IpFamily::V4 }
}

fn table<'a>(fixtures: &'a Value, case: &Value, version: u8, field: &str) -> &'a str {
    word(&fixtures[format!("route_tables_v{version}")], word(case, field))
}

fn routes(found: Result<Vec<DefaultRoute>, String>) -> Value {
    let route = |route: &DefaultRoute| {
        let (destination, family) =
            if route.family() == IpFamily::V4 { ("0.0.0.0", 4) } else { ("::", 6) };
        json!({
            "interface": route.link, "destination": destination, "gateway": route.gateway,
            "family": family,
        })
    };
    match found {
        Ok(found) => json!({ "routes": found.iter().map(route).collect::<Vec<_>>() }),
        Err(error) => json!({ "error": error }),
    }
}

fn default_route(case: &Value) -> DefaultRoute {
    let gateway = word(case, "gateway").parse().expect("a gateway");
    DefaultRoute { link: word(case, "interface").to_owned(), gateway }
}

fn hex_ip(hex: &str, family: IpFamily) -> Value {
    match family {
        IpFamily::V4 => json!(apimachinery::v4_address(hex).ok()),
        IpFamily::V6 => json!(apimachinery::v6_address(hex).ok()),
    }
}

/// The host of a fixture; its address may be invalid, which no snapshot contains.
fn named_host(fixture: &Value) -> Result<Snapshot, String> {
    let captured = serde_json::from_value::<pontoon_predict::captured::CapturedHost>;
    let captured = captured(fixture.clone()).map_err(|error| error.to_string())?;
    captured.snapshot().map_err(|_| "invalid CIDR address".to_owned())
}

/// Runs a function on the host of a case. If addresses could not be listed there, that is an error
/// of the system, which a snapshot does not contain.
fn on(
    fixtures: &Value,
    case: &Value,
    function: impl Fn(&Snapshot) -> Result<Value, String>,
) -> Value {
    let fixture = &fixtures["hosts"][word(case, "host")];
    let by_system = [&fixture["interfaces_error"], &fixture["interfaces"][0]["addrs_error"]];
    if let Some(error) = by_system.into_iter().find_map(Value::as_str) {
        return json!({ "error": error });
    }
    match named_host(fixture).and_then(|node| function(&node)) {
        Ok(found) => found,
        Err(error) => json!({ "error": error }),
    }
}

/// A host with the node IPs of a case, and a default route on the link of the expected address.
fn node_address(case: &Value) -> Value {
    let resolved = case["resolve_bind_address"].as_str();
    let mut addresses: Vec<String> =
        words(&case["node_ips"]).iter().map(|text| format!("{text}/32")).collect();
    addresses.retain(|text| !text.starts_with("0.0.0.0") && !text.starts_with("::/"));
    addresses.extend(resolved.map(|text| format!("{text}/32")));
    let mut facts = json!({
        "hostname": "hostname",
        "flags": format!(
            "KUBELET_KUBEADM_ARGS=\"--node-ip={} --cloud-provider={}\"",
            words(&case["node_ips"]).join(","),
            word(case, "cloud_provider").trim_start_matches("none"),
        ),
        "interfaces": [{ "name": "eth0", "index": 2, "flags": ["up"], "addrs": addresses }],
    });
    if resolved.is_some_and(|text| text.contains(':')) {
        facts["proc_net_route"] = json!("");
        facts["proc_net_ipv6_route"] = json!(format!(
            "{zero} 00 {zero} 00 fe80{} 0 0 0 0 eth0\n",
            "0".repeat(28),
            zero = "0".repeat(32)
        ));
    } else {
        facts["proc_net_route"] = json!("eth0\t00000000\t0100000A\t0003\n");
    }
    let hostname = json!({ "type": "Hostname", "address": "hostname" });
    let internal = |address: &IpAddr| json!({ "type": "InternalIP", "address": address });
    let mut found = match node_addresses(&host(&facts)) {
        PredictedChoice::Pick(pick) => {
            let all = pick.addresses.iter().map(internal).chain([hostname]);
            json!({ "addresses": all.collect::<Vec<_>>() })
        }
        // The other addresses come from the cloud provider.
        PredictedChoice::Unknown { .. } => json!({ "addresses": [hostname] }),
        PredictedChoice::Refusal { words, .. } => json!({ "error": words }),
    };
    // The annotation is for the cloud provider: `--node-ip`, unchanged.
    if let Some(annotation) = case["expect"].get("provided_node_ip_annotation") {
        found["provided_node_ip_annotation"] = annotation.clone();
    }
    found
}

/// kubelet's error for a node IP, as worded in the cases.
fn valid_node_ip(text: &str, expect: &Value) -> Value {
    let node = host(&json!({ "interfaces": [] }));
    let says = match text.parse().ok().map(|address| validate_node_ip(&node, address)) {
        None => return json!({ "ok": false, "reason": "invalid" }),
        Some(Ok(())) => return json!({ "ok": true }),
        Some(Err(says)) => says,
    };
    let words = match word(expect, "reason") {
        "unspecified" => "all zeros",
        "not-on-host" => "not found in the host's network interfaces",
        reason => reason,
    };
    if says.contains(words) { expect.clone() } else { json!({ "ok": false, "reason": says }) }
}

fn node_ip_argument(case: &Value) -> Value {
    let (error, found) = match parse_node_ip(word(case, "input"), word(case, "cloud_provider")) {
        Ok(found) => (None, found),
        Err((words, found)) => (Some(words), found),
    };
    let mut shown = json!({ "ips": found.addresses, "invalid": found.invalid });
    if let Some(error) = error {
        // Only as much of the message as the case has.
        let part = case["expect"]["error_contains"].as_str().unwrap_or_default();
        let is_same = !part.is_empty() && error.contains(part);
        shown["error_contains"] = json!(if is_same { part } else { error });
    }
    shown
}

/// The error that has a name of its own.
#[test]
fn no_route_is_told_from_other_errors() {
    let facts = json!({ "proc_net_route": "", "proc_net_ipv6_route": "" });
    assert_eq!(all_default_routes(&host(&facts)), Err(NoAddress::NoRoutes));
}
