//! Files that are fetched: a range of them or all, part by part, so that none is in memory whole; and what is said to a person whose
//! link is none ([`file_links`](crate::file_links)).

use std::ops::Range;

use axum_core::body::Body;
use bytes::Bytes;
use futures_util::TryStream;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::failure::{Failure, Kind};
use crate::gate::admission::Wire;
use crate::limits;

/// Which bytes of so many are asked for (RFC 9110 §14.1.2): one range, or all. What is no range of theirs is `None`.
pub(crate) fn range_of(headers: &HeaderMap, size: u64) -> Option<std::ops::Range<u64>> {
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

/// A body of the parts of a file, read one after the other.
pub(crate) fn in_parts<R, F, E>(range: Range<u64>, read: R) -> Body
where
    R: Fn(Range<u64>) -> F + Send + 'static,
    F: Future<Output = Result<Bytes, E>> + Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let parts = futures_util::stream::try_unfold((range, read), |(left, read)| async move {
        if left.start >= left.end {
            return Ok::<_, E>(None);
        }
        let end = left.end.min(left.start + limits::RECORDING_PART_BYTES_MAX);
        let part = read(left.start..end).await?;
        Ok(Some((part, (end..left.end, read))))
    });
    body(parts)
}

/// A body of what a stream brings.
pub(crate) fn body<S, E>(parts: S) -> Body
where
    S: TryStream<Ok = Bytes, Error = E> + Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    Body::new(http_body_util::StreamBody::new(futures_util::TryStreamExt::map_ok(
        parts,
        http_body::Frame::data,
    )))
}

/// An answer with these bytes of a file of so many.
pub(crate) fn answer(body: Body, media_type: HeaderValue, size: u64, range: &Range<u64>) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if range.start > 0 || range.end < size {
        let part = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&part).expect("numbers"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// The answer to who asks for bytes that a file of so many does not have.
pub(crate) fn unsatisfiable(size: u64) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let whole = HeaderValue::from_str(&format!("bytes */{size}")).expect("a number");
    response.headers_mut().insert(header::CONTENT_RANGE, whole);
    response
}

/// A link that is none is answered by a status and a sentence: whoever follows it may be a person.
pub(crate) struct Words;

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

/// Whether a link can be followed so.
pub(crate) fn is_read(method: &http::Method) -> bool {
    matches!(*method, http::Method::GET | http::Method::HEAD)
}

/// The answer to who does anything else with a link.
pub(crate) fn only_read() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let methods = HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(header::ALLOW, methods);
    response
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
