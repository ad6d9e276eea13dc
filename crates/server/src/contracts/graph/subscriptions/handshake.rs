//! The question that an address must answer before anybody is told anything there.
//!
//! It is asked for a text that only this server knows, which holds what a receiver must decode. Whoever answers it has a program
//! at that address that expects us; so nobody is made to receive what somebody else subscribed to. Why an address did not
//! answer is not said in detail: it would tell whoever asks what this server can reach.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::StatusCode;

use super::super::{Asked, Graph, primitives};
use crate::failure::{Answer, Failure, Kind};
use crate::outgoing::{Receivers, Unanswering};
use crate::{limits, random};

const FAILED: &str = "Subscription validation request failed. Must respond with 200 OK to this request.";
const LATE: &str = "Subscription validation request timed out.";
const WRONG: &str = "Subscription validation request failed. The response must be the validation token as plain text.";

/// Asks all these addresses. One caller asks only so many at once: each waits for a stranger's server.
pub(super) async fn with_all(graph: &Arc<Graph>, asked: &Asked, urls: impl IntoIterator<Item = &String>) -> Answer<()> {
    let urls: Vec<&String> = urls.into_iter().collect();
    let receivers = &graph.installation.receivers;
    for url in &urls {
        receivers.check(url).map_err(|unfit| {
            invalid(format!(
                "Subscription validation request failed. `{url}` cannot be notified: {unfit}."
            ))
        })?;
    }
    let places = graph.handshakes.take(asked.asking.taker(), urls.len() as u64);
    let _places = places.map_err(|_| Failure::from(Kind::Exhausted))?;
    try_join_all(urls.iter().map(|url| with(receivers, url))).await?;
    Ok(())
}

async fn with(receivers: &Receivers, url: &str) -> Answer<()> {
    let id = primitives::hyphenated(u128::from_ne_bytes(random::bytes()));
    let token = format!("Validation: Testing client application reachability for subscription Request-Id: {id}");
    let url = asking(url, &token);
    let most = limits::HANDSHAKE_ANSWER_BYTES_MAX;
    let answer = receivers
        .post(&url, "text/plain; charset=utf-8", Bytes::new(), most)
        .await;
    match answer {
        Ok(answer) if answer.status != StatusCode::OK => Err(invalid(FAILED)),
        Ok(answer) if answer.media_type == "text/plain" && answer.body == token.as_bytes() => Ok(()),
        Ok(_) | Err(Unanswering::Cut(..)) => Err(invalid(WRONG)),
        Err(Unanswering::Late(_)) => Err(invalid(LATE)),
        Err(_) => Err(invalid(FAILED)),
    }
}

/// The address with the question in it. A space is not written as a plus sign: not everybody reads that as a space.
fn asking(url: &str, token: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    format!("{url}{separator}validationToken={}", token.replace('+', "%20"))
}

fn invalid(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Invalid, sentence).because("ValidationError")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_appended_to_what_is_asked_there_anyway() {
        for (url, expected) in [
            ("https://a.example", "https://a.example?validationToken=a%20b%3A%2B"),
            ("https://a.example/b", "https://a.example/b?validationToken=a%20b%3A%2B"),
            (
                "https://a.example/b?c=d",
                "https://a.example/b?c=d&validationToken=a%20b%3A%2B",
            ),
        ] {
            assert_eq!(asking(url, "a b:+"), expected);
        }
    }
}
