//! The scenarios that come with pontoon: the files of `scenarios/`.

use super::{Scenario, ScenarioLoadError, parse};

/// Embeds `scenarios/NAME.toml` for each name.
macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../scenarios/", $name, ".toml")))),+]
    };
}

const FILES: &[(&str, &str)] = scenarios![
    "home",
    "campus",
    "campus-one-uplink",
    "switch-only",
    "wifi-only",
    "wifi-only-no-control",
    "wifi-open-no-control",
    "two-ssids",
    "two-ssids-blocked",
    "per-access-point",
    "many-mixed",
    "many-ssids",
    "many-access-points",
    "many-copies",
    "many-one-way",
    "firewalled",
    "firewalled-reject",
    "peer-down",
    "peer-off",
    "proxy-arp",
    "proxy-arp-drop",
    "ap-proxy-arp",
    "unicast-isolation",
    "gateway-only",
    "group-suppressed",
    "group-suppressed-proxy",
    "one-way",
    "one-way-stateful",
    "same-subnet",
    "wrong-mask",
    "duplicate-ip",
    "asymmetric",
    "rp-filter",
    "no-l2-service",
    "dead-gateway",
    "one-address-networks",
    "campus-unregistered",
    "source-guard",
    "no-masquerade",
    "forwarding-off",
    "docker",
    "portal",
    "portal-endless",
    "udp-blocked",
    "mtu-hole",
    "jumbo",
    "stale-dns",
    "dns-rewritten",
    "dns-intercepted",
    "dns-garbage",
    "clock-off",
    "clock-skew",
    "overlap",
    "lossy",
    "slow",
    "power-save",
    "home-v6",
    "campus-v6",
];

/// Their names, in the order in which they are best read.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The built-in scenario of that name; none if there is none.
///
/// # Errors
///
/// [`ScenarioLoadError`] when a file that came with this binary is no scenario: our mistake, and a test
/// keeps it out.
#[must_use]
pub fn builtin(name: &str) -> Option<Result<Scenario, ScenarioLoadError>> {
    text(name).map(|text| parse(name, text))
}

pub(super) fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
