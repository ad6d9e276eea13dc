//! What the caller is answered: forms of JSON, parts of it, and replies that are broken.

use std::convert::Infallible;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::{ServiceExt as _, service_fn};
use transcode::{Transcoder, limits};

use crate::{POOL, check, check_refused, json_of, request, send};

#[tokio::test]
async fn masks_prune_the_answer() {
    let whole = json!({
        "name": "n", "weightGrams": "5", "box": {"label": "l", "heightMm": 3},
        "boxes": [{"label": "a", "heightMm": 1}, {"label": "b"}], "labels": {"k": "v"},
        "madeTime": "2026-01-02T03:04:05Z", "inner": {"name": "i", "box": {"label": "il", "color": "RED"}},
    });
    let body = whole.to_string();
    let check = async |mask: &str, expected: Value| {
        let mask: String = form_urlencoded::byte_serialize(mask.as_bytes()).collect();
        check(&format!("POST /v1/echo?fields={mask}"), &body, expected.clone()).await;
        check(&format!("POST /v1/echo?%24fields={mask}"), &body, expected).await;
    };
    check("", whole.clone()).await;
    check("*", whole.clone()).await;
    check("name", json!({"name": "n"})).await;
    check("weightGrams,weight_grams", json!({"weightGrams": "5"})).await;
    check(
        "weightgrams,made_time",
        json!({"weightGrams": "5", "madeTime": "2026-01-02T03:04:05Z"}),
    )
    .await;
    check("WeightGrams,_na_me", json!({"weightGrams": "5", "name": "n"})).await;
    check("box/label,name", json!({"name": "n", "box": {"label": "l"}})).await;
    check("box.heightMm", json!({"box": {"heightMm": 3}})).await;
    check("boxes(label)", json!({"boxes": [{"label": "a"}, {"label": "b"}]})).await;
    check("boxes/*", json!({"boxes": whole["boxes"]})).await;
    check(
        "inner(name,box(color,label)),labels",
        json!({"labels": {"k": "v"}, "inner": whole["inner"]}),
    )
    .await;
    check("inner/box/color", json!({"inner": {"box": {"color": "RED"}}})).await;
    check(
        "*/label",
        json!({"box": {"label": "l"}, "boxes": [{"label": "a"}, {"label": "b"}]}),
    )
    .await;
    check("box,box/label", json!({"box": {"label": "l", "heightMm": 3}})).await;
    check("box/label,*", whole.clone()).await;
    check(" name , box ( label ) ", json!({"name": "n", "box": {"label": "l"}})).await;
    check("madeTime,tags", json!({"madeTime": "2026-01-02T03:04:05Z"})).await;
}

#[tokio::test]
async fn masks_that_are_refused() {
    let check = async |mask: &str, message: &str| {
        let mask: String = form_urlencoded::byte_serialize(mask.as_bytes()).collect();
        check_refused(&format!("POST /v1/echo?fields={mask}"), "{}", 400, "fields", message).await;
    };
    check("wrong", "`wrong` is no field of `Thing`").await;
    check("box/wrong", "`wrong` is no field of `Box`").await;
    check("weight", "`weight` is no field of `Thing`").await;
    check("_", "`_` is no field of `Thing`").await;
    check("*/wrong", "is no field").await;
    check("name/x", "has no fields").await;
    check("madeTime/seconds", "has no fields").await;
    check("labels/k", "has no fields").await;
    check("name,", "a field name or `*` at byte 5").await;
    check("box(label", "`,` or `)` at byte 9").await;
    check("box)", "`,` or the end at byte 3").await;
    check("box()", "a field name or `*` at byte 4").await;
    check("nämé", "").await;
    check(&"inner/".repeat(limits::MASK_DEPTH_MAX + 1), "too deep").await;
    check(&"(".repeat(1000), "a field name").await;
    check(&"name,".repeat(limits::MASK_BYTES_MAX), "too long").await;
    check(&vec!["*/label"; 500].join(","), "too broad").await;
}

#[tokio::test]
async fn json_is_compact_unless_asked_for() {
    for (query, expected) in [
        ("", r#"{"name":"n"}"#),
        ("&prettyPrint=true", "{\n  \"name\": \"n\"\n}"),
    ] {
        let (response, _) = send(request(&format!("GET /v1/echo?name=n{query}"), b"")).await;
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn broken_replies_are_the_services_error() {
    let check = async |status: Option<&'static str>, body: &'static [u8], expected: (u16, &str, &str)| {
        let inner = service_fn(move |_: Request<Body>| {
            let mut reply = Response::new(Full::new(Bytes::from_static(body)));
            if let Some(status) = status {
                reply
                    .headers_mut()
                    .insert("grpc-status", HeaderValue::from_static(status));
            }
            reply
                .headers_mut()
                .insert("grpc-message", HeaderValue::from_static("50%25 off"));
            reply
                .headers_mut()
                .insert("grpc-status-details-bin", HeaderValue::from_static("not base64!"));
            std::future::ready(Ok::<_, Infallible>(reply))
        });
        let transcoder = Transcoder::new(inner, &POOL).expect("the rules can be served");
        let Ok(response) = transcoder.oneshot(request("GET /v1/echo", b"")).await;
        let (code, answer) = json_of(response).await;
        let error = &answer["error"];
        let text = |name: &str| error[name].as_str().expect("text").to_owned();
        assert_eq!(
            (code, text("status").as_str(), text("message").as_str()),
            expected,
            "{status:?} {body:?}"
        );
        assert_eq!(error.get("details"), None);
    };
    let internal = (500, "INTERNAL", "Internal error");
    check(Some("0"), b"", internal).await;
    check(Some("0"), b"\x00\x00\x00\x00\x09", internal).await;
    check(Some("0"), b"\x01\x00\x00\x00\x00", internal).await;
    check(Some("0"), b"\x00\x00\x00\x00\x01\xff", internal).await;
    check(Some("0"), b"\x00\x00\x00\x00\x00\x00", internal).await;
    check(None, b"", (500, "UNKNOWN", "The service gave no status")).await;
    check(Some("5"), b"", (404, "NOT_FOUND", "50% off")).await;
    check(Some("seven"), b"", (500, "UNKNOWN", "50% off")).await;
}
