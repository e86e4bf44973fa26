//! One question by HTTP/1.1 and its answer, as bytes in and bytes out.

use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Serialize};

/// The head of an answer; Go's client takes ten megabytes, no API server sends a page of it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// A `ConfigMap` is at most a mebibyte (`MaxSecretSize`).
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Headers of an answer.
const HEADERS_MAX: usize = 100;

/// The question; `bearer` is a token.
#[must_use]
pub fn request(authority: &str, path: &str, bearer: Option<&str>) -> zeroize::Zeroizing<String> {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    zeroize::Zeroizing::new(format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: pontoon\r\n\
         Accept: application/json\r\n{}Connection: close\r\n\r\n",
        bearer.unwrap_or_default()
    ))
}

/// An answer.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ApiResponse {
    /// The status.
    pub status: u16,
    /// The server's clock (`Date`), in seconds since 1970.
    pub date_s: Option<i64>,
    /// The body.
    #[serde(with = "crate::base64_serde")]
    pub body: Vec<u8>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ApiResponseError {
    /// It is not HTTP.
    #[error("the answer is no HTTP: it begins with `{0}`")]
    Not(Untrusted),
    /// Its head does not end.
    #[error("the head of the answer is longer than {HEAD_BYTES_MAX} bytes")]
    Head,
    /// Its body does not end.
    #[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
    Body,
    /// It ends before its end.
    #[error("the answer was cut off")]
    Cut,
}

/// Collects an answer.
#[derive(Debug, Default)]
pub struct ApiResponseReader {
    bytes: Vec<u8>,
    head: Option<ApiResponseHead>,
}

#[derive(Debug)]
struct ApiResponseHead {
    len: usize,
    answer: ApiResponse,
    length: BodyLength,
}

#[derive(Clone, Copy, Debug)]
enum BodyLength {
    Known(usize),
    Chunked,
    UntilEnd,
}

impl ApiResponseReader {
    /// Takes bytes that came; the answer, once it is whole.
    ///
    /// # Errors
    ///
    /// [`ApiResponseError`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Option<ApiResponse>, ApiResponseError> {
        self.bytes.extend_from_slice(bytes);
        self.whole(false)
    }

    /// The other end has no more.
    ///
    /// # Errors
    ///
    /// [`ApiResponseError`].
    pub fn end(&mut self) -> Result<ApiResponse, ApiResponseError> {
        self.whole(true)?.ok_or(ApiResponseError::Cut)
    }

    fn whole(&mut self, is_end: bool) -> Result<Option<ApiResponse>, ApiResponseError> {
        if self.head.is_none() {
            self.head = self.read_head()?;
        }
        let Some(ApiResponseHead { len, answer, length }) = &self.head else { return Ok(None) };
        let rest = &self.bytes[*len..];
        let body = match length {
            BodyLength::Known(length) if *length > BODY_BYTES_MAX => {
                return Err(ApiResponseError::Body);
            }
            BodyLength::Known(length) => rest.get(..*length).map(<[u8]>::to_vec),
            BodyLength::Chunked => chunks(rest)?,
            BodyLength::UntilEnd => is_end.then(|| rest.to_vec()),
        };
        if rest.len() > BODY_BYTES_MAX + HEAD_BYTES_MAX {
            return Err(ApiResponseError::Body);
        }
        Ok(body.map(|body| ApiResponse { body, ..answer.clone() }))
    }

    fn read_head(&self) -> Result<Option<ApiResponseHead>, ApiResponseError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let begin = &self.bytes[..self.bytes.len().min(HEAD_BYTES_MAX)];
        let not = || ApiResponseError::Not(Untrusted::from_bytes(&begin[..begin.len().min(40)]));
        match response.parse(begin).map_err(|_| not())? {
            httparse::Status::Partial if self.bytes.len() >= HEAD_BYTES_MAX => {
                Err(ApiResponseError::Head)
            }
            httparse::Status::Partial => Ok(None),
            httparse::Status::Complete(len) => {
                let value = |name: &str| {
                    let header = response
                        .headers
                        .iter()
                        .find(|header| header.name.eq_ignore_ascii_case(name));
                    header.map(|header| header.value)
                };
                let text = |name| value(name).and_then(|value| std::str::from_utf8(value).ok());
                let length = match (text("Transfer-Encoding"), text("Content-Length")) {
                    (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => {
                        BodyLength::Chunked
                    }
                    (_, Some(length)) => BodyLength::Known(number(length.trim()).ok_or_else(not)?),
                    _ => BodyLength::UntilEnd,
                };
                let answer = ApiResponse {
                    status: response.code.unwrap_or_default(),
                    date_s: value("Date").and_then(pontoon_wire::http_date::unix_time),
                    body: Vec::new(),
                };
                Ok(Some(ApiResponseHead { len, answer, length }))
            }
        }
    }
}

/// `1*DIGIT`: a length has no sign (RFC 9112, section 6.3).
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The body of chunks (RFC 9112, section 7.1), once the last has come.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, ApiResponseError> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Err(_) => {
                return Err(ApiResponseError::Not(Untrusted::from_bytes(
                    &rest[..rest.len().min(40)],
                )));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(body)),
            Ok(httparse::Status::Complete((at, size))) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                if size > BODY_BYTES_MAX - body.len() {
                    return Err(ApiResponseError::Body);
                }
                // The line end after a chunk is no part of it.
                let Some(chunk) = rest.get(at..at + size) else { return Ok(None) };
                body.extend_from_slice(chunk);
                let Some(next) = rest.get(at + size + 2..) else { return Ok(None) };
                rest = next;
            }
        }
    }
}

#[cfg(test)]
mod tests;
