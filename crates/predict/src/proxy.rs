//! The proxy that a Go program uses for a URL, by its environment.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::go_net::parse_ip;

/// Source of the rule.
pub const SOURCE: &str = "golang.org/x/net, http/httpproxy/proxy.go";

/// The proxy variables of an environment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProxyEnvironment {
    https: String,
    none: String,
}

impl ProxyEnvironment {
    /// From the values of `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case.
    #[must_use]
    pub fn new(https: &str, none: &str) -> Self {
        Self { https: https.to_owned(), none: none.to_owned() }
    }

    /// From the environment of a host, names in lower case.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, Untrusted>) -> Self {
        let value = |name: &str| environment.get(name).map(Untrusted::raw).unwrap_or_default();
        Self::new(value("https_proxy"), value("no_proxy"))
    }

    /// The proxy for `https://HOST`; `None` if the connection is direct.
    #[must_use]
    pub fn of_https(&self, host: &str) -> Option<&str> {
        let is_used = !self.https.is_empty() && self.is_used_for(host);
        is_used.then_some(self.https.as_str())
    }

    fn is_used_for(&self, host: &str) -> bool {
        let host = host.trim().to_lowercase();
        let address = parse_ip(&host);
        // Go never uses a proxy for the own host.
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return false;
        }
        let mut exceptions = self.none.split(',').map(|text| text.trim().to_lowercase());
        !exceptions.any(|text| is_exception(&text, &host, address))
    }
}

/// Whether an entry of `NO_PROXY` matches a host, by address, network or domain. The port of an
/// entry is assumed to match.
fn is_exception(text: &str, host: &str, address: Option<IpAddr>) -> bool {
    if text == "*" {
        return true;
    }
    // Networks match addresses only, never names that resolve to one.
    if let Ok(network) = text.parse::<Prefix>() {
        return address.is_some_and(|address| network.contains(address));
    }
    let name = match text.rsplit_once(':') {
        Some((name, _)) if !name.contains(':') || name.ends_with(']') => name,
        _ => text,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Some(excepted) = parse_ip(name) {
        return address == Some(excepted);
    }
    if name.is_empty() {
        return false;
    }
    // `.example.org` and `*.example.org` match subdomains only, `example.org` matches itself, too.
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_by_name_address_and_network() {
        let table = [
            ("", "10.0.0.1", true),
            ("*", "10.0.0.1", false),
            ("10.0.0.0/24", "10.0.0.1", false),
            ("10.0.0.0/24", "10.0.1.1", true),
            ("10.0.0.1:6443", "10.0.0.1", false),
            ("example.org", "api.example.org", false),
            ("example.org", "badexample.org", true),
            (".example.org", "example.org", true),
            (" *.Example.org , x", "api.example.org", false),
            ("", "localhost", false),
            ("", "127.0.0.1", false),
            ("", "::1", false),
        ];
        for (none, host, is_used) in table {
            let proxies = ProxyEnvironment::new("http://proxy.example.org:3128", none);
            assert_eq!(proxies.of_https(host).is_some(), is_used, "{none} {host}");
        }
        assert_eq!(ProxyEnvironment::default().of_https("10.0.0.1"), None);
    }
}
