//! How a project speaks to servers that its members name: a POST that is signed with the project's key, as the contract has it.
//!
//! Handlers are asked so what to do with a call, and receivers are told so what happened. The signature covers the address that is asked, so
//! it is made anew for each, and for each attempt. Redirects are followed, each to an address that is looked at as the first was, and
//! with the cookies of that address alone; all of them together take no longer than one answer may.

use std::time::Duration;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use calls::{Cookies, Unanswered};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use identity::{Identity, SigningKey};
use url::Url;

use crate::outgoing::{Answer, Receivers};
use crate::{clock, limits};

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
}

/// Speaks for projects.
pub(super) struct Saying {
    identity: Identity,
    receivers: Receivers,
}

/// What is asked, at one address after the other until somebody answers it.
struct Question<'a> {
    method: Method,
    /// By which key it is signed, and as which event; `None` is nobody's question.
    signed: Option<(&'a SigningKey, &'static str)>,
    body: Bytes,
    answer_bytes_max: usize,
}

/// What proves that something comes from a project: `contracts/voice.md` §5.1.
fn signature(key: &SigningKey, url: &str, event: &str, body: &[u8]) -> String {
    let said = [url.as_bytes(), event.as_bytes(), body].concat();
    BASE64_STANDARD.encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, &key.0), &said))
}

fn text(value: &str) -> Result<HeaderValue, Unanswered> {
    HeaderValue::from_str(value).map_err(|_| Unanswered("a header cannot be sent".to_owned()))
}

impl Question<'_> {
    /// What goes with it to this address.
    fn headers(&self, url: &Url, cookies: &Cookies) -> Result<HeaderMap, Unanswered> {
        let mut headers = HeaderMap::new();
        if let Some((key, event)) = self.signed {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            headers.insert(header::CONTENT_TYPE, json);
            headers.insert(EVENT, HeaderValue::from_static(event));
            headers.insert(SIGNATURE, text(&signature(key, url.as_str(), event, &self.body))?);
        }
        if let Some(cookie) = cookies.to(url, clock::now_us()) {
            headers.insert(header::COOKIE, text(&cookie)?);
        }
        Ok(headers)
    }

    /// Asks, and goes where the answers send; answers where that was. Whoever sends us round takes no longer than others.
    async fn ask(
        &self,
        receivers: &Receivers,
        uri: &str,
        cookies: &mut Cookies,
        within: Duration,
    ) -> Result<(String, Answer), Unanswered> {
        let asked = tokio::time::timeout(within, self.follow(receivers, uri, cookies)).await;
        asked.unwrap_or_else(|_| Err(Unanswered(format!("{uri} did not answer in time"))))
    }

    async fn follow(
        &self,
        receivers: &Receivers,
        uri: &str,
        cookies: &mut Cookies,
    ) -> Result<(String, Answer), Unanswered> {
        // As it stands: written as it is asked, an address does not show any more that it could be read in two ways.
        let checked = receivers.check(uri);
        checked.map_err(|unfit| Unanswered(format!("{uri}: {unfit}")))?;
        let mut url = Url::parse(uri).map_err(|error| Unanswered(format!("{uri}: {error}")))?;
        for _ in 0..=limits::HANDLER_REDIRECTS_MAX {
            let (headers, body) = (self.headers(&url, cookies)?, self.body.clone());
            let asked = receivers
                .ask(url.as_str(), self.method.clone(), headers, body, self.answer_bytes_max)
                .await;
            let answer = asked.map_err(|error| Unanswered(format!("{url}: {}", register::chain(&error))))?;
            let set = answer.headers.get_all(header::SET_COOKIE).iter();
            for set_cookie in set.filter_map(|value| value.to_str().ok()) {
                cookies.set(&url, set_cookie, clock::now_us());
            }
            if answer.status.is_success() {
                return Ok((url.into(), answer));
            }
            if !answer.status.is_redirection() {
                return Err(Unanswered(format!("{url} answered {}", answer.status)));
            }
            let location = answer.headers.get(header::LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            url = next.ok_or_else(|| Unanswered(format!("{url} leads nowhere")))?;
        }
        Err(Unanswered(format!(
            "more than {} redirects, the last to {url}",
            limits::HANDLER_REDIRECTS_MAX
        )))
    }
}

impl Saying {
    pub(super) fn new(identity: Identity, receivers: Receivers) -> Saying {
        Saying { identity, receivers }
    }

    /// Says it with these cookies, which are others afterwards, and answers with what was answered, which is a success, and where.
    pub(super) async fn post(
        &self,
        said: &Said<'_>,
        cookies: &mut Cookies,
        answer_bytes_max: usize,
    ) -> Result<(String, Answer), Unanswered> {
        let key = self.identity.project_signing_key(said.project).await;
        let key = key.map_err(|error| Unanswered(format!("the project has no key: {error}")))?;
        let question = Question {
            method: Method::POST,
            signed: Some((&key, said.event)),
            body: said.body.clone(),
            answer_bytes_max,
        };
        let within = limits::RECEIVER_TIMEOUT;
        question.ask(&self.receivers, said.uri, cookies, within).await
    }

