//! The address of a node: one that all other hosts reach.

use std::net::IpAddr;

use pontoon_diagnosis::evidence::{AddressOnLink, SettingsEvidence};
use pontoon_diagnosis::{CommandPlace, DistinguishingCheck, Remedy};
use pontoon_model::code;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::shared_links::usable_addresses;
use pontoon_model::snapshot::{Link, LinkAddress, Snapshot};
use pontoon_rules::report::reach::{AddressReach, reach};

use super::{DecidedValue, SettingsInputs, SettingsNotice, SettingsOverrides, is_of_containers};
use crate::refusal::SettingsRefusal;

/// The decided address with its link.
#[derive(Debug)]
pub(super) struct DecidedAddress {
    pub(super) address: DecidedValue<IpAddr>,
    pub(super) link: IfName,
    pub(super) prefix: Prefix,
    pub(super) warnings: Vec<SettingsNotice>,
}

struct AddressCandidate<'a> {
    link: &'a Link,
    own: &'a LinkAddress,
    reach: AddressReach,
}

impl AddressCandidate<'_> {
    fn address(&self) -> IpAddr {
        self.own.prefix.address
    }

    /// Whether it may move to another host, as those of keepalived and kube-vip do: the address of a
    /// host alone, beside one with a network.
    fn is_floating(&self) -> bool {
        let is_alone = |own: &LinkAddress| {
            own.prefix.length == if own.prefix.address.is_ipv4() { 32 } else { 128 }
        };
        is_alone(self.own)
            && usable_addresses(self.link, self.own.prefix.family()).any(|own| !is_alone(own))
    }

    fn is_reached_by_all(&self) -> bool {
        !self.reach.reached_by.is_empty()
            && self.reach.unreached_by.is_empty()
            && self.reach.undecided.is_empty()
    }

    fn at(&self) -> AddressOnLink {
        AddressOnLink { address: self.address(), link: self.link.name.clone() }
    }

    /// What was measured of it.
    fn measured(&self) -> SettingsEvidence {
        let AddressReach { reached_by, unreached_by, undecided } = self.reach.clone();
        SettingsEvidence::AddressReach { at: self.at(), reached_by, unreached_by, undecided }
    }
}

/// Decides the address of a node.
pub(super) fn decide(
    known: SettingsInputs<'_>,
    host: &HostName,
    node: &Snapshot,
    wishes: &SettingsOverrides,
) -> Result<DecidedAddress, SettingsRefusal> {
    let candidates = candidates(known, host, node);
    if wishes.address.is_some() || wishes.link.is_some() {
        return overridden(&candidates, host, wishes);
    }
    let has_peers = known.record.facts.hosts.len() > 1;
    let best = candidates
        .iter()
        .filter(|candidate| !candidate.is_floating())
        .filter(|candidate| candidate.is_reached_by_all() || !has_peers && candidates.len() == 1)
        // Wired before Wi-Fi, static addresses before leases.
        .min_by_key(|candidate| (candidate.link.is_radio(), candidate.own.valid_s.is_some()));
    let Some(best) = best else {
        return Err(undecided(host, &candidates, has_peers));
    };
    let why = if has_peers {
        best.measured()
    } else {
        SettingsEvidence::OnlyAddress { host: host.clone(), link: best.link.name.clone() }
    };
    let others = candidates
        .iter()
        .filter(|other| other.address() != best.address() && !other.reach.unreached_by.is_empty())
        .map(AddressCandidate::measured);
    let evidence = [why].into_iter().chain(others).collect();
    Ok(place(best, evidence, Vec::new()))
}

