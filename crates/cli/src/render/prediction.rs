//! What each component will take, host by host.

use pontoon_fleet::group_output;
use pontoon_model::host::HostName;
use pontoon_predict::{Component, PredictedAddresses, PredictedChoice};
use pontoon_rules::report::reach::AddressReach;
use pontoon_settings::prediction::{BetterAddress, ComponentChoice, HostPrediction, Prediction};

use super::style::TerminalStyle;
use super::wrap::{padded, wrapped};

/// Where the reasons begin: the longest name of a component, and two blanks.
const NAME_WIDTH: usize = "kube-proxy".len() + 2;

/// Writes the verdict of each host, then who takes what and why.
pub(crate) fn page(prediction: &Prediction, style: TerminalStyle) -> String {
    let mut page = String::new();
    for host in &prediction.hosts {
        if !page.is_empty() {
            page.push('\n');
        }
        let text = style.printable(&verdict(host));
        wrapped(&mut page, style.width, &format!("{}: ", host.host), "  ", &text);
        if let Some(better) = &host.better {
            advice(&mut page, host, better, style);
        }
        for group in groups(host) {
            write_group(&mut page, host, &group, style);
        }
    }
    if prediction.hosts.iter().any(|host| host.reach.values().any(AddressReach::is_unasked)) {
        let text = "Which other hosts reach these addresses was not measured: pontoon predict HOSTS \
                    asks them.";
        page.push('\n');
        wrapped(&mut page, style.width, "", "", text);
    }
    let whys: Vec<_> =
        prediction.unreached.iter().map(|(host, why)| (host, why.to_string())).collect();
    for alike in group_output::group_same_text(whys.iter().map(|(host, why)| (*host, why.as_str())))
    {
        let text = format!("could not be asked: {}", style.printable(&alike.text));
        wrapped(&mut page, style.width, &format!("{}  ", alike.hosts), "  ", &text);
    }
    page
}

/// All of it in a sentence or two.
fn verdict(host: &HostPrediction) -> String {
    let Some(ComponentChoice { component, choice, .. }) = host.choices.first() else {
        return String::new();
    };
    let mut text = match choice {
        PredictedChoice::Pick(pick) => {
            let reach = pick.addresses.first().and_then(|address| host.reach.get(address));
            let reach = reach.and_then(reached).map(|reach| format!(", and {reach}"));
            format!("{component} will take {}{}.", taken(pick), reach.unwrap_or_default())
        }
        PredictedChoice::Refusal { .. } => format!("{component} will find no address."),
        PredictedChoice::Unknown { missing } => {
            format!("what {component} will take depends on {missing}.")
        }
    };
    if host.has_disagreement() {
        text.push_str(" The components of one cluster choose different addresses.");
    }
    text
}

fn taken(pick: &PredictedAddresses) -> String {
    let addresses: Vec<_> = pick.addresses.iter().map(ToString::to_string).collect();
    let mut text = addresses.join(" and ");
    if !pick.links.is_empty() {
        text.push_str(" on ");
        text.push_str(&pick.links.join(" and "));
    }
    text
}

fn names(hosts: &[HostName]) -> String {
    match hosts {
        [one] => one.to_string(),
        [one, other] => format!("{one} and {other}"),
        many => pontoon_fleet::hostlist::compress(many),
    }
}