    /// Fetches a file.
    pub(super) async fn fetch(&self, uri: &str, bytes_max: usize) -> Result<Bytes, Unanswered> {
        let question = Question {
            method: Method::GET,
            signed: None,
            body: Bytes::new(),
            answer_bytes_max: bytes_max,
        };
        let (within, mut cookies) = (limits::RECEIVER_TIMEOUT, Cookies::default());
        let (_, answer) = question.ask(&self.receivers, uri, &mut cookies, within).await?;
        Ok(answer.body)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::extract::Request;
    use axum::response::IntoResponse as _;
    use http::StatusCode;

    use super::*;
    use crate::outgoing::Origin;

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

    /// What came to a server: path, `Host`, cookies and signature.
    type Heard = Arc<Mutex<Vec<[String; 4]>>>;

    /// A server that answers each path as it is told to, a moment late.
    async fn server(late: Duration, answers: &[(&'static str, &'static str, String)]) -> (Origin, String, Heard) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let (heard, answers) = (Heard::default(), answers.to_vec());
        let noted = Arc::clone(&heard);
        let answer = move |request: Request| {
            let header = |name| {
                request
                    .headers()
                    .get(name)
                    .map_or("", |value| value.to_str().expect("text"))
                    .to_owned()
            };
            let path = request.uri().path().to_owned();
            let found = answers.iter().find(|(at, ..)| *at == path).cloned();
            let cookie = header(header::COOKIE);
            let heard = [path, header(header::HOST), cookie, header(SIGNATURE)];
            noted.lock().expect("nobody panics").push(heard);
            async move {
                tokio::time::sleep(late).await;
                let Some((_, set_cookie, location)) = found else {
                    return StatusCode::NOT_FOUND.into_response();
                };
                let status = if location.is_empty() {
                    StatusCode::OK
                } else {
                    StatusCode::FOUND
                };
                let headers = [
                    (header::SET_COOKIE, set_cookie.to_owned()),
                    (header::LOCATION, location),
                ];
                (status, headers).into_response()
            }
        };
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
        (Origin::parse(&url).expect("a front door"), url, heard)
    }

    fn question(key: &SigningKey) -> Question<'_> {
        Question {
            method: Method::POST,
            signed: Some((key, "CALL")),
            body: Bytes::from_static(b"{}"),
            answer_bytes_max: 100,
        }
    }

    #[tokio::test]
    async fn each_hop_hears_its_own_cookies_and_is_signed_as_it_is_asked() {
        let key = SigningKey((0..64).collect());
        let at_once = Duration::ZERO;
        let (there_door, there, there_heard) = server(at_once, &[("/b", "b=2", String::new())]).await;
        let first = ("/", "a=1", "/second".to_owned());
        let second = ("/second", "a=; Max-Age=0", format!("{there}/b"));
        let (here_door, here, here_heard) = server(at_once, &[first, second]).await;
        let receivers = Receivers::new(vec![here_door, there_door]);
        let mut cookies = Cookies::default();
        let question = question(&key);
        let asked = question.ask(&receivers, &here, &mut cookies, limits::RECEIVER_TIMEOUT);
        let (answered, _) = asked.await.expect("it is answered");
        assert_eq!(answered, format!("{there}/b"));
        let expected = |origin: &str, path: &str, cookie: &str| {
            let host = origin.strip_prefix("http://").expect("http");
            let signed = signature(&key, &format!("http://{host}{path}"), "CALL", b"{}");
            [path.to_owned(), host.to_owned(), cookie.to_owned(), signed]
        };
        // The address had no path, and what is asked has one.
        let here_expected = [expected(&here, "/", ""), expected(&here, "/second", "a=1")];
        assert_eq!(*here_heard.lock().expect("nobody panics"), here_expected);
        assert_eq!(
            *there_heard.lock().expect("nobody panics"),
            [expected(&there, "/b", "")]
        );
        let sent = |url: &str| cookies.to(&Url::parse(url).expect("an address"), 0);
        assert_eq!((sent(&here), sent(&there)), (None, Some("b=2".to_owned())));
    }

    #[tokio::test]
    async fn what_is_asked_is_not_smoothed_out_before_it_is_looked_at() {
        let (door, url, heard) = server(Duration::ZERO, &[("/", "a=1", String::new())]).await;
        let (receivers, key) = (Receivers::new(vec![door]), SigningKey(vec![0; 64]));
        for uri in [
            url.replace("127.0.0.1", "2130706433"),
            url.replace("//", "/\\"),
            format!(" {url}"),
        ] {
            let (question, mut cookies) = (question(&key), Cookies::default());
            let asked = question.ask(&receivers, &uri, &mut cookies, limits::RECEIVER_TIMEOUT);
            asked.await.expect_err(&uri);
        }
        assert!(heard.lock().expect("nobody panics").is_empty());
    }

    #[tokio::test]
    async fn redirects_take_no_longer_together_than_an_answer_may() {
        let late = Duration::from_millis(120);
        let round = [
            ("/", "a=1", "/1"),
            ("/1", "a=1", "/2"),
            ("/2", "a=1", "/3"),
            ("/3", "a=1", ""),
        ];
        let (door, url, _) = server(late, &round.map(|(at, set, next)| (at, set, next.to_owned()))).await;
        let (receivers, key) = (Receivers::new(vec![door]), SigningKey(vec![0; 64]));
        for (within, is_answered) in [(2 * late, false), (100 * late, true)] {
            let mut cookies = Cookies::default();
            let asked = question(&key).ask(&receivers, &url, &mut cookies, within).await;
            assert_eq!(asked.is_ok(), is_answered, "{within:?}: {asked:?}");
        }
    }
}
