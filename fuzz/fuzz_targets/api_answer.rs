//! Any bytes as the response of an API server or a proxy, and its body as cluster-info, kubeconfig,
//! configuration and SecretText.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::api_status::ApiRefusal;
use pontoon_join::bootstrap_token::BootstrapToken;
use pontoon_join::cluster_info::{ClusterInfo, sign};
use pontoon_join::http::{ApiResponseReader, BODY_BYTES_MAX};
use pontoon_join::kubeconfig;
use pontoon_join::public_key_pin::PublicKeyPin;
use pontoon_join::secret::SecretText;
use pontoon_join::{proxy, shared_certificates};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = ApiResponseReader::default();
    let half = bytes.len() / 2;
    let answer = match reader.take(&bytes[..half]) {
        Ok(None) => match reader.take(&bytes[half..]) {
            Ok(None) => reader.end().ok(),
            other => other.ok().flatten(),
        },
        other => other.ok().flatten(),
    };
    if let Some(answer) = answer {
        assert!(answer.body.len() <= BODY_BYTES_MAX + 65_536);
        let refusal = ApiRefusal::of(&answer, "configmaps", "cluster-info");
        assert!(!refusal.words.contains('\u{1b}'));
    }
    let _ = proxy::answer(bytes);
    let _ = shared_certificates::open(bytes, &SecretText::new(&"0f".repeat(32)));
    if let Some(info) = ClusterInfo::parse(bytes) {
        let _ = info.kubeconfig().map(kubeconfig::parse);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        trust(text);
        let _ = pontoon_join::configuration::parse(text);
    }
});

/// Correctly signed, so that the fuzzer need not guess the signature; the signed text may be
/// anything.
fn trust(kubeconfig: &str) {
    let (id, secret) = ("abcdef", "0123456789abcdef");
    let token = BootstrapToken::parse(&format!("{id}.{secret}")).expect("it is a token");
    let signature = sign(kubeconfig, id, secret.as_bytes());
    let body = serde_json::json!({
        "data": { "kubeconfig": kubeconfig, "jws-kubeconfig-abcdef": signature },
    });
    let info = ClusterInfo::parse(body.to_string().as_bytes()).expect("it has the form");
    if let Ok(trusted) = info.trusted(&token, &[]) {
        assert!(!trusted.cas.is_empty() && trusted.server.port.is_some());
        assert!(info.trusted(&token, &[PublicKeyPin::of(b"of another")]).is_err());
    }
}
