//! Several REST requests in one, as Google's clients pack them: `multipart/mixed`, each part an HTTP request
//! (`application/http`), answered part by part in the same order.
//!
//! A part is a request like any other: it goes through the service that serves single ones, so nothing that holds there can be
//! gone around here. What the whole says about who asks holds for each part that says nothing itself, and what is known of
//! where it comes from, its extensions, for all of them. Cookies are not passed on: a batch is for programs.

use std::convert::Infallible;

use axum_core::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use tower::{Service, ServiceExt as _};

use crate::{
    failure::Failure,
    limits::{BATCH_BYTES_MAX, BATCH_PARTS_AT_ONCE, BATCH_PARTS_MAX, PART_HEADERS_MAX},
    request::collect,
};

/// The boundary of answers. It stands alone on its line, and no line of JSON is without a bracket, a quote or a digit.
const BOUNDARY: &str = "batch_sederunt";

/// What a part takes over from the whole request where it has none of its own.
const INHERITED: [HeaderName; 2] = [header::AUTHORIZATION, HeaderName::from_static("x-goog-api-key")];

/// One request of a batch.
#[derive(Debug)]
pub struct Part {
    content_id: Option<String>,
    request: Request<Bytes>,
}

/// Why a batch, or a part of one, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The content type is another one.
    #[error("a batch is `multipart/mixed` with a boundary")]
    NotMultipart,
    /// No closing boundary.
    #[error("the batch ends before its closing boundary")]
    Unclosed,
    /// More than [`BATCH_PARTS_MAX`].
    #[error("a batch has at most {BATCH_PARTS_MAX} calls")]
    TooManyParts,
    /// Nothing to do.
    #[error("the batch is empty")]
    Empty,
    /// A part that is no HTTP request.
    #[error("part {number} of the batch cannot be read: {why}")]
    Part {
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// Answers a batch by asking `service` for each of its parts. Its body is read here, so whoever may not send that much is to be
/// refused before.
pub async fn serve<S>(request: Request<Body>, service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send,
    S::Future: Send,
{
    if request.method() != Method::POST {
        return Failure::wrong_verb(&[&Method::POST]).into_response();
    }
    let (head, body) = request.into_parts();
    let body = match collect(body, BATCH_BYTES_MAX).await {
        Ok(body) => body,
        Err(failure) => return failure.into_response(),
    };
    let content_type = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let parts = match read(content_type.unwrap_or_default(), &body) {
        Ok(parts) => parts,
        Err(error) => return Failure::malformed(error.to_string()).into_response(),
    };
    let inherited: HeaderMap = INHERITED
        .into_iter()
        .filter_map(|name| Some((name.clone(), head.headers.get(&name)?.clone())))
        .collect();
    let answers = stream::iter(parts).map(|part| answer(part, &inherited, &head.extensions, service.clone()));
    let answers: Vec<BytesMut> = answers.buffered(BATCH_PARTS_AT_ONCE).collect().await;
    let mut whole = BytesMut::with_capacity(answers.iter().map(BytesMut::len).sum::<usize>() + BOUNDARY.len() + 8);
    for answer in answers {
        whole.extend_from_slice(&answer);
    }
    whole.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let mut response = Response::new(Body::from(whole.freeze()));
    let kind = HeaderValue::from_static("multipart/mixed; boundary=batch_sederunt");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// One part of the answer, from its boundary to its end.
async fn answer<S>(part: Part, inherited: &HeaderMap, known: &Extensions, service: S) -> BytesMut
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
    S::Future: Send,
{
    let mut request = part.request.map(Body::from);
    *request.extensions_mut() = known.clone();
    for (name, value) in inherited {
        request.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    let Ok(response) = service.oneshot(request).await;
    let (head, body) = response.into_parts();
    let (status, body) = match body.collect().await {
        Ok(body) => (head.status, body.to_bytes()),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()),
    };
    let id = part.content_id.map(|id| {
        let id = id
            .strip_prefix('<')
            .map_or_else(|| format!("response-{id}"), |id| format!("<response-{id}"));
        format!("content-id: {id}\r\n")
    });
    let id = id.unwrap_or_default();
    let text = format!("--{BOUNDARY}\r\ncontent-type: application/http\r\n{id}\r\nHTTP/1.1 {status}\r\n");
    let mut bytes = BytesMut::from(text.as_bytes());
    for (name, value) in &head.headers {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(piece);
        }
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Reads the parts of a batch. Lines may end in LF alone: Python's library writes them so.
pub fn read(content_type: &str, body: &Bytes) -> Result<Vec<Part>, BatchError> {
    let delimiter = format!("--{}", boundary(content_type).ok_or(BatchError::NotMultipart)?);
    let mut parts = Vec::new();
    let mut begin: Option<usize> = None;
    let mut at = 0;
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let start = at;
        at += line.len();
        let Some(after) = line.trim_ascii_end().strip_prefix(delimiter.as_bytes()) else {
            continue;
        };
        if !matches!(after, b"" | b"--") {
            continue;
        }
        if let Some(begin) = begin {
            if parts.len() == BATCH_PARTS_MAX {
                return Err(BatchError::TooManyParts);
            }
            let content = body.slice_ref(without_line_end(&body[begin..start]));
            let number = parts.len() + 1;
            parts.push(part(&content).map_err(|why| BatchError::Part { number, why })?);
        }
        if after == b"--" {
            return if parts.is_empty() {
                Err(BatchError::Empty)
            } else {
                Ok(parts)
            };
        }
        begin = Some(at);
    }
    Err(BatchError::Unclosed)
}

/// The boundary in a content type: RFC 2046, section 5.1.1.
fn boundary(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').map(str::trim);
    if !parameters.next()?.eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    })?;
    let value = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    (1..=70).contains(&value.len()).then_some(value)
}

/// The line break before a boundary belongs to the boundary.
fn without_line_end(content: &[u8]) -> &[u8] {
    let line = content.strip_suffix(b"\n").unwrap_or(content);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn part(content: &Bytes) -> Result<Part, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; PART_HEADERS_MAX];
    // A part without headers begins with its empty line.
    let status = httparse::parse_headers(content, &mut headers).map_err(|_| "its headers are not valid")?;
    let httparse::Status::Complete((length, headers)) = status else {
        return Err("it has no content");
    };
    let header = |name: &str| {
        let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let kind = header("content-type").unwrap_or("application/http");
    if !kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/http")
    {
        return Err("it is not `application/http`");
    }
    if header("content-transfer-encoding")
        .is_some_and(|encoding| !matches!(encoding.trim(), "binary" | "8bit" | "7bit"))
    {
        return Err("its transfer encoding is not supported");
    }
    let content_id = header("content-id").map(str::to_owned);
    // It is repeated in a header of the answer.
    if content_id.as_ref().is_some_and(|id| id.chars().any(char::is_control)) {
        return Err("its content id is not printable");
    }
    let request = request(&content.slice(length..))?;
    Ok(Part { content_id, request })
}

/// The HTTP request that is the content of a part.
fn request(content: &Bytes) -> Result<Request<Bytes>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; PART_HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    // The last line of a head may be the last of the part, which lost its end to the boundary.
    let mut head = BytesMut::from(content.as_ref());
    head.extend_from_slice(b"\r\n\r\n");
    let Ok(httparse::Status::Complete(length)) = parsed.parse(&head) else {
        return Err("it is no HTTP request");
    };
    let uri: Uri = parsed
        .path
        .unwrap_or_default()
        .parse()
        .map_err(|_| "its address is not valid")?;
    // An absolute address says no more than a path: the server is the one that was asked.
    let path = uri.path_and_query().filter(|path| path.as_str().starts_with('/'));
    let path = path.ok_or("its address is not valid")?.clone();
    let method =
        Method::from_bytes(parsed.method.unwrap_or_default().as_bytes()).map_err(|_| "its verb is not valid")?;
    let body = content.slice(length.min(content.len())..);
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| "a header of it is not valid")?;
        let value = HeaderValue::from_bytes(header.value).map_err(|_| "a header of it is not valid")?;
        if name != header::COOKIE && name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            request.headers_mut().append(name, value);
        }
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tower::service_fn;

    use super::*;

    const KIND: &str = "multipart/mixed; boundary=\"===1==\"";

    fn shown(content_type: &str, body: &str) -> String {
        match read(content_type, &Bytes::from(body.to_owned())) {
            Err(error) => error.to_string(),
            Ok(parts) => {
                let parts = parts.iter().map(|part| {
                    let request = &part.request;
                    let id = part.content_id.as_deref().unwrap_or("-");
                    let body = String::from_utf8_lossy(request.body());
                    let headers = request
                        .headers()
                        .keys()
                        .map(HeaderName::as_str)
                        .collect::<Vec<_>>()
                        .join(",");
                    format!("{id} {} {} [{headers}] {body:?}", request.method(), request.uri())
                });
                parts.collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn batches_are_read() {
        let check = |content_type: &str, body: &str, expected: &str| {
            assert_eq!(shown(content_type, body), expected, "{body}");
        };
        // As google-api-python-client writes them: LF alone, an id with a plus.
        let python = "--===1==\nContent-Type: application/http\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\
            Content-ID: <base + 1>\n\nGET /v2/spaces/a?alt=json HTTP/1.1\nHost: localhost\naccept: application/json\n\n\
            \n--===1==\nContent-Type: application/http\nContent-ID: <base + 2>\n\nPOST /v2/spaces?alt=json HTTP/1.1\n\
            content-type: application/json\ncontent-length: 2\n\n{}\n--===1==--";
        check(
            KIND,
            python,
            "<base + 1> GET /v2/spaces/a?alt=json [host,accept] \"\"\n\
             <base + 2> POST /v2/spaces?alt=json [content-type] \"{}\"",
        );
        let crlf = "preamble\r\n--b\r\ncontent-type: application/http\r\n\r\nDELETE http://x.example/v2/a HTTP/1.1\r\n\
            cookie: a=b\r\nauthorization: Bearer t\r\n\r\n--b--\r\nepilogue";
        check(
            "Multipart/Mixed;boundary=b",
            crlf,
            "- DELETE /v2/a [authorization] \"\"",
        );
        check(
            "multipart/mixed; boundary=b",
            "--b\n\nGET /v2/a HTTP/1.1\n--b--",
            "- GET /v2/a [] \"\"",
        );
        for (content_type, body, expected) in [
            ("application/json", "{}", "a batch is `multipart/mixed` with a boundary"),
            (
                "multipart/mixed",
                "--\n----",
                "a batch is `multipart/mixed` with a boundary",
            ),
            ("multipart/mixed; boundary=b", "--b--", "the batch is empty"),
            (
                "multipart/mixed; boundary=b",
                "",
                "the batch ends before its closing boundary",
            ),
            (
                "multipart/mixed; boundary=b",
                "--b\n\nGET / HTTP/1.1\n",
                "the batch ends before its closing boundary",
            ),
            (
                "multipart/mixed; boundary=b",
                "--b\n\nGET\n--b--",
                "part 1 of the batch cannot be read: it is no HTTP request",
            ),
            (
                "multipart/mixed; boundary=b",
                "--b\ncontent-type: text/plain\n\nGET / HTTP/1.1\n\n--b--",
                "part 1 of the batch cannot be read: it is not `application/http`",
            ),
            (
                "multipart/mixed; boundary=b",
                "--b\ncontent-transfer-encoding: base64\n\nR0VU\n--b--",
                "part 1 of the batch cannot be read: its transfer encoding is not supported",
            ),
        ] {
            check(content_type, body, expected);
        }
        let many = "--b\n\nGET /v2/a HTTP/1.1\n\n".repeat(BATCH_PARTS_MAX + 1) + "--b--";
        check("multipart/mixed; boundary=b", &many, "a batch has at most 100 calls");
    }

    #[tokio::test]
    async fn each_part_is_a_request_of_its_own() {
        let echo = service_fn(|request: Request<Body>| async move {
            let header = |name| {
                let value = request.headers().get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or("none").to_owned()
            };
            let said = format!("{} {}", request.uri(), header(header::AUTHORIZATION));
            let mut response = Response::new(Body::from(said));
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            Ok::<_, Infallible>(response)
        });
        let body = "--b\ncontent-id: <i + 1>\n\nGET /a HTTP/1.1\n\n--b\n\nGET /b HTTP/1.1\nauthorization: own\n\n--b--";
        let request = Request::post("/batch")
            .header(header::CONTENT_TYPE, "multipart/mixed; boundary=b")
            .header(header::AUTHORIZATION, "of the whole")
            .body(Body::from(body))
            .expect("a request");
        let response = serve(request, echo).await;
        assert_eq!(response.status(), 200);
        let body = response.into_body().collect().await.expect("in memory").to_bytes();
        let expected = "--batch_sederunt\r\ncontent-type: application/http\r\ncontent-id: <response-i + 1>\r\n\r\n\
            HTTP/1.1 418 I'm a teapot\r\ncontent-length: 15\r\n\r\n/a of the whole\r\n\
            --batch_sederunt\r\ncontent-type: application/http\r\n\r\n\
            HTTP/1.1 418 I'm a teapot\r\ncontent-length: 6\r\n\r\n/b own\r\n--batch_sederunt--\r\n";
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }

    proptest! {
        #[test]
        fn no_batch_panics(body in "(--b|--b--|\n|\r\n|GET /a HTTP/1.1|content-id: <x>|a: b| |:|.){0,40}") {
            let _ = read("multipart/mixed; boundary=b", &Bytes::from(body));
        }

        #[test]
        fn no_content_type_panics(kind in ".{0,40}", parameter in "(boundary|=|\"|;| |b){0,12}") {
            let _ = read(&kind, &Bytes::new());
            let _ = read(&format!("multipart/mixed; {parameter}"), &Bytes::from_static(b"--b--"));
        }
    }
}
