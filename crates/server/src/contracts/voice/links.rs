//! Links to the files of recordings: whoever has one may fetch its file, for an hour, and needs nothing else.
//!
//! The contract hands them to those who may read a recording, and their own servers fetch by them. What makes a link one is the mark of
//! this installation ([`Identity::seal`]); since its file is looked for when it is used, a recording that is deleted takes its links
//! with it. Each download is a line of the audit log.

use std::sync::Arc;

use axum_core::body::Body;
use calls::{Calls, Recording};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use identity::Identity;
use recording::{Format, Store};

use crate::clock;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::admission::{Admission, Wire};
use crate::gate::asking::{Asking, Method};
use crate::gate::operation::{Needs, Operation};
use crate::installation::Installation;
use crate::limits;
use crate::plain::{Answering, Contract};

/// What their paths begin with.
const PATH: &str = "/sederunt/recordings/";

/// What their mark is for.
const PURPOSE: &str = "recording";

/// How long a link is good for: what the contract says.
const TTL_US: i64 = 60 * 60 * 1_000_000;

static DOWNLOAD: Operation = Operation::reads("recordings.download", Needs::Nothing, "Recording");

/// A link to this file of a recording.
pub(super) fn uri(identity: &Identity, id: &str, format: Format) -> String {
    let said = format!("{id}.{}.{}", format.extension(), clock::now_us() + TTL_US);
    format!("{}{PATH}{}", identity.public_url(), identity.seal(PURPOSE, &said))
}

/// Answers links.
pub(crate) struct Downloads {
    identity: Identity,
    calls: Calls,
    store: Store,
    admission: Arc<Admission>,
    method: Arc<Method>,
}

/// What a link says: which recording, in which form.
fn read(identity: &Identity, sealed: &str, now_us: i64) -> Answer<(String, Format)> {
    let forged = || Failure::new(Kind::Forbidden, "The link is not one of this server's.");
    let said = identity.unseal(PURPOSE, sealed).ok_or_else(forged)?;
    let mut parts = said.splitn(3, '.');
    let mut part = || parts.next().ok_or_else(forged);
    let (id, format, expires) = (part()?, part()?, part()?);
    let format = Format::of_extension(format).ok_or_else(forged)?;
    let expire_us: i64 = expires.parse().map_err(|_| forged())?;
    if expire_us <= now_us {
        return Err(Failure::new(
            Kind::Forbidden,
            "The link has expired; read the recording again for another.",
        ));
    }
    Ok((id.to_owned(), format))
}

/// Which bytes of so many are asked for (RFC 9110 §14.1.2): one range, or all. What is no range of theirs is `None`.
fn range_of(headers: &HeaderMap, size: u64) -> Option<std::ops::Range<u64>> {
    let Some(asked) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Some(0..size);
    };
    // Several ranges, and units that nobody knows, may be answered as if they had not been asked for.
    let Some((first, last)) = asked
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.split_once('-'))
    else {
        return Some(0..size);
    };
    let range = match (first.trim(), last.trim()) {
        ("", last) => size.saturating_sub(last.parse().ok()?)..size,
        (first, "") => first.parse().ok()?..size,
        (first, last) => first.parse().ok()?..last.parse::<u64>().ok()?.saturating_add(1).min(size),
    };
    (range.start < range.end).then_some(range)
}

impl Downloads {
    pub(crate) fn contract(installation: &Installation, admission: &Arc<Admission>) -> Arc<dyn Contract> {
        Arc::new(Downloads {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            store: installation.recordings.clone(),
            admission: Arc::clone(admission),
            method: Arc::new(Method {
                name: DOWNLOAD.name.into(),
                service: super::DECLARED.host,
                operation: &DOWNLOAD,
            }),
        })
    }

    async fn download(&self, asking: &Asking, path: &str, headers: &HeaderMap) -> Answer<Response<Body>> {
        let sealed = path.strip_prefix(PATH).unwrap_or_default();
        let (id, format) = read(&self.identity, sealed, clock::now_us())?;
        let recording = self.calls.recording_of_link(&id).await;
        let recording = recording
            .map_err(|error| super::wire::unreachable(&error))?
            .ok_or_else(Failure::not_found)?;
        let unreachable = |error| Failure::unreachable(&error, "the files of recordings cannot be reached");
        let size = self
            .store
            .size_bytes(&id, format)
            .await
            .map_err(unreachable)?
            .ok_or_else(Failure::not_found)?;
        let Some(range) = range_of(headers, size) else {
            return Ok(unsatisfiable(size));
        };
        let is_part = range.start > 0 || range.end < size;
        if range.start == 0 {
            self.note(asking, &recording, format).await?;
        }
        let body = self.body(id, format, range.clone());
        Ok(answer(body, format, size, &range, is_part))
    }

