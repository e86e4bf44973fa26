//! The suites of kubeadm's own functions: endpoints, networks, certificates, versions, tokens, and
//! what a join checks.

use std::net::IpAddr;

use pontoon_join::bootstrap_token::BootstrapToken;
use pontoon_join::certificate::public_key_info;
use pontoon_join::cluster_info::{ClusterInfo, sign};
use pontoon_join::join_line;
use pontoon_join::public_key_pin::PublicKeyPin;
use pontoon_model::net::IpFamily;
use pontoon_predict::kubeadm::certificates::{
    AltNames, ApiServerCertificateSpec, etcd_alt_names, is_alt_name, lower_case,
};
use pontoon_predict::kubeadm::endpoint::{
    EndpointHost, control_plane_url, is_dns_subdomain, parse_host_port, parse_join_endpoint,
    parse_port,
};
use pontoon_predict::kubeadm::networking::{
    api_server_address, dns_address, first_subnet, node_mask, parse_subnets, validate_pod_subnets,
    validate_service_subnets, validate_subnets,
};
use pontoon_predict::kubeadm::preflight::{
    forwarding_check, init_forwarding, is_ignored, join_forwarding, proxy_of_host, proxy_of_network,
};
use pontoon_predict::kubeadm::token;
use pontoon_predict::kubeadm::version::KubernetesVersion;
use pontoon_predict::proxy::ProxyEnvironment;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::files::{list, word, words};

/// The result of our counterpart of a suite's function; none: it is no suite of kubeadm.
pub(crate) fn found(suite: &str, case: &Value, fixtures: &Value) -> Option<Value> {
    of_endpoints(suite, case)
        .or_else(|| of_networks(suite, case))
        .or_else(|| of_certificates(suite, case, fixtures))
        .or_else(|| of_preflight(suite, case))
        .or_else(|| of_tokens(suite, case, fixtures))
}

fn ok(is_ok: bool) -> Value {
    json!({ "ok": is_ok })
}

fn of_endpoints(suite: &str, case: &Value) -> Option<Value> {
    let input = word(case, "input");
    let error = || json!({ "error": true });
    Some(match suite {
        "control_plane_endpoint" => {
            let port = u16::try_from(case["bind_port"].as_u64()?).ok()?;
            let (endpoint, own) =
                (word(case, "control_plane_endpoint"), word(case, "advertise_address"));
            control_plane_url(endpoint, own, port)
                .map_or_else(|_| error(), |url| json!({ "url": url }))
        }
        "parse_host_port" => parse_host_port(input).map_or_else(
            |_| error(),
            |parsed| {
                let port = parsed.port.map(|port| port.to_string()).unwrap_or_default();
                json!({ "host": parsed.host.to_string(), "port": port })
            },
        ),
        "parse_port" => parse_port(input).map_or_else(error, |port| json!({ "port": port })),
        "validate_port" => ok(parse_port(&case["input"].to_string()).is_some()),
        "validate_host_port" => ok(parse_host_port(input).is_ok()),
        "validate_discovery_endpoint" => ok(parse_join_endpoint(input).is_ok()),
        "validate_ip" => ok(matches!(EndpointHost::parse(input), Some(EndpointHost::Address(_)))),
        "validate_api_endpoint" => {
            let port = u16::try_from(case["bind_port"].as_u64()?).ok()?;
            ok(control_plane_url("", word(case, "advertise_address"), port).is_ok())
        }
        "validate_node_name" => ok(is_dns_subdomain(input)),
        "version_explicit" => input
            .parse::<KubernetesVersion>()
            .map_or_else(|_| error(), |version| json!({ "version": version.to_string() })),
        _ => return None,
    })
}

fn of_networks(suite: &str, case: &Value) -> Option<Value> {
    let input = word(case, "input");
    let arguments = |case: &Value, name: &str| case[name].as_object().cloned().unwrap_or_default();
    Some(match suite {
        "service_cidr_first" => json!(first_subnet(input).map(|subnet| subnet.to_string())),
        "api_server_virtual_ip" => json!(first_subnet(input).map(api_server_address)),
        "dns_ip" => json!(first_subnet(input).map(dns_address)),
        "validate_subnets" => ok(validate_subnets(input, case["min_addresses"].as_u64()?).is_ok()),
        "validate_service_subnet_size" => ok(validate_service_subnets(input).is_ok()),
        "validate_pod_subnet_node_mask" => {
            let all = arguments(case, "controller_manager_extra_args");
            let argument = |name: &str| all.get(name).and_then(Value::as_str);
            let found = validate_pod_subnets(word(case, "pod_subnet"), |family| {
                node_mask(argument, family)
            });
            ok(found.is_ok())
        }
        "cluster_node_mask" => {
            let all = arguments(case, "args");
            let family = if case["ipv6"] == json!(true) { IpFamily::V6 } else { IpFamily::V4 };
            node_mask(|name| all.get(name).and_then(Value::as_str), family)
                .map_or_else(|_| json!({ "error": true }), |mask| json!({ "mask": mask }))
        }
        _ => return None,
    })
}

