//! Any bytes as a server's certificate: it is verified, and messages about it are escaped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::certificate::{ServerCertificate, public_key_info};
use pontoon_join::public_key_pin::PublicKeyPin;
use pontoon_model::untrusted::is_harmful;
use pontoon_predict::kubeadm::endpoint::EndpointHost;

fuzz_target!(|bytes: &[u8]| {
    let pin = public_key_info(bytes).map(|key| PublicKeyPin::of(key).to_string());
    let Some(certificate) = ServerCertificate::parse(bytes) else { return };
    assert!(pin.is_some_and(|pin| pin.parse::<PublicKeyPin>().is_ok()));
    let itself = [certificate.der.clone()];
    let mut hosts = vec![EndpointHost::Name("kubernetes".to_owned())];
    hosts.extend(certificate.addresses.iter().copied().map(EndpointHost::Address));
    hosts.extend(certificate.names.iter().filter_map(|name| EndpointHost::parse(name.raw())));
    let times = [certificate.not_before_s, certificate.not_after_s, i64::MIN, i64::MAX];
    for host in hosts.iter().take(8) {
        for now_s in times {
            if let Err(refused) = certificate.verify(host, &itself, &itself, now_s) {
                assert!(!refused.words().chars().any(is_harmful), "{refused:?}");
            }
        }
    }
});
