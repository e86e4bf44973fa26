pub(crate) mod link_addresses;

use serde_json::json;

use super::*;
use crate::refusal::RefusalKind;
use pontoon_diagnosis::Certainty;
use pontoon_diagnosis::evidence::{AddressOnLink, NetworkUsage, UsedNetwork};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_predict::captured::CapturedHost;
use pontoon_rules::report::pairs::{PairReachability, RoundCounts};

/// A host with a switch and Wi-Fi, whose default route is over Wi-Fi.
fn host(number: u8, more: &serde_json::Value) -> (HostName, HostFacts) {
    let mut facts = json!({
        "hostname": format!("Pi{number}"),
        "interfaces": [
            { "name": "lo", "index": 1, "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
            { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("10.0.0.{number}/24")] },
            { "name": "wlan0", "index": 3, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("172.20.5.{number}/16")] },
        ],
        "ip_route_all": format!(
            "default via 172.20.0.1 dev wlan0 metric 600\n\
             10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.{number}\n"
        ),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        facts[key] = value.clone();
    }
    let captured: CapturedHost = serde_json::from_value(facts).unwrap();
    let mut snapshot = captured.snapshot().unwrap();
    for link in &mut snapshot.links {
        link.has_carrier = true;
        link.mac = Some(pontoon_model::net::Mac([2, 0, 0, 0, number, 1]));
    }
    (format!("pi{number}").parse().unwrap(), HostFacts::of(snapshot))
}

fn pair(link: &str, state: PairReachability) -> PairRow {
    PairRow {
        from: "pi1".parse().unwrap(),
        to: "pi2".parse().unwrap(),
        link: Some(link.parse().unwrap()),
        family: IpFamily::V4,
        state,
        there: RoundCounts::default(),
        back: RoundCounts::default(),
    }
}

struct CampusFixture {
    record: Record,
    pairs: Vec<PairRow>,
}

impl CampusFixture {
    fn new(eth0: PairReachability, wlan0: PairReachability) -> Self {
        let none = json!({});
        let hosts = [host(1, &none), host(2, &none)].into();
        let facts = Facts { hosts, ..Facts::default() };
        let record = Record { facts, ..Record::default() };
        Self { record, pairs: vec![pair("eth0", eth0), pair("wlan0", wlan0)] }
    }

    fn with(mut self, number: u8, more: &serde_json::Value) -> Self {
        self.record.facts.hosts.extend([host(number, more)]);
        self
    }

    fn alone(mut self) -> Self {
        self.record.facts.hosts.retain(|name, _| name.as_str() == "pi1");
        self
    }

    fn settle(&self, wishes: &SettingsOverrides) -> Result<NodeSettings, SettingsRefusal> {
        let known = SettingsInputs { record: &self.record, pairs: &self.pairs, diagnoses: &[] };
        decide_settings(known, &"pi1".parse().unwrap(), wishes)
    }
}

fn open() -> CampusFixture {
    CampusFixture::new(PairReachability::Open, PairReachability::Isolated)
}

#[test]
fn the_address_is_the_one_that_all_reach() {
    use PairReachability::{Isolated, Open, Undecided, ViaGateway};
    let table = [
        (Open, Isolated, Ok("10.0.0.1")),
        (Isolated, Open, Ok("172.20.5.1")),
        // Both work: wired is preferred to Wi-Fi.
        (Open, Open, Ok("10.0.0.1")),
        (ViaGateway, Isolated, Ok("10.0.0.1")),
        (Isolated, Isolated, Err(code::NO_SHARED_NETWORK)),
        (Undecided, Isolated, Err(code::NODE_ADDRESS_UNDECIDED)),
    ];
    for (eth0, wlan0, expected) in table {
        let settled = CampusFixture::new(eth0, wlan0).settle(&SettingsOverrides::default());
        let found = settled.as_ref().map(|settings| settings.address.value.to_string());
        let expected = expected.map(str::to_owned);
        assert_eq!(found.map_err(|refusal| refusal.diagnosis.code), expected, "{eth0:?} {wlan0:?}");
    }
}

fn reach(address: &str, link: &str, unreached_by: &[&str]) -> SettingsEvidence {
    SettingsEvidence::AddressReach {
        at: AddressOnLink { address: address.parse().unwrap(), link: link.parse().unwrap() },
        reached_by: Vec::new(),
        unreached_by: unreached_by.iter().map(|name| name.parse().unwrap()).collect(),
        undecided: Vec::new(),
    }
}

