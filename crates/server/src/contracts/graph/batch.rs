//! `$batch`: several requests in one, each answered as if it had come by itself.
//!
//! Each passes the gate on its own, so nothing that holds there can be gone around here. Who asks is the whole's credential, unless a
//! request has one; cookies are not passed on, since a batch is for programs. They are answered in their order, which satisfies
//! every `dependsOn` that looks back; one that looks ahead is refused, and one whose forerunner failed is not tried.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};
use http_body_util::BodyExt as _;
use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::reply::Reply;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};
use crate::limits;
use crate::plain::Contract as _;

#[derive(Deserialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    #[serde(default)]
    body: Option<Value>,
    /// One client writes it in its own language's way.
    #[serde(default, alias = "depends_on")]
    depends_on: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Answers {
    responses: Vec<Answered>,
}

#[derive(Serialize)]
struct Answered {
    id: String,
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
}

pub(super) async fn send(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    if matches!(asked.asking.caller().caller, Caller::Anonymous) {
        return Err(Failure::unauthenticated("CREDENTIALS_MISSING"));
    }
    let batch = read(&asked.body)?;
    let mut responses: Vec<Answered> = Vec::with_capacity(batch.requests.len());
    for part in batch.requests {
        let failed = part.depends_on.iter().flatten().any(|id| {
            let before = responses.iter().find(|answered| answered.id == *id);
            before.is_none_or(|answered| answered.status >= 400)
        });
        let id = part.id.clone();
        let request = if failed { Err(not_tried()) } else { request(asked, part) };
        let response = match request {
            Ok(request) => Arc::clone(graph).answer(request).await,
            Err(failure) => graph.refused(empty(asked), failure).await,
        };
        responses.push(answered(id, response).await?);
    }
    Ok(Reply::json(&Answers { responses }))
}

fn invalid(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Invalid, sentence)
}

/// Reads a batch: every request has an id of its own, and depends on none that comes after it.
fn read(body: &[u8]) -> Answer<Batch> {
    let batch: Batch =
        serde_json::from_slice(body).map_err(|error| invalid(format!("The batch cannot be read: {error}.")))?;
    if batch.requests.is_empty() || batch.requests.len() > limits::GRAPH_BATCH_MAX {
        let sentence = format!("A batch has between 1 and {} requests.", limits::GRAPH_BATCH_MAX);
        return Err(invalid(sentence));
    }
    let mut before: Vec<&str> = Vec::new();
    for part in &batch.requests {
        if before.contains(&part.id.as_str()) {
            return Err(invalid(format!("Two requests of the batch have the id `{}`.", part.id)));
        }
        if let Some(id) = part
            .depends_on
            .iter()
            .flatten()
            .find(|id| !before.contains(&id.as_str()))
        {
            let sentence = format!("Request `{}` depends on `{id}`, which is none before it.", part.id);
            return Err(invalid(sentence));
        }
        let path = part.url.trim_start_matches('/').split('?').next().unwrap_or_default();
        if path.eq_ignore_ascii_case("$batch") || path.eq_ignore_ascii_case("%24batch") {
            return Err(invalid("A batch holds no batches."));
        }
        before.push(&part.id);
    }
    Ok(batch)
}

/// A request of whoever sends the whole, in which nothing is asked yet.
fn empty(asked: &Asked) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    let inherited = [header::AUTHORIZATION, HeaderName::from_static("client-request-id")];
    for name in inherited {
        if let Some(value) = asked.head.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    *request.extensions_mut() = asked.head.extensions.clone();
    request
}

/// One request of the whole, as if it had come by itself.
fn request(asked: &Asked, part: Part) -> Answer<Request<Body>> {
    let cannot = |what: &str| invalid(format!("Request `{}` of the batch: {what}.", part.id));
    let uri = format!("/{}/{}", asked.place.version, part.url.trim_start_matches('/'));
    let mut request = empty(asked);
    *request.uri_mut() = uri.parse().map_err(|_| cannot("its url cannot be one"))?;
    *request.method_mut() = part.method.parse().map_err(|_| cannot("its method cannot be one"))?;
    for (name, value) in part.headers.iter().flatten() {
        let read = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) = read.ok_or_else(|| cannot("it has a header that cannot be one"))?;
        request.headers_mut().insert(name, value);
    }
    request.headers_mut().remove(header::COOKIE);
    let body = part.body.map_or_else(Bytes::new, |body| body.to_string().into());
    *request.body_mut() = Body::from(body);
    Ok(request)
}

/// An answer as a part of the whole. What is no JSON is a JSON string.
async fn answered(id: String, response: Response<Body>) -> Answer<Answered> {
    let (head, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map_err(|error| Failure::internal(&error))?
        .to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    let headers = [
        header::CONTENT_TYPE,
        header::LOCATION,
        header::RETRY_AFTER,
        header::ALLOW,
    ];
    let headers = headers.into_iter().filter_map(|name| {
        let value = head.headers.get(&name)?.to_str().ok()?;
        // Clients choose the reader of a part by its whole type, and know none with parameters.
        let value = match name {
            header::CONTENT_TYPE => value.split(';').next()?,
            _ => value,
        };
        Some((title(&name), value.to_owned()))
    });
    let body = (!text.is_empty()).then(|| {
        RawValue::from_string(text.clone().into_owned())
            .or_else(|_| serde_json::value::to_raw_value(&text))
            .expect("a text is JSON in quotes")
    });
    Ok(Answered {
        id,
        status: head.status.as_u16(),
        headers: headers.collect(),
        body,
    })
}

/// `Content-Type`: clients look names of headers up as they are usually written.
fn title(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// What it depends on failed.
fn not_tried() -> Failure {
    let sentence = "A request that this one depends on failed.";
    Failure::new(Kind::Precondition, sentence).because("FailedDependency")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches() {
        let check = |body: &str, expected: Result<usize, &str>| match (read(body.as_bytes()), expected) {
            (Ok(batch), Ok(requests)) => assert_eq!(batch.requests.len(), requests),
            (Err(failure), Err(part)) => {
                let sentence = failure.into_parts().1.unwrap_or_default();
                assert!(sentence.contains(part), "{body}: {sentence}");
            }
            (answer, _) => panic!("{body}: {:?}", answer.map(|batch| batch.requests.len())),
        };
        let part = |id: &str, more: &str| format!("{{\"id\":\"{id}\",\"method\":\"GET\",\"url\":\"/me\"{more}}}");
        let batch = |parts: &[String]| format!("{{\"requests\":[{}]}}", parts.join(","));
        check(&batch(&[part("1", "")]), Ok(1));
        check(
            &batch(&[part("1", ",\"headers\":null,\"body\":null,\"depends_on\":null")]),
            Ok(1),
        );
        check(&batch(&[part("1", ""), part("2", ",\"dependsOn\":[\"1\"]")]), Ok(2));
        check(
            &batch(&[part("1", ",\"dependsOn\":[\"2\"]"), part("2", "")]),
            Err("none before it"),
        );
        check(&batch(&[part("1", ""), part("1", "")]), Err("have the id `1`"));
        check(&batch(&[]), Err("between 1 and 20"));
        let many: Vec<_> = (0..=limits::GRAPH_BATCH_MAX)
            .map(|id| part(&id.to_string(), ""))
            .collect();
        check(&batch(&many), Err("between 1 and 20"));
        check("{", Err("cannot be read"));
        check(
            "{\"requests\":[{\"id\":\"1\",\"method\":\"POST\",\"url\":\"/$batch\"}]}",
            Err("no batches"),
        );
    }
}
