//! A host that is the gateway of another: does it forward packets, and do responses come back?

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::{BaseChain, FilterOwner, Link, NetfilterSnapshot, Snapshot};

use super::host_firewall::program;
use super::route_lookup::owns;
use super::rule_context::RuleContext;

/// A host that is the gateway of another, and how far the other's packets came.
struct ForwardingHost<'a> {
    name: &'a HostName,
    host: &'a HostFacts,
    /// The first host whose packets it should forward.
    client: &'a HostName,
    /// The link on which the client's packets arrive.
    inward: &'a IfName,
    /// The link on which they should leave.
    uplink: &'a Link,
    /// Number of packets sent beyond the forwarder.
    sent: usize,
    /// Whether the forwarder reported that the TTL expired there.
    first_hop: bool,
    /// Whether anything beyond the forwarder responded.
    beyond: bool,
}

fn forwarders(facts: &Facts) -> Vec<ForwardingHost<'_>> {
    let mut found: BTreeMap<&HostName, ForwardingHost<'_>> = BTreeMap::new();
    for (client, of_client) in &facts.hosts {
        let gateways = of_client.snapshot.default_routes().filter_map(|route| route.gateway);
        for gateway in gateways.filter(|gateway| IpFamily::of(*gateway) == IpFamily::V4) {
            let holder = facts.hosts.iter().find(|(_, host)| owns(&host.snapshot, gateway));
            let Some((name, host)) = holder.filter(|(name, _)| *name != client) else { continue };
            let Some(forwarder) = forwarder(facts, (name, host), client, gateway) else { continue };
            let known = found.get(name);
            if known.is_none_or(|known| !known.beyond && forwarder.beyond) {
                found.insert(name, forwarder);
            }
        }
    }
    found.into_values().collect()
}

fn forwarder<'a>(
    facts: &'a Facts,
    (name, host): (&'a HostName, &'a HostFacts),
    client: &'a HostName,
    gateway: IpAddr,
) -> Option<ForwardingHost<'a>> {
    let has = |link: &&Link| link.addresses.iter().any(|own| own.prefix.address == gateway);
    let inward = &host.snapshot.links.iter().find(has)?.name;
    let uplink = uplink(&host.snapshot)?;
    let mut forwarder = ForwardingHost {
        name,
        host,
        client,
        inward,
        uplink,
        sent: 0,
        first_hop: false,
        beyond: false,
    };
    for seen in &facts.observations {
        let ProbeKind::Hop { ttl } = seen.kind else { continue };
        if seen.host != *client || seen.peer.is_some() {
            continue;
        }
        match (seen.direction, &seen.answer) {
            (ObservedEvent::Sent, _) => forwarder.sent += usize::from(ttl > 1),
            (ObservedEvent::Answered, Some(ProbeAnswer::Reply)) => forwarder.beyond = true,
            (ObservedEvent::Answered, Some(ProbeAnswer::Icmp { from, .. })) => {
                if owns(&host.snapshot, *from) {
                    forwarder.first_hop |= ttl == 1;
                } else {
                    forwarder.beyond = true;
                }
            }
            _ => {}
        }
    }
    Some(forwarder)
}

fn uplink(host: &Snapshot) -> Option<&Link> {
    let mut routes =
        host.default_routes().filter(|route| route.destination.family() == IpFamily::V4);
    host.link(routes.next()?.link.as_ref()?)
}

impl ForwardingHost<'_> {
    fn is_stuck(&self) -> bool {
        self.sent > 0 && !self.beyond
    }

    /// Whether the kernel may forward what comes in by the inward link, and the answers.
    fn is_off(&self) -> bool {
        let own = |name: &IfName| {
            let link = self.host.snapshot.link(name)?.sysctls.forwarding?;
            Some(link > 0)
        };
        let all = self.host.snapshot.forwarding.ipv4;
        let is_on = |name| own(name).or(all).unwrap_or(true);
        !is_on(self.inward) || !is_on(&self.uplink.name)
    }

    fn filter(&self) -> &NetfilterSnapshot {
        &self.host.snapshot.netfilter
    }

    fn silence(&self) -> String {
        let first = if self.first_hop { "it does answer when the TTL ends at it; " } else { "" };
        format!("{first}{} packets of {} beyond it drew no answer", self.sent, self.client)
    }
}

/// Whether what `host` sends over its default route is known to get stuck at a gateway that is a
/// host of the run.
pub(super) fn is_stuck_behind_gateway(facts: &Facts, host: &HostName) -> bool {
    let gateways: Vec<IpAddr> = facts
        .hosts
        .get(host)
        .into_iter()
        .flat_map(|host| host.snapshot.default_routes())
        .filter_map(|route| route.gateway)
        .collect();
    forwarders(facts).iter().any(|forwarder| {
        let snapshot = &forwarder.host.snapshot;
        gateways.iter().any(|gateway| owns(snapshot, *gateway))
            && (forwarder.is_stuck() || forwarder.is_off())
    })
}