#[test]
fn of_one_host_alone_nothing_is_guessed() {
    let refusal = open().alone().settle(&SettingsOverrides::default()).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Undecided);
    assert_eq!(refusal.diagnosis.certainty, Certainty::Undecided);
    assert!(refusal.diagnosis.distinguished_by.is_some(), "{refusal:?}");
    let unasked = Evidence::from(reach("172.20.5.1", "wlan0", &[]));
    assert!(refusal.diagnosis.evidence.contains(&unasked), "{refusal}");
    let told =
        SettingsOverrides { link: Some("eth0".parse().unwrap()), ..SettingsOverrides::default() };
    assert_eq!(open().alone().settle(&told).unwrap().address.value.to_string(), "10.0.0.1");
}

#[test]
fn what_the_user_says_holds_and_is_commented() {
    let told = |address: &str| SettingsOverrides {
        address: address.parse().ok(),
        ..SettingsOverrides::default()
    };
    let settings = open().settle(&told("172.20.5.1")).unwrap();
    let [warning] = &settings.warnings[..] else { panic!("{:?}", settings.warnings) };
    assert_eq!(warning.evidence, reach("172.20.5.1", "wlan0", &["pi2"]).into());
    assert_eq!(settings.address.evidence[0], SettingsEvidence::GivenByUser);
    let refusal = open().settle(&told("192.0.2.9")).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Usage);
    assert_eq!(refusal.diagnosis.code, code::CHOSEN_ADDRESS_NOT_ON_HOST);
}

#[test]
fn networks_are_none_that_a_host_has() {
    let routes = |text: &str| json!({ "ip_route_all": format!("default via 172.20.0.1 dev wlan0\n{text}\n") });
    let table = [
        ("10.9.0.0/16 dev eth0", "10.244.0.0/16", "10.96.0.0/12"),
        ("10.244.7.0/24 via 10.0.0.9 dev eth0", "10.200.0.0/16", "10.96.0.0/12"),
        ("10.99.0.0/24 dev eth0", "10.244.0.0/16", "10.200.0.0/16"),
        // A campus network that uses all of 10/8: other CIDRs are chosen.
        ("10.0.0.0/8 via 172.20.0.1 dev wlan0", "172.30.0.0/16", "172.31.0.0/16"),
        // Networks of an earlier cluster do not count as in use.
        ("10.244.1.0/24 dev flannel.1", "10.244.0.0/16", "10.96.0.0/12"),
        // The two halves of the IPv4 space are the default route of a VPN.
        ("0.0.0.0/1 dev eth0\n128.0.0.0/1 dev eth0", "10.244.0.0/16", "10.96.0.0/12"),
    ];
    for (route, pods, services) in table {
        let campus = open().with(2, &routes(route));
        let settings = campus.settle(&SettingsOverrides::default()).unwrap();
        assert_eq!(settings.pods.value.to_string(), pods, "{route}");
        assert_eq!(settings.services.value.to_string(), services, "{route}");
    }
}

#[test]
fn networks_that_the_user_names_are_checked() {
    let wish = |pods: &str, services: &str| SettingsOverrides {
        pods: pods.parse().ok(),
        services: services.parse().ok(),
        ..SettingsOverrides::default()
    };
    let refused =
        |words: &str| SettingsEvidence::RefusedByKubeadm { response: Untrusted::new(words) };
    let wifi: Prefix = "172.20.0.0/16".parse().unwrap();
    let in_use = || {
        let usage = NetworkUsage::OnLink("wlan0".parse().unwrap());
        SettingsEvidence::NetworkInUse(UsedNetwork {
            network: wifi,
            host: "pi1".parse().unwrap(),
            usage,
        })
    };
    let pods = SettingsEvidence::OverlapsOtherNetwork { other: "10.96.0.0/16".parse().unwrap() };
    // What kubeadm says is held to its words alone.
    let table = [
        (wish("10.42.0.0/16", "10.43.0.0/16"), None),
        (wish("172.20.0.0/16", ""), Some(in_use())),
        (wish("", "172.16.0.0/12"), Some(in_use())),
        (wish("10.96.0.0/16", "10.96.0.0/12"), Some(pods)),
        (wish("10.42.0.0/29", ""), Some(refused("must be smaller than the node subnet"))),
        (wish("", "10.0.0.0/8"), Some(refused("is too large"))),
        (wish("", "10.43.0.0/30"), Some(refused("is too small"))),
    ];
    for (wishes, expected) in table {
        let refusal = open().settle(&wishes).err();
        assert_eq!(refusal.is_some(), expected.is_some(), "{wishes:?}: {refusal:?}");
        if let (Some(refusal), Some(expected)) = (refusal, expected) {
            assert_eq!(refusal.kind, RefusalKind::Usage);
            assert_eq!(refusal.diagnosis.code, code::CHOSEN_NETWORK_REFUSED);
            match (&refusal.diagnosis.evidence[..], expected) {
                (
                    [Evidence::Settings(SettingsEvidence::RefusedByKubeadm { response })],
                    SettingsEvidence::RefusedByKubeadm { response: words },
                ) => assert!(response.raw().contains(words.raw()), "{refusal}"),
                (found, expected) => assert_eq!(found, [expected.into()], "{wishes:?}"),
            }
        }
    }
}

