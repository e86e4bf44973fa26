//! Reading an HTTP answer of bounded size (RFC 9112).

use pontoon_model::untrusted::Untrusted;
use pontoon_wire::http_date;

use super::page::{ExpectedPage, PortalPage};

/// An answer as far as it was read.
#[derive(Debug, Default)]
pub(super) struct PageReader {
    bytes: Vec<u8>,
    head: Option<PageHead>,
}

/// What a page turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum PageOutcome {
    Http { status: u16, location: Option<Untrusted>, is_expected: bool },
    Garbage(&'static str),
}

#[derive(Clone, Debug)]
struct PageHead {
    /// Where the body begins.
    length: usize,
    status: u16,
    location: Option<Untrusted>,
    date: Option<i64>,
    response: Option<String>,
    manager: Option<String>,
    framing: BodyFraming,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BodyFraming {
    Length(usize),
    Chunked,
    ToTheEnd,
}

/// No check page has a longer head; a portal that sends one is judged without it.
const MAX_HEAD: usize = 8 * 1024;
/// No check page has a longer body.
const MAX_BODY: usize = 4 * 1024;
/// Most header lines of an answer; one with more is no HTTP.
const MAX_HEADERS: usize = 64;

impl PageReader {
    /// Takes more bytes; a verdict as soon as they suffice.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        page: &PortalPage,
        challenge: &str,
    ) -> Option<PageOutcome> {
        let room = (MAX_HEAD + MAX_BODY + 1).saturating_sub(self.bytes.len());
        self.bytes.extend(&bytes[..bytes.len().min(room)]);
        if self.head.is_none() {
            match read_head(&self.bytes) {
                Ok(Some(head)) => self.head = Some(head),
                Ok(None) if self.bytes.len() <= MAX_HEAD => return None,
                Ok(None) => return Some(PageOutcome::Garbage("an HTTP head without end")),
                Err(what) => return Some(PageOutcome::Garbage(what)),
            }
        }
        self.judge(page, challenge, false)
    }

    /// The verdict when the server has closed the connection.
    pub(super) fn end(&self, page: &PortalPage, challenge: &str) -> PageOutcome {
        self.judge(page, challenge, true).unwrap_or(PageOutcome::Garbage("half an HTTP answer"))
    }

    /// The verdict when time is up: a page that does not end is not the expected one. `None`:
    /// nothing came at all.
    pub(super) fn cut_short(&self) -> Option<PageOutcome> {
        let half = PageOutcome::Garbage("half an HTTP answer");
        let verdict = self.head.as_ref().map_or(half, |head| head.verdict(false));
        (!self.bytes.is_empty()).then_some(verdict)
    }

    /// The time in the head.
    pub(super) fn date(&self) -> Option<i64> {
        self.head.as_ref()?.date
    }

    fn judge(&self, page: &PortalPage, challenge: &str, is_end: bool) -> Option<PageOutcome> {
        let Some(head) = &self.head else {
            return is_end.then_some(PageOutcome::Garbage(if self.bytes.is_empty() {
                "a connection closed without an answer"
            } else {
                "half an HTTP answer"
            }));
        };
        let rest = self.bytes.get(head.length..).unwrap_or_default();
        let expected = page.expected();
        let is_right_head = match expected {
            ExpectedPage::Nothing => head.status == 204,
            ExpectedPage::Echo => head.status == 204 && head.response.as_deref() == Some(challenge),
            ExpectedPage::Body(_) | ExpectedPage::Within(_) => head.status == 200,
            ExpectedPage::Header(_, value) => head.manager.as_deref() == Some(value),
        };
        if !is_right_head {
            return Some(head.verdict(false));
        }
        match expected {
            ExpectedPage::Nothing | ExpectedPage::Echo => Some(head.verdict(rest.is_empty())),
            ExpectedPage::Header(..) => Some(head.verdict(true)),
            ExpectedPage::Body(text) => {
                let is_text = |body: &[u8]| body == text.as_bytes();
                head.body(rest, is_end).judged(is_text).map(|is_right| head.verdict(is_right))
            }
            ExpectedPage::Within(text) => {
                let has = |body: &[u8]| body.windows(text.len()).any(|at| at == text.as_bytes());
                head.body(rest, is_end).judged(has).map(|is_right| head.verdict(is_right))
            }
        }
    }
}

impl PageHead {
    fn verdict(&self, is_expected: bool) -> PageOutcome {
        PageOutcome::Http { status: self.status, location: self.location.clone(), is_expected }
    }

    fn body(&self, rest: &[u8], is_end: bool) -> BodyProgress {
        if rest.len() > MAX_BODY {
            return BodyProgress::Wrong;
        }
        let whole = match self.framing {
            BodyFraming::Length(length) if length > MAX_BODY => return BodyProgress::Wrong,
            BodyFraming::Length(length) => rest.get(..length).map(<[u8]>::to_vec),
            BodyFraming::ToTheEnd => is_end.then(|| rest.to_vec()),
            BodyFraming::Chunked => match unchunk(rest) {
                Ok(body) => body,
                Err(()) => return BodyProgress::Wrong,
            },
        };
        match whole {
            Some(body) => BodyProgress::Whole(body),
            None if is_end => BodyProgress::Wrong,
            None => BodyProgress::Unfinished,
        }
    }
}

/// The body, as far as it is there.
enum BodyProgress {
    Whole(Vec<u8>),
    /// More may come.
    Unfinished,
    /// Too long, cut off or malformed.
    Wrong,
}

impl BodyProgress {
    /// Whether it is right; `None` while more may come.
    fn judged(&self, is_right: impl Fn(&[u8]) -> bool) -> Option<bool> {
        match self {
            Self::Whole(body) => Some(is_right(body)),
            Self::Unfinished => None,
            Self::Wrong => Some(false),
        }
    }
}

fn read_head(bytes: &[u8]) -> Result<Option<PageHead>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(status) = response.parse(&bytes[..bytes.len().min(MAX_HEAD)]) else {
        return Err("an answer that is not HTTP");
    };
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let value = |name: &str| {
        response.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value)
    };
    let text = |name: &str| value(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let content_length = || text("Content-Length").and_then(|text| text.trim().parse().ok());
    // Of both, the transfer coding counts (RFC 9112, section 6.3).
    let framing = match text("Transfer-Encoding") {
        Some(coding) if coding.trim().eq_ignore_ascii_case("chunked") => BodyFraming::Chunked,
        Some(_) => BodyFraming::ToTheEnd,
        None => content_length().map_or(BodyFraming::ToTheEnd, BodyFraming::Length),
    };
    Ok(Some(PageHead {
        length,
        status: response.code.unwrap_or_default(),
        location: value("Location").map(Untrusted::from_bytes),
        date: value("Date").and_then(http_date::unix_time),
        response: text("X-Pontoon-Response"),
        manager: text("X-NetworkManager-Status"),
        framing,
    }))
}

/// Puts chunks together (RFC 9112, section 7.1): `Ok(None)` = the last is not there yet.
fn unchunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, ()> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(body)),
            Ok(httparse::Status::Complete((begin, size))) => {
                let size = usize::try_from(size).map_err(|_| ())?;
                if size > MAX_BODY {
                    return Err(());
                }
                let Some(chunk) = rest.get(begin..begin + size) else { return Ok(None) };
                body.extend(chunk);
                match rest.get(begin + size..) {
                    Some([b'\r', b'\n', more @ ..]) => rest = more,
                    Some([] | [b'\r']) | None => return Ok(None),
                    Some(_) => return Err(()),
                }
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(()),
        }
    }
}

#[cfg(test)]
mod tests;
