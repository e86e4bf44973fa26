//! kubeadm: the advertise address of `init` and of a control-plane join.

pub mod endpoint;
pub mod networking;
pub mod certificates;
pub mod version;
pub mod token;
pub mod preflight;

use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;

use super::apimachinery::{NoAddress, ip_from_interface, link_with_address, resolve_bind_address};
use super::go_net::{is_global_unicast, parse_ip_sloppy};
use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was compared with a running kubeadm.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/config/common.go and \
                          initconfiguration.go";

/// The resulting `localAPIEndpoint.advertiseAddress`; `told` is the configured value, if any.
#[must_use]
pub fn advertise_address(node: &Snapshot, told: Option<&str>) -> PredictedChoice {
    let told = told.filter(|text| !text.is_empty());
    let bind = match told.map(|text| (text, parse_ip_sloppy(text))) {
        None => None,
        Some((_, Some(address))) => Some(address),
        Some((text, None)) => {
            let text = pontoon_model::untrusted::Untrusted::new(text);
            let words = format!(
                "couldn't use \"{text}\" as \"apiserver-advertise-address\", must be ipv4 or ipv6 \
                 address"
            );
            return PredictedChoice::refusal(words, "what it was told is no address");
        }
    };
    if let Some(address) = bind.filter(IpAddr::is_loopback) {
        return on_loopback(node, address);
    }
    match resolve_bind_address(node, bind) {
        Ok(chosen) if !is_usable(chosen.address) => unusable(chosen.address, chosen.rule),
        Ok(chosen) => {
            let link = Some(chosen.link.as_str()).filter(|link| !link.is_empty());
            let mut pick = PredictedAddresses::new(chosen.address, link, chosen.rule);
            if link_with_address(node, chosen.address).is_none() {
                pick.notes.push(format!(
                    "it does not look whether this host has {}: certificates and etcd get it all \
                     the same",
                    chosen.address
                ));
            }
            PredictedChoice::Pick(pick)
        }
        // kubeadm only warns about this, and then fails on the unspecified address.
        Err(NoAddress::NoRoutes) => {
            let any = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
            unusable(any, "there is no default route".to_owned())
        }
        Err(error) => {
            PredictedChoice::refusal(error.to_string(), "no default route gives an address")
        }
    }
}

/// A configured loopback address selects the global address on `lo` (RFC 5549).
fn on_loopback(node: &Snapshot, told: IpAddr) -> PredictedChoice {
    let found = [IpFamily::V4, IpFamily::V6]
        .into_iter()
        .find_map(|family| ip_from_interface(node, "lo", family).ok().flatten());
    match found {
        Some(address) => PredictedChoice::Pick(PredictedAddresses::new(
            address,
            Some("lo"),
            format!("{told} stands for the one on lo"),
        )),
        None => PredictedChoice::refusal(
            "unable to select an IP from lo network interface",
            "lo has no global address",
        ),
    }
}

/// `VerifyAPIServerBindAddress`: whether kubeadm accepts the address.
#[must_use]
pub fn is_usable(address: IpAddr) -> bool {
    is_global_unicast(address)
}

fn unusable(address: IpAddr, rule: String) -> PredictedChoice {
    PredictedChoice::refusal(
        format!("cannot use \"{address}\" as the bind address for the API Server"),
        rule,
    )
}