#[test]
fn the_certificate_is_for_every_address_and_name() {
    let wishes = SettingsOverrides {
        endpoint: Some("api.example.org".parse_endpoint()),
        names: vec!["Laptop.Example.org".to_owned()],
        ..SettingsOverrides::default()
    };
    let settings = open().settle(&wishes).unwrap();
    let expected =
        ["10.0.0.1", "172.20.5.1", "pi1", "pi1.local", "api.example.org", "laptop.example.org"];
    assert_eq!(settings.names.value, expected);
    assert_eq!(settings.endpoint.value.authority(), "api.example.org:6443");
}

trait ParseEndpoint {
    fn parse_endpoint(&self) -> HostPort;
}

impl ParseEndpoint for str {
    fn parse_endpoint(&self) -> HostPort {
        pontoon_predict::kubeadm::endpoint::parse_host_port(self).unwrap()
    }
}

#[test]
fn what_has_to_be_done_first_is_said() {
    let mut campus = open();
    let node = &mut campus.record.facts.hosts.values_mut().next().unwrap().snapshot;
    node.forwarding.ipv4 = Some(false);
    node.node.kubelet.node_ip = Some(Untrusted::new("172.20.5.1"));
    node.routes.retain(|route| !route.is_default());
    node.proxies.insert("https_proxy".to_owned(), Untrusted::new("http://proxy:3128"));
    let settings = campus.settle(&SettingsOverrides::default()).unwrap();
    let evidence: Vec<_> =
        settings.preparations.iter().map(|first| first.evidence.clone()).collect();
    let expected: [Evidence; 4] = [
        JoiningHostEvidence::ForwardingOff { sysctl: "net.ipv4.ip_forward" }.into(),
        JoiningHostEvidence::NoServiceRoute { services: settings.services.value }.into(),
        SettingsEvidence::KubeletNodeIp { node_ip: Untrusted::new("172.20.5.1") }.into(),
        SettingsEvidence::HttpsProxySet.into(),
    ];
    assert_eq!(evidence, expected);
    let remedies = settings.preparations.iter().flat_map(|it| &it.remedies);
    let commands: Vec<_> = remedies.filter_map(|it| Some(it.command.as_ref()?.as_str())).collect();
    assert!(commands[1].contains("ip route replace 10.96.0.0/12 dev eth0"), "{commands:?}");
    assert!(commands[2].contains("10.0.0.1,10.0.0.0/24,10.244.0.0/16,10.96.0.0/12"));
    assert!(open().settle(&SettingsOverrides::default()).unwrap().preparations.len() <= 1);
}

#[test]
fn mtus_that_differ_and_what_is_left_of_a_cluster_are_told() {
    let mut campus = open();
    for (at, host) in campus.record.facts.hosts.values_mut().enumerate() {
        host.snapshot.links[1].mtu = 1500 - 100 * u32::try_from(at).unwrap();
    }
    let mut left = campus.record.facts.hosts.values().next().unwrap().snapshot.links[1].clone();
    left.name = "cni0".parse().unwrap();
    left.addresses.clear();
    campus.record.facts.hosts.values_mut().next().unwrap().snapshot.links.push(left);
    let settings = campus.settle(&SettingsOverrides::default()).unwrap();
    assert_eq!(settings.mtu, 1400);
    let [differs, left] = &settings.warnings[..] else { panic!("{:?}", settings.warnings) };
    let mtus = [("pi1", 1500), ("pi2", 1400)]
        .map(|(host, mtu)| HostMtu { host: host.parse().unwrap(), mtu });
    let network = settings.network;
    let expected = SettingsEvidence::MtusDiffer { network, mtus: mtus.to_vec() };
    assert_eq!(differs.evidence, expected.into());
    let expected = SettingsEvidence::LeftoverLinks { links: vec!["cni0".parse().unwrap()] };
    assert_eq!(left.evidence, expected.into());
}

