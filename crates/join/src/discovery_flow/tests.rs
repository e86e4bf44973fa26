use data_encoding::BASE64;
use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::certificate::ServerCertificate;
use crate::cluster_info::sign;
use crate::http::ApiResponse;
use crate::join_line;
use crate::proxy::ProxyContact;
use crate::trial::TcpOutcome;

const LINE: &str = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
                    --discovery-token-unsafe-skip-ca-verification";

pub(crate) fn request() -> JoinRequest {
    join_line::parse(LINE).unwrap().complete(None).unwrap()
}

/// What a host says that connects to a server and is answered.
pub(crate) fn answered(page: Option<QueryOutcome>) -> DiscoveryReply {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["kubernetes".to_owned()]).unwrap();
    let der = certificate.self_signed(&key).unwrap().der().to_vec();
    let leaf = Box::new(ServerCertificate::parse(&der).unwrap());
    let contact = ServerContact {
        // A host may claim whatever it likes.
        server: HostPort::try_from("10.6.6.6:6666".to_owned()).unwrap(),
        proxy: Some(ProxyContact::by("http://proxy:3128")),
        resolved: Ok(vec!["10.0.0.1".parse().unwrap()]),
        way: None,
        tcp: TcpOutcome::Open,
        tls: Some(TlsOutcome::Chain { leaf, others: vec![der, vec![0, 255]] }),
        sizes: None,
    };
    DiscoveryReply { contact, page }
}

/// cluster-info of a server, signed with this secret half for the token of the line, or not.
pub(crate) fn info(server: &str, secret: Option<&str>) -> QueryOutcome {
    let key = KeyPair::generate().unwrap();
    let ca = CertificateParams::default().self_signed(&key).unwrap();
    let kubeconfig = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: \
         https://{server}\n  name: \"\"\nkind: Config\n",
        BASE64.encode(ca.pem().as_bytes())
    );
    let mut data = serde_json::json!({ "kubeconfig": kubeconfig });
    if let Some(secret) = secret {
        let signature = sign(&kubeconfig, "abcdef", secret.as_bytes());
        data["jws-kubeconfig-abcdef"] = signature.into();
    }
    let body = serde_json::json!({ "data": data }).to_string().into_bytes();
    QueryOutcome::Answer(ApiResponse { status: 200, date_s: None, body })
}

#[test]
fn what_follows_is_decided_by_what_is_vouched_for() {
    const GOOD: Option<&str> = Some("0123456789abcdef");
    const BAD: Option<&str> = Some("fedcba9876543210");
    let table = [
        ("its own server", Some(info("10.0.0.1:6443", GOOD)), None),
        ("another server", Some(info("10.0.0.9:6443", GOOD)), Some(("10.0.0.9:6443", false))),
        ("signed with another secret", Some(info("10.0.0.9:6443", BAD)), None),
        ("not signed yet", Some(info("10.0.0.9:6443", None)), Some(("10.0.0.1:6443", true))),
        ("no answer", None, None),
        ("silence", Some(QueryOutcome::Silent { ms: 7 }), None),
    ];
    let request = request();
    for (name, page, expected) in table {
        let course = DiscoveryFlow::begin(&request, None, answered(page));
        let next = course.next().map(|next| (next.question.server.authority(), next.is_again));
        assert_eq!(next, expected.map(|(server, is)| (server.to_owned(), is)), "{name}");
    }
}

#[test]
fn a_signature_is_waited_for_until_it_is_not() {
    let request = request();
    let mut course =
        DiscoveryFlow::begin(&request, None, answered(Some(info("10.0.0.1:6443", None))));
    course.take(answered(Some(info("10.0.0.1:6443", None))));
    assert!(course.next().is_some_and(|next| next.is_again));
    course.settle();
    assert_eq!(course.next(), None);
}

/// Else its certificate would be held to a name that it chose itself.
#[test]
fn whom_a_host_claims_to_have_asked_is_not_believed() {
    let request = request();
    let first = answered(Some(info("10.0.0.9:6443", Some("0123456789abcdef"))));
    let mut course = DiscoveryFlow::begin(&request, None, first);
    course.take(answered(None));
    assert_eq!(course.next(), None);
    let trial = course.end(7);
    assert_eq!(trial.first.server.authority(), "10.0.0.1:6443");
    assert_eq!(trial.inside.unwrap().server.authority(), "10.0.0.9:6443");
}

#[test]
fn an_answer_survives_the_way_and_a_certificate_is_read_anew() {
    let sent = answered(Some(info("10.0.0.1:6443", None)));
    let mut wire = serde_json::to_value(&sent).unwrap();
    let back: DiscoveryReply = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(format!("{back:?}"), format!("{sent:?}"));
    for bytes in ["AAAA", "no base64", ""] {
        wire["contact"]["tls"]["Chain"]["leaf"] = bytes.into();
        assert!(serde_json::from_value::<DiscoveryReply>(wire.clone()).is_err(), "{bytes}");
    }
}

/// A host that is asked may say anything, and as much as a message holds.
#[test]
fn no_more_is_taken_than_a_server_can_say() {
    let request = request();
    let mut first = answered(Some(info("10.0.0.1:6443", Some("0123456789abcdef"))));
    first.contact.resolved = Ok(vec!["10.0.0.1".parse().unwrap(); 1000]);
    if let Some(TlsOutcome::Chain { others, .. }) = &mut first.contact.tls {
        others.push(vec![0; CHAIN_BYTES_MAX]);
    }
    if let Some(QueryOutcome::Answer(answer)) = &mut first.page {
        answer.body.resize(INFO_BYTES_MAX + 1, b' ');
    }
    let trial = DiscoveryFlow::begin(&request, None, first).end(i64::MIN);
    assert_eq!(trial.first.resolved.unwrap().len(), ADDRESSES_MAX);
    assert!(matches!(trial.first.tls, Some(TlsOutcome::Broken(_))), "{:?}", trial.first.tls);
    assert!(matches!(trial.cluster_info, Some(QueryOutcome::Bad(_))), "{:?}", trial.cluster_info);
}
