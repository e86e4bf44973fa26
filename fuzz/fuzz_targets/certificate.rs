//! Any bytes as a server's certificate: it is judged, in words that are clean.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::certificate::{Certificate, public_key_info};
use pontoon_join::pin::Pin;
use pontoon_model::untrusted::is_harmful;
use pontoon_predict::kubeadm::endpoint::Host;

fuzz_target!(|bytes: &[u8]| {
    let pin = public_key_info(bytes).map(|key| Pin::of(key).to_string());
    let Some(certificate) = Certificate::parse(bytes) else { return };
    assert!(pin.is_some_and(|pin| pin.parse::<Pin>().is_ok()));
    let itself = [certificate.der.clone()];
    let mut hosts = vec![Host::Name("kubernetes".to_owned())];
    hosts.extend(certificate.addresses.iter().copied().map(Host::Address));
    hosts.extend(certificate.names.iter().filter_map(|name| Host::parse(name.raw())));
    let times = [certificate.not_before_s, certificate.not_after_s, i64::MIN, i64::MAX];
    for host in hosts.iter().take(8) {
        for now_s in times {
            if let Err(refused) = certificate.verify(host, &itself, &itself, now_s) {
                assert!(!refused.words().chars().any(is_harmful), "{refused:?}");
            }
        }
    }
});
