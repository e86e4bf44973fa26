//! A proxy that is asked for a way to a server, as Go's HTTP client does it (net/http
//! transport.go; CONNECT is RFC 9110, section 9.3.6).

use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::{HostPort, parse_host_port};
use pontoon_wire::http::{HttpError, ResponseHead};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A proxy, and what it made of the question.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProxyContact {
    /// Its URL as it stands in `HTTPS_PROXY`, without a password.
    pub url: Untrusted,
    /// Where it is; none: it speaks TLS or SOCKS, which is not spoken here, or has a name that
    /// nobody resolves, and the server was asked directly.
    pub at: Option<HostPort>,
    /// What it answered, if there was somebody to ask.
    pub tunnel: Option<ConnectReply>,
}

/// What a proxy answers to CONNECT.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ConnectReply {
    /// What follows goes to the server and back.
    Open,
    /// It does not lead there.
    Refused {
        /// The status.
        status: u16,
        /// The words after it.
        reason: Untrusted,
    },
    /// No response within so many milliseconds.
    Silent {
        /// How long.
        ms: u64,
    },
    /// No HTTP.
    Bad(Untrusted),
}

/// The port of `http`.
const HTTP_PORT: u16 = 80;
/// The head of an answer.
const HEAD_BYTES_MAX: usize = 16 * 1024;

impl ProxyContact {
    /// By what stands in `HTTPS_PROXY`.
    #[must_use]
    pub fn by(url: &str) -> Self {
        Self { url: Untrusted::new(url), at: place(url), tunnel: None }
    }
}

/// Where a proxy is that speaks HTTP; without a scheme it does.
fn place(url: &str) -> Option<HostPort> {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => url,
    };
    let authority = rest.split(['/', '?', '#']).next()?.to_lowercase();
    let at = parse_host_port(&authority).ok()?;
    Some(HostPort { port: at.port.or(Some(HTTP_PORT)), ..at })
}

/// User and password of a URL for the proxy that is asked, as `Proxy-Authorization` has them; none
/// where the URL is of another one.
#[must_use]
pub fn credentials(url: &str, at: &HostPort) -> Option<Zeroizing<String>> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (said, own) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    if place(own).as_ref() != Some(at) {
        return None;
    }
    let (user, password) = said.split_once(':').unwrap_or((said, ""));
    let decoded = |text| Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
    let both = Zeroizing::new([&decoded(user)[..], b":", &decoded(password)].concat());
    Some(Zeroizing::new(format!("Basic {}", BASE64.encode(&both))))
}

/// The question.
#[must_use]
pub fn connect(server: &HostPort, credentials: Option<&str>) -> Zeroizing<String> {
    let authority = server.authority();
    let credentials =
        credentials.map(|text| Zeroizing::new(format!("Proxy-Authorization: {text}\r\n")));
    Zeroizing::new(format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: pontoon\r\n{}\r\n",
        credentials.as_ref().map_or("", |text| text)
    ))
}

/// What is meant by all bytes that came; none: more must come.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<ConnectReply> {
    let bad = |why: &str| Some(ConnectReply::Bad(Untrusted::new(why)));
    match ResponseHead::parse(bytes, HEAD_BYTES_MAX) {
        Ok(None) => None,
        Err(HttpError::EndlessHead) => bad("the head of the answer does not end"),
        Err(_) => bad("the answer is no HTTP"),
        // A TLS server waits for the client's first word.
        Ok(Some(head)) if head.status == 200 && bytes.len() > head.length => {
            bad("it says more than it was asked")
        }
        Ok(Some(head)) if head.status == 200 => Some(ConnectReply::Open),
        Ok(Some(head)) => Some(ConnectReply::Refused {
            status: head.status,
            reason: Untrusted::new(&head.reason),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn where_a_proxy_is() {
        let table = [
            ("http://proxy.example.org:3128", Some("proxy.example.org:3128")),
            ("HTTP://10.0.0.9/", Some("10.0.0.9:80")),
            ("10.0.0.9:3128", Some("10.0.0.9:3128")),
            ("http://[2001:db8::9]:3128", Some("[2001:db8::9]:3128")),
            ("https://proxy.example.org", None),
            ("socks5://10.0.0.9:1080", None),
            ("http://", None),
            ("http://a:b:c", None),
            ("http://PROXY.example.org:3128", Some("proxy.example.org:3128")),
        ];
        for (url, at) in table {
            let found = ProxyContact::by(url).at.map(|at| at.authority());
            assert_eq!(found.as_deref(), at, "{url}");
        }
    }

    #[test]
    fn a_password_goes_to_its_own_proxy_only() {
        let table = [
            ("http://u:p@10.0.0.9:3128", Some("Basic dTpw")),
            ("http://u:p%40ss@10.0.0.9:3128/", Some("Basic dTpwQHNz")),
            ("u@10.0.0.9:3128", Some("Basic dTo=")),
            ("http://10.0.0.9:3128", None),
            ("http://u:p@10.0.0.8:3128/?x=@10.0.0.9:3128", None),
            ("http://u:p@10.0.0.9", None),
        ];
        let at = parse_host_port("10.0.0.9:3128").unwrap();
        for (url, said) in table {
            assert_eq!(credentials(url, &at).as_ref().map(|text| text.as_str()), said, "{url}");
        }
    }

    #[test]
    fn the_question_is_that_of_a_client_and_names_no_password_without_need() {
        let server = parse_host_port("10.0.0.1:6443").unwrap();
        let plain = "CONNECT 10.0.0.1:6443 HTTP/1.1\r\nHost: 10.0.0.1:6443\r\n\
                     User-Agent: pontoon\r\n\r\n";
        assert_eq!(*connect(&server, None), plain);
        let with = plain.replace("pontoon\r\n", "pontoon\r\nProxy-Authorization: Basic dTpw\r\n");
        assert_eq!(*connect(&server, Some("Basic dTpw")), with);
    }

    #[test]
    fn what_it_answers() {
        let refused =
            |status, reason| Some(ConnectReply::Refused { status, reason: Untrusted::new(reason) });
        let bad = |why| Some(ConnectReply::Bad(Untrusted::new(why)));
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_BYTES_MAX));
        let table = [
            ("", None),
            ("HTTP/1.1 200 Conn", None),
            ("HTTP/1.0 200 Connection established\r\n\r\n", Some(ConnectReply::Open)),
            ("HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n<html>", refused(403, "Forbidden")),
            ("HTTP/1.1 407\r\n\r\n", refused(407, "")),
            ("HTTP/1.1 200 OK\r\n\r\nhello", bad("it says more than it was asked")),
            ("SSH-2.0-OpenSSH_9.2p1\r\n", bad("the answer is no HTTP")),
            (&endless, bad("the head of the answer does not end")),
        ];
        for (text, expected) in table {
            assert_eq!(answer(text.as_bytes()), expected, "{text:.40}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne_and_only_200_opens(status in 100u16..600, rest: Vec<u8>, url: String) {
            let bytes = [format!("HTTP/1.1 {status} OK\r\n").as_bytes(), &rest].concat();
            prop_assert!(answer(&bytes) != Some(ConnectReply::Open) || status == 200);
            let has_port = |at: HostPort| at.port.is_some();
            prop_assert!(ProxyContact::by(&url).at.is_none_or(has_port));
        }
    }
}