/// Who reaches it, if anybody was asked: those that do not go first.
fn reached(reach: &AddressReach) -> Option<String> {
    let part = |hosts: &[HostName], one: &str, many: &str| {
        let verb = if hosts.len() == 1 { one } else { many };
        (!hosts.is_empty()).then(|| format!("{} {verb} it", names(hosts)))
    };
    let undecided = &reach.undecided;
    let is_undecided = !reach.is_unasked() && !undecided.is_empty();
    let parts: Vec<String> = [
        part(&reach.unreached_by, "does not reach", "do not reach"),
        part(&reach.reached_by, "reaches", "reach"),
        is_undecided.then(|| format!("not measured from {}", names(undecided))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn advice(page: &mut String, host: &HostPrediction, better: &BetterAddress, style: TerminalStyle) {
    let BetterAddress { link, address } = better;
    let text = format!("Use {address} on {link} instead, which all other hosts reach:");
    wrapped(page, style.width, "  ", "  ", &text);
    let mut flannel =
        host.chosen_addresses().filter(|(component, _)| *component == Component::Flannel);
    let is_told = flannel.any(|(_, pick)| pick.links == [link.as_str()]);
    let flannel = (!is_told).then(|| format!("--iface={link}   in flannel's arguments"));
    for line in [
        format!("kubeadm init --apiserver-advertise-address={address}"),
        format!("KUBELET_EXTRA_ARGS=--node-ip={address}   in /etc/default/kubelet"),
    ]
    .into_iter()
    .chain(flannel)
    {
        page.push_str(&format!("    {line}\n"));
    }
}

/// Components that take the same.
struct ChoiceGroup<'a> {
    title: String,
    choices: Vec<&'a ComponentChoice>,
}

fn groups(host: &HostPrediction) -> Vec<ChoiceGroup<'_>> {
    let mut groups: Vec<ChoiceGroup<'_>> = Vec::new();
    for choice in &host.choices {
        let title = match &choice.choice {
            PredictedChoice::Pick(pick) => taken(pick),
            PredictedChoice::Refusal { .. } => "no address".to_owned(),
            PredictedChoice::Unknown { .. } => "unknown".to_owned(),
        };
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.choices.push(choice),
            None => groups.push(ChoiceGroup { title, choices: vec![choice] }),
        }
    }
    groups
}

fn write_group(
    page: &mut String,
    host: &HostPrediction,
    group: &ChoiceGroup<'_>,
    style: TerminalStyle,
) {
    let pick = group.choices.iter().find_map(|choice| choice.choice.pick());
    let reach = pick.and_then(|pick| pick.addresses.first());
    let reach = reach.and_then(|address| reached(host.reach.get(address)?));
    let reach = reach.map(|reach| format!(": {reach}")).unwrap_or_default();
    wrapped(page, style.width, "  ", "    ", &format!("{}{reach}", group.title));
    // Those with one reason share a line.
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for choice in &group.choices {
        let why = why(choice, style);
        match lines.iter_mut().find(|(_, other)| *other == why) {
            Some((names, _)) => names.push(choice.component.as_str()),
            None => lines.push((vec![choice.component.as_str()], why)),
        }
    }
    for (names, why) in lines {
        let names = names.join(", ");
        let indent = " ".repeat(4 + NAME_WIDTH);
        let first = format!("    {}", padded(&names, NAME_WIDTH));
        if names.len() < NAME_WIDTH {
            wrapped(page, style.width, &first, &indent, &style.printable(&why));
        } else {
            page.push_str(&format!("    {names}\n"));
            wrapped(page, style.width, &indent, &indent, &style.printable(&why));
        }
    }
}