/// The address that the user set. It must exist; if other hosts do not reach it, that is a warning.
fn overridden(
    candidates: &[AddressCandidate<'_>],
    host: &HostName,
    wishes: &SettingsOverrides,
) -> Result<DecidedAddress, SettingsRefusal> {
    let is_meant = |candidate: &&AddressCandidate<'_>| {
        wishes.address.is_none_or(|address| address == candidate.address())
            && wishes.link.as_ref().is_none_or(|link| *link == candidate.link.name)
    };
    let found = candidates.iter().find(is_meant).ok_or_else(|| {
        let addresses = candidates.iter().map(AddressCandidate::at).collect();
        let what = wishes.address.map_or_else(
            || wishes.link.as_ref().map(ToString::to_string).unwrap_or_default(),
            |address| address.to_string(),
        );
        SettingsRefusal::new(
            code::CHOSEN_ADDRESS_NOT_ON_HOST,
            format!("{host} does not have {what}"),
            [SettingsEvidence::OwnAddresses { addresses }],
        )
        .of_host(host)
        .remedy(Remedy::action(
            "name one of these, or bring the address up first: kubelet refuses one that it does \
             not find",
        ))
    })?;
    let unreached = SettingsNotice::new(found.measured(), []);
    let warnings = (!found.reach.unreached_by.is_empty()).then_some(unreached);
    let evidence = vec![SettingsEvidence::GivenByUser, found.measured()];
    Ok(place(found, evidence, warnings.into_iter().collect()))
}

fn place(
    found: &AddressCandidate<'_>,
    evidence: Vec<SettingsEvidence>,
    mut warnings: Vec<SettingsNotice>,
) -> DecidedAddress {
    if found.own.valid_s.is_some() {
        warnings.push(SettingsNotice::new(
            SettingsEvidence::LeasedAddress { address: found.address() },
            [Remedy::action(
                "reserve it or make it static, since a cluster does not survive a new address",
            )],
        ));
    }
    DecidedAddress {
        address: DecidedValue::new(found.address(), evidence),
        link: found.link.name.clone(),
        prefix: found.own.prefix.network(),
        warnings,
    }
}

/// All possible addresses: IPv4, or IPv6 if there is no IPv4.
fn candidates<'a>(
    known: SettingsInputs<'_>,
    host: &HostName,
    node: &'a Snapshot,
) -> Vec<AddressCandidate<'a>> {
    let links = || {
        node.links.iter().filter(|link| {
            link.is_usable() && link.master.is_none() && !is_of_containers(&link.name)
        })
    };
    let of_family = |family| {
        links().flat_map(move |link| usable_addresses(link, family).map(move |own| (link, own)))
    };
    let mut all: Vec<_> = of_family(IpFamily::V4).collect();
    if all.is_empty() {
        all = of_family(IpFamily::V6).collect();
    }
    all.into_iter()
        .map(|(link, own)| {
            let reach = reach(host, own.prefix.address, &known.record.facts, known.pairs);
            AddressCandidate { link, own, reach }
        })
        .collect()
}

/// No address is reached by all other hosts, as far as was measured.
fn undecided(
    host: &HostName,
    candidates: &[AddressCandidate<'_>],
    has_peers: bool,
) -> SettingsRefusal {
    let refuse = |code, summary: String, evidence: Vec<_>| {
        SettingsRefusal::new(code, summary, evidence).of_host(host)
    };
    if candidates.is_empty() {
        let none = SettingsEvidence::OwnAddresses { addresses: Vec::new() };
        return refuse(
            code::NODE_ADDRESS_MISSING,
            format!("{host} has no address for the cluster"),
            vec![none],
        )
        .remedy(Remedy::action("give the link to the other nodes an address, then ask again"));
    }
    let undecided = format!("the address of {host} in the cluster is not decided");
    let measured = candidates.iter().map(AddressCandidate::measured).collect();
    let is_unseen = candidates
        .iter()
        .any(|candidate| !candidate.reach.undecided.is_empty() || candidate.reach.is_unasked());
    let measure = DistinguishingCheck::by_command(CommandPlace::ThisHost, "pontoon mesh HOSTS");
    let name_link = Remedy::action("say --link, if you know which link reaches them");
    if !has_peers {
        return refuse(code::NODE_ADDRESS_UNDECIDED, undecided, measured)
            .decided_by(measure.showing("which of its addresses the other nodes reach"))
            .remedy(Remedy::action(format!(
                "name all nodes, so that they are asked: --for {host} HOSTS"
            )))
            .remedy(name_link);
    }
    if is_unseen {
        return refuse(code::NODE_ADDRESS_UNDECIDED, undecided, measured)
            .decided_by(measure.showing("what was not measured with the same hosts"))
            .remedy(name_link);
    }
    refuse(
        code::NO_SHARED_NETWORK,
        format!("{host} has no address that all other hosts reach"),
        measured,
    )
    .remedy(Remedy::command("pontoon mesh HOSTS").to("see why no network is shared by all of them"))
}
