//! Any bytes as an API server's answer, and its body as cluster-info, kubeconfig and certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_join::certificate::Certificate;
use pontoon_join::cluster_info::ClusterInfo;
use pontoon_join::http::{BODY_BYTES_MAX, Reader};
use pontoon_join::kubeconfig;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::default();
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
    }
    if let Some(info) = ClusterInfo::parse(bytes) {
        let _ = info.kubeconfig().map(kubeconfig::parse);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = kubeconfig::parse(text);
        let _ = pontoon_join::configuration::parse(text);
    }
    if let Some(certificate) = Certificate::parse(bytes) {
        let _ = certificate.verify_time(0);
    }
});
