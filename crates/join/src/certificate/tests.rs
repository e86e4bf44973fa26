use super::*;

const NOT_BEFORE_S: i64 = 1_764_000_000;
const NOT_AFTER_S: i64 = 1_795_536_000;

fn certificate() -> ServerCertificate {
    ServerCertificate {
        der: Vec::new(),
        names: ["kubernetes", "*.cluster.example", "pi1"].map(Untrusted::new).to_vec(),
        addresses: vec![IpAddr::from([10, 96, 0, 1])],
        not_before_s: NOT_BEFORE_S,
        not_after_s: NOT_AFTER_S,
        issuer: Untrusted::new("CN=kubernetes"),
    }
}

#[test]
fn a_certificate_is_valid_from_its_first_to_its_last_second() {
    let refused =
        |now_s, is_early, limit_s| Err(CertificateRefusal::Time { now_s, is_early, limit_s });
    let table = [
        (NOT_BEFORE_S - 1, refused(NOT_BEFORE_S - 1, true, NOT_BEFORE_S)),
        (NOT_BEFORE_S, Ok(())),
        (NOT_AFTER_S, Ok(())),
        (NOT_AFTER_S + 1, refused(NOT_AFTER_S + 1, false, NOT_AFTER_S)),
    ];
    for (now_s, expected) in table {
        assert_eq!(certificate().verify_time(now_s), expected, "{now_s}");
    }
}

/// `matchHostnames` and `VerifyHostname` of Go's crypto/x509/verify.go.
#[test]
fn a_certificate_is_for_the_names_and_addresses_in_it() {
    let name = |text: &str| EndpointHost::Name(text.to_owned());
    let table = [
        (name("PI1."), true),
        (name("kubernetes"), true),
        (name("kubernetes.default"), false),
        (name("api.cluster.example"), true),
        (name("a.b.cluster.example"), false),
        (name("cluster.example"), false),
        (name(".cluster.example"), false),
        (EndpointHost::Address(IpAddr::from([10, 96, 0, 1])), true),
        (EndpointHost::Address(IpAddr::from([10, 96, 0, 2])), false),
        (name("10.96.0.1"), false),
    ];
    for (host, is_valid) in table {
        assert_eq!(certificate().verify_name(&host).is_ok(), is_valid, "{host}");
    }
}
