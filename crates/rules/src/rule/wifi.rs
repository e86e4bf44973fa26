//! What a radio reports about itself.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::LinkEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::shell_command;
use pontoon_model::snapshot::WifiAssociation;

use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// The radio sleeps between beacons: the first packet after a pause is late.
pub(super) fn wifi_power_save(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for link in &host.snapshot.links {
            if link.radio.as_ref().and_then(|radio| radio.power_save) == Some(true) {
                let evidence =
                    [LinkEvidence::PowerSaveOn { host: name.clone(), link: link.name.clone() }];
                let scope = DiagnosisScope::link(name, &link.name);
                let dev = &link.name;
                found.push(
                    RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                        Remedy::on(name, shell_command!("sudo iw dev {} set power_save off", dev)),
                        Remedy::on(
                            name,
                            "nmcli connection modify NAME 802-11-wireless.powersave 2",
                        )
                        .to("keep it off over a reboot, with NetworkManager"),
                    ]),
                );
            }
        }
    }
    found
}

/// Whether two stations are in one network, and at one access point: `ap_isolate` of hostapd
/// isolates stations of one access point only, other products those of a whole network.
pub(super) fn wifi_relation(facts: &Facts, pair: &LinkPair) -> Option<LinkEvidence> {
    let (a, b) = (&pair.a_to_b.from, &pair.a_to_b.to);
    let (radio_a, radio_b) = (radio(facts, &a.host, &a.link)?, radio(facts, &b.host, &b.link)?);
    let (ssid_a, ssid_b) = (radio_a.ssid.as_ref()?, radio_b.ssid.as_ref()?);
    if ssid_a != ssid_b {
        return Some(LinkEvidence::DifferentSsids {
            a: a.host.clone(),
            a_ssid: ssid_a.clone(),
            b: b.host.clone(),
            b_ssid: ssid_b.clone(),
        });
    }
    Some(LinkEvidence::SameSsid {
        ssid: ssid_a.clone(),
        a_bssid: radio_a.bssid,
        b_bssid: radio_b.bssid,
    })
}

fn radio<'a>(facts: &'a Facts, host: &HostName, link: &IfName) -> Option<&'a WifiAssociation> {
    facts.hosts.get(host)?.snapshot.link(link)?.radio.as_ref()
}
