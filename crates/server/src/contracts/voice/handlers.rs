//! Asking handlers what to do with a call, as the contract has it: a POST of the call, signed with the project's key.
//!
//! A handler's answer is a document; whoever answers with something else has failed. What is to be played is fetched in the same way.

use std::collections::BTreeMap;

use bytes::Bytes;
use calls::{Answered, Ask, Handlers, Later, Unanswered};
use http::{HeaderMap, header};
use identity::Identity;
use serde_json::{Map, Value, json};

use super::calls::call_to_wire;
use super::saying::{Said, Saying};
use super::wire::json_of;
use crate::limits;
use crate::outgoing::Receivers;

/// What a request for a document is.
const CALL: &str = "CALL";

/// Asks by HTTP.
pub(crate) struct HttpHandlers {
    saying: Saying,
}

/// What a handler is asked.
fn request_body(ask: &Ask) -> Bytes {
    let mut body = Map::from_iter([("call".to_owned(), json_of("Call", &call_to_wire(&ask.call)))]);
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

impl HttpHandlers {
    pub(crate) fn new(identity: Identity, receivers: Receivers) -> HttpHandlers {
        HttpHandlers {
            saying: Saying::new(identity, receivers),
        }
    }
}

impl Handlers for HttpHandlers {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Later<'a, Result<Answered, Unanswered>> {
        Box::pin(async move {
            let said = Said {
                project: &ask.call.project,
                event: CALL,
                uri: &ask.uri,
                body: request_body(ask),
                cookies: &ask.cookies,
            };
            let (uri, answer) = self.saying.post(&said, calls::limits::DOCUMENT_BYTES_MAX).await?;
            Ok(Answered {
                cookies: cookies_of(&answer.headers),
                document: answer.body,
                uri,
            })
        })
    }

    fn fetch<'a>(&'a self, _: &'a str, uri: &'a str) -> Later<'a, Result<Bytes, Unanswered>> {
        Box::pin(async move {
            let (_, answer) = self.saying.fetch(uri, audio::limits::FILE_BYTES_MAX).await?;
            Ok(answer.body)
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

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
