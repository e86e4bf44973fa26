//! A web server that has the usual connectivity-check pages, or is a captive portal.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use time::OffsetDateTime;

use crate::scenario::HttpManner;

/// The longest request that is read.
const MAX_HEAD: usize = 8 * 1024;
/// Between two pieces of an endless body: slow enough to cost nothing, fast enough to annoy.
pub(super) const PAUSE: Duration = Duration::from_millis(20);
/// Pieces of an endless body until even this server gives up: one minute's worth.
const MAX_PIECES: u32 = 3000;
/// The longest challenge that is echoed.
const MAX_CHALLENGE: usize = 128;

/// A site and its manners.
pub(super) struct HttpSite {
    pub(super) manner: HttpManner,
    /// Where the portal's login page is.
    pub(super) location: String,
}

/// An answer without its `Date`.
#[derive(Debug, PartialEq)]
struct HttpPage {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
}

impl HttpSite {
    /// Answers one request and closes.
    pub(super) fn converse(
        &self,
        stream: &mut TcpStream,
        unix_s: i64,
        pause: impl Fn(),
    ) -> io::Result<()> {
        let head = read_head(stream)?;
        match self.manner {
            HttpManner::Silent => {
                // Waits for the peer to give up, or for the read timeout.
                stream.read(&mut [0; 1]).map(drop)
            }
            HttpManner::Garbage => stream.write_all(b"\x00\xffNOPE/9.9 \x1b[2J maybe\r\n\xfe\r\n"),
            HttpManner::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")?;
                for _ in 0..MAX_PIECES {
                    stream.write_all(&[b'x'; 1024])?;
                    pause();
                }
                Ok(())
            }
            HttpManner::Portal | HttpManner::NetworkAuthentication | HttpManner::Honest => {
                let page = self.page(&head);
                stream.write_all(&page.render(unix_s))?;
                stream.shutdown(std::net::Shutdown::Write)
            }
        }
    }

    fn page(&self, head: &[u8]) -> HttpPage {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(head);
        let path = request.path.filter(|_| parsed.is_ok()).unwrap_or_default();
        match self.manner {
            HttpManner::Portal => HttpPage {
                status: "302 Found",
                headers: vec![("Location", self.location.clone())],
                body: "<a href=\"login\">Log in to use this network</a>\n",
            },
            HttpManner::NetworkAuthentication => HttpPage {
                status: "511 Network Authentication Required",
                headers: vec![("Link", format!("<{}>; rel=\"next\"", self.location))],
                body: "You need to authenticate with the local network.\n",
            },
            _ => honest(path, challenge(request.headers)),
        }
    }
}

/// The pages as their providers serve them, whatever the host.
fn honest(path: &str, challenge: Option<String>) -> HttpPage {
    let (status, body) = match path.split('?').next().unwrap_or_default() {
        "/generate_204" | "/gen_204" => ("204 No Content", ""),
        "/success.txt" => ("200 OK", "success\n"),
        "/hotspot-detect.html" => {
            ("200 OK", "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n")
        }
        "/connecttest.txt" => ("200 OK", "Microsoft Connect Test"),
        "/ncsi.txt" => ("200 OK", "Microsoft NCSI"),
        "/nm" | "/check_network_status.txt" => ("200 OK", "NetworkManager is online\n"),
        "/" => ("200 OK", "A server of the lab.\n"),
        _ => ("404 Not Found", "There is no such page.\n"),
    };
    let mut headers = vec![("X-NetworkManager-Status", "online".to_owned())];
    headers.extend(challenge.map(|challenge| ("X-Pontoon-Response", challenge)));
    HttpPage { status, headers, body }
}

fn challenge(headers: &[httparse::Header<'_>]) -> Option<String> {
    let header = headers.iter().find(|h| h.name.eq_ignore_ascii_case("X-Pontoon-Challenge"))?;
    let text = std::str::from_utf8(header.value).ok()?.trim();
    let is_plain = text.len() <= MAX_CHALLENGE && text.bytes().all(|b| b.is_ascii_graphic());
    (is_plain && !text.is_empty()).then(|| text.to_owned())
}

impl HttpPage {
    fn render(&self, unix_s: i64) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {}\r\nDate: {}\r\n", self.status, date(unix_s));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.status.starts_with("204") {
            text.push_str("Content-Type: text/plain\r\n");
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("Connection: close\r\n\r\n");
        text.push_str(self.body);
        text.into_bytes()
    }
}

/// Reads to the empty line, or as much as is allowed.
fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while head.len() < MAX_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => break,
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(head)
}

/// `IMF-fixdate` of RFC 9110, section 5.6.7.
fn date(unix_s: i64) -> String {
    // Years 0 to 9999, for which the format has room.
    let unix_s = unix_s.clamp(-62_167_219_200, 253_402_300_799);
    let at = OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = at.time().as_hms();
    format!(
        "{:.3}, {:02} {:.3} {:04} {hour:02}:{minute:02}:{second:02} GMT",
        at.weekday(),
        at.day(),
        at.month(),
        at.year(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(manner: HttpManner) -> HttpSite {
        HttpSite { manner, location: "http://portal.test/login".to_owned() }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix_s, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (i64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(date(unix_s), text);
        }
    }

    #[test]
    fn pages_are_what_their_providers_serve() {
        let table = [
            (HttpManner::Honest, "/generate_204?x=1", "204 No Content", ""),
            (HttpManner::Honest, "/success.txt", "200 OK", "success\n"),
            (HttpManner::Honest, "/nowhere", "404 Not Found", "There is no such page.\n"),
        ];
        for (manner, path, status, body) in table {
            let head = format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
            let page = site(manner).page(head.as_bytes());
            assert_eq!((page.status, page.body), (status, body), "{path}");
        }
        let portal = site(HttpManner::Portal).page(b"GET /generate_204 HTTP/1.1\r\n\r\n");
        let rendered = String::from_utf8(portal.render(0)).unwrap();
        assert!(rendered.starts_with("HTTP/1.1 302 Found\r\nDate: Thu, 01 Jan 1970"));
        assert!(rendered.contains("\r\nLocation: http://portal.test/login\r\n"));
    }

    #[test]
    fn a_challenge_is_echoed_only_if_it_is_plain() {
        for (value, echoed) in [("abc123", true), ("a\tb", false), ("", false)] {
            let head =
                format!("GET /generate_204 HTTP/1.1\r\nx-pontoon-challenge: {value}\r\n\r\n");
            let page = site(HttpManner::Honest).page(head.as_bytes());
            let is_echoed =
                page.headers.iter().any(|(name, is)| *name == "X-Pontoon-Response" && is == value);
            assert_eq!(is_echoed, echoed, "{value:?}");
        }
    }

    #[test]
    fn a_request_without_end_is_cut() {
        let head = read_head(&mut io::repeat(b'x')).unwrap();
        assert!(head.len() < MAX_HEAD + 1024);
    }
}
