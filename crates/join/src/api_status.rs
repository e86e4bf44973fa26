//! An answer without what was asked for, in the words that Go's client makes of it (apimachinery
//! pkg/api/errors `NewGenericServerResponse`, client-go rest/request.go).

use pontoon_model::untrusted::Untrusted;
use serde::Deserialize;

use crate::http::ApiResponse;

/// What an answer says in the place of what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiRefusal {
    /// The words for people.
    pub words: String,
    /// An API server says so: it sends a `Status`.
    pub is_by_api_server: bool,
}

#[derive(Deserialize)]
struct ApiStatus {
    kind: String,
    #[serde(default)]
    message: String,
}

/// How much is read of a body from an unknown server.
const SHOWN_BYTES_MAX: usize = 200;

impl ApiRefusal {
    /// Of an answer to the question for one object.
    #[must_use]
    pub fn of(answer: &ApiResponse, resource: &str, name: &str) -> Self {
        let status = serde_json::from_slice::<ApiStatus>(&answer.body).ok();
        let status = status.filter(|status| status.kind == "Status" && !status.message.is_empty());
        if let Some(status) = status {
            let words = Untrusted::new(&status.message).to_string();
            return Self { words, is_by_api_server: true };
        }
        let shown = &answer.body[..answer.body.len().min(SHOWN_BYTES_MAX)];
        let shown = Untrusted::new(String::from_utf8_lossy(shown).trim());
        let words = match answer.status {
            400 => "the server rejected our request for an unknown reason".to_owned(),
            401 => "the server has asked for the client to provide credentials".to_owned(),
            403 => shown.to_string(),
            404 => "the server could not find the requested resource".to_owned(),
            405 => "the server does not allow this method on the requested resource".to_owned(),
            429 => "the server has received too many requests and has asked us to try again later"
                .to_owned(),
            503 => "the server is currently unable to handle the request".to_owned(),
            504 => "the server was unable to return a response in the time allotted, but may \
                    still be processing the request"
                .to_owned(),
            500.. => format!(
                "an error on the server (\"{shown}\") has prevented the request from succeeding"
            ),
            status => format!(
                "the server responded with the status code {status} but did not return more \
                 information"
            ),
        };
        Self { words: format!("{words} (get {resource} {name})"), is_by_api_server: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The second of them was measured: kubelet's port, asked by kubeadm v1.36.2.
    #[test]
    fn an_api_server_is_told_from_others() {
        let status = r#"{"kind":"Status","message":"configmaps \"x\" not found","code":404}"#;
        let table = [
            (404, status, "configmaps \"x\" not found", true),
            (
                404,
                "404 page not found\n",
                "the server could not find the requested resource (get configmaps x)",
                false,
            ),
            (403, " no entry\n", "no entry (get configmaps x)", false),
            (
                404,
                r#"{"kind":"Status"}"#,
                "the server could not find the requested resource (get \
              configmaps x)",
                false,
            ),
            (
                500,
                "oh",
                "an error on the server (\"oh\") has prevented the request from \
              succeeding (get configmaps x)",
                false,
            ),
            (
                302,
                "",
                "the server responded with the status code 302 but did not return more \
              information (get configmaps x)",
                false,
            ),
        ];
        for (status, body, words, is_by_api_server) in table {
            let answer = ApiResponse { status, date_s: None, body: body.as_bytes().to_vec() };
            let expected = ApiRefusal { words: words.to_owned(), is_by_api_server };
            assert_eq!(ApiRefusal::of(&answer, "configmaps", "x"), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_a_stranger_says_is_short_and_escaped(status in 300u16..600, body: Vec<u8>) {
            let refusal = ApiRefusal::of(&ApiResponse { status, date_s: None, body }, "configmaps", "x");
            let is_escaped = !refusal.words.chars().any(char::is_control);
            prop_assert!(is_escaped, "{}", refusal.words);
            prop_assert!(refusal.is_by_api_server || refusal.words.len() < 2000);
        }
    }
}
