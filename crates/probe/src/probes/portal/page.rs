//! Connectivity-check pages, and exactly what each answers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A connectivity-check page. Written and read as its URL.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum PortalPage {
    /// `http://detectportal.firefox.com/success.txt`: the default. Its body is fixed, so that a
    /// portal cannot hit it by accident as it can an empty page; it is served over plain HTTP on
    /// purpose and worldwide; every Firefox asks for it, so that asking gives nothing away.
    #[default]
    Firefox,
    /// `http://connectivitycheck.gstatic.com/generate_204`: that of Android.
    Gstatic,
    /// `http://clients3.google.com/generate_204`: older Androids' and Chrome's.
    Google,
    /// `http://cp.cloudflare.com/generate_204`: that of Cloudflare.
    Cloudflare,
    /// `http://captive.apple.com/hotspot-detect.html`: that of macOS and iOS.
    Apple,
    /// `http://www.msftconnecttest.com/connecttest.txt`: Windows 10 and later.
    Microsoft,
    /// `http://www.msftncsi.com/ncsi.txt`: earlier Windows.
    MicrosoftNcsi,
    /// `http://network-test.debian.org/nm`: NetworkManager on Debian.
    Debian,
    /// `http://connectivity-check.ubuntu.com/`: NetworkManager on Ubuntu.
    Ubuntu,
    /// A page of the user's own: 204 without a body, and the challenge of the request's
    /// `X-Pontoon-Challenge` sent back as `X-Pontoon-Response`.
    Own(OwnPage),
}

/// A page of the user's own, such as `http://srv:8080/generate_204`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnPage {
    /// A host name, an IPv4 address, or an IPv6 address in brackets.
    host: String,
    port: u16,
    path: String,
}

/// A text is not the URL of a check page.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a page such as http://srv/generate_204: plain http only, a host, a path")]
pub struct NotAPage(Untrusted);

/// What a page must answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ExpectedPage {
    /// 204 without a body.
    Nothing,
    /// 204 without a body, and the challenge echoed.
    Echo,
    /// 200 and this body.
    Body(&'static str),
    /// 200 and a body with this in it.
    Within(&'static str),
    /// A header of this name with this value.
    Header(&'static str, &'static str),
}

/// The pages of others: URL host, path, answer.
const KNOWN: [(PortalPage, &str, &str, ExpectedPage); 9] = [
    (
        PortalPage::Firefox,
        "detectportal.firefox.com",
        "/success.txt",
        ExpectedPage::Body("success\n"),
    ),
    (PortalPage::Gstatic, "connectivitycheck.gstatic.com", "/generate_204", ExpectedPage::Nothing),
    (PortalPage::Google, "clients3.google.com", "/generate_204", ExpectedPage::Nothing),
    (PortalPage::Cloudflare, "cp.cloudflare.com", "/generate_204", ExpectedPage::Nothing),
    (
        PortalPage::Apple,
        "captive.apple.com",
        "/hotspot-detect.html",
        ExpectedPage::Within("Success"),
    ),
    (
        PortalPage::Microsoft,
        "www.msftconnecttest.com",
        "/connecttest.txt",
        ExpectedPage::Body("Microsoft Connect Test"),
    ),
    (
        PortalPage::MicrosoftNcsi,
        "www.msftncsi.com",
        "/ncsi.txt",
        ExpectedPage::Body("Microsoft NCSI"),
    ),
    (
        PortalPage::Debian,
        "network-test.debian.org",
        "/nm",
        ExpectedPage::Within("NetworkManager is online"),
    ),
    (
        PortalPage::Ubuntu,
        "connectivity-check.ubuntu.com",
        "/",
        ExpectedPage::Header("X-NetworkManager-Status", "online"),
    ),
];

/// The port of plain HTTP, which a URL need not name.
const HTTP_PORT: u16 = 80;

/// A URL is typed by a person; a longer one is a mistake.
const MAX_URL: usize = 512;

impl PortalPage {
    /// Every page of others that is known, for `--help`.
    pub fn known() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(page, ..)| page.clone())
    }

    /// The host to look up, or its address (IPv6 without brackets).
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Own(own) => own.host.trim_matches(['[', ']']),
            known => known.row().0,
        }
    }

    /// The port of the web server.
    #[must_use]
    pub fn port(&self) -> u16 {
        if let Self::Own(own) = self { own.port } else { HTTP_PORT }
    }

    pub(super) fn expected(&self) -> ExpectedPage {
        if let Self::Own(_) = self { ExpectedPage::Echo } else { self.row().2 }
    }

    /// The request. Nothing in it can break a line: the URL was checked when it was read.
    pub(super) fn request(&self, challenge: &str) -> String {
        let (host, path) = self.authority();
        let challenge = match self.expected() {
            ExpectedPage::Echo => format!("X-Pontoon-Challenge: {challenge}\r\n"),
            _ => String::new(),
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: pontoon\r\nAccept: */*\r\n\
             Cache-Control: no-cache\r\nConnection: close\r\n{challenge}\r\n"
        )
    }

    /// Host with port unless it is 80, and path.
    fn authority(&self) -> (Cow<'_, str>, &str) {
        match self {
            Self::Own(OwnPage { host, port: HTTP_PORT, path }) => (Cow::from(host), path),
            Self::Own(OwnPage { host, port, path }) => (format!("{host}:{port}").into(), path),
            known => (Cow::from(known.row().0), known.row().1),
        }
    }

    fn row(&self) -> (&'static str, &'static str, ExpectedPage) {
        KNOWN.iter().find(|(page, ..)| page == self).map_or(
            // Every caller handles own pages before.
            ("", "/", ExpectedPage::Echo),
            |(_, host, path, expected)| (host, path, *expected),
        )
    }
}

impl FromStr for PortalPage {
    type Err = NotAPage;

    fn from_str(text: &str) -> Result<Self, NotAPage> {
        let own =
            OwnPage::read(text).map(Self::Own).ok_or_else(|| NotAPage(Untrusted::new(text)))?;
        // A known page is recognised however its URL was typed: its server echoes no challenge.
        let url = own.to_string();
        Ok(Self::known().find(|page| page.to_string() == url).unwrap_or(own))
    }
}

impl OwnPage {
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://").filter(|_| text.len() <= MAX_URL)?;
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let path = if path.is_empty() { "/" } else { path };
        let end = authority.find(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match authority[end..].find(':') {
            Some(colon) => {
                let (host, port) = authority.split_at(end + colon);
                let digits = &port[1..];
                let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
                (host, digits.parse().ok().filter(|port| is_number && *port != 0)?)
            }
            None => (authority, HTTP_PORT),
        };
        let is_address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
        let is_host = is_address || host.parse::<crate::probes::DnsName>().is_ok();
        let is_path = path.bytes().all(|byte| byte.is_ascii_graphic());
        // RFC 3986, section 6.2.2.1: a host has no case.
        let host = host.to_ascii_lowercase();
        (is_host && is_path).then(|| Self { host, port, path: path.to_owned() })
    }
}

impl fmt::Display for PortalPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, path) = self.authority();
        write!(f, "http://{host}{path}")
    }
}

impl Serialize for PortalPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortalPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
