//! What this process may do, and its environment: capabilities(7), proxy variables.

use std::collections::BTreeMap;
use std::path::Path;

use pontoon_model::snapshot::{CollectionGap, NetCapabilities};
use pontoon_model::untrusted::Untrusted;

use super::files;

/// `/proc/PID/status` has some sixty lines.
const STATUS_BYTES: u64 = 64 * 1024;
/// The bit of `CAP_NET_ADMIN` (linux/capability.h).
const NET_ADMIN: u32 = 12;
/// The bit of `CAP_NET_RAW` (linux/capability.h).
const NET_RAW: u32 = 13;
/// The variables that curl, Go and Python read, in upper or lower case.
const PROXY_VARIABLES: [&str; 5] =
    ["all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy"];

/// Reads the effective capabilities.
pub(super) fn read_privileges(root: &Path, unread: &mut Vec<CollectionGap>) -> NetCapabilities {
    match files::read(root, "proc/self/status", STATUS_BYTES) {
        Ok(status) => parse_privileges(&status.text),
        Err(error) => {
            unread.push(super::unread("privileges", &error));
            NetCapabilities::default()
        }
    }
}

/// Whether a packet socket can be opened. Without a protocol it receives nothing (packet(7)).
pub(super) fn may_open_packet_socket() -> bool {
    socket2::Socket::new(socket2::Domain::PACKET, socket2::Type::DGRAM, None).is_ok()
}

fn parse_privileges(status: &str) -> NetCapabilities {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0);
    let has = |number: u32| set >> number & 1 == 1;
    NetCapabilities { net_raw: has(NET_RAW), net_admin: has(NET_ADMIN) }
}

/// Picks the proxy variables. Where both spellings are set Go takes the capitals
/// (golang.org/x/net, http/httpproxy/proxy.go), as all components of Kubernetes do.
pub(super) fn proxies(environment: &BTreeMap<String, String>) -> BTreeMap<String, Untrusted> {
    let mut found = BTreeMap::new();
    for name in PROXY_VARIABLES {
        let upper = name.to_ascii_uppercase();
        let value = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        if let Some(value) = value(&upper).or_else(|| value(name)) {
            found.insert(name.to_owned(), Untrusted::new(&without_secret(value)));
        }
    }
    found
}

/// Removes what stands before the last `@`: by RFC 3986 user and password end at the first `/`,
/// but people write passwords with a `/` in them, and those must not leak either.
fn without_secret(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or((None, url), |(s, rest)| (Some(s), rest));
    let place = rest.rsplit('@').next().unwrap_or_default();
    // A scheme that holds an `@` is none.
    match scheme.filter(|scheme| !scheme.contains('@')) {
        Some(scheme) => format!("{scheme}://{place}"),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn capabilities_are_bits_of_the_effective_set() {
        for (set, net_raw, net_admin) in [
            ("0000000000002000", true, false),
            ("0000000000001000", false, true),
            ("000001ffffffffff", true, true),
            ("0000000000000000", false, false),
            ("garbage", false, false),
        ] {
            let status =
                format!("Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t{set}\nCapBnd:\t0\n");
            let expected = NetCapabilities { net_raw, net_admin };
            assert_eq!(parse_privileges(&status), expected, "{set}");
        }
    }

    #[test]
    fn proxies_are_told_without_their_passwords() {
        for (url, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://user:secret@proxy.example:3128/", "http://proxy.example:3128/"),
            ("user:secret@proxy.example", "proxy.example"),
            ("http://user:se/cr@et@proxy.example", "http://proxy.example"),
            ("http://user:secret://x@proxy.example", "http://proxy.example"),
            ("u:secret@a://b", "b"),
            ("http://user:secret@", "http://"),
        ] {
            assert_eq!(without_secret(url), shown, "{url}");
        }
    }

    #[test]
    fn capitals_win_and_other_variables_stay_out() {
        let environment = [
            ("HTTP_PROXY", "http://upper"),
            ("http_proxy", "http://lower"),
            ("HTTPS_PROXY", ""),
            ("https_proxy", "http://tls"),
            ("no_proxy", ""),
            ("AWS_SECRET", "x"),
        ];
        let environment =
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let found = proxies(&environment);
        let shown: Vec<_> = found.iter().map(|(n, v)| (n.as_str(), v.raw())).collect();
        assert_eq!(shown, [("http_proxy", "http://upper"), ("https_proxy", "http://tls")]);
    }

    proptest! {
        #[test]
        fn no_password_survives(user in "[a-z]{1,5}", password in "[A-Z/:?#@]{3,12}") {
            let shown = without_secret(&format!("http://{user}:{password}@h"));
            prop_assert_eq!(shown, "http://h");
        }
    }
}
