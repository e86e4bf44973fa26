//! The head of an HTTP response and the framing of its body (RFC 9112), bounded in bytes.

use httparse::Status;

/// Header lines of a response: Go's client has no limit of its own, no API server sends a tenth.
const HEADERS_MAX: usize = 100;

/// Why bytes are not the response that was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HttpError {
    /// The bytes do not begin like an HTTP response.
    #[error("the response is not HTTP")]
    NotHttp,
    /// The head is longer than the limit.
    #[error("the head of the response does not end")]
    EndlessHead,
    /// A length or a chunk size that RFC 9112 does not allow.
    #[error("the framing of the response's body is malformed")]
    Framing,
    /// The body is longer than the limit.
    #[error("the body of the response is too long")]
    LongBody,
}

/// The head of a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseHead {
    /// How many bytes it takes; the body begins there.
    pub length: usize,
    /// The status code; 0 where the status line has none.
    pub status: u16,
    /// The reason phrase, as it was sent.
    pub reason: String,
    headers: Vec<(String, Vec<u8>)>,
}

/// Where the body of a response ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BodyFraming {
    Length(usize),
    Chunked,
    UntilClose,
    Malformed,
}

impl ResponseHead {
    /// Reads a head of at most `head_max` bytes; `None` until all of it has come.
    ///
    /// # Errors
    ///
    /// [`HttpError::NotHttp`], [`HttpError::EndlessHead`].
    pub fn parse(bytes: &[u8], head_max: usize) -> Result<Option<Self>, HttpError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let begin = &bytes[..bytes.len().min(head_max)];
        match response.parse(begin).map_err(|_| HttpError::NotHttp)? {
            Status::Partial if bytes.len() >= head_max => Err(HttpError::EndlessHead),
            Status::Partial => Ok(None),
            Status::Complete(length) => Ok(Some(Self {
                length,
                status: response.code.unwrap_or_default(),
                reason: response.reason.unwrap_or_default().to_owned(),
                headers: response
                    .headers
                    .iter()
                    .map(|header| (header.name.to_owned(), header.value.to_vec()))
                    .collect(),
            })),
        }
    }

    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    /// The server's clock (`Date`), in seconds since 1970.
    #[must_use]
    pub fn date_s(&self) -> Option<i64> {
        self.header("Date").and_then(crate::http_date::unix_time)
    }

    /// The body, once all of it has come: `rest` is what came after the head, `is_closed` that
    /// nothing more will.
    ///
    /// # Errors
    ///
    /// [`HttpError::LongBody`] above `body_max` bytes, [`HttpError::Framing`].
    pub fn body(
        &self,
        rest: &[u8],
        is_closed: bool,
        body_max: usize,
    ) -> Result<Option<Vec<u8>>, HttpError> {
        match self.framing() {
            BodyFraming::Malformed => Err(HttpError::Framing),
            BodyFraming::Length(length) if length > body_max => Err(HttpError::LongBody),
            BodyFraming::Length(length) => Ok(rest.get(..length).map(<[u8]>::to_vec)),
            BodyFraming::Chunked => unchunk(rest, body_max),
            BodyFraming::UntilClose if rest.len() > body_max => Err(HttpError::LongBody),
            BodyFraming::UntilClose => Ok(is_closed.then(|| rest.to_vec())),
        }
    }

    fn framing(&self) -> BodyFraming {
        let text = |name| self.header(name).map(<[u8]>::trim_ascii);
        match (text("Transfer-Encoding"), text("Content-Length")) {
            // Of both, the transfer coding counts.
            (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => BodyFraming::Chunked,
            (Some(_), _) | (None, None) => BodyFraming::UntilClose,
            (None, Some(length)) => {
                content_length(length).map_or(BodyFraming::Malformed, BodyFraming::Length)
            }
        }
    }
}

/// `1*DIGIT`: a length has no sign (RFC 9112, section 6.3).
fn content_length(text: &[u8]) -> Option<usize> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}

/// The body of chunks (RFC 9112, section 7.1), once the last has come.
fn unchunk(mut rest: &[u8], body_max: usize) -> Result<Option<Vec<u8>>, HttpError> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest).map_err(|_| HttpError::Framing)? {
            Status::Partial => return Ok(None),
            Status::Complete((_, 0)) => return Ok(Some(body)),
            Status::Complete((begin, size)) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                if size > body_max - body.len() {
                    return Err(HttpError::LongBody);
                }
                let Some(chunk) = rest.get(begin..begin + size) else { return Ok(None) };
                body.extend_from_slice(chunk);
                match &rest[begin + size..] {
                    [b'\r', b'\n', more @ ..] => rest = more,
                    [] | [b'\r'] => return Ok(None),
                    _ => return Err(HttpError::Framing),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD_MAX: usize = 1024;
    const BODY_MAX: usize = 64;

    /// The body of a response of which all has come and the connection is closed.
    fn body(text: &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
        let head = ResponseHead::parse(text, HEAD_MAX)?.expect("a whole head");
        head.body(&text[head.length..], true, BODY_MAX)
    }

    #[test]
    fn a_body_ends_by_its_length_its_last_chunk_or_the_connection() {
        let table: [(&[u8], Result<Option<&[u8]>, HttpError>); 12] = [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello more", Ok(Some(b"hello"))),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", Ok(None)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", Err(HttpError::LongBody)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", Err(HttpError::Framing)),
            (b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", Err(HttpError::Framing)),
            (b"HTTP/1.1 200 OK\r\n\r\nhello", Ok(Some(b"hello"))),
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
                Ok(Some(b"hello")),
            ),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r", Ok(None)),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello",
                Err(HttpError::Framing),
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n",
                Err(HttpError::LongBody),
            ),
            // A coding that is not known ends with the connection, whatever the length says.
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhello",
                Ok(Some(b"hello")),
            ),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Err(HttpError::NotHttp)),
        ];
        for (text, expected) in table {
            let shown = String::from_utf8_lossy(text);
            assert_eq!(body(text), expected.map(|body| body.map(<[u8]>::to_vec)), "{shown}");
        }
    }

    #[test]
    fn a_head_is_read_once_it_is_whole_and_within_its_limit() {
        let text = b"HTTP/1.1 403 Forbidden\r\nDate: Thu, 01 Jan 1970 00:00:09 GMT\r\n\r\nno";
        for cut in 0..text.len() - 2 {
            assert_eq!(ResponseHead::parse(&text[..cut], HEAD_MAX), Ok(None), "{cut}");
        }
        let head = ResponseHead::parse(text, HEAD_MAX).unwrap().unwrap();
        assert_eq!((head.length, head.status), (text.len() - 2, 403));
        assert_eq!((head.reason.as_str(), head.date_s()), ("Forbidden", Some(9)));
        assert_eq!(head.header("DATE"), head.header("date"));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; HEAD_MAX]].concat();
        assert_eq!(ResponseHead::parse(&endless, HEAD_MAX), Err(HttpError::EndlessHead));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(head: Vec<u8>, rest: Vec<u8>, is_closed: bool) {
            let text = [b"HTTP/1.1 200 OK\r\n".as_slice(), &head, b"\r\n\r\n", &rest].concat();
            if let Ok(Some(head)) = ResponseHead::parse(&text, HEAD_MAX) {
                let body = head.body(&text[head.length..], is_closed, BODY_MAX);
                let length = body.ok().flatten().map_or(0, |body| body.len());
                prop_assert!(length <= BODY_MAX);
            }
            let _ = ResponseHead::parse(&rest, HEAD_MAX);
        }
    }
}