fn of_certificates(suite: &str, case: &Value, fixtures: &Value) -> Option<Value> {
    let address = || word(case, "advertise_address").parse::<IpAddr>().ok();
    let extra = words(&case["extra_sans"]);
    Some(match suite {
        "apiserver_cert_sans" => {
            let endpoint = parse_host_port(word(case, "control_plane_endpoint")).ok()?;
            let server = ApiServerCertificateSpec {
                node_name: word(case, "node_name"),
                advertise_address: address()?,
                endpoint: Some(&endpoint),
                services: first_subnet(word(case, "service_subnet"))?,
                dns_domain: word(case, "dns_domain"),
                extra: &extra,
            };
            held(&server.alt_names(), &case["expect"])
        }
        "etcd_cert_sans" => {
            let found = etcd_alt_names(word(case, "node_name"), address()?, &extra);
            held(&found, &case["expect"])
        }
        "san_filter" => {
            let mut names = AltNames::default();
            names.append(&words(&case["sans"]));
            json!(names.names.len())
        }
        "lowercase_sans" => json!(lower_case(&words(&case["input"]))),
        "validate_cert_sans" => ok(words(&case["input"]).iter().all(|name| is_alt_name(name))),
        "public_key_pin" => pins(case, fixtures),
        _ => return None,
    })
}

/// The expected result, if all of it was found and none of it was dropped.
fn held(found: &AltNames, expect: &Value) -> Value {
    let addresses: Vec<_> = found.addresses.iter().map(ToString::to_string).collect();
    let is_in = |all: &[String], name: &str| words(&expect[name]).iter().all(|it| all.contains(it));
    let is_held = is_in(&found.names, "dns")
        && is_in(&addresses, "ips")
        && words(&expect["dropped"]) == found.dropped;
    if is_held { expect.clone() } else { json!(format!("{found:?}")) }
}

