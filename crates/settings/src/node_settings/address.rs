//! The address of a node: one that all other hosts reach.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::shared_links::usable_address;
use pontoon_model::snapshot::{Link, LinkAddress, Snapshot};
use pontoon_rules::report::reach::{AddressReach, reach};

use super::{
    CommaList, DecidedValue, RefusalKind, SettingsInputs, SettingsOverrides, SettingsRefusal,
    is_of_containers,
};

/// The decided address with its link.
#[derive(Debug)]
pub(super) struct DecidedAddress {
    pub(super) address: DecidedValue<IpAddr>,
    pub(super) link: IfName,
    pub(super) prefix: Prefix,
    pub(super) warnings: Vec<String>,
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

    fn is_reached_by_all(&self) -> bool {
        !self.reach.reached_by.is_empty()
            && self.reach.unreached_by.is_empty()
            && self.reach.undecided.is_empty()
    }

    /// What was observed about the address, as evidence.
    fn seen(&self) -> String {
        let on = format!("{} on {}", self.address(), self.link.name);
        let AddressReach { reached_by, unreached_by, undecided } = &self.reach;
        let verb = |hosts: &[HostName], one: &str, many: &str| {
            if hosts.len() == 1 { one.to_owned() } else { many.to_owned() }
        };
        if !unreached_by.is_empty() {
            let does = verb(unreached_by, "does not reach", "do not reach");
            format!("{} {does} {on}", CommaList(unreached_by))
        } else if !undecided.is_empty() {
            format!("whether {} reach {on} was not seen", CommaList(undecided))
        } else if reached_by.is_empty() {
            format!("nobody was asked about {on}")
        } else {
            format!("{} {} {on}", CommaList(reached_by), verb(reached_by, "reaches", "reach"))
        }
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
        .filter(|candidate| candidate.is_reached_by_all() || !has_peers && candidates.len() == 1)
        // Wired before Wi-Fi, static addresses before leases.
        .min_by_key(|candidate| (candidate.link.is_radio(), candidate.own.valid_s.is_some()));
    let Some(best) = best else {
        return Err(undecided(host, &candidates, has_peers));
    };
    let others: Vec<_> = candidates
        .iter()
        .filter(|other| other.address() != best.address() && !other.reach.unreached_by.is_empty())
        .map(AddressCandidate::seen)
        .collect();
    let mut because = if has_peers {
        best.seen()
    } else {
        format!("the only address of {host} that others could reach, on {}", best.link.name)
    };
    if !others.is_empty() {
        because = format!("{because}; {}", others.join("; "));
    }
    Ok(place(best, because, Vec::new()))
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
        let own: Vec<_> = candidates
            .iter()
            .map(|candidate| format!("{} on {}", candidate.address(), candidate.link.name))
            .collect();
        let what = wishes.address.map_or_else(
            || wishes.link.as_ref().map(ToString::to_string).unwrap_or_default(),
            |address| address.to_string(),
        );
        SettingsRefusal {
            kind: RefusalKind::Wish,
            what: format!("{what} for {host}"),
            why: format!("the host has {}", CommaList(&own)),
            ask: "name one of these, or bring the address up first: kubelet refuses one that it \
                  does not find"
                .to_owned(),
        }
    })?;
    let warnings: Vec<String> =
        (!found.reach.unreached_by.is_empty()).then(|| found.seen()).into_iter().collect();
    Ok(place(found, format!("as you said; {}", found.seen()), warnings))
}

fn place(
    found: &AddressCandidate<'_>,
    because: String,
    mut warnings: Vec<String>,
) -> DecidedAddress {
    if found.own.valid_s.is_some() {
        warnings.push(format!(
            "{} is leased (DHCP): a cluster does not survive another address; reserve it or make \
             it static",
            found.address()
        ));
    }
    DecidedAddress {
        address: DecidedValue::new(found.address(), because),
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
    let of_family =
        |family| links().filter_map(move |link| Some((link, usable_address(link, family)?)));
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

fn undecided(
    host: &HostName,
    candidates: &[AddressCandidate<'_>],
    has_peers: bool,
) -> SettingsRefusal {
    let what = format!("the address of {host} in the cluster");
    if candidates.is_empty() {
        return SettingsRefusal {
            kind: RefusalKind::Impossible,
            what,
            why: "no link that is up has an address that others could reach".to_owned(),
            ask: "give the link to the other nodes an address, then ask again".to_owned(),
        };
    }
    let seen: Vec<_> = candidates.iter().map(AddressCandidate::seen).collect();
    let is_unseen = candidates
        .iter()
        .any(|candidate| !candidate.reach.undecided.is_empty() || candidate.reach.is_unasked());
    let ask = if !has_peers {
        format!("name all nodes, so that they are asked: --for {host} HOSTS; or say --link")
    } else if is_unseen {
        "pontoon mesh with the same hosts says what was not seen; or say --link".to_owned()
    } else {
        "no network is shared by all of them: pontoon mesh says why".to_owned()
    };
    let kind =
        if has_peers && !is_unseen { RefusalKind::Impossible } else { RefusalKind::Undecided };
    SettingsRefusal { kind, what, why: seen.join("; "), ask }
}
