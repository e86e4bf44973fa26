//! What two hosts have and only one may have: a MAC address, the address that Kubernetes takes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{IdentityEvidence, NodeAddressEvidence};
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Mac};
use pontoon_model::shared_links::usable_address;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{Link, Snapshot};

use super::node_address::{NodeAddressChoice, choice};
use super::rule_context::RuleContext;

/// Two hosts, in either order.
pub(super) fn symmetric_scope(a: &HostName, b: &HostName) -> DiagnosisScope {
    DiagnosisScope { to: Some(b.clone()), ..DiagnosisScope::host(a) }
}

/// Whether two names stand for one network namespace, probed twice: one kernel, and the same links in
/// every detail that a kernel never gives twice.
fn is_asked_twice(a: &Snapshot, b: &Snapshot) -> bool {
    let links = |host: &Snapshot| -> Vec<_> {
        host.links.iter().map(|link| (link.index, link.name.clone(), link.mac)).collect()
    };
    a.identity.is_same_kernel(&b.identity) == Some(true) && links(a) == links(b)
}

struct AddressHolder<'a> {
    host: &'a HostName,
    snapshot: &'a Snapshot,
    link: &'a Link,
}

/// Two hosts' links with one MAC address.
pub(super) fn duplicate_mac(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut holders: BTreeMap<Mac, Vec<AddressHolder<'_>>> = BTreeMap::new();
    for (host, facts) in &case.facts.hosts {
        let snapshot = &facts.snapshot;
        for link in snapshot.links.iter().filter(|link| link.is_up && link.reaches_hosts()) {
            if let Some(mac) = link.mac {
                holders.entry(mac).or_default().push(AddressHolder { host, snapshot, link });
            }
        }
    }
    let mut found: BTreeMap<_, RuleMatch> = BTreeMap::new();
    for (mac, holders) in &holders {
        for (at, a) in holders.iter().enumerate() {
            // Links of one host may share a MAC: VLANs on a card do.
            for b in holders[at + 1..].iter().filter(|b| b.host != a.host) {
                if !is_asked_twice(a.snapshot, b.snapshot) {
                    found.entry((a.host, b.host)).or_insert_with(|| one_mac(*mac, a, b));
                }
            }
        }
    }
    found.into_values().collect()
}

fn one_mac(mac: Mac, a: &AddressHolder<'_>, b: &AddressHolder<'_>) -> RuleMatch {
    let is_one_network = share_a_prefix(a.link, b.link);
    let same = IdentityEvidence::SameMac {
        mac,
        a: a.host.clone(),
        a_link: a.link.name.clone(),
        b: b.host.clone(),
        b_link: b.link.name.clone(),
    };
    let (certainty, network) = if is_one_network {
        (Certainty::Confirmed, IdentityEvidence::LinksInOneNetwork)
    } else {
        (Certainty::Likely, IdentityEvidence::LinksMayBeApart)
    };
    let (host, link) = (b.host, &b.link.name);
    let scope =
        DiagnosisScope { link: Some(a.link.name.clone()), ..symmetric_scope(a.host, b.host) };
    let by_hand = shell_command!("sudo ip link set dev {} address 02:XX:XX:XX:XX:XX", link);
    RuleMatch::new(scope, certainty, [same, network])
        .with_remedies([
            Remedy::action(format!(
                "on {host}: remove what sets {link}'s MAC address (cloned-mac-address, \
                 MACAddress=, hwaddress ether, a line in config.txt or cmdline.txt), and reboot"
            )),
            Remedy::action(format!(
                "virtual machines: let the hypervisor make a new MAC address for {host}"
            )),
            Remedy::on(host, by_hand).to("set another by hand until the reboot"),
        ])
        .distinguished_by(DistinguishingCheck::by_fact(format!(
            "unplug {}'s {}: if {host} then works steadily on {link}, it is one network",
            a.host, a.link.name
        )))
}

fn share_a_prefix(a: &Link, b: &Link) -> bool {
    [IpFamily::V4, IpFamily::V6].into_iter().any(|family| {
        let (a, b) = (usable_address(a, family), usable_address(b, family));
        a.zip(b).is_some_and(|(a, b)| a.prefix.overlaps(b.prefix))
    })
}

/// Two hosts of which kubeadm and kubelet would take the same address: each is behind an address
/// translation of its own, or both were given it by hand.
pub(super) fn duplicate_internal_ip(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut holders: BTreeMap<IpAddr, Vec<(&HostName, &Snapshot, NodeAddressChoice)>> =
        BTreeMap::new();
    for (name, host) in &case.facts.hosts {
        if let Some(choice) = choice(&host.snapshot) {
            holders.entry(choice.address).or_default().push((name, &host.snapshot, choice));
        }
    }
    let mut found = Vec::new();
    for (address, holders) in &holders {
        for (at, (a, of_a, by_a)) in holders.iter().enumerate() {
            for (b, of_b, by_b) in &holders[at + 1..] {
                if is_asked_twice(of_a, of_b) {
                    continue;
                }
                let advertised = |host: &HostName, choice: &NodeAddressChoice| {
                    NodeAddressEvidence::AdvertisedAddress {
                        host: host.clone(),
                        link: choice.link.clone(),
                        address: *address,
                    }
                };
                let evidence = [advertised(a, by_a), advertised(b, by_b)];
                let other_links = [other_address(a, of_a, by_a), other_address(b, of_b, by_b)];
                let virtual_box = Remedy::action(
                    "VirtualBox: NAT gives every machine 10.0.2.15; add a host-only or bridged \
                     network for the nodes",
                );
                let scope = DiagnosisScope {
                    family: Some(IpFamily::of(*address)),
                    ..symmetric_scope(a, b)
                };
                found.push(
                    RuleMatch::new(scope, Certainty::Confirmed, evidence)
                        .with_remedies(other_links.into_iter().flatten())
                        .with_remedies([virtual_box]),
                );
            }
        }
    }
    found
}

/// The address of another link, by which the node can be told from the other.
fn other_address(
    host: &HostName,
    snapshot: &Snapshot,
    choice: &NodeAddressChoice,
) -> Option<Remedy> {
    let family = IpFamily::of(choice.address);
    let mut others = snapshot
        .links
        .iter()
        .filter(|link| link.is_usable() && link.reaches_hosts() && link.name != choice.link);
    let address = others.find_map(|link| usable_address(link, family))?.prefix.address;
    Some(Remedy::action(format!(
        "on {host}: kubelet --node-ip={address}; where it is the control plane: kubeadm init \
         --apiserver-advertise-address={address}"
    )))
}
