//! One question by HTTP/1.1 and its answer, as bytes in and bytes out.

use pontoon_model::untrusted::Untrusted;
use pontoon_wire::http::{HttpError, ResponseHead};
use serde::{Deserialize, Serialize};

/// The head of an answer; Go's client takes ten megabytes, no API server sends a page of it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// A `ConfigMap` is at most a mebibyte (`MaxSecretSize`).
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

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

/// What is wrong with a response.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ApiResponseError {
    /// It is not HTTP, or its framing is malformed.
    #[error("the answer is no HTTP: it begins with `{0}`")]
    Not(Untrusted),
    /// Its head is longer than an API server's.
    #[error("the head of the answer is longer than {HEAD_BYTES_MAX} bytes")]
    Head,
    /// Its body is longer than an object of Kubernetes.
    #[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
    Body,
    /// The connection was closed before its end.
    #[error("the answer was cut off")]
    Cut,
}

/// Collects the bytes of a response.
#[derive(Debug, Default)]
pub struct ApiResponseReader {
    bytes: Vec<u8>,
    head: Option<ResponseHead>,
}

impl ApiResponseReader {
    /// Takes bytes that came; the response, once it is whole.
    ///
    /// # Errors
    ///
    /// [`ApiResponseError`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Option<ApiResponse>, ApiResponseError> {
        self.bytes.extend_from_slice(bytes);
        self.whole(false)
    }

    /// The other end has closed the connection.
    ///
    /// # Errors
    ///
    /// [`ApiResponseError`].
    pub fn end(&mut self) -> Result<ApiResponse, ApiResponseError> {
        self.whole(true)?.ok_or(ApiResponseError::Cut)
    }

    fn whole(&mut self, is_closed: bool) -> Result<Option<ApiResponse>, ApiResponseError> {
        if self.head.is_none() {
            let head = ResponseHead::parse(&self.bytes, HEAD_BYTES_MAX);
            self.head = head.map_err(|why| self.refused(why))?;
        }
        let Some(head) = &self.head else { return Ok(None) };
        let rest = &self.bytes[head.length..];
        // Chunks bring their sizes along, which count as little as a head.
        if rest.len() > BODY_BYTES_MAX + HEAD_BYTES_MAX {
            return Err(ApiResponseError::Body);
        }
        let body = head.body(rest, is_closed, BODY_BYTES_MAX).map_err(|why| self.refused(why))?;
        Ok(body.map(|body| ApiResponse { status: head.status, date_s: head.date_s(), body }))
    }

    fn refused(&self, why: HttpError) -> ApiResponseError {
        /// So much of a foreign protocol tells which it is.
        const SHOWN_BYTES: usize = 40;
        match why {
            HttpError::EndlessHead => ApiResponseError::Head,
            HttpError::LongBody => ApiResponseError::Body,
            HttpError::NotHttp | HttpError::Framing => {
                let begin = &self.bytes[..self.bytes.len().min(SHOWN_BYTES)];
                ApiResponseError::Not(Untrusted::from_bytes(begin))
            }
        }
    }
}

#[cfg(test)]
mod tests;
