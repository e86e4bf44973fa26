use serde_json::json;

use super::*;
use pontoon_model::facts::HostFacts;
use pontoon_predict::captured::CapturedHost;
use pontoon_rules::report::pairs::{PairReachability, RoundCounts};

/// A host with a switch and Wi-Fi; its default route is over Wi-Fi.
fn host(number: u8, default: &str) -> HostFacts {
    let facts = json!({
        "hostname": format!("pi{number}"),
        "proc_net_route": format!("{default}\t00000000\t010014AC\t0003\t0\t0\t600\t0\n"),
        "proc_net_ipv6_route": "",
        "interfaces": [
            { "name": "lo", "index": 1, "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
            { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("10.0.0.{number}/24")] },
            { "name": "wlan0", "index": 3, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("172.20.5.{number}/16")] },
        ],
        "ip_route_all": format!("default via 172.20.0.1 dev {default}\n"),
    });
    let captured: CapturedHost = serde_json::from_value(facts).unwrap();
    let mut snapshot = captured.snapshot().unwrap();
    for link in &mut snapshot.links {
        link.mac = Some(pontoon_model::net::Mac([2, 0, 0, 0, number, 1]));
    }
    HostFacts::of(snapshot)
}

fn pair(from: u8, to: u8, link: &str, state: PairReachability) -> PairRow {
    PairRow {
        from: format!("pi{from}").parse().unwrap(),
        to: format!("pi{to}").parse().unwrap(),
        link: Some(link.parse().unwrap()),
        family: IpFamily::V4,
        state,
        there: RoundCounts::default(),
        back: RoundCounts::default(),
    }
}

fn foretold(
    wifi: [PairReachability; 3],
    wire: [PairReachability; 3],
    components: &[Component],
) -> Prediction {
    let hosts =
        (1..=3).map(|number| (format!("pi{number}").parse().unwrap(), host(number, "wlan0")));
    let facts = Facts { hosts: hosts.collect(), ..Facts::default() };
    let mut pairs = Vec::new();
    for (at, (from, to)) in [(1, 2), (1, 3), (2, 3)].into_iter().enumerate() {
        pairs.push(pair(from, to, "wlan0", wifi[at]));
        pairs.push(pair(from, to, "eth0", wire[at]));
    }
    let record = Record { facts, ..Record::default() };
    Prediction::predict(&record, &pairs, components)
}

const KUBEADM: &[Component] = &[Component::Kubeadm];

/// The better link of each host.
fn better(prediction: &Prediction) -> Vec<Option<String>> {
    let better =
        |host: &HostPrediction| host.better.as_ref().map(|better| better.address.to_string());
    prediction.hosts.iter().map(better).collect()
}

#[test]
fn where_nobody_reaches_what_is_taken_the_link_that_all_reach_is_named() {
    use PairReachability::{Isolated, Open, Undecided};
    let all = |text: &str| (1..=3).map(|last| Some(format!("{text}{last}"))).collect::<Vec<_>>();
    let none = vec![None; 3];
    let table = [
        ("isolated", [Isolated; 3], [Open; 3], all("10.0.0."), Exit::Failed),
        ("open", [Open; 3], [Open; 3], none.clone(), Exit::Good),
        ("no way at all", [Isolated; 3], [Isolated; 3], none.clone(), Exit::Failed),
        ("nobody knows", [Undecided; 3], [Open; 3], none.clone(), Exit::Warned),
        ("the wire is not seen", [Isolated; 3], [Undecided; 3], none, Exit::Failed),
        (
            "one of three is cut off, and on the wire another",
            [Isolated, Open, Open],
            [Open, Isolated, Open],
            vec![None, Some("10.0.0.2".to_owned()), None],
            Exit::Failed,
        ),
    ];
    for (case, wifi, wire, expected, exit) in table {
        let prediction = foretold(wifi, wire, KUBEADM);
        assert_eq!(better(&prediction), expected, "{case}");
        assert_eq!(prediction.exit(), exit, "{case}");
    }
}

#[test]
fn who_reaches_an_address_is_told_from_either_end_of_a_pair() {
    use PairReachability::{Isolated, Open, ViaGateway};
    let prediction = foretold([Isolated, ViaGateway, Open], [Open; 3], KUBEADM);
    let reach = |at: usize| prediction.hosts[at].reach.values().next().unwrap();
    let names = |hosts: &[HostName]| hosts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&reach(0).reached_by), ["pi3"]);
    assert_eq!(names(&reach(0).unreached_by), ["pi2"]);
    assert_eq!(names(&reach(1).reached_by), ["pi3"]);
    assert_eq!(names(&reach(2).reached_by), ["pi1", "pi2"]);
}

#[test]
fn only_the_components_of_one_cluster_have_to_agree() {
    let open = [PairReachability::Open; 3];
    let table: &[(&[Component], bool)] = &[
        (&[Component::Kubeadm, Component::Kubelet, Component::KubeProxy], false),
        // k0s chooses the wired link, but it never runs beside kubeadm.
        (&[Component::Kubeadm, Component::K0s], false),
        (&[Component::Kubeadm, Component::Flannel, Component::Calico], false),
    ];
    for (components, is_at_odds) in table {
        let prediction = foretold(open, open, components);
        assert_eq!(prediction.hosts[0].has_disagreement(), *is_at_odds, "{components:?}");
    }
    let mut wired = host(1, "eth0");
    wired.snapshot.host_name = "pi1".parse().unwrap();
    let facts = Facts { hosts: [("pi1".parse().unwrap(), wired)].into(), ..Facts::default() };
    let record = Record { facts, ..Record::default() };
    let odd = Prediction::predict(&record, &[], &[Component::Kubeadm, Component::Calico]);
    assert!(
        odd.hosts[0].has_disagreement(),
        "Calico takes the last link, whatever the default route"
    );
    assert_eq!(odd.exit(), Exit::Warned);
}