/// The kernel of the gateway does not forward.
pub(super) fn forwarding_off(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let off = forwarders(facts).into_iter().filter(|one| one.is_off() && !one.beyond);
    off.map(|one| {
        let (name, client) = (one.name, one.client);
        let mut because = vec![
            format!("{client}'s default route leads to {name}"),
            format!("{name}'s kernel says net.ipv4.ip_forward = 0"),
        ];
        because.extend(one.is_stuck().then(|| one.silence()));
        let level = if one.is_stuck() { Level::Confirmed } else { Level::Likely };
        RuleMatch::new(DiagnosisScope::host(name), level, because)
            .advise([
                format!("on {name}: sudo sysctl -w net.ipv4.ip_forward=1"),
                format!("on {name}, to keep it: echo net.ipv4.ip_forward=1 | sudo tee /etc/sysctl.d/99-forward.conf"),
            ])
            .or_decide(format!("on {client}: traceroute -n to an address beyond {name}"))
    })
    .collect()
}

/// The kernel forwards, and a packet filter drops what it forwards.
pub(super) fn forward_drop(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let stuck = forwarders(facts).into_iter().filter(|one| one.is_stuck() && !one.is_off());
    stuck.filter_map(|one| dropped(&one)).collect()
}

fn dropped(one: &ForwardingHost<'_>) -> Option<RuleMatch> {
    let filter = one.filter();
    let (name, client) = (one.name, one.client);
    let (level, what) = if !filter.is_readable {
        (Level::Undecided, "its packet filter rules could not be read".to_owned())
    } else if let Some(chain) = forward_chains(filter).find(|chain| chain.is_policy_drop) {
        let owner = filter.owners.iter().copied().find(|owner| *owner != FilterOwner::Other);
        let whose = owner.map(|owner| format!(" ({} wrote it)", program(owner)));
        let level = if one.first_hop { Level::Confirmed } else { Level::Likely };
        let whose = whose.unwrap_or_default();
        (level, format!("its chain {} drops what no rule accepts{whose}", chain.name))
    } else if forward_chains(filter).any(|chain| chain.rules > 0) && masquerades(filter) {
        (Level::Possible, "it has rules about what it forwards".to_owned())
    } else {
        return None;
    };
    let because = vec![
        format!("{client}'s default route leads to {name}, which forwards"),
        what,
        one.silence(),
    ];
    let (inward, outward) = (one.inward, &one.uplink.name);
    let chain =
        if filter.owners.contains(&FilterOwner::Docker) { "DOCKER-USER" } else { "FORWARD" };
    let advice = if filter.owners.contains(&FilterOwner::Ufw) {
        vec![format!("on {name}: sudo ufw route allow in on {inward} out on {outward}")]
    } else {
        vec![
            format!("on {name}: sudo iptables -I {chain} -i {inward} -o {outward} -j ACCEPT"),
            format!(
                "on {name}: sudo iptables -I {chain} -i {outward} -o {inward} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
            ),
        ]
    };
    Some(
        RuleMatch::new(DiagnosisScope::host(name), level, because)
            .advise(advice)
            .or_decide(format!("on {name}, as root: nft list ruleset")),
    )
}

fn forward_chains(filter: &NetfilterSnapshot) -> impl Iterator<Item = &BaseChain> {
    let chains = filter.tables.iter().flat_map(|table| &table.chains);
    chains.filter(|chain| chain.hook.raw() == "forward" && chain.kind.raw() == "filter")
}

fn masquerades(filter: &NetfilterSnapshot) -> bool {
    filter.tables.iter().flat_map(|table| &table.chains).any(|chain| chain.changes_source)
        || filter.legacy_tables.iter().any(|table| table.raw() == "nat")
}

/// The gateway forwards private addresses as they are, to which nobody beyond knows the way back.
pub(super) fn missing_masquerade(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let bare = forwarders(facts).into_iter().filter(is_bare);
    bare.map(|one| {
        let (name, uplink) = (one.name, &one.uplink.name);
        let because = vec![
            format!(
                "{name} forwards what {} sends, and no rule of it changes the source address",
                one.client
            ),
            one.silence(),
        ];
        RuleMatch::new(DiagnosisScope::link(name, uplink), Level::Likely, because)
            .advise([
                format!("on {name}: sudo iptables -t nat -A POSTROUTING -o {uplink} -j MASQUERADE"),
                "or have the next router told the way back, if its operators allow that".to_owned(),
            ])
            .or_decide(format!(
                "on {name}: sudo tcpdump -ni {uplink} icmp, while {} pings",
                one.client
            ))
    })
    .collect()
}

/// The access point may drop what does not come from the address it gave: seen from the hosts it
/// looks like a missing masquerade, and it is never tested with foreign sources.
pub(super) fn source_guard(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let bare = forwarders(facts).into_iter().filter(|one| is_bare(one) && one.uplink.is_radio());
    bare.map(|one| {
        let (name, uplink) = (one.name, &one.uplink.name);
        let because = vec![
            format!("{name} sends {}'s address out by {uplink}, a radio", one.client),
            "access points often pass only the address that they know for a client's MAC"
                .to_owned(),
        ];
        RuleMatch::new(DiagnosisScope::link(name, uplink), Level::Possible, because)
            .advise(["masquerade: then there is one address and one MAC to see"])
            .or_decide(
                "the same with masquerading on: if that works, plain routing cannot work here",
            )
    })
    .collect()
}

/// Whether the gateway forwards, drops nothing, and changes no source address.
fn is_bare(one: &ForwardingHost<'_>) -> bool {
    let filter = one.filter();
    one.is_stuck()
        && !one.is_off()
        && filter.is_readable
        && !masquerades(filter)
        && !forward_chains(filter).any(|chain| chain.is_policy_drop)
}