    async fn note(&self, asking: &Asking, recording: &Recording, format: Format) -> Answer<()> {
        // A link needs nobody, but who plays a recording on our pages is somebody.
        let noted = self.calls.downloads(recording, format, &asking.by()).await;
        noted.map_err(|error| super::wire::unreachable(&error))
    }

    /// The file part by part, so that none is in memory whole.
    fn body(&self, id: String, format: Format, range: std::ops::Range<u64>) -> Body {
        let store = self.store.clone();
        let parts = futures_util::stream::try_unfold(range, move |left| {
            let (store, id) = (store.clone(), id.clone());
            async move {
                if left.start >= left.end {
                    return Ok::<_, recording::StoreError>(None);
                }
                let end = left.end.min(left.start + limits::RECORDING_PART_BYTES_MAX);
                let part = store.read(&id, format, left.start..end).await?;
                Ok(Some((part, end..left.end)))
            }
        });
        Body::new(http_body_util::StreamBody::new(futures_util::TryStreamExt::map_ok(
            parts,
            http_body::Frame::data,
        )))
    }
}

fn answer(body: Body, format: Format, size: u64, range: &std::ops::Range<u64>, is_part: bool) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.mime_type()));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if is_part {
        let part = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&part).expect("numbers"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

fn unsatisfiable(size: u64) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let whole = HeaderValue::from_str(&format!("bytes */{size}")).expect("a number");
    response.headers_mut().insert(header::CONTENT_RANGE, whole);
    response
}

/// A link that is none is answered by a status and a sentence: whoever follows it may be a person.
struct Words;

impl Wire for Words {
    type Body = Body;

    fn refused(failure: Failure) -> Response<Body> {
        let (kind, sentence, details) = failure.into_parts();
        let wait = details.retry_after_seconds(kind);
        let (status, usual) = match kind {
            Kind::NotFound | Kind::Hidden => (StatusCode::NOT_FOUND, "There is no such file any more."),
            Kind::Exhausted => (StatusCode::TOO_MANY_REQUESTS, "Too much at once; try again later."),
            Kind::Unavailable | Kind::Deadline => (StatusCode::SERVICE_UNAVAILABLE, "Not now; try again later."),
            Kind::Forbidden => (StatusCode::FORBIDDEN, "The link is none."),
            Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, "The credential does not hold."),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong."),
        };
        let sentence = sentence.map_or(usual.to_owned(), std::borrow::Cow::into_owned);
        let mut response = Response::new(Body::from(format!("{sentence}\n")));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        if let Some(wait) = wait {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    fn outcome(response: &Response<Body>) -> &'static str {
        match response.status() {
            status if status.is_success() => "OK",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::FORBIDDEN => "PERMISSION_DENIED",
            StatusCode::RANGE_NOT_SATISFIABLE => "OUT_OF_RANGE",
            StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
            StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }
}

impl Contract for Downloads {
    fn owns(&self, path: &str) -> bool {
        path.starts_with(PATH)
    }

    fn answer(self: Arc<Self>, request: Request<Body>) -> Answering {
        Box::pin(async move {
            let (downloads, method) = (Arc::clone(&self), Arc::clone(&self.method));
            let serve = |asking: Asking, request: Request<bytes::Bytes>| async move {
                if !matches!(*request.method(), http::Method::GET | http::Method::HEAD) {
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                    return response;
                }
                let answer = downloads
                    .download(&asking, request.uri().path(), request.headers())
                    .await;
                answer.unwrap_or_else(Words::refused)
            };
            self.admission.pass::<Words, _>(method, request, serve).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_bytes_are_asked_for() {
        let check = |asked: &str, expected: Option<std::ops::Range<u64>>| {
            let mut headers = HeaderMap::new();
            if !asked.is_empty() {
                headers.insert(header::RANGE, HeaderValue::from_str(asked).expect("ASCII"));
            }
            assert_eq!(range_of(&headers, 100), expected, "{asked}");
        };
        check("", Some(0..100));
        check("bytes=0-", Some(0..100));
        check("bytes=10-19", Some(10..20));
        check("bytes=90-200", Some(90..100));
        check("bytes=-10", Some(90..100));
        check("bytes=-200", Some(0..100));
        check("bytes=100-", None);
        check("bytes=20-10", None);
        check("bytes=a-b", None);
        check("bytes=-0", None);
        check("bytes=0-1,5-6", Some(0..100));
        check("lines=0-1", Some(0..100));
    }
}
