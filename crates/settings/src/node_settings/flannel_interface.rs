//! The flag that makes flannel take the decided address.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::node_files::FlannelFlags;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::PredictedChoice;
use pontoon_predict::flannel::{FlannelVersion, external_interface_of};

use super::SettingsInputs;

/// How flannel is told which address to take. Its `DaemonSet` has the same flags on every node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FlannelInterface {
    /// By the name of the link, whose other addresses flannel does not take.
    Link(IfName),
    /// By the addresses of the nodes, as a regular expression: of a link with several, flannel would take another one.
    Addresses(BTreeSet<IpAddr>),
}

impl FlannelInterface {
    /// By name, if each version of flannel then takes this address.
    pub(super) fn decide(
        known: SettingsInputs<'_>,
        node: &Snapshot,
        link: &IfName,
        address: IpAddr,
        network: Prefix,
    ) -> Self {
        let by_name = Self::Link(link.clone());
        if by_name.leads_to(node, address) {
            return by_name;
        }
        let hosts = known.record.facts.hosts.values().flat_map(|host| &host.snapshot.links);
        let others = hosts.filter_map(|link| {
            let mut own = link.addresses.iter().map(|own| own.prefix);
            own.find(|own| own.network() == network).map(|own| own.address)
        });
        // A node may have several in one network; then its own decision is not known here.
        let own: BTreeSet<IpAddr> = node
            .links
            .iter()
            .flat_map(|link| &link.addresses)
            .map(|own| own.prefix.address)
            .collect();
        let others = others.filter(|other| !own.contains(other));
        Self::Addresses(others.chain([address]).collect())
    }

    /// The flag of flanneld (flannel-io/flannel, `Documentation/configuration.md`).
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Self::Link(link) => format!("--iface={link}"),
            Self::Addresses(addresses) => format!("--iface-regex={}", alternation(addresses)),
        }
    }

    /// Whether flannel takes that address with this flag, by its own rules.
    fn leads_to(&self, node: &Snapshot, address: IpAddr) -> bool {
        let mut node = node.clone();
        node.node.flannel = FlannelFlags::of([self.flag().as_str()]);
        [FlannelVersion::V0_25, FlannelVersion::Newest].into_iter().all(|version| {
            let choice = external_interface_of(&node, version, IpFamily::of(address));
            matches!(choice, PredictedChoice::Pick(pick) if pick.addresses == [address])
        })
    }
}

/// A regular expression of Go that these addresses match, and no other.
#[must_use]
pub fn alternation(addresses: &BTreeSet<IpAddr>) -> String {
    let words: Vec<_> = addresses.iter().map(|one| one.to_string().replace('.', "\\.")).collect();
    format!("^({})$", words.join("|"))
}
