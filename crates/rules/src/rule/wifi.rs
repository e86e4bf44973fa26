//! Properties of Wi-Fi links.

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::snapshot::WifiAssociation;

use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Power save is on: the first packets after a pause are late.
pub(super) fn wifi_power_save(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for link in &host.snapshot.links {
            if link.radio.as_ref().and_then(|radio| radio.power_save) == Some(true) {
                let because = vec![format!("{name}'s {} has power save on", link.name)];
                found.push(
                    RuleMatch::new(
                        DiagnosisScope::link(name, &link.name),
                        Level::Confirmed,
                        because,
                    )
                    .advise([
                        format!("on {name}: sudo iw dev {} set power_save off", link.name),
                        "to keep it, with NetworkManager: nmcli connection modify NAME \
                         802-11-wireless.powersave 2"
                            .to_owned(),
                    ]),
                );
            }
        }
    }
    found
}

/// Whether two stations are in one network, and at one access point: `ap_isolate` of hostapd and
/// its kin keep stations of one access point apart only, others a whole network.
pub(super) fn wifi_relation(facts: &Facts, pair: &LinkPair) -> Option<String> {
    let (a, b) = (&pair.a_to_b.from, &pair.a_to_b.to);
    let (radio_a, radio_b) = (radio(facts, &a.host, &a.link)?, radio(facts, &b.host, &b.link)?);
    let (ssid_a, ssid_b) = (radio_a.ssid.as_ref()?, radio_b.ssid.as_ref()?);
    if ssid_a != ssid_b {
        return Some(format!("{} is in the network `{ssid_a}`, {} in `{ssid_b}`", a.host, b.host));
    }
    Some(match (radio_a.bssid, radio_b.bssid) {
        (Some(a), Some(b)) if a == b => {
            format!("both are in the network `{ssid_a}`, at one access point ({a})")
        }
        (Some(a), Some(b)) => {
            format!("both are in the network `{ssid_a}`, at different access points ({a}, {b})")
        }
        _ => format!("both are in the network `{ssid_a}`"),
    })
}

fn radio<'a>(facts: &'a Facts, host: &HostName, link: &IfName) -> Option<&'a WifiAssociation> {
    facts.hosts.get(host)?.snapshot.link(link)?.radio.as_ref()
}
