//! Asking handlers what to do with a call, as the contract has it: a POST of the call, signed with the project's key.
//!
//! A handler's answer is a document; whoever answers with something else has failed. Redirects are followed, each to an address that is
//! looked at as the first was. What is to be played is fetched in the same way.

use std::collections::BTreeMap;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use calls::{Answered, Ask, Call, CreateMethod, Direction, Handlers, Later, Transport, Unanswered};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use identity::{Identity, SigningKey};
use serde_json::{Map, Value, json};

use super::calls::name_of;
use super::wire::rfc3339;
use crate::limits;
use crate::outgoing::{Answer, Receivers};

const EVENT: HeaderName = HeaderName::from_static("x-enfonica-event");
const SIGNATURE: HeaderName = HeaderName::from_static("x-enfonica-signature");

/// What a request for a document is.
const CALL: &str = "CALL";

/// Asks by HTTP.
pub(crate) struct HttpHandlers {
    identity: Identity,
    receivers: Receivers,
}

/// What proves that something comes from a project: `contracts/voice.md` §5.1.
fn signature(key: &SigningKey, url: &str, event: &str, body: &[u8]) -> String {
    let said = [url.as_bytes(), event.as_bytes(), body].concat();
    BASE64_STANDARD.encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, &key.0), &said))
}

/// A call as the JSON of the contract: what has no value is not there.
fn call_as_json(call: &Call) -> Value {
    let time = |time_us: Option<i64>| time_us.map(rfc3339);
    let direction = if call.direction == Direction::Incoming {
        "INCOMING"
    } else {
        "OUTGOING"
    };
    let transport = match call.transport() {
        Transport::Pstn => "PSTN",
        Transport::Sip => "SIP",
    };
    let method = match call.create_method {
        CreateMethod::IncomingCall => "INCOMING_CALL",
        CreateMethod::ParentCall => "PARENT_CALL",
        CreateMethod::Api => "API",
    };
    let fields = [
        ("name", Some(json!(name_of(call)))),
        ("to", Some(json!(call.to))),
        ("from", call.from.as_ref().map(|from| json!(from))),
        ("isPrivate", call.is_private.then_some(json!(true))),
        ("labels", (!call.labels.is_empty()).then(|| json!(call.labels))),
        ("transport", Some(json!(transport))),
        ("direction", Some(json!(direction))),
        ("state", Some(json!(call.state.name()))),
        ("createTime", time(Some(call.create_us)).map(Value::from)),
        ("startTime", time(call.start_us).map(Value::from)),
        ("answerTime", time(call.answer_us).map(Value::from)),
        ("ringTime", time(call.ring_us).map(Value::from)),
        ("bridged", call.bridged.then_some(json!(true))),
        ("createMethod", Some(json!(method))),
        ("sipCallId", call.sip_call_id.as_ref().map(|id| json!(id))),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

/// What a handler is asked.
fn request_body(ask: &Ask) -> Bytes {
    let mut body = Map::from_iter([("call".to_owned(), call_as_json(&ask.call))]);
    if !ask.parameters.is_empty() {
        body.insert("parameters".to_owned(), json!(ask.parameters));
    }
    Value::Object(body).to_string().into()
}

/// The cookies that an answer sets: name and value, whatever else it says of them.
fn cookies_of(headers: &HeaderMap) -> BTreeMap<String, String> {
    let set = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let pairs = set.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pairs.take(limits::HANDLER_COOKIES_MAX).collect()
}

fn text(value: &str) -> Result<HeaderValue, Unanswered> {
    HeaderValue::from_str(value).map_err(|_| Unanswered("a header cannot be sent".to_owned()))
}

impl HttpHandlers {
    pub(crate) fn new(identity: Identity, receivers: Receivers) -> HttpHandlers {
        HttpHandlers { identity, receivers }
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

impl Handlers for HttpHandlers {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Later<'a, Result<Answered, Unanswered>> {
        Box::pin(async move {
            let key = self.identity.project_signing_key(&ask.call.project).await;
            let key = key.map_err(|error| Unanswered(format!("the project has no key: {error}")))?;
            let body = request_body(ask);
            let cookies: Vec<String> = ask
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let headers = |uri: &str| {
                let mut headers = HeaderMap::new();
                headers.insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json; charset=utf-8"),
                );
                headers.insert(EVENT, HeaderValue::from_static(CALL));
                headers.insert(SIGNATURE, text(&signature(&key, uri, CALL, &body))?);
                if !cookies.is_empty() {
                    headers.insert(header::COOKIE, text(&cookies.join("; "))?);
                }
                Ok(headers)
            };
            let most = calls::limits::DOCUMENT_BYTES_MAX;
            let (uri, answer) = self
                .exchange(Method::POST, &ask.uri, headers, body.clone(), most)
                .await?;
            Ok(Answered {
                cookies: cookies_of(&answer.headers),
                document: answer.body,
                uri,
            })
        })
    }

    fn fetch<'a>(&'a self, _: &'a str, uri: &'a str) -> Later<'a, Result<Bytes, Unanswered>> {
        Box::pin(async move {
            let none = |_: &str| Ok(HeaderMap::new());
            let most = audio::limits::FILE_BYTES_MAX;
            let (_, answer) = self.exchange(Method::GET, uri, none, Bytes::new(), most).await?;
            Ok(answer.body)
        })
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

    #[test]
    fn cookies_are_kept_by_name_and_value() {
        let mut headers = HeaderMap::new();
        for cookie in ["session=abc; Path=/; HttpOnly", "lang = en", "broken"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        let cookies = cookies_of(&headers);
        let cookies: Vec<(&str, &str)> = cookies
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(cookies, [("lang", "en"), ("session", "abc")]);
    }
}
