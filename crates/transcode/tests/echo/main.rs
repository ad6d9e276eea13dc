//! The mapping between HTTP with JSON and gRPC, on a service that answers what it was asked.
//!
//! Request and response are the same message, so each row shows what arrived as what was sent back.

use std::{
    convert::Infallible,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use prost_reflect::DescriptorPool;
use serde_json::{Value, json};
use tower::{ServiceExt as _, service_fn};
use transcode::Transcoder;

mod properties;
mod replies;
mod requests;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler =
        protox::Compiler::new([root.join("tests/proto"), root.join("../../proto")]).expect("the folders exist");
    compiler.include_imports(true);
    compiler
        .open_files(["test/v1/things.proto", "google/rpc/status.proto"])
        .expect("the files compile");
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).expect("a compiled set is valid")
});

/// Sends a request through the transcoder; what reached the service, with a message, is the second part.
async fn send(request: Request<Body>) -> (Response<Body>, Option<HeaderMap>) {
    let seen = Arc::new(Mutex::new(None));
    let inner = {
        let seen = Arc::clone(&seen);
        service_fn(move |request: Request<Body>| {
            let seen = Arc::clone(&seen);
            async move {
                assert_eq!(request.headers()["content-type"], "application/grpc");
                let forget = request.uri().path().ends_with("/Forget");
                let (head, body) = request.into_parts();
                let (frame, status) = match body.collect().await {
                    Ok(_) if forget => (vec![0; 5].into(), "0"),
                    Ok(body) => (body.to_bytes(), "0"),
                    Err(_) => (Bytes::new(), "3"),
                };
                if status == "0" {
                    *seen.lock().expect("no test panics while it holds the lock") = Some(head.headers);
                }
                let body = Full::new(frame).with_trailers(async move {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", status.parse().expect("a header"));
                    trailers.insert("x-from-trailer", "kept".parse().expect("a header"));
                    Some(Ok::<_, Infallible>(trailers))
                });
                let reply = Response::builder()
                    .header("grpc-encoding", "identity")
                    .header("x-request-id", "r1");
                Ok::<_, Infallible>(reply.body(body).expect("a response"))
            }
        })
    };
    let transcoder = Transcoder::new(inner, &POOL).expect("the rules can be served");
    let Ok(response) = transcoder.oneshot(request).await;
    let seen = seen.lock().expect("no test panics while it holds the lock").take();
    (response, seen)
}

async fn json_of(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json; charset=UTF-8");
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// `line` is a verb, a path, and header lines after it.
fn request(line: &str, body: &[u8]) -> Request<Body> {
    let (line, headers) = line.split_once('\n').unwrap_or((line, ""));
    let (verb, path) = line.split_once(' ').expect("a verb and a path");
    let mut request = Request::builder().method(verb).uri(path);
    for header in headers.lines() {
        let (name, value) = header.split_once(": ").expect("a name and a value");
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).expect("a valid request")
}

async fn check(line: &str, body: impl AsRef<[u8]>, expected: Value) {
    let (response, _) = send(request(line, body.as_ref())).await;
    assert_eq!(
        json_of(response).await,
        (200, expected),
        "{line}\n{}",
        String::from_utf8_lossy(body.as_ref())
    );
}

/// `field` is what the error blames; empty where it blames none.
async fn check_refused(line: &str, body: impl AsRef<[u8]>, status: u16, field: &str, message: &str) {
    let (response, seen) = send(request(line, body.as_ref())).await;
    let (code, answer) = json_of(response).await;
    let text = String::from_utf8_lossy(body.as_ref());
    let error = &answer["error"];
    assert_eq!(
        (code, &error["code"]),
        (status, &json!(status)),
        "{line}\n{text}\n{answer}"
    );
    let blamed = error["details"][0]["fieldViolations"][0]["field"]
        .as_str()
        .unwrap_or_default();
    assert_eq!(blamed, field, "{line}\n{text}\n{answer}");
    let said = error["message"].as_str().expect("a message");
    assert!(said.contains(message), "{line}\n{text}\n{said}");
    assert!(seen.is_none(), "{line}: refused, and yet the service was called");
}