/// A host may give its link a name that means something to a shell or in YAML.
#[test]
fn a_link_is_named_in_settings_only_by_a_plain_name() {
    let settle = |name: &str| {
        let mut campus = open();
        for host in campus.record.facts.hosts.values_mut() {
            host.snapshot.links[1].name = name.parse().unwrap();
            host.snapshot.routes[1].link = Some(name.parse().unwrap());
        }
        campus.pairs[0] = pair(name, PairReachability::Open);
        campus.settle(&SettingsOverrides::default())
    };
    for plain in ["eth0", "enxb827eb010203", "eth0.100", "usb0@x", "p2p_0"] {
        assert_eq!(settle(plain).unwrap().link.as_str(), plain);
    }
    for odd in ["x';id>z;'y", "a$(id)", "a`id`", "-rf", ".x", "a\"b", "a#b", "a&b", "a|b", "@x"] {
        let refusal = settle(odd).unwrap_err();
        assert_eq!(refusal.diagnosis.code, code::LINK_NAME_INVALID, "{odd}");
        assert_eq!(refusal.kind, RefusalKind::Impossible);
    }
}

#[test]
fn links_of_a_living_cluster_are_no_leftovers() {
    let mut campus = CampusFixture::new(PairReachability::Open, PairReachability::Isolated);
    let host = campus.record.facts.hosts.values_mut().next().unwrap();
    let mut link = host.snapshot.links[1].clone();
    link.name = "flannel.1".parse().unwrap();
    link.addresses.clear();
    host.snapshot.links.push(link);
    let warned = |campus: &CampusFixture| {
        !campus.settle(&SettingsOverrides::default()).unwrap().warnings.is_empty()
    };
    assert!(warned(&campus));
    let host = campus.record.facts.hosts.values_mut().next().unwrap();
    host.snapshot.node.kubeadm.is_node = true;
    assert!(!warned(&campus));
}

#[test]
fn a_network_of_the_other_family_is_refused() {
    let campus = CampusFixture::new(PairReachability::Open, PairReachability::Isolated);
    let none = SettingsOverrides::default;
    for wishes in [
        SettingsOverrides { pods: "fd00:10:244::/56".parse().ok(), ..none() },
        SettingsOverrides { services: "fd00:10:96::/112".parse().ok(), ..none() },
    ] {
        let said = campus.settle(&wishes).unwrap_err().to_string();
        assert!(said.contains("the node's address is IPv4"), "{said}");
    }
}

#[test]
fn calico_and_cilium_follow_the_family_and_the_link() {
    let campus = CampusFixture::new(PairReachability::Open, PairReachability::Isolated);
    let switch = campus.settle(&SettingsOverrides::default()).unwrap();
    let tunnel = NodeSettings { is_tunnel: true, ..switch.clone() };
    let mut six = switch.clone();
    six.address.value = "fd00::1".parse().unwrap();
    six.pods.value = "fd00:10:244::/56".parse().unwrap();
    for (settings, encapsulation, mtu, is_v4) in [
        (&switch, "VXLANCrossSubnet", 1450, true),
        (&tunnel, "VXLAN", 1450, true),
        (&six, "VXLANCrossSubnet", 1430, false),
    ] {
        let calico = crate::manifests::calico::installation(settings);
        let cilium = crate::manifests::cilium::values(settings);
        assert!(calico.contains(&format!("encapsulation: {encapsulation}\n")), "{calico}");
        assert!(calico.contains(&format!("mtu: {mtu}\n")), "{calico}");
        let families = format!("ipv4: {{enabled: {is_v4}}}\nipv6: {{enabled: {}}}\n", !is_v4);
        assert!(cilium.contains(&families), "{cilium}");
        assert_eq!(cilium.contains("10.0.0.0/8"), is_v4, "{cilium}");
    }
}
