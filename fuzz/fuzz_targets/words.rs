//! Any text as each type that has a written form: a parsed value is written as the same text.
#![no_main]

use std::fmt::{Debug, Display};
use std::net::IpAddr;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use pontoon_fleet::inventory::{ClusterName, HostAddress, KeyPath, LabelKey, LabelValue, UserName};
use pontoon_join::public_key_pin::PublicKeyPin;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac, Prefix};
use pontoon_model::node_files::FlannelFlags;
use pontoon_model::observation::RunId;
use pontoon_model::port::Port;
use pontoon_predict::apimachinery::{v4_default_routes, v6_default_routes};
use pontoon_predict::captured::CapturedHost;
use pontoon_predict::flannel;
use pontoon_predict::flannel::{InterfaceSelector, IpStack, look_up};
use pontoon_predict::kubeadm::certificates::is_alt_name;
use pontoon_predict::kubeadm::endpoint::{
    HostPort, control_plane_url, parse_host_port, parse_join_endpoint,
};
use pontoon_predict::kubeadm::networking::{
    api_server_address, dns_address, node_mask, validate_pod_subnets, validate_service_subnets,
    validate_subnets,
};
use pontoon_predict::kubeadm::version::KubernetesVersion;
use pontoon_predict::kubelet::parse_node_ip;
use pontoon_predict::kubelet_flags::effective_flags;
use pontoon_predict::proxy::ProxyEnvironment;
use pontoon_probe::probes::{DnsName, PortalPage};
use pontoon_probe::survey::PairCode;

fuzz_target!(|text: &str| {
    same::<HostName>(text);
    same::<IfName>(text);
    same::<Prefix>(text);
    same::<Port>(text);
    same::<KubernetesVersion>(text);
    same::<DnsName>(text);
    same::<PortalPage>(text);
    same::<PairCode>(text);
    same::<HostAddress>(text);
    same::<UserName>(text);
    same::<KeyPath>(text);
    same::<ClusterName>(text);
    same::<LabelKey>(text);
    same::<LabelValue>(text);
    // These have one written form only, except for the case of their digits.
    for written in [same::<Mac>(text), same::<RunId>(text), same::<PublicKeyPin>(text)] {
        assert!(written.is_none_or(|written| written.eq_ignore_ascii_case(text)));
    }
    settings(text);
    flannel(text);
});

/// flanneld's flags, on a host with one link.
fn flannel(text: &str) {
    let captured: CapturedHost = serde_json::from_str(HOST).expect("a captured host is JSON");
    let node = captured.snapshot().expect("names and addresses of a host");
    let flags = FlannelFlags::of(text.split(' '));
    for by in [
        InterfaceSelector::Named(text),
        InterfaceSelector::Matching(text),
        InterfaceSelector::Reaching(text),
    ] {
        if let Ok(found) = look_up(&node, flannel::FlannelVersion::Newest, IpStack::V4, by, &flags)
        {
            assert!(found.address.is_some() && found.advertised.is_some());
        }
    }
}

const HOST: &str = r#"{"interfaces": [{"name": "eth0", "flags": ["up"], "addrs": ["10.0.0.1/24"]}],
    "ip_route_all": "default via 10.0.0.254 dev eth0"}"#;

/// The written form of a parsed value.
fn same<T: Debug + Display + FromStr + PartialEq>(text: &str) -> Option<String> {
    let read = text.parse::<T>().ok()?;
    let written = read.to_string();
    let again = written.parse::<T>().ok();
    assert_eq!(again.as_ref(), Some(&read), "{written}");
    Some(written)
}

/// Values in settings of Kubernetes.
fn settings(text: &str) {
    if let Ok(HostPort { host, port }) = parse_host_port(text) {
        let whole = HostPort { port: Some(port.unwrap_or(6443)), host };
        assert_eq!(parse_join_endpoint(&whole.authority()), Ok(whole));
    }
    let _ = control_plane_url(text, "10.0.0.1", 6443);
    let _ = (v4_default_routes(text), v6_default_routes(text), is_alt_name(text));
    let _ = (effective_flags(Some(text), Some(text)), parse_node_ip(text, "external"));
    let _ = ProxyEnvironment::new(text, text).of_https(text);
    let mask = |family| node_mask(|_| text.split(' ').nth(1), family);
    let _ = validate_pod_subnets(text.split(' ').next().unwrap_or_default(), mask);
    for network in validate_service_subnets(text).unwrap_or_default() {
        let [first, tenth] = [api_server_address(network), dns_address(network)];
        // Smaller ones are rejected elsewhere because of their size.
        if validate_subnets(&network.to_string(), 16).is_ok() {
            let is_within = |address: IpAddr| network.contains(address);
            assert!(is_within(first) && is_within(tenth), "{network}");
        }
    }
}
