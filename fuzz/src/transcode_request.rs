//! Any REST request: a verb, a target and a body, each on a line of its own.
//!
//! The service answers what it was asked, so the bytes of a request are read as those of a reply too.

use std::{convert::Infallible, sync::LazyLock};

use axum_core::body::Body;
use http::{Method, Request, Response};
use tokio::runtime::{Builder, Runtime};
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};
use transcode::Transcoder;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers")
});

/// Built once: reading all rules takes longer than many requests.
static TRANSCODER: LazyLock<BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>> = LazyLock::new(|| {
    let transcoder = Transcoder::new(service_fn(echo), api::descriptor_pool());
    BoxCloneSyncService::new(transcoder.expect("our own rules can be served"))
});

async fn echo(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(request.into_body());
    response.headers_mut().insert("grpc-status", 0.into());
    Ok(response)
}

/// The bytes are a verb, a target and a body.
pub fn run(data: &[u8]) {
    let [verb, target, body] = crate::lines(data);
    let request = Request::builder()
        .method(Method::from_bytes(verb).unwrap_or(Method::POST))
        .uri(target)
        .body(Body::from(body.to_vec()));
    let Ok(request) = request else { return };
    let Ok(response) = RUNTIME.block_on(TRANSCODER.clone().oneshot(request));
    // What is echoed is seldom a reply of the method, so the service may seem broken; nothing else is our fault.
    let status = response.status().as_u16();
    assert!([200, 400, 404, 405, 500].contains(&status), "{status}");
}
