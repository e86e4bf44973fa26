//! What the response to a request for a check page means: the expected page, or another.

use pontoon_model::untrusted::Untrusted;
use pontoon_wire::http::{HttpError, ResponseHead};

use super::page::{ExpectedPage, PortalPage};

/// An answer as far as it was read.
#[derive(Debug, Default)]
pub(super) struct PageReader {
    bytes: Vec<u8>,
    head: Option<ResponseHead>,
}

/// What a page turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum PageOutcome {
    Http { status: u16, location: Option<Untrusted>, is_expected: bool },
    Garbage(&'static str),
}

/// No check page has a longer head; a portal that sends one is judged without it.
const MAX_HEAD: usize = 8 * 1024;
/// No check page has a longer body.
const MAX_BODY: usize = 4 * 1024;

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
            match ResponseHead::parse(&self.bytes, MAX_HEAD) {
                Ok(Some(head)) => self.head = Some(head),
                Ok(None) => return None,
                Err(HttpError::EndlessHead) => {
                    return Some(PageOutcome::Garbage("an HTTP head without end"));
                }
                Err(_) => return Some(PageOutcome::Garbage("an answer that is not HTTP")),
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
        let verdict = self.head.as_ref().map_or(half, |head| outcome(head, false));
        (!self.bytes.is_empty()).then_some(verdict)
    }

    /// The time in the head.
    pub(super) fn date(&self) -> Option<i64> {
        self.head.as_ref()?.date_s()
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
        let has_header = |name, value: &str| head.header(name) == Some(value.as_bytes());
        let is_right_head = match expected {
            ExpectedPage::Nothing => head.status == 204,
            ExpectedPage::Echo => head.status == 204 && has_header("X-Pontoon-Response", challenge),
            ExpectedPage::Body(_) | ExpectedPage::Within(_) => head.status == 200,
            ExpectedPage::Header(name, value) => has_header(name, value),
        };
        if !is_right_head {
            return Some(outcome(head, false));
        }
        let is_expected = match expected {
            ExpectedPage::Nothing | ExpectedPage::Echo => rest.is_empty(),
            ExpectedPage::Header(..) => true,
            ExpectedPage::Body(text) => {
                is_right_body(head, rest, is_end, |body| body == text.as_bytes())?
            }
            ExpectedPage::Within(text) => is_right_body(head, rest, is_end, |body| {
                body.windows(text.len()).any(|at| at == text.as_bytes())
            })?,
        };
        Some(outcome(head, is_expected))
    }
}

fn outcome(head: &ResponseHead, is_expected: bool) -> PageOutcome {
    let location = head.header("Location").map(Untrusted::from_bytes);
    PageOutcome::Http { status: head.status, location, is_expected }
}

/// Whether the body is right; `None` while more may come. One that is too long, cut off or
/// malformed is not.
fn is_right_body(
    head: &ResponseHead,
    rest: &[u8],
    is_end: bool,
    is_right: impl Fn(&[u8]) -> bool,
) -> Option<bool> {
    if rest.len() > MAX_BODY {
        return Some(false);
    }
    match head.body(rest, is_end, MAX_BODY) {
        Ok(Some(body)) => Some(is_right(&body)),
        Ok(None) => is_end.then_some(false),
        Err(_) => Some(false),
    }
}

#[cfg(test)]
mod tests;