fn why(choice: &ComponentChoice, style: TerminalStyle) -> String {
    let mut parts: Vec<String> = match &choice.choice {
        PredictedChoice::Pick(pick) => {
            let mtu = pick.mtu.map(|mtu| format!("MTU {mtu} in its tunnel"));
            [pick.rule.clone()].into_iter().chain(mtu).chain(pick.notes.clone()).collect()
        }
        PredictedChoice::Refusal { words, rule } => {
            vec![rule.clone(), format!("it will say: {words}")]
        }
        PredictedChoice::Unknown { missing } => vec![format!("it depends on {missing}")],
    };
    if style.verbosity > 0 {
        let how = if choice.is_proven { "run beside" } else { "read in" };
        parts.push(format!("{how} {}", choice.source));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use pontoon_model::facts::{Facts, HostFacts};
    use pontoon_model::net::IpFamily;
    use pontoon_model::record::Record;
    use pontoon_predict::Component;
    use pontoon_predict::captured::CapturedHost;
    use pontoon_rules::report::pairs::{PairReachability, PairRow, RoundCounts};
    use serde_json::{Value, json};

    use super::*;

    fn facts(number: u8, routes: &str) -> Value {
        json!({
            "hostname": format!("pi{number}"),
            "hosts": format!("127.0.1.1 pi{number}\n"),
            "proc_net_route": routes,
            "proc_net_ipv6_route": "",
            "interfaces": [
                { "name": "lo", "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
                { "name": "eth0", "flags": ["up", "running"], "mtu": 1500,
                  "addrs": [format!("10.0.0.{number}/24")] },
                { "name": "wlan0", "flags": ["up", "running"], "mtu": 1500,
                  "addrs": [format!("172.20.5.{number}/16")] },
            ],
            "ip_route_all": if routes.is_empty() { "" } else { "default via 172.20.0.1 dev wlan0\n" },
        })
    }

    fn host(number: u8, routes: &str) -> (HostName, HostFacts) {
        let captured: CapturedHost = serde_json::from_value(facts(number, routes)).unwrap();
        let mut snapshot = captured.snapshot().unwrap();
        for link in &mut snapshot.links {
            link.mac = Some(pontoon_model::net::Mac([2, 0, 0, 0, 0, number]));
        }
        let host = HostFacts::of(snapshot);
        (format!("pi{number}").parse().unwrap(), host)
    }

    const BY_WIFI: &str = "wlan0\t00000000\t010014AC\t0003\n";

    fn shown(
        hosts: Vec<(HostName, HostFacts)>,
        pairs: &[PairRow],
        components: &[Component],
    ) -> String {
        let facts = Facts { hosts: hosts.into_iter().collect(), ..Facts::default() };
        let record = Record { facts, ..Record::default() };
        page(&Prediction::predict(&record, pairs, components), TerminalStyle::PLAIN)
    }

    fn pair(link: &str, state: PairReachability) -> PairRow {
        let [from, to] = ["pi1", "pi2"].map(|name| name.parse().unwrap());
        let link = Some(link.parse().unwrap());
        let (there, back) = (RoundCounts::default(), RoundCounts::default());
        PairRow { from, to, link, family: IpFamily::V4, state, there, back }
    }

    #[test]
    fn the_seed_story_in_a_screen() {
        let pairs =
            [pair("wlan0", PairReachability::Isolated), pair("eth0", PairReachability::Open)];
        let components = [Component::Kubeadm, Component::Kubelet, Component::Flannel];
        let page = shown(vec![host(1, BY_WIFI), host(2, BY_WIFI)], &pairs, &components);
        let (first, _) = page.split_once("\n\n").unwrap();
        insta::assert_snapshot!(first, @r#"
        pi1: kubeadm will take 172.20.5.1 on wlan0, and pi2 does not reach it.
          Use 10.0.0.1 on eth0 instead, which all other hosts reach:
            kubeadm init --apiserver-advertise-address=10.0.0.1
            KUBELET_EXTRA_ARGS=--node-ip=10.0.0.1   in /etc/default/kubelet
            --iface=eth0   in flannel's arguments
          172.20.5.1 on wlan0: pi2 does not reach it
            kubeadm     the first default route in /proc/net/route
            kubelet     the first default route in /proc/net/route; /etc/hosts: pi1 is
                        127.0.1.1, which no node may have
            flannel     the main table's default route; MTU 1450 in its tunnel
        "#);
    }

    #[test]
    fn a_host_without_a_default_route_alone() {
        let components = [Component::Kubeadm, Component::Kubelet, Component::K3s, Component::Rke2];
        insta::assert_snapshot!(shown(vec![host(1, "")], &[], &components), @r#"
        pi1: kubeadm will find no address.
          no address
            kubeadm     there is no default route; it will say: cannot use "0.0.0.0" as
                        the bind address for the API Server
            kubelet     neither --node-ip, the node's name nor a default route gives
                        one; the Node becomes Ready without; it will say: can't get ip
                        address of node pi1. error: no default routes found in
                        "/proc/net/route" or "/proc/net/ipv6_route"
            k3s, rke2   it does not start without --node-ip; it will say: no default
                        routes found in "/proc/net/route" or "/proc/net/ipv6_route"
        "#);
    }
}
