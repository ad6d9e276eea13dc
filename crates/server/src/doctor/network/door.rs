//! Where a check is asked for: the server's own door, as the page `/check` uses it.

use std::sync::Arc;

use attendee::{Check, Found, Relay, Way};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::{Value, json};
use tokio_rustls::rustls::ClientConfig;
use turn::Credentials;

use crate::doctor::{Problem, problem, root};
use crate::limits;
use crate::outgoing::{self, Client};

const CHECKS: &str = "/sederunt/v1/networkChecks";

const UNREACHED: &str = "check the address, and that the server runs and is of this version or a later one";
const REFUSED: &str = "check the token: `sederunt token` prints one, and it ends after some time";
const UNTRUSTING: &str = "install the system's certificates (the package `ca-certificates`)";

/// The door of a server, and who knocks.
pub(super) struct Door<'a> {
    client: Client,
    trust: Arc<ClientConfig>,
    url: &'a str,
    token: Option<&'a str>,
}

impl<'a> Door<'a> {
    pub(super) fn of(url: &'a str, token: Option<&'a str>) -> Result<Door<'a>, Problem> {
        let cannot = |error| {
            problem(
                format!("the certificates that this system trusts cannot be read: {error}"),
                UNTRUSTING,
            )
        };
        Ok(Door {
            client: outgoing::client().map_err(cannot)?,
            trust: Arc::new(outgoing::trust().map_err(cannot)?),
            url,
            token,
        })
    }

    /// Asks for a check, and runs it by one way. With what is found there comes which relays the server tells of.
    pub(super) async fn check(&self, way: Way) -> Result<(Found, Vec<Relay>), Problem> {
        let check = Check::new(way);
        let (answer, relays) = self.ask(check.offer()).await?;
        let found = Box::pin(check.run(&answer)).await;
        let found = found.map_err(|error| problem(format!("`{}{CHECKS}`: {error}", self.url), UNREACHED))?;
        Ok((found, relays))
    }

    /// The server's answer to an offer, and its relays.
    async fn ask(&self, offer: &str) -> Result<(String, Vec<Relay>), Problem> {
        let Door { client, url, .. } = self;
        let failed = |why: String| problem(format!("`{url}{CHECKS}` does not answer: {why}"), UNREACHED);
        let body = json!({ "offer": offer }).to_string();
        let mut request = Request::builder().method(Method::POST).uri(format!("{url}{CHECKS}"));
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(root(&error)))?;
        let answered = async {
            let answer = client.request(request).await.map_err(|error| failed(root(&error)))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), limits::WAY_IN_ANSWER_BYTES_MAX);
            let body = body.collect().await.map_err(|error| failed(error.to_string()))?;
            Ok((status, body.to_bytes()))
        };
        let answered = tokio::time::timeout(limits::WAY_IN_TIMEOUT, answered).await;
        let (status, body) =
            answered.unwrap_or_else(|_| Err(failed(format!("nothing within {:?}", limits::WAY_IN_TIMEOUT))))?;
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        match said["answer"].as_str() {
            Some(answer) if status == StatusCode::OK => Ok((answer.to_owned(), relays_in(&said, &self.trust))),
            _ => {
                let why = said["error"]["message"].as_str().unwrap_or_default();
                let why = format!("`{url}{CHECKS}` answers {status} {why}").trim_end().to_owned();
                let is_refused = status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN;
                Err(problem(why, if is_refused { REFUSED } else { UNREACHED }))
            }
        }
    }
}

/// The relays of an answer, each by each of its ways. What a browser would not take is none.
fn relays_in(said: &Value, trust: &Arc<ClientConfig>) -> Vec<Relay> {
    let servers = said["iceServers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let relays = servers.iter().flat_map(|server| {
        let text = |name: &str| server[name].as_str().unwrap_or_default().to_owned();
        let (username, password) = (text("username"), text("credential"));
        let urls = server["urls"].as_array().map(Vec::as_slice).unwrap_or_default();
        urls.iter().filter_map(move |url| {
            let credentials = Credentials {
                username: username.clone(),
                password: password.clone(),
            };
            Relay::new(url.as_str()?, credentials, Arc::clone(trust))
        })
    });
    relays.take(limits::RELAYS_TRIED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::trusting_nobody;
    use super::*;

    #[test]
    fn which_relays_an_answer_tells_of() {
        let trust = trusting_nobody();
        let check = |urls: &[&str], expected: &[&str]| {
            let said = json!({"iceServers": [{"urls": urls, "username": "1:a", "credential": "b"}]});
            let relays = relays_in(&said, &trust);
            let relays = relays.iter().map(|relay| format!("{relay} by {:?}", relay.carrier));
            assert_eq!(relays.collect::<Vec<_>>(), expected);
        };
        check(&["turn:192.0.2.1"], &["192.0.2.1:3478 by Udp"]);
        check(&["turn:[2001:db8::1]:99?transport=udp"], &["[2001:db8::1]:99 by Udp"]);
        check(&["turn:a.example?transport=tcp"], &["a.example:3478 by Tcp"]);
        check(&["turns:a.example"], &["a.example:5349 by Tls"]);
        check(
            &["turns:a.example:443?transport=tcp", "turn:b"],
            &["a.example:443 by Tls", "b:3478 by Udp"],
        );
        for strange in [
            "stun:a",
            "turn:",
            "turn:a:b",
            "turn:a?b=c",
            "turns:a?transport=udp",
            "turn:[a]",
            "turn:[::1]a",
            "a",
        ] {
            check(&[strange], &[]);
        }
        check(
            &["turn:a"; limits::RELAYS_TRIED_MAX + 1],
            &["a:3478 by Udp"; limits::RELAYS_TRIED_MAX],
        );
        assert_eq!(relays_in(&json!({"iceServers": [1, {"urls": 2}]}), &trust).len(), 0);
    }
}