fn certificate(case: &Value, fixtures: &Value) -> Option<Vec<u8>> {
    let pem = word(&fixtures["certificates_pem"], case["certificate"].as_str()?);
    Some(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate").to_vec())
}

fn pins(case: &Value, fixtures: &Value) -> Value {
    let der = certificate(case, fixtures);
    let own = der.as_deref().and_then(public_key_info).map(PublicKeyPin::of);
    if case.get("pins").is_none() {
        return json!({ "hash": own.map(|pin| pin.to_string()) });
    }
    let parsed: Result<Vec<PublicKeyPin>, _> =
        words(&case["pins"]).iter().map(|text| text.parse()).collect();
    match (parsed, own) {
        (Err(_), _) => json!({ "pin_error": true }),
        (Ok(pins), Some(own)) => json!({ "match": pins.contains(&own) }),
        (Ok(pins), None) => json!({ "pin_count": pins.len() }),
    }
}

fn of_preflight(suite: &str, case: &Value) -> Option<Value> {
    // The environment of the upstream tests.
    let proxies = ProxyEnvironment::new(
        "https://proxy.example.com:3128",
        "example.com,10.0.0.0/8,2001:db8::/48",
    );
    Some(match suite {
        "preflight_http_proxy" => {
            json!({ "warning": proxy_of_host(&proxies, word(case, "host")).is_some() })
        }
        "preflight_http_proxy_cidr" => {
            let network = word(case, "cidr").parse().ok()?;
            json!({ "warning": proxy_of_network(&proxies, network).is_some() })
        }
        "preflight_join_forwarding" => {
            let endpoint = parse_join_endpoint(word(case, "endpoint")).ok()?;
            json!(join_forwarding(&endpoint).map(forwarding_check).into_iter().collect::<Vec<_>>())
        }
        "preflight_init_forwarding" => {
            let mut networks = parse_subnets(word(case, "pod_subnet")).ok()?;
            networks.extend(parse_subnets(word(case, "service_subnet")).ok()?);
            let families = init_forwarding(&networks, None);
            json!(families.into_iter().map(forwarding_check).collect::<Vec<_>>())
        }
        "preflight_ignore" => json!(is_ignored(&words(&case["ignore"]), word(case, "check"))),
        _ => return None,
    })
}

fn of_tokens(suite: &str, case: &Value, fixtures: &Value) -> Option<Value> {
    let input = word(case, "input");
    Some(match suite {
        "bootstrap_token" | "kubeadm_token_validation" => ok(BootstrapToken::parse(input).is_ok()),
        "bootstrap_token_id" => ok(token::is_id(input)),
        "validate_certificate_key" => {
            let words = ["--certificate-key".to_owned(), input.to_owned()];
            ok(join_line::arguments(&words).is_ok())
        }
        "validate_discovery_token" => {
            let mut arguments = vec![format!("--token={}", word(case, "token"))];
            let endpoint = word(case, "endpoint");
            arguments.extend((!endpoint.is_empty()).then(|| endpoint.to_owned()));
            for pin in words(&case["ca_cert_hashes"]) {
                arguments.push(format!("--discovery-token-ca-cert-hash={pin}"));
            }
            if case["unsafe_skip"] == json!(true) {
                arguments.push("--discovery-token-unsafe-skip-ca-verification".to_owned());
            }
            let told = join_line::arguments(&arguments);
            ok(told.is_ok_and(|told| told.complete(None).is_ok()))
        }
        "jws_detached" => {
            let own = sign(
                word(case, "content"),
                word(case, "token_id"),
                word(case, "token_secret").as_bytes(),
            );
            match case["jws"].as_str() {
                Some(given) => json!({ "valid": given == own }),
                None => json!({ "jws": own }),
            }
        }
        "discovery_token" => discovered(case, fixtures),
        _ => return None,
    })
}

/// The cluster-info of the case, and whether it is trusted.
fn discovered(case: &Value, fixtures: &Value) -> Value {
    let error = |words: String| json!({ "error": words });
    if case.get("configmap_name").is_some() {
        return error("not found".to_owned());
    }
    let Ok(token) = BootstrapToken::parse(word(case, "token")) else {
        return error("the token is invalid".to_owned());
    };
    let model = &fixtures["cluster_info_kubeconfig"];
    let pem = word(&fixtures["certificates_pem"], "ecdsa-p256");
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    let own_pin = PublicKeyPin::of(public_key_info(&der).expect("a key"));
    let mut pins = Vec::new();
    for text in words(&case["pins"]) {
        // The case has `(pin of the CA)` in its place.
        let pin = if text.starts_with('(') { Ok(own_pin) } else { text.parse() };
        match pin {
            Ok(pin) => pins.push(pin),
            Err(no) => return error(no.to_string()),
        }
    }
    let cluster = word(model, "cluster");
    let in_context = case["context_cluster"].as_str().unwrap_or(cluster);
    let kubeconfig = case["kubeconfig"].as_str().map_or_else(
        || {
            format!(
                "apiVersion: v1\nkind: Config\nclusters:\n- name: {cluster}\n  cluster:\n    \
                 server: {}\n    certificate-authority-data: {}\ncontexts:\n- name: {context}\n  \
                 context: {{cluster: {in_context}, user: {}}}\ncurrent-context: {context}\n",
                word(model, "server"),
                data_encoding::BASE64.encode(pem.as_bytes()),
                word(model, "user_in_context"),
                context = word(model, "context"),
            )
        },
        str::to_owned,
    );
    let mut data = json!({ "kubeconfig": kubeconfig });
    if !case["signature"].is_null() {
        let (id, secret) = token::split(word(case, "token")).expect("it was one before");
        data[format!("jws-kubeconfig-{id}")] = json!(sign(&kubeconfig, id, secret.as_bytes()));
    }
    let body = json!({ "kind": "ConfigMap", "data": data }).to_string();
    let info = ClusterInfo::parse(body.as_bytes()).expect("a ConfigMap");
    match info.trusted(&token, &pins) {
        Ok(_) => ok(true),
        Err(distrust) => error(distrust.to_string()),
    }
}

/// Each suite of kubeadm has a counterpart here, so that none is skipped by mistake.
#[test]
fn no_suite_of_kubeadm_falls_through() {
    let all = crate::files::functions();
    let known = |id: &str| list(&all, "suites").iter().any(|suite| word(suite, "id") == id);
    for id in ["jws_detached", "discovery_token", "control_plane_endpoint", "validate_subnets"] {
        assert!(known(id) || std::env::var_os("PONTOON_CASES").is_some(), "{id} is gone");
    }
}
