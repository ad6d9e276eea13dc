//! How a project speaks to servers that its members name: a POST that is signed with the project's key, as the contract has it.
//!
//! Handlers are asked so what to do with a call, and receivers are told so what happened. The signature covers the address, so
//! it is made anew for each, and for each attempt. Redirects are followed, each to an address that is looked at as the first was.

use std::collections::BTreeMap;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use calls::Unanswered;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use identity::{Identity, SigningKey};

use crate::limits;
use crate::outgoing::{Answer, Receivers};

const EVENT: HeaderName = HeaderName::from_static("x-enfonica-event");
const SIGNATURE: HeaderName = HeaderName::from_static("x-enfonica-signature");

/// What is said.
pub(super) struct Said<'a> {
    /// By which project.
    pub(super) project: &'a str,
    /// What it is, as the contract names it.
    pub(super) event: &'static str,
    /// To whom.
    pub(super) uri: &'a str,
    /// JSON.
    pub(super) body: Bytes,
    /// What they want to be told again.
    pub(super) cookies: &'a BTreeMap<String, String>,
}

/// Speaks for projects.
pub(super) struct Saying {
    identity: Identity,
    receivers: Receivers,
}

/// What proves that something comes from a project: `contracts/voice.md` §5.1.
fn signature(key: &SigningKey, url: &str, event: &str, body: &[u8]) -> String {
    let said = [url.as_bytes(), event.as_bytes(), body].concat();
    BASE64_STANDARD.encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, &key.0), &said))
}

fn text(value: &str) -> Result<HeaderValue, Unanswered> {
    HeaderValue::from_str(value).map_err(|_| Unanswered("a header cannot be sent".to_owned()))
}

impl Said<'_> {
    /// What goes with it to this address.
    fn headers(&self, key: &SigningKey, uri: &str) -> Result<HeaderMap, Unanswered> {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
        headers.insert(EVENT, HeaderValue::from_static(self.event));
        headers.insert(SIGNATURE, text(&signature(key, uri, self.event, &self.body))?);
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = cookies.collect();
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, text(&cookies.join("; "))?);
        }
        Ok(headers)
    }
}

impl Saying {
    pub(super) fn new(identity: Identity, receivers: Receivers) -> Saying {
        Saying { identity, receivers }
    }

    /// Says it, and answers with what was answered, which is a success, and where.
    pub(super) async fn post(&self, said: &Said<'_>, most: usize) -> Result<(String, Answer), Unanswered> {
        let key = self.identity.project_signing_key(said.project).await;
        let key = key.map_err(|error| Unanswered(format!("the project has no key: {error}")))?;
        let headers = |uri: &str| said.headers(&key, uri);
        self.exchange(Method::POST, said.uri, headers, said.body.clone(), most)
            .await
    }

    /// Fetches a file.
    pub(super) async fn fetch(&self, uri: &str, most: usize) -> Result<(String, Answer), Unanswered> {
        let none = |_: &str| Ok(HeaderMap::new());
        self.exchange(Method::GET, uri, none, Bytes::new(), most).await
    }

    /// Asks, and goes where the answer sends; answers where that was.
    async fn exchange(
        &self,
        method: Method,
        uri: &str,
        headers: impl Fn(&str) -> Result<HeaderMap, Unanswered>,
        body: Bytes,
        most: usize,
    ) -> Result<(String, Answer), Unanswered> {
        let mut uri = uri.to_owned();
        for _ in 0..=limits::HANDLER_REDIRECTS_MAX {
            let asked = self
                .receivers
                .ask(&uri, method.clone(), headers(&uri)?, body.clone(), most)
                .await;
            let answer = asked.map_err(|error| Unanswered(format!("{uri}: {}", register::chain(&error))))?;
            if !answer.status.is_redirection() {
                if answer.status.is_success() {
                    return Ok((uri, answer));
                }
                return Err(Unanswered(format!("{uri} answered {}", answer.status)));
            }
            let location = answer
                .headers
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok());
            let base = url::Url::parse(&uri).map_err(|error| Unanswered(format!("{uri}: {error}")))?;
            let next = location.and_then(|location| base.join(location).ok());
            uri = next.ok_or_else(|| Unanswered(format!("{uri} leads nowhere")))?.into();
        }
        Err(Unanswered(format!(
            "more than {} redirects, the last to {uri}",
            limits::HANDLER_REDIRECTS_MAX
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_project_sends_is_signed() {
        let key = SigningKey((0..64).collect());
        let check = |url, event, body: &str, expected: &str| {
            assert_eq!(signature(&key, url, event, body.as_bytes()), expected, "{url}");
        };
        // The two vectors of `contracts/voice.md` §5.1.
        check(
            "https://app.example/handle-call?x=1",
            "CALL",
            r#"{"call":{"name":"projects/p/calls/c1"}}"#,
            "faSXw8R2bTdzEb9StjSgY0Lw25ONrIoOnezXI9ieoKM=",
        );
        check(
            "http://127.0.0.1:8080/ready",
            "RECORDING_READY",
            r#"{"name":"projects/p/calls/c1/recordings/r1","state":"SUCCEEDED"}"#,
            "Sgf+AHm53xiMkKwY2D5RbmHsBXdUWbM6qnHj+1PQsc0=",
        );
    }
}
