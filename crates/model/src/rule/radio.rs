//! What a radio says about itself.

use crate::facts::Facts;
use crate::finding::{Level, Proven, Scope};

/// The radio dozes between beacons: first packets are late.
pub(super) fn wifi_power_save(facts: &Facts) -> Vec<Proven> {
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for link in &host.snapshot.links {
            if link.radio.as_ref().and_then(|radio| radio.power_save) == Some(true) {
                let because = vec![format!("{name}'s {} has power save on", link.name)];
                found.push(
                    Proven::new(Scope::link(name, &link.name), Level::Confirmed, because).advise([
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
