//! A host that is another's gateway: whether it forwards packets, and whether replies come back.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FilterEvidence, RoutingEvidence};
use pontoon_diagnosis::{
    Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Evidence, Remedy,
};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shell_command;
use pontoon_model::snapshot::{BaseChain, FilterOwner, Link, NetfilterSnapshot, Snapshot};

use super::host_firewall::READ_RULES;
use super::route_lookup::owns;
use super::rule_context::RuleContext;

/// A host that is the gateway of another, and how far the other's packets came.
struct ForwardingHost<'a> {
    name: &'a HostName,
    host: &'a HostFacts,
    /// The host whose packets show how far it forwards.
    client: &'a HostName,
    /// The link on which the client's packets arrive.
    inward: &'a IfName,
    /// The link on which they should leave.
    uplink: &'a Link,
    /// Number of packets sent beyond the forwarder.
    sent: usize,
    /// Whether the forwarder itself reported that the TTL expired there.
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

    /// That what the client sent through it was not answered.
    fn no_reply(&self) -> Evidence {
        RoutingEvidence::NoReplyBeyond {
            gateway: self.name.clone(),
            client: self.client.clone(),
            sent: self.sent,
            reports_expiry: self.first_hop,
        }
        .into()
    }

    /// That the client's default route leads to it.
    fn is_gateway(&self, is_forwarding: bool) -> Evidence {
        let (client, gateway) = (self.client.clone(), self.name.clone());
        RoutingEvidence::DefaultRouteVia { client, gateway, is_forwarding }.into()
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
        let mut evidence = vec![
            one.is_gateway(false),
            RoutingEvidence::ForwardingOff { host: name.clone() }.into(),
        ];
        evidence.extend(one.is_stuck().then(|| one.no_reply()));
        let certainty = if one.is_stuck() { Certainty::Confirmed } else { Certainty::Likely };
        let keep = "echo net.ipv4.ip_forward=1 | sudo tee /etc/sysctl.d/99-forward.conf";
        let check = DistinguishingCheck::by_command(
            CommandPlace::Host(client.clone()),
            "traceroute -n ADDRESS",
        );
        RuleMatch::new(DiagnosisScope::host(name), certainty, evidence)
            .with_remedies([
                Remedy::on(name, "sudo sysctl -w net.ipv4.ip_forward=1"),
                Remedy::on(name, keep).to("keep it over a reboot"),
            ])
            .distinguished_by(check.showing(format!("with an address beyond {name}")))
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
    let host = one.name.clone();
    let (certainty, rules) = if !filter.is_readable {
        (Certainty::Undecided, FilterEvidence::RulesUnread { host })
    } else if let Some(chain) = forward_chains(filter).find(|chain| chain.is_policy_drop) {
        let owner = filter.owners.iter().copied().find(|owner| *owner != FilterOwner::Other);
        let certainty = if one.first_hop { Certainty::Confirmed } else { Certainty::Likely };
        let chain = chain.name.clone();
        (certainty, FilterEvidence::ForwardPolicyDrop { host, chain, owner })
    } else if forward_chains(filter).any(|chain| chain.rules > 0) && masquerades(filter) {
        (Certainty::Possible, FilterEvidence::ForwardRules { host })
    } else {
        return None;
    };
    let evidence = [one.is_gateway(true), rules.into(), one.no_reply()];
    Some(
        RuleMatch::new(DiagnosisScope::host(one.name), certainty, evidence)
            .with_remedies(let_through(one))
            .distinguished_by(DistinguishingCheck::by_command(
                CommandPlace::Host(one.name.clone()),
                READ_RULES,
            )),
    )
}

/// Commands that let the client's packets and the replies through, by the tool that drops them.
fn let_through(one: &ForwardingHost<'_>) -> Vec<Remedy> {
    let owners = &one.filter().owners;
    let (inward, outward) = (one.inward, &one.uplink.name);
    if owners.contains(&FilterOwner::Ufw) {
        let allow = shell_command!("sudo ufw route allow in on {} out on {}", inward, outward);
        return vec![Remedy::on(one.name, allow)];
    }
    let chain = if owners.contains(&FilterOwner::Docker) { "DOCKER-USER" } else { "FORWARD" };
    let there = shell_command!("sudo iptables -I {} -i {} -o {} -j ACCEPT", chain, inward, outward);
    let back = shell_command!(
        "sudo iptables -I {} -i {} -o {} -m conntrack --ctstate \
         ESTABLISHED,RELATED -j ACCEPT",
        chain,
        outward,
        inward
    );
    vec![Remedy::on(one.name, there), Remedy::on(one.name, back)]
}

fn forward_chains(filter: &NetfilterSnapshot) -> impl Iterator<Item = &BaseChain> {
    let chains = filter.tables.iter().flat_map(|table| &table.chains);
    chains.filter(|chain| chain.hook.raw() == "forward" && chain.kind.raw() == "filter")
}

fn masquerades(filter: &NetfilterSnapshot) -> bool {
    filter.tables.iter().flat_map(|table| &table.chains).any(|chain| chain.changes_source)
        || filter.legacy_tables.iter().any(|table| table.raw() == "nat")
}

/// The gateway forwards packets from private addresses unchanged, to which routers beyond it have no
/// route back.
pub(super) fn missing_masquerade(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let bare = forwarders(facts).into_iter().filter(is_bare);
    bare.map(|one| {
        let (name, uplink) = (one.name, &one.uplink.name);
        let evidence = [
            FilterEvidence::NoMasquerade { gateway: name.clone(), client: one.client.clone() }
                .into(),
            one.no_reply(),
        ];
        let dev = uplink;
        let check = DistinguishingCheck::by_command(
            CommandPlace::Host(name.clone()),
            shell_command!("sudo tcpdump -ni {} icmp", dev),
        );
        RuleMatch::new(DiagnosisScope::link(name, uplink), Certainty::Likely, evidence)
            .with_remedies([
                Remedy::on(
                    name,
                    shell_command!("sudo iptables -t nat -A POSTROUTING -o {} -j MASQUERADE", dev),
                ),
                Remedy::action(
                    "have a route back added on the next router, if its operators allow that",
                ),
            ])
            .distinguished_by(check.showing(format!("while {} pings", one.client)))
    })
    .collect()
}

/// The access point may drop what does not come from the address it gave, for many pass only the
/// address that they know for a client's MAC. From the hosts it looks like a missing masquerade, and
/// it is never tested with foreign source addresses.
pub(super) fn source_guard(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let bare = forwarders(facts).into_iter().filter(|one| is_bare(one) && one.uplink.is_radio());
    bare.map(|one| {
        let (name, uplink) = (one.name, &one.uplink.name);
        let evidence = [RoutingEvidence::ForeignSourceOnRadio {
            gateway: name.clone(),
            client: one.client.clone(),
            link: uplink.clone(),
        }];
        RuleMatch::new(DiagnosisScope::link(name, uplink), Certainty::Possible, evidence)
            .with_remedies([Remedy::action(
                "masquerade: then the access point sees one address and one MAC address",
            )])
            .distinguished_by(DistinguishingCheck::by_fact(
                "the same with masquerading on: if that works, plain routing cannot work here",
            ))
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
